from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lambda_fn import order_events

ROOT = Path(__file__).parents[3]


def in_a_fresh_process(code: str) -> str:
    """Run Python with an empty environment and return what it prints."""
    environment = {"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(  # noqa: S603 - our own code
        command, env=environment, capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout


@pytest.mark.process
def test_the_module_can_be_imported_without_any_environment() -> None:
    code = "import lambda_fn.order_events as o; print(o._worker.cache_info().currsize)"
    assert in_a_fresh_process(code).strip() == "0"


@pytest.mark.process
def test_importing_it_imports_nothing_that_makes_a_start_slow() -> None:
    """Each costs a cold start what the whole function takes: no AWS SDK, server or logger."""
    heavy = {"aioboto3", "aiobotocore", "aiohttp", "boto3", "botocore", "structlog", "uvloop"}
    code = f"""
import sys
import lambda_fn.order_events
print(sorted({{m.split(".")[0] for m in sys.modules}} & {heavy | {"processor", "receiver"}!r}))
"""
    assert in_a_fresh_process(code).strip() == "[]"


@pytest.mark.process
def test_certificates_are_read_with_the_import() -> None:
    code = """
import lambda_fn.order_events
from adapters.aws.fast import tls
before = tls._context.cache_info().misses
tls.trust({"AWS_CA_BUNDLE": ""}, amazon_only=True)
print(before, tls._context.cache_info().misses)
"""
    assert in_a_fresh_process(code).split() == ["1", "1"]


class Fulfilled:
    """Stands in for the worker of the environment."""

    def __init__(self, error: Exception | None = None) -> None:
        self.messages: list[str] = []
        self._error = error

    def fulfil(self, messages: list[str]) -> None:
        self.messages += messages
        if self._error is not None:
            raise self._error


def event(*messages: str) -> dict[str, object]:
    return {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": m}} for m in messages]}


def test_every_record_of_the_event_is_fulfilled(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Fulfilled()
    monkeypatch.setattr(order_events, "_worker", lambda: worker)
    assert order_events.handler(event("a", "b"), None) == {"orders": 2}
    assert worker.messages == ["a", "b"]


def test_a_failure_is_raised_so_that_lambda_tries_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_events, "_worker", lambda: Fulfilled(OSError("down")))
    with pytest.raises(OSError, match="down"):
        order_events.handler(event("a"), None)
