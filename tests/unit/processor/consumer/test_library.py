from __future__ import annotations

import subprocess
import sys

from processor import consumer
from tests.support.queue_shop import ROOT

ITS_OWN = {"adapters", "adapters.backoff", "adapters.logs", "adapters.micro_batcher"}


def test_the_consumer_knows_queues_and_nothing_of_the_house_but_three_small_tools() -> None:
    """So it can be lifted out as a library."""
    code = (
        "import sys, processor.consumer, processor.consumer.emf; "
        "print(*sorted(m for m in sys.modules "
        "if m.split('.')[0] in {'orders', 'adapters', 'receiver', 'lambda_fn', 'infra', 'lab'}))"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603 - our own code
    assert set(done.stdout.split()) == ITS_OWN


def test_what_a_user_needs_is_in_one_place() -> None:
    assert set(consumer.__all__) >= {"Consumer", "ConsumerSettings", "Message", "SqsQueue"}
    assert all(hasattr(consumer, name) for name in consumer.__all__)
