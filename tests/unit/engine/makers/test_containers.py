from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from engine.makers import MAKERS
from engine.makers.context import Context, Made, Resource
from engine.runtime.processes import EngineError
from engine.services.processes import ServiceDeclaration, TaskDeclaration


@dataclass
class FakeContext:
    root: Path
    account_id: str = "123456789012"
    region: str = "us-west-2"
    tasks: dict[str, TaskDeclaration] = field(default_factory=dict)
    services: dict[str, ServiceDeclaration] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"


@pytest.fixture
def context(tmp_path: Path) -> FakeContext:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "Dockerfile").write_text("FROM scratch")
    return FakeContext(tmp_path)


def make(context: FakeContext, kind: str, **inputs: Any) -> Made:
    return MAKERS[kind](cast("Context", context), Resource(kind, "thing", inputs))


def container(**more: Any) -> dict[str, Any]:
    return {"name": "receiver", "command": ["python", "-m", "receiver"], **more}


def task(context: FakeContext, *containers: dict[str, Any]) -> Made:
    definitions = json.dumps(list(containers))
    kind = "aws:ecs/taskDefinition:TaskDefinition"
    return make(context, kind, family="receiver", containerDefinitions=definitions)


def image(context: FakeContext) -> str:
    made = make(
        context,
        "docker:index/image:Image",
        imageName="1.dkr.ecr.aws/receiver:abc",
        build={"context": ".", "dockerfile": "app/Dockerfile"},
    )
    return str(made.outputs["repoDigest"])


def test_an_image_is_named_by_the_content_of_its_build(context: FakeContext) -> None:
    first = image(context)
    assert first.startswith("1.dkr.ecr.aws/receiver@sha256:")
    (context.root / ".git").mkdir()
    (context.root / ".git" / "index").write_text("changes all the time")
    assert image(context) == first
    (context.root / "app" / "main.py").write_text("print(1)")
    assert image(context) != first


def test_an_image_without_its_dockerfile_is_refused(context: FakeContext) -> None:
    (context.root / "app" / "Dockerfile").unlink()
    with pytest.raises(EngineError, match=r"app/Dockerfile does not exist"):
        image(context)


def test_a_task_runs_with_exactly_the_environment_that_it_declares(context: FakeContext) -> None:
    environment = [{"name": "PORT", "value": "8080"}, {"name": "A", "value": "b"}]
    made = task(context, container(environment=environment, stopTimeout=45))
    declared = context.tasks[made.outputs["arn"]]
    assert declared.environment == {"PORT": "8080", "A": "b"}
    assert declared.port == 8080
    assert declared.command == ("python", "-m", "receiver")
    assert declared.stop_timeout_seconds == 45


def test_revisions_of_a_family_count_up(context: FakeContext) -> None:
    assert [task(context, container()).outputs["revision"] for _ in range(3)] == [1, 2, 3]


def test_a_sidecar_is_passed_over_and_a_task_without_python_refused(context: FakeContext) -> None:
    sidecar = {"name": "otel", "command": ["--config=x"]}
    made = task(context, sidecar, container())
    assert context.tasks[made.outputs["arn"]].container == "receiver"
    with pytest.raises(EngineError, match="no container whose command starts with `python`"):
        task(context, sidecar)


def test_secrets_that_the_lab_cannot_give_are_refused(context: FakeContext) -> None:
    with pytest.raises(EngineError, match="secrets"):
        task(context, container(secrets=[{"name": "TOKEN", "valueFrom": "arn"}]))


@pytest.mark.parametrize(("desired", "count"), [(None, 1), (0, 0), (3, 3)])
def test_a_service_wants_as_many_tasks_as_declared(
    context: FakeContext, desired: int | None, count: int
) -> None:
    arn = task(context, container()).outputs["arn"]
    make(context, "aws:ecs/service:Service", taskDefinition=arn, desiredCount=desired)
    (service,) = context.services.values()
    assert service.desired_count == count


def test_a_service_of_a_task_that_is_not_in_the_stack_is_refused(context: FakeContext) -> None:
    with pytest.raises(EngineError, match="arn:other"):
        make(context, "aws:ecs/service:Service", taskDefinition="arn:other")
