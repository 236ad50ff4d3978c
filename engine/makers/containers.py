"""ECR, ECS and log groups: plausible ids, and the declarations that become processes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.makers.context import Context, Made, Maker, Resource, each, physical_name
from engine.runtime.processes import EngineError
from engine.services.processes import ServiceDeclaration, TaskDeclaration

_FARGATE_STOP_SECONDS = 30
"""What ECS waits after SIGTERM where the task definition does not say."""
_NOT_IN_AN_IMAGE = frozenset({"__pycache__", "build", "dist", "node_modules"})


def _repository(context: Context, resource: Resource) -> Made:
    name = physical_name(resource.name, resource.inputs)
    registry = f"{context.account_id}.dkr.ecr.{context.region}.amazonaws.com"
    return Made(
        name,
        {
            "arn": context.arn("ecr", f"repository/{name}"),
            "name": name,
            "registryId": context.account_id,
            "repositoryUrl": f"{registry}/{name}",
        },
    )


def _lifecycle_policy(_context: Context, resource: Resource) -> Made:
    return Made(str(resource.inputs["repository"]), {})


def _image(context: Context, resource: Resource) -> Made:
    """An image that is not built: its digest follows from what the build would read."""
    name = str(resource.inputs["imageName"])
    build = resource.inputs.get("build") or {}
    folder = context.root / (build.get("context") or ".")
    dockerfile = context.root / (build.get("dockerfile") or folder / "Dockerfile")
    if not dockerfile.is_file():
        raise EngineError(f"docker build of {resource.name!r}: {dockerfile} does not exist")
    repository = name.rpartition(":")[0] if ":" in name.rpartition("/")[2] else name
    return Made(
        name,
        {
            "imageName": name,
            "baseImageName": name,
            "registryServer": name.partition("/")[0],
            "repoDigest": f"{repository}@sha256:{_build_digest(folder, dockerfile)}",
        },
    )


def _build_digest(folder: Path, dockerfile: Path) -> str:
    digest = hashlib.sha256(dockerfile.read_bytes())
    for path in _build_files(folder):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _build_files(folder: Path) -> Iterator[Path]:
    """Every file below, in order, without hidden ones and what builds leave behind."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name in _NOT_IN_AN_IMAGE or path.is_symlink():
            continue
        if path.is_dir():
            yield from _build_files(path)
        elif path.is_file():
            yield path


def _cluster(context: Context, resource: Resource) -> Made:
    name = physical_name(resource.name, resource.inputs)
    arn = context.arn("ecs", f"cluster/{name}")
    return Made(arn, {"arn": arn, "name": name})


def _task_definition(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    family = str(inputs["family"])
    task = _task(resource.name, inputs)
    with context.lock:
        revision = 1 + sum(f"/{family}:" in arn for arn in context.tasks)
        arn = context.arn("ecs", f"task-definition/{family}:{revision}")
        context.tasks[arn] = task
    return Made(
        family,
        {
            "arn": arn,
            "arnWithoutRevision": arn.rpartition(":")[0],
            "revision": revision,
        },
    )


def _task(logical: str, inputs: Mapping[str, Any]) -> TaskDeclaration:
    containers = inputs["containerDefinitions"]
    if isinstance(containers, str):
        containers = json.loads(containers)
    runnable = [one for one in containers if (one.get("command") or [""])[0] == "python"]
    if not runnable:
        raise EngineError(
            f"task definition {logical!r} has no container whose command starts with `python`; "
            "the engine runs Python services only"
        )
    container = runnable[0]
    if container.get("secrets"):
        raise EngineError(f"task definition {logical!r} uses `secrets`: the engine has none")
    return TaskDeclaration(
        container=container["name"],
        command=tuple(container["command"]),
        environment={one["name"]: str(one["value"]) for one in each(container.get("environment"))},
        task_role_arn=inputs.get("taskRoleArn"),
        stop_timeout_seconds=int(container.get("stopTimeout") or _FARGATE_STOP_SECONDS),
    )


def _service(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    name = physical_name(resource.name, inputs)
    task = context.tasks.get(str(inputs["taskDefinition"]))
    if task is None:
        raise EngineError(
            f"service {name!r}: task definition {inputs['taskDefinition']!r} is not in this stack"
        )
    desired = inputs.get("desiredCount")
    context.services[name] = ServiceDeclaration(
        name=name,
        task=task,
        desired_count=1 if desired is None else int(desired),
        targets={
            str(one["targetGroupArn"]): int(one["containerPort"])
            for one in each(inputs.get("loadBalancers"))
            if one.get("targetGroupArn")
        },
    )
    cluster = str(inputs.get("cluster") or "default").rpartition("/")[2]
    arn = context.arn("ecs", f"service/{cluster}/{name}")
    return Made(arn, {"arn": arn, "name": name})


def _log_group(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    name = physical_name(resource.name, inputs)
    context.clients.logs.create_log_group(logGroupName=name, tags=inputs.get("tags") or {})
    if inputs.get("retentionInDays"):
        context.clients.logs.put_retention_policy(
            logGroupName=name, retentionInDays=inputs["retentionInDays"]
        )
    return Made(name, {"arn": context.arn("logs", f"log-group:{name}"), "name": name})


MAKERS: dict[str, Maker] = {
    "aws:ecr/repository:Repository": _repository,
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": _lifecycle_policy,
    "docker:index/image:Image": _image,
    "aws:ecs/cluster:Cluster": _cluster,
    "aws:ecs/taskDefinition:TaskDefinition": _task_definition,
    "aws:ecs/service:Service": _service,
    "aws:cloudwatch/logGroup:LogGroup": _log_group,
}
