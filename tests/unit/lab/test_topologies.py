from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

import receiver.settings
from infra.settings import Topology
from lab.measure.drain import longest_redelivery
from lab.report.page import render
from lab.report.plots.colours import variables
from lab.results.model import Results
from lab.topologies import TOPOLOGIES, PaidBy, deployed, named
from ops.stack import TopologyName
from terminal.project import ROOT
from tests.unit.lab.report.reading import Page, assert_themed
from tests.unit.lab.simulated import CONFIG


def stack_file(name: str) -> Path:
    return ROOT / f"Pulumi.{name}.yaml"


def test_each_topology_has_a_stack_file_and_each_stack_file_a_topology() -> None:
    files = {path.name.split(".")[1] for path in ROOT.glob("Pulumi.*.yaml")}
    assert files == {each.deployed_as for each in TOPOLOGIES.values()}
    for name in files:
        config = yaml.safe_load(stack_file(name).read_text(encoding="utf-8"))["config"]
        assert config["flash-sale:topology"] == name


def test_a_stack_and_its_configuration_say_which_topology_it_is() -> None:
    for name, each in TOPOLOGIES.items():
        assert deployed(each.deployed_as, {**CONFIG, **each.config}).name == name
    assert deployed("serverless", {"ingress": "loadBalancer"}).name == "serverless"
    assert deployed("batch", {}).paid_by is None


def test_lab_ops_and_receiver_know_the_topologies_that_the_program_builds() -> None:
    built = {*map(str, Topology)}
    stacks = {each.deployed_as for each in TOPOLOGIES.values()}
    assert stacks == {*map(str, TopologyName)} == {*receiver.settings.TOPOLOGIES} == built


@pytest.mark.parametrize(("name", "slots"), [("sync", 5 * 2), ("async", 20 * 3)])
def test_payment_slots_are_counted_over_all_tasks(name: str, slots: int) -> None:
    config = CONFIG | {"receiverTasks": "2", "processorTasks": "3"}
    assert named(name).payment_slots(config) == slots


def test_functions_have_as_many_slots_as_orders_come() -> None:
    assert named("serverless").payment_slots(CONFIG) is None
    assert named("serverless").paid_by is PaidBy.FUNCTION


def test_a_function_behind_a_queue_has_as_many_slots_as_batches_hold() -> None:
    assert named("gateway").payment_slots({"maxConcurrentBatches": "50"}) == 500
    workflow = {"maxConcurrentBatches": "50", "workflow": "stateMachine"}
    assert named("gateway").payment_slots(workflow) is None


def test_each_topology_has_a_colour_of_its_own_on_every_page() -> None:
    for theme in ("light", "dark"):
        assert all(getattr(each, theme) in variables(theme) for each in TOPOLOGIES.values())
        assert len({getattr(each, theme) for each in TOPOLOGIES.values()}) == len(TOPOLOGIES)


def test_results_of_a_topology_that_this_lab_does_not_know_make_a_page_too(
    results: Results,
) -> None:
    strange = replace(results, topologies={"batch": results.topologies["async"]})
    text = render(strange, [])
    Page(text)
    assert_themed(text)
    assert longest_redelivery("batch", CONFIG) == 0
