from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from engine.makers import MAKERS
from engine.makers.context import Made, Resource, World
from engine.runtime.processes import EngineError
from engine.services.fleet import ServiceDeclaration, TaskDeclaration


@dataclass
class FakeWorld:
    root: Path
    account_id: str = "123456789012"
    region: str = "us-west-2"
    tasks: dict[str, TaskDeclaration] = field(default_factory=dict)
    services: dict[str, ServiceDeclaration] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"


@pytest.fixture
def world(tmp_path: Path) -> FakeWorld:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "Dockerfile").write_text("FROM scratch")
    return FakeWorld(tmp_path)


def make(world: FakeWorld, kind: str, **inputs: Any) -> Made:
    return MAKERS[kind](cast("World", world), Resource(kind, "thing", inputs))


def container(**more: Any) -> dict[str, Any]:
    return {"name": "receiver", "command": ["python", "-m", "receiver"], **more}


def task(world: FakeWorld, *containers: dict[str, Any]) -> Made:
    definitions = json.dumps(list(containers))
    kind = "aws:ecs/taskDefinition:TaskDefinition"
    return make(world, kind, family="receiver", containerDefinitions=definitions)


def image(world: FakeWorld) -> str:
    made = make(
        world,
        "docker:index/image:Image",
        imageName="1.dkr.ecr.aws/receiver:abc",
        build={"context": ".", "dockerfile": "app/Dockerfile"},
    )
    return str(made.outputs["repoDigest"])


def test_an_image_is_named_by_the_content_of_its_build(world: FakeWorld) -> None:
    first = image(world)
    assert first.startswith("1.dkr.ecr.aws/receiver@sha256:")
    (world.root / ".git").mkdir()
    (world.root / ".git" / "index").write_text("changes all the time")
    assert image(world) == first
    (world.root / "app" / "main.py").write_text("print(1)")
    assert image(world) != first


def test_an_image_without_its_dockerfile_is_refused(world: FakeWorld) -> None:
    (world.root / "app" / "Dockerfile").unlink()
    with pytest.raises(EngineError, match=r"app/Dockerfile does not exist"):
        image(world)


def test_a_task_runs_with_exactly_the_environment_that_it_declares(world: FakeWorld) -> None:
    environment = [{"name": "PORT", "value": "8080"}, {"name": "A", "value": "b"}]
    made = task(world, container(environment=environment, stopTimeout=45))
    declared = world.tasks[made.outputs["arn"]]
    assert declared.environment == {"PORT": "8080", "A": "b"}
    assert declared.port == 8080
    assert declared.command == ("python", "-m", "receiver")
    assert declared.stop_timeout_seconds == 45


def test_revisions_of_a_family_count_up(world: FakeWorld) -> None:
    assert [task(world, container()).outputs["revision"] for _ in range(3)] == [1, 2, 3]


def test_a_sidecar_is_passed_over_and_a_task_without_python_refused(world: FakeWorld) -> None:
    sidecar = {"name": "otel", "command": ["--config=x"]}
    made = task(world, sidecar, container())
    assert world.tasks[made.outputs["arn"]].container == "receiver"
    with pytest.raises(EngineError, match="no container whose command starts with `python`"):
        task(world, sidecar)


def test_secrets_that_the_lab_cannot_give_are_refused(world: FakeWorld) -> None:
    with pytest.raises(EngineError, match="secrets"):
        task(world, container(secrets=[{"name": "TOKEN", "valueFrom": "arn"}]))


@pytest.mark.parametrize(("desired", "count"), [(None, 1), (0, 0), (3, 3)])
def test_a_service_wants_as_many_tasks_as_declared(
    world: FakeWorld, desired: int | None, count: int
) -> None:
    arn = task(world, container()).outputs["arn"]
    make(world, "aws:ecs/service:Service", taskDefinition=arn, desiredCount=desired)
    (service,) = world.services.values()
    assert service.desired_count == count


def test_a_service_of_a_task_that_is_not_in_the_stack_is_refused(world: FakeWorld) -> None:
    with pytest.raises(EngineError, match="arn:other"):
        make(world, "aws:ecs/service:Service", taskDefinition="arn:other")
