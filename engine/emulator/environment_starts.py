"""How many Lambda environments start together in the emulator, whose own answer is: all of them.

Two hundred starts at the same time share two cores, so that none is done for seconds; meanwhile
each further event starts one more. Here a few start, and an event that waits takes whichever comes
first: its turn to start one, or an environment that has become free.
"""
# ruff: noqa: SLF001 - the emulator has no public way in

import threading
from collections import deque
from typing import Any

from ministack.core import lambda_runtime  # type: ignore[import-not-found]
from ministack.services import lambda_svc  # type: ignore[import-not-found]

_LIMIT = 8
_RECHECK_SECONDS = 1.0


class StartLimiter:
    """Replaces the emulator's lease of an environment by one that may wait."""

    def __init__(self, limit: int = _LIMIT) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._queue: deque[threading.Event] = deque()
        self._starting: set[int] = set()
        self._acquire = lambda_runtime.acquire_worker
        self._release = lambda_runtime.release_worker
        self._spawn = lambda_runtime.ProvidedWorker._spawn

    def install(self) -> None:
        """Put this limiter in the place of the emulator's functions; RuntimeError if they moved."""
        if lambda_svc.acquire_worker is not self._acquire:
            raise RuntimeError("another version of the emulator leases environments elsewhere")
        lambda_svc.acquire_worker = self.acquire
        lambda_svc.release_worker = self.release
        limiter = self

        def spawn(worker: Any, init_timeout: float | None = None) -> None:
            limiter.spawn(worker, init_timeout)

        lambda_runtime.ProvidedWorker._spawn = spawn

    def acquire(
        self,
        name: str,
        config: dict[str, Any],
        code: bytes,
        qualifier: str = "$LATEST",
        max_concurrency: int | None = None,
    ) -> tuple[Any, str]:
        """Lease an idle environment or start a new one, first come, first served."""
        key = lambda_runtime._worker_key(name, config, qualifier)
        turn = threading.Event()
        with self._lock:
            self._queue.append(turn)
            self._call_first()
        while True:
            turn.wait(_RECHECK_SECONDS)
            with self._lock:
                turn.clear()
                if self._queue[0] is turn and self._open_for(key):
                    self._queue.popleft()
                    worker, how = self._acquire(name, config, code, qualifier, max_concurrency)
                    if how == "spawn":
                        self._starting.add(id(worker))
                    self._call_first()
                    return worker, how

    def release(self, worker: Any) -> None:
        """Give an environment back, or report one that was thrown away."""
        self._release(worker)
        self._started(worker)

    def spawn(self, worker: Any, init_timeout: float | None) -> None:
        """Start the environment's process and wait until it asks for its first event."""
        try:
            self._spawn(worker, init_timeout)
        finally:
            self._started(worker)

    def _started(self, worker: Any) -> None:
        with self._lock:
            self._starting.discard(id(worker))
            self._call_first()

    def _open_for(self, key: str) -> bool:
        return len(self._starting) < self._limit or _has_idle(key)

    def _call_first(self) -> None:
        if self._queue:
            self._queue[0].set()


def _has_idle(key: str) -> bool:
    with lambda_runtime._lock:
        return any(not worker.in_use for worker in lambda_runtime._workers.get(key, ()))
