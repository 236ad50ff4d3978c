from collections.abc import Iterable

import pytest

from infra.config_rules import (
    DecimalSeconds,
    Flag,
    OneOf,
    OneOfNumbers,
    Origins,
    Rule,
    Share,
    WholeNumber,
)
from infra.configuration import _rules, configuration_keys, parse_settings
from tests.support.recorded_stack import PROJECT_ROOT, project_schema, stack_config
from tests.unit.infra.conftest import STACKS


def test_every_key_that_the_program_reads_is_declared_and_no_other() -> None:
    assert set(project_schema()) == set(configuration_keys())


@pytest.mark.parametrize("key", configuration_keys())
def test_every_key_has_a_type_that_the_cli_knows_and_a_description(key: str) -> None:
    entry = project_schema()[key]
    assert entry["type"] in {"string", "integer", "boolean", "array", "object"}
    assert entry["description"].strip()


@pytest.mark.parametrize("key", configuration_keys())
def test_a_default_has_the_type_that_is_declared(key: str) -> None:
    entry = project_schema()[key]
    if key == "topology":
        assert "default" not in entry, "each stack says which it is"
    else:
        expected = {"string": str, "integer": int, "boolean": bool}[entry["type"]]
        assert type(entry["default"]) is expected


@pytest.mark.parametrize(("key", "rule"), [(key, rule) for key, (_, rule) in _rules().items()])
def test_the_description_tells_what_the_rule_takes(key: str, rule: Rule) -> None:
    described = project_schema()[key]["description"]
    missing = [text for text in told(rule) if text not in described]
    assert missing == []


def told(rule: Rule) -> Iterable[str]:  # noqa: PLR0911 - a case for each kind of rule
    """What a reader of Pulumi.yaml has to know of a rule."""
    match rule:
        case WholeNumber(minimum, maximum):
            return [f"{minimum} to {maximum}"]
        case DecimalSeconds(maximum):
            return [f"0 to {maximum}", "decimal"]
        case Share():
            return ["0 to 1"]
        case OneOf(vocabulary):
            return list(vocabulary)
        case Flag():
            return ["true or false"]
        case OneOfNumbers():
            return ["one of the values"]
        case Origins():
            return ["* for all", "empty for none"]
        case _:
            raise AssertionError(f"say what a reader has to know of {rule}")


@pytest.mark.parametrize("stack", STACKS)
def test_each_committed_stack_is_valid_and_builds_what_it_is_named_for(stack: str) -> None:
    settings = parse_settings(stack_config(stack), project="flash-sale")
    assert settings.topology.value == stack
    assert settings.region == "us-west-2"


def test_every_committed_stack_file_is_tested() -> None:
    files = {path.name for path in PROJECT_ROOT.glob("Pulumi.*.yaml")}
    assert files == {f"Pulumi.{stack}.yaml" for stack in STACKS}
