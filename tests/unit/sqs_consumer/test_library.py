from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

import sqs_consumer
from tests.support.queue_shop import ROOT
from tests.support.queue_world import QueueWorld, until
from tests.support.virtual_clock import virtual_time

DOCUMENTATION = (ROOT / "sqs_consumer" / "README.md").read_text(encoding="utf-8")

ITS_OWN = {
    "kit.retry",
    "kit",
    "kit.micro_batcher",
    "kit.logging",
}


@pytest.mark.process
def test_the_consumer_knows_queues_and_nothing_of_the_house_but_three_small_tools() -> None:
    """So it can be lifted out as a library."""
    code = (
        "import sys, sqs_consumer, sqs_consumer.metrics; "
        "print(*sorted(m for m in sys.modules "
        "if m.split('.')[0] in {'orders', 'kit', 'adapters', 'receiver', 'lambda_fn', 'lab'}))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - our own code
    assert set(done.stdout.split()) == ITS_OWN


def test_what_a_user_needs_is_in_one_place() -> None:
    assert set(sqs_consumer.__all__) >= {"Consumer", "ConsumerSettings", "Message", "Queue"}
    assert all(hasattr(sqs_consumer, name) for name in sqs_consumer.__all__)


@pytest.mark.process
def test_no_aws_sdk_is_needed_by_whoever_brings_a_queue_of_their_own() -> None:
    code = "import sys, sqs_consumer; print({'botocore', 'aiobotocore'} & sys.modules.keys())"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - our own code
    assert done.stdout.strip() == "set()"


def test_the_worker_in_the_readme_consumes_a_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    [program] = re.findall(r"```python\n(.*?)```", DOCUMENTATION, re.DOTALL)
    names: dict[str, Any] = {}
    exec(program, names)  # noqa: S102 - our own page

    @virtual_time
    async def scenario() -> None:
        world = QueueWorld()
        world.send(3)
        world.queue.send("")
        client = world.aws.connect(world.wire).boto_sqs
        monkeypatch.setitem(names, "get_session", lambda: Session(client))
        work = asyncio.create_task(names["main"](world.queue.url, world.dead_letters.url))
        await until(lambda: not world.queue.messages)
        assert [each.body for each in world.dead_letters.messages] == [""]
        signal.raise_signal(signal.SIGTERM)
        assert await work == 0

    scenario()


class Session:
    """A session whose client is the fake SQS."""

    def __init__(self, client: object) -> None:
        self._client = client

    @asynccontextmanager
    async def create_client(self, service: str, config: Any) -> AsyncIterator[object]:
        assert service == "sqs"
        assert config.retries == {"total_max_attempts": 1}
        yield self._client
