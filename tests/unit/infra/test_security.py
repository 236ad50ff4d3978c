"""The page of accepted findings, and how the stacks are shown to checkov."""

import re
import runpy
from typing import Any

import pytest

from tests.support.as_terraform import as_terraform
from tests.support.recorded_stack import PROJECT_ROOT, RecordedStack
from tests.unit.infra.conftest import STACKS, recorded

PAGE = (PROJECT_ROOT / "docs" / "security.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def check() -> dict[str, Any]:
    return runpy.run_path(str(PROJECT_ROOT / "scripts" / "check_security.py"))


def rendered(stack: str) -> str:
    return as_terraform(recorded(stack))


def test_every_row_of_the_table_is_read(check: dict[str, Any]) -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| CKV")]
    assert len(check["listed"](PAGE)) == len(rows) > 0


@pytest.mark.process
def test_the_table_names_resources_that_the_stacks_declare(check: dict[str, Any]) -> None:
    declared = {each.name for stack in STACKS for each in recorded(stack).resources}
    for resources in check["listed"](PAGE).values():
        assert resources <= declared


def test_https_and_who_may_list_orders_are_named_as_open() -> None:
    (still_open,) = re.findall(r"## Open\n(.*?)\n## ", PAGE, re.DOTALL)
    assert "HTTPS" in still_open
    assert "Who may list orders" in still_open


def test_a_new_finding_and_one_that_is_gone_are_both_told(check: dict[str, Any]) -> None:
    lines = check["differences"](
        {"CKV_AWS_1": {"a", "b"}, "CKV_AWS_2": {"c"}}, {"CKV_AWS_1": {"b"}, "CKV_AWS_3": {"d"}}
    )
    assert list(lines) == [
        "CKV_AWS_1 a: mend it, or list it with its reason in security.md",
        "CKV_AWS_2 c: mend it, or list it with its reason in security.md",
        "CKV_AWS_3 d: passes now, take it out of security.md",
    ]
    assert list(check["differences"]({"CKV_AWS_1": {"a"}}, {"CKV_AWS_1": {"a"}})) == []


@pytest.mark.process
@pytest.mark.parametrize("stack", STACKS)
def test_checkov_is_shown_every_resource_of_aws_once(stack: str) -> None:
    shown = re.findall(r'^resource "(\w+)" "([\w.-]+)" {$', rendered(stack), re.MULTILINE)
    names = [each.name for each in recorded(stack).resources if each.type.startswith("aws:")]
    assert sorted(name for _, name in shown) == sorted(names)
    assert len(set(shown)) == len(shown)


@pytest.mark.process
def test_checkov_sees_blocks_lists_and_references(sync_stack: RecordedStack) -> None:
    text = as_terraform(sync_stack)
    for line in (
        'resource "aws_lb" "receiver-alb" {',
        "point_in_time_recovery {",
        "global_secondary_index {",
        "key_schema {",
        "vpc_id = aws_vpc.flash-sale-vpc.id",
        "role = aws_iam_role.receiver-task-role.name",
        "health_check {",
        "from_port = 443",
    ):
        assert f"\n{line}\n" in f"\n{text}", line


@pytest.mark.process
def test_braces_are_balanced_in_what_checkov_reads() -> None:
    for stack in STACKS:
        lines = rendered(stack).splitlines()
        assert sum(line.endswith(" {") for line in lines) == lines.count("}")
