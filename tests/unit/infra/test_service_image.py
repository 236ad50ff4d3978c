import json
from pathlib import Path

import pytest

from infra.service_image import lay_out_context
from tests.support.recorded_stack import PROJECT_ROOT, RecordedStack, record_stack

pytestmark = pytest.mark.process

IMAGE = "docker:index/image:Image"
REPOSITORY = "aws:ecr/repository:Repository"


def tags(stack: RecordedStack) -> dict[str, str]:
    return {each.name: each.inputs["imageName"].rpartition(":")[2] for each in stack.of_type(IMAGE)}


def test_every_service_has_an_immutable_scanned_repository_of_its_own(
    async_stack: RecordedStack,
) -> None:
    repositories = async_stack.of_type(REPOSITORY)
    assert {each.name for each in repositories} == {"receiver-repository", "processor-repository"}
    for each in repositories:
        assert each.inputs["imageTagMutability"] == "IMMUTABLE"
        assert each.inputs["imageScanningConfiguration"] == {"scanOnPush": True}


def test_a_repository_keeps_a_bounded_number_of_images(any_stack: RecordedStack) -> None:
    policies = any_stack.of_type("aws:ecr/lifecyclePolicy:LifecyclePolicy")
    assert len(policies) == len(any_stack.of_type(REPOSITORY))
    for each in policies:
        (rule,) = json.loads(each.inputs["policy"])["rules"]
        assert rule["selection"]["countNumber"] == 10
        assert rule["action"] == {"type": "expire"}


@pytest.mark.parametrize("service", ["receiver", "processor"])
def test_an_image_is_built_from_its_services_own_context(
    service: str, async_stack: RecordedStack
) -> None:
    build = async_stack.named(IMAGE, f"{service}-image").inputs["build"]
    assert build["dockerfile"] == f"{build['context']}/Dockerfile"
    assert PROJECT_ROOT / build["context"] == lay_out_context(service)
    assert not Path(build["context"]).is_absolute()


def test_an_image_is_built_by_buildkit_and_not_dated(any_stack: RecordedStack) -> None:
    for image in any_stack.of_type(IMAGE):
        assert image.inputs["build"]["builderVersion"] == "BuilderBuildKit"
        assert image.inputs["build"]["args"]["SOURCE_DATE_EPOCH"] == "0"


def test_images_go_to_the_registry_with_its_own_token(any_stack: RecordedStack) -> None:
    for image in any_stack.of_type(IMAGE):
        registry = image.inputs["registry"]["value"]
        assert (registry["username"], registry["password"]) == ("AWS", "secret")
        assert image.inputs["imageName"].startswith(registry["server"])


def test_the_registry_password_is_kept_secret_in_the_state(any_stack: RecordedStack) -> None:
    for image in any_stack.of_type(IMAGE):
        assert set(image.inputs["registry"]) > {"value"}


def test_a_tag_names_content_so_that_equal_images_have_equal_tags(
    async_stack: RecordedStack,
) -> None:
    again = tags(record_stack("async"))
    assert tags(async_stack) == again
    assert len(set(again.values())) == 2


def test_another_interpreter_or_architecture_is_another_tag(async_stack: RecordedStack) -> None:
    for change in ({"pythonVersion": "3.11"}, {"architecture": "x86_64"}):
        other = tags(record_stack("async", change))
        assert set(other.values()).isdisjoint(tags(async_stack).values())


def test_another_context_is_another_tag(
    async_stack: RecordedStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    def elsewhere(service: str) -> Path:
        return PROJECT_ROOT / "build" / "images" / f"{service}-changed"

    monkeypatch.setattr("infra.service_image.lay_out_context", elsewhere)
    assert set(tags(record_stack("async")).values()).isdisjoint(tags(async_stack).values())
