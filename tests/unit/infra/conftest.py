import platform
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

import infra.function
from infra.settings import PythonVersion, Topology
from infra.uv import locked_requirements
from tests.support.recorded_stack import RecordedStack, record_stack
from tests.support.side_effects import needs
from tests.unit.infra.fake_uv import FakeUv

STACKS = tuple(each.value for each in Topology)
GATEWAY = "gateway"
WORKFLOW = "workflow"
BEHIND_A_GATEWAY = {
    "ingress": "apigateway",
    "corsOrigins": "https://shop.example",
    "apiQuotaPerDay": "1000",
}


def layer_for_this_machine() -> Mapping[str, str]:
    """The wheels of its own kind are in uv's cache already: the layer needs no download."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {
        "architecture": "arm64" if platform.machine() in {"aarch64", "arm64"} else "x86_64",
        "pythonVersion": version if version in list(PythonVersion) else "3.13",
    }


@cache
def recorded(stack: str) -> RecordedStack:
    """The stack of that name; `gateway` is serverless behind API Gateway, for scripts of a page.

    `workflow` is the same with a state machine in the place of the queue.
    """
    if stack in (GATEWAY, WORKFLOW):
        machine = {"workflow": "stateMachine"} if stack == WORKFLOW else {}
        return record_stack(
            "serverless", {**layer_for_this_machine(), **BEHIND_A_GATEWAY, **machine}
        )
    return record_stack(stack, layer_for_this_machine() if stack == "serverless" else {})


@cache
def recorded_with_snap_start() -> RecordedStack:
    """Python 3.11 has no snapshots, and this machine may have no other: nothing is built."""
    with pytest.MonkeyPatch.context() as patch:
        for build in ("build_function_code", "build_layer"):
            patch.setattr(infra.function, build, lambda *_: Path("built"))
        return record_stack("serverless", {"lambdaSnapStart": "true"})


@pytest.fixture(scope="session", params=(*STACKS, GATEWAY, WORKFLOW))
@needs("process")
def any_stack(request: pytest.FixtureRequest) -> RecordedStack:
    return recorded(request.param)


@pytest.fixture(scope="session", params=STACKS)
@needs("process")
def vpc_stack(request: pytest.FixtureRequest) -> RecordedStack:
    """One that has a network, a load balancer and tasks."""
    return recorded(request.param)


@pytest.fixture(scope="session")
@needs("process")
def sync_stack() -> RecordedStack:
    return recorded("sync")


@pytest.fixture(scope="session")
@needs("process")
def async_stack() -> RecordedStack:
    return recorded("async")


@pytest.fixture(scope="session")
@needs("process")
def serverless_stack() -> RecordedStack:
    return recorded("serverless")


@pytest.fixture(scope="session")
@needs("process")
def gateway_stack() -> RecordedStack:
    return recorded(GATEWAY)


@pytest.fixture(scope="session")
@needs("process")
def workflow_stack() -> RecordedStack:
    return recorded(WORKFLOW)


@pytest.fixture
@needs("process")
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeUv]:
    """A uv that is asked anew, and whose answers are forgotten afterwards."""
    fake = FakeUv(tmp_path)
    monkeypatch.setenv("UV", str(fake.path))
    locked_requirements.cache_clear()
    yield fake
    locked_requirements.cache_clear()
