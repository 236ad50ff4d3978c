"""The engine knows the resource types of the repository's program, and carries no others."""

from __future__ import annotations

import pytest

from engine.makers import MAKERS
from tests.unit.infra.conftest import GATEWAY, STACKS, WORKFLOW, recorded, recorded_with_snap_start


@pytest.mark.process
def test_there_is_a_maker_for_each_type_that_the_program_declares_and_for_no_other() -> None:
    stacks = [recorded(stack) for stack in (*STACKS, GATEWAY, WORKFLOW)]
    stacks.append(recorded_with_snap_start())
    declared = {each.type for stack in stacks for each in stack.resources}
    assert {kind for kind in declared if kind.startswith(("aws:", "docker:"))} == MAKERS.keys()


def test_every_type_token_has_the_shape_of_pulumis() -> None:
    for token, maker in MAKERS.items():
        package, module, kind = token.split(":")
        assert module.rpartition("/")[2].lower() == kind.lower(), token
        assert package in {"aws", "docker"}
        assert callable(maker)
