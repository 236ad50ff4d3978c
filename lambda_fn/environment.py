"""What one environment of a function keeps between invocations: an event loop, an AWS client."""

from __future__ import annotations

import asyncio
import atexit
import random
import time
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar

from adapters.aws.calls import AwsCallCounter
from adapters.aws.fast.client import FastClient
from kit.logging import configure_logging, get_logger

CONNECTIONS = 10
T = TypeVar("T")

_log = get_logger()


class ExecutionEnvironment:
    """Runs one invocation at a time; its client is open from the first one on."""

    def __init__(self, region: str, log_level: str, variables: Mapping[str, str]) -> None:
        configure_logging("function", log_level)
        # What was seeded with the import is the same in all that a snapshot of it starts.
        random.seed()
        started = time.perf_counter()
        self._loop = asyncio.new_event_loop()
        self._calls = AwsCallCounter()
        self.client = FastClient(
            region,
            variables=variables,
            connections=CONNECTIONS,
            amazon_roots_only=True,
            observe=self._calls.observe,
        )
        atexit.register(self.close)
        _log.info("cold_start", clients_ms=round((time.perf_counter() - started) * 1000, 3))

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what the work of one invocation returns, and log the calls that it made."""
        try:
            return self._loop.run_until_complete(work)
        finally:
            self._calls.log_and_reset()

    def close(self) -> None:
        """Close client and loop; Lambda itself never does, it freezes and forgets."""
        atexit.unregister(self.close)
        if not self._loop.is_closed():
            self._loop.run_until_complete(self.client.aclose())
            self._loop.close()
