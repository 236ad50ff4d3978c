import re
from collections import Counter

import pytest

from tests.support.recorded_stack import Declared, RecordedStack

pytestmark = pytest.mark.process

ROOT = "pulumi:pulumi:Stack"


def parent(stack: RecordedStack, resource: Declared) -> Declared:
    return stack.by_urn(resource.parent)


def children_of_components(stack: RecordedStack) -> list[Declared]:
    return [each for each in stack.resources if not each.is_component]


def test_every_resource_of_a_provider_belongs_to_a_component(any_stack: RecordedStack) -> None:
    for resource in children_of_components(any_stack):
        assert parent(any_stack, resource).type.startswith("flashsale:"), resource.urn


def test_every_resource_is_named_after_its_component(any_stack: RecordedStack) -> None:
    for resource in children_of_components(any_stack):
        assert resource.name.startswith(f"{parent(any_stack, resource).name}-"), resource.urn


def test_component_types_have_the_projects_token(any_stack: RecordedStack) -> None:
    for resource in any_stack.resources:
        if resource.is_component and resource.type != ROOT:
            assert re.fullmatch(r"flashsale:[a-z]+:[A-Z][A-Za-z]+", resource.type)


def test_every_component_registers_outputs(any_stack: RecordedStack) -> None:
    for resource in any_stack.resources:
        if resource.is_component and resource.type != ROOT:
            outputs = any_stack.components_with_outputs[resource.urn]
            assert outputs, resource.urn
            assert None not in outputs.values(), resource.urn


def test_no_two_resources_share_an_identity(any_stack: RecordedStack) -> None:
    urns = Counter(resource.urn for resource in any_stack.resources)
    assert [urn for urn, count in urns.items() if count > 1] == []
