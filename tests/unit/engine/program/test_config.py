from __future__ import annotations

import platform
import sys
from pathlib import Path

import pytest

from engine.program.config import parse_overrides, read_stack, this_machine
from terminal.errors import UserError
from terminal.project import ROOT

PULUMI_YAML = """
name: shop
runtime: python
config:
  port:
    type: integer
    default: 8080
  topology:
    type: string
  fast:
    type: boolean
    default: true
  zones:
    type: array
    default: [a, b]
  aws:region:
    value: eu-west-1
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text(PULUMI_YAML)
    (tmp_path / "Pulumi.sale.yaml").write_text("config: {shop:topology: async, port: 9090}")
    (tmp_path / "Pulumi.empty.yaml").write_text("")
    return tmp_path


def test_defaults_are_text_and_the_stack_file_wins_over_them(project: Path) -> None:
    config = read_stack(project, "sale")
    assert config.own == {
        "port": "9090",
        "topology": "async",
        "fast": "true",
        "zones": '["a", "b"]',
    }


def test_overrides_win_over_the_stack_file(project: Path) -> None:
    assert read_stack(project, "sale", {"port": "1", "shop:fast": "false"}).own["port"] == "1"
    assert read_stack(project, "sale", {"shop:fast": "false"}).own["fast"] == "false"


def test_keys_keep_the_namespace_they_have_and_get_the_projects_else(project: Path) -> None:
    config = read_stack(project, "sale", {"aws:region": "us-east-1"})
    assert config.region == "us-east-1"
    assert config.values["shop:port"] == "9090"


@pytest.mark.parametrize(
    "value", ["{secure: abc}", "{user: me, password: {secure: abc}}", "[{secure: abc}]"]
)
def test_a_secret_is_named_with_the_way_round_it(project: Path, value: str) -> None:
    (project / "Pulumi.sale.yaml").write_text(f"config: {{port: 9090, token: {value}}}")
    with pytest.raises(
        UserError, match=r"Pulumi\.sale\.yaml: shop:token is a secret.*--config shop:t"
    ):
        read_stack(project, "sale")
    assert read_stack(project, "sale", {"token": "mine"}).own["token"] == "mine"


def test_a_value_that_happens_to_hold_a_key_called_secure_is_no_secret(project: Path) -> None:
    (project / "Pulumi.sale.yaml").write_text("config: {cookies: {secure: true, path: /}}")
    assert read_stack(project, "sale").own["cookies"] == '{"secure": true, "path": "/"}'


def test_an_empty_stack_file_leaves_the_defaults(project: Path) -> None:
    config = read_stack(project, "empty")
    assert config.own["port"] == "8080"
    assert config.region == "eu-west-1"


def test_a_stack_without_a_file_is_refused_and_the_others_are_named(project: Path) -> None:
    with pytest.raises(UserError, match=r"'lunch' has no file .*Pulumi\.lunch\.yaml.*empty, sale"):
        read_stack(project, "lunch")


@pytest.mark.parametrize("content", ["a: [", "- a list"])
def test_a_file_that_is_no_mapping_is_refused_by_its_path(project: Path, content: str) -> None:
    (project / "Pulumi.sale.yaml").write_text(content)
    with pytest.raises(UserError, match=r"Pulumi\.sale\.yaml"):
        read_stack(project, "sale")


def test_the_machines_own_architecture_and_python_override_declared_keys_only(
    project: Path,
) -> None:
    assert this_machine(project) == {}
    machine = this_machine(ROOT)
    assert machine["pythonVersion"] == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert machine["architecture"] in {"arm64", "x86_64"}
    assert (machine["architecture"] == "arm64") == (platform.machine() in {"arm64", "aarch64"})


def test_overrides_are_key_and_value() -> None:
    assert parse_overrides(["a=1", " b = x=y "]) == {"a": "1", "b": "x=y"}


@pytest.mark.parametrize("pair", ["receiverPort", "=8080", ""])
def test_an_override_without_key_or_equals_is_refused_with_an_example(pair: str) -> None:
    with pytest.raises(UserError, match="key=value"):
        parse_overrides([pair])
