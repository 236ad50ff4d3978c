"""Runs the Pulumi program under mocks and keeps what it declared, to be asked afterwards.

Nothing here knows what the program should declare: the expectations are in the tests.
"""

import asyncio
import runpy
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import pulumi_aws as aws
import yaml
from pulumi.runtime import mocks, rpc, set_mocks
from pulumi.runtime.config import set_all_config
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.stack import Stack, run_pulumi_func

# On first use the two modules warn of deprecated resources of their own, which nothing here uses.
with warnings.catch_warnings():
    warnings.filterwarnings("ignore", r"aws\.(ec2|lambda)/.* has been deprecated")
    LOADED = (aws.ec2.Vpc, aws.lambda_.Function)

PROJECT_ROOT = Path(__file__).resolve().parents[2]
PROJECT_FILE = PROJECT_ROOT / "Pulumi.yaml"
PROGRAM = PROJECT_ROOT / "__main__.py"
REGION = "us-west-2"
ACCOUNT = "123456789012"
IMAGE_DIGEST = "sha256:" + "0" * 64
# What Pulumi ends the names with that it makes: seven hexadecimal digits, others in each stack.
NAME_ENDING = "1a2b3c4"


@dataclass(frozen=True)
class Declared:
    """One resource as the program registered it; the inputs in camelCase, numbers as floats."""

    type: str
    name: str
    urn: str
    parent: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    depends_on: frozenset[str]
    ignores: frozenset[str]
    is_component: bool


@dataclass(frozen=True)
class RecordedStack:
    """Everything that one run of the program declared."""

    resources: tuple[Declared, ...]
    outputs: Mapping[str, Any]
    components_with_outputs: Mapping[str, Mapping[str, Any]]
    secret_outputs: frozenset[str]

    def of_type(self, type_: str) -> list[Declared]:
        """Return the resources of a type, in no particular order."""
        return [each for each in self.resources if each.type == type_]

    def named(self, type_: str, name: str) -> Declared:
        """Return the one resource of that type and name."""
        (found,) = [each for each in self.of_type(type_) if each.name == name]
        return found

    def only(self, type_: str) -> Declared:
        """Return the one resource of the type."""
        (found,) = self.of_type(type_)
        return found

    def by_urn(self, urn: str) -> Declared:
        """Return the resource of that URN."""
        (found,) = [each for each in self.resources if each.urn == urn]
        return found


def project_name() -> str:
    """Return the project's name, which is the namespace of its configuration."""
    return str(_load_yaml(PROJECT_FILE)["name"])


def project_schema() -> Mapping[str, Mapping[str, Any]]:
    """Return the configuration schema of Pulumi.yaml by key."""
    schema: Mapping[str, Mapping[str, Any]] = _load_yaml(PROJECT_FILE)["config"]
    return schema


def stack_config(stack: str) -> dict[str, str]:
    """Merge the project's defaults with the stack's file as the CLI does: all values are text."""
    namespace = project_name()
    defaults = {
        f"{namespace}:{key}": _as_text(entry["default"])
        for key, entry in project_schema().items()
        if "default" in entry
    }
    own = _load_yaml(PROJECT_ROOT / f"Pulumi.{stack}.yaml")["config"]
    return {**defaults, **{key: _as_text(value) for key, value in own.items()}}


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def record_stack(
    stack: str, overrides: Mapping[str, str] | None = None, *, name_ending: str = NAME_ENDING
) -> RecordedStack:
    """Run the whole program as `stack`; `overrides` have keys without namespace."""
    namespace = project_name()
    changed = {f"{namespace}:{key}": value for key, value in (overrides or {}).items()}
    return record_program(stack, {**stack_config(stack), **changed}, name_ending=name_ending)


def record_program(
    stack: str, config: Mapping[str, str], *, name_ending: str = NAME_ENDING
) -> RecordedStack:
    """Run the whole program as `stack` with exactly this configuration."""
    return asyncio.run(_record(stack, config, name_ending))


