import pytest

from tests.support.recorded_stack import Declared, RecordedStack
from tests.unit.infra.test_names import sdk_inputs

pytestmark = pytest.mark.process

SERVICE = "aws:ecs/service:Service"


def taggable(stack: RecordedStack) -> list[Declared]:
    """The resources whose type takes tags, as the SDK tells."""
    return [
        each
        for each in stack.resources
        if each.type.startswith("aws:") and "tags" in sdk_inputs(each.type)
    ]


def test_everything_that_can_be_tagged_says_whose_it_is(any_stack: RecordedStack) -> None:
    topology = any_stack.outputs["topology"]
    expected = {"project": "flash-sale", "stack": topology, "topology": topology}
    resources = taggable(any_stack)
    assert len(resources) > 20
    for resource in resources:
        tags = resource.inputs.get("tags", {})
        assert {key: tags.get(key) for key in expected} == expected, resource.urn


def test_what_cannot_be_tagged_gets_no_tags(any_stack: RecordedStack) -> None:
    taggable_urns = {each.urn for each in taggable(any_stack)}
    for resource in any_stack.resources:
        if resource.urn not in taggable_urns:
            assert "tags" not in resource.inputs, resource.urn


def test_a_tag_of_its_own_stays_beside_the_common_ones(vpc_stack: RecordedStack) -> None:
    tags = vpc_stack.only("aws:ec2/vpc:Vpc").inputs["tags"]
    assert tags["Name"].endswith("-vpc")
    assert len(tags) == 4


def test_tasks_carry_the_tags_of_their_service(any_stack: RecordedStack) -> None:
    for service in any_stack.of_type(SERVICE):
        assert service.inputs["propagateTags"] == "SERVICE"
