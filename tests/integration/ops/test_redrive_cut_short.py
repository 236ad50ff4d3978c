"""A redrive of two plain queues, as of a stack on AWS, killed or interrupted in its middle."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from terminal.project import ROOT
from tests.support.emulator import RunningEmulator
from tests.support.queue_shop import until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

COUNTS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")


class Queues:
    """A queue, its dead-letter queue, and a file with the outputs of their stack."""

    def __init__(self, emulator: RunningEmulator, folder: Path) -> None:
        self._emulator = emulator
        self._folder = folder
        self.sqs = emulator.client("sqs")
        name = uuid.uuid4().hex[:8]
        self.dead = self.sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=self.dead, AttributeNames=["QueueArn"])
        policy = {"deadLetterTargetArn": arn["Attributes"]["QueueArn"], "maxReceiveCount": 1}
        self.queue = self.sqs.create_queue(
            QueueName=name, Attributes={"RedrivePolicy": json.dumps(policy)}
        )["QueueUrl"]
        outputs = {"topology": "async", "queue_url": self.queue, "dlq_url": self.dead}
        (folder / "outputs.json").write_text(json.dumps(outputs))

    def die(self, count: int) -> set[str]:
        bodies = [f"body {number}" for number in range(count)]
        for start in range(0, count, 10):
            entries = [
                {"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies[start:][:10])
            ]
            self.sqs.send_message_batch(QueueUrl=self.dead, Entries=entries)
        return set(bodies)

    @contextmanager
    def redriving(self, *options: str) -> Iterator[subprocess.Popen[str]]:
        """Run `ops redrive` with the user's own AWS variables, as for a stack on AWS."""
        files = ["--outputs", str(self._folder / "outputs.json"), "--json", str(self.told)]
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "ops", "redrive", *files, *options],
            cwd=ROOT,
            env=dict(self._emulator.environment()),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.communicate()

    @property
    def told(self) -> Path:
        return self._folder / "told.json"

    def count(self, url: str) -> tuple[int, int]:
        """Return visible and hidden messages."""
        found = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(COUNTS))
        visible, hidden = (int(found["Attributes"][name]) for name in COUNTS)
        return visible, hidden

    def take(self, url: str) -> list[str]:
        """Take every visible message out; return the bodies."""
        bodies: list[str] = []
        while True:
            found: list[Any] = self.sqs.receive_message(
                QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=600
            ).get("Messages", [])
            if not found:
                return bodies
            bodies += [each["Body"] for each in found]


@pytest.fixture
def queues(shared_emulator: RunningEmulator, tmp_path: Path) -> Queues:
    return Queues(shared_emulator, tmp_path)


def test_a_killed_redrive_has_lost_nothing_and_another_one_ends_it(queues: Queues) -> None:
    everything = queues.die(100)
    with queues.redriving("--rate", "20") as killed:
        until(lambda: queues.count(queues.queue)[0] >= 10)
        killed.kill()
    moved, (_, hidden) = queues.take(queues.queue), queues.count(queues.dead)
    assert len(moved) < 100
    assert hidden <= 10
    with queues.redriving("--rate", "500") as second:
        output, _ = second.communicate(timeout=60)
    moved += queues.take(queues.queue)
    # Hidden from the second redrive as from everybody, the last batch comes back by itself.
    assert queues.count(queues.dead) == (0, hidden)
    assert ("hidden: somebody looked at the dead-letter queue" in output) == bool(hidden)
    assert len(set(moved)) + hidden >= len(everything)
    assert set(moved) <= everything
    assert len(moved) - len(set(moved)) <= 10


def test_an_interrupted_redrive_leaves_the_rest_visible_and_tells_how_far_it_was(
    queues: Queues,
) -> None:
    everything = queues.die(60)
    with queues.redriving("--rate", "10") as interrupted:
        until(lambda: queues.count(queues.queue)[0] >= 10)
        interrupted.send_signal(signal.SIGINT)
        output, _ = interrupted.communicate(timeout=30)
    assert interrupted.returncode == 130
    told = json.loads(queues.told.read_text())
    moved = sum(told["moved"].values())
    assert told["interrupted"] is True
    assert "interrupted; what was moved stays moved" in output
    assert queues.count(queues.queue) == (moved, 0)
    assert queues.count(queues.dead) == (60 - moved, 0)
    assert {*queues.take(queues.queue), *queues.take(queues.dead)} == everything


def test_what_sqs_itself_set_aside_has_that_as_its_reason(queues: Queues) -> None:
    queues.sqs.send_message(QueueUrl=queues.queue, MessageBody="body")
    queues.sqs.receive_message(QueueUrl=queues.queue, VisibilityTimeout=0)
    queues.sqs.receive_message(QueueUrl=queues.queue, VisibilityTimeout=0)
    with queues.redriving("--reason", "received too often") as process:
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 0, output
    assert json.loads(queues.told.read_text())["moved"] == {"received too often": 1}
    assert queues.take(queues.queue) == ["body"]


def test_a_queue_that_does_not_exist_is_a_wrong_set_up(queues: Queues) -> None:
    queues.sqs.delete_queue(QueueUrl=queues.dead)
    with queues.redriving() as process:
        output, _ = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "check account, region (AWS_REGION) and stack" in output
    assert "Traceback" not in output