async def _record(stack: str, config: Mapping[str, str], name_ending: str) -> RecordedStack:
    monitor = _RecordingMonitor(name_ending)
    with _pulumi_threads():
        set_mocks(
            monitor.mocks,
            project=project_name(),
            stack=stack,
            preview=False,
            monitor=monitor,
        )
        set_all_config(dict(config))
        await run_pulumi_func(_run_program)
        root = pulumi.runtime.get_root_resource()
        assert isinstance(root, Stack)
        found = {name: pulumi.Output.from_input(each) for name, each in root.outputs.items()}
        outputs = {name: await each.future() for name, each in found.items()}
        secrets = frozenset({name for name, each in found.items() if await each.is_secret()})
    return RecordedStack(tuple(monitor.declared), outputs, monitor.component_outputs, secrets)


def _run_program() -> None:
    runpy.run_path(str(PROGRAM), run_name="__main__")


@contextmanager
def _pulumi_threads() -> Iterator[None]:
    """Give the SDK's worker threads event loops that are closed: it leaves its own open."""
    loops: list[asyncio.AbstractEventLoop] = []

    def enter_thread() -> None:
        loops.append(asyncio.new_event_loop())
        asyncio.set_event_loop(loops[-1])

    try:
        with ThreadPoolExecutor(initializer=enter_thread) as threads:
            asyncio.get_running_loop().set_default_executor(threads)
            yield
    finally:
        for loop in loops:
            loop.close()


class _Answers(pulumi.runtime.Mocks):
    """Answers as AWS would with what only AWS knows."""

    def __init__(self, name_ending: str) -> None:
        self._name_ending = name_ending

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        service = args.typ.split(":")[1].split("/")[0]
        computed = {
            "arn": f"arn:aws:{service}:{REGION}:{ACCOUNT}:{args.name}",
            "name": f"{args.name}-{self._name_ending}",
            "url": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{args.name}",
            "dnsName": f"{args.name}.{REGION}.elb.amazonaws.com",
            "executionArn": f"arn:aws:execute-api:{REGION}:{ACCOUNT}:{args.name}",
            "invokeArn": f"arn:aws:apigateway:{REGION}:lambda:path/{args.name}/invocations",
            "invokeUrl": f"https://{args.name}.execute-api.{REGION}.amazonaws.com/v1",
            "streamArn": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:{args.name}/stream/1",
            "rootResourceId": f"{args.name}-root",
            "value": f"{args.name}-value",
            "registryId": ACCOUNT,
            "repositoryUrl": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{args.name}",
            "repoDigest": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{args.name}@{IMAGE_DIGEST}",
        }
        return f"{args.name}-id", {**computed, **args.inputs}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        answers: Mapping[str, dict[str, Any]] = {
            "aws:index/getCallerIdentity:getCallerIdentity": {"accountId": ACCOUNT},
            "aws:index/getAvailabilityZones:getAvailabilityZones": {
                "names": [f"{REGION}a", f"{REGION}b", f"{REGION}c"]
            },
            "aws:ecr/getAuthorizationToken:getAuthorizationToken": {
                "userName": "AWS",
                "password": "secret",
            },
        }
        return answers[args.token], []


class _RecordingMonitor(mocks.MockMonitor):
    """Keeps each registration as it was asked for: mocks alone see no parents and no options."""

    def __init__(self, name_ending: str) -> None:
        super().__init__(_Answers(name_ending))
        self.declared: list[Declared] = []
        self.component_outputs: dict[str, Mapping[str, Any]] = {}

    def RegisterResource(  # noqa: N802 - the SDK's name
        self, request: resource_pb2.RegisterResourceRequest
    ) -> resource_pb2.RegisterResourceResponse:
        register: Callable[..., resource_pb2.RegisterResourceResponse] = super().RegisterResource
        response = register(request)
        self.declared.append(
            Declared(
                type=request.type,
                name=request.name,
                urn=response.urn,
                parent=request.parent,
                inputs=rpc.deserialize_properties(request.object),
                outputs=rpc.deserialize_properties(response.object),
                depends_on=frozenset(request.dependencies),
                ignores=frozenset(request.ignoreChanges),
                is_component=not request.custom,
            )
        )
        return response

    def RegisterResourceOutputs(  # noqa: N802 - the SDK's name
        self, request: resource_pb2.RegisterResourceOutputsRequest
    ) -> object:
        self.component_outputs[request.urn] = rpc.deserialize_properties(request.outputs)
        register: Callable[..., object] = super().RegisterResourceOutputs
        return register(request)


def _load_yaml(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content
