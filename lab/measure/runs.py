"""What every kind of run shares: the machine, free ports, named stages, and errors explained."""

from __future__ import annotations

import os
import platform
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

import psutil
from botocore.exceptions import BotoCoreError, ClientError

from engine.runtime.errors import EngineError
from lab.measure.sampler import MIB
from lab.measure.scenario import View
from lab.measure.system import System
from lab.results.model import Machine

GIB = 1024 * MIB
LOOPBACK = "127.0.0.1"


class Prefixed:
    """A view that says what each stage belongs to."""

    def __init__(self, prefix: str, view: View) -> None:
        self._prefix = prefix
        self.sale = view.sale
        self.drain = view.drain
        self._stage = view.stage

    def stage(self, text: str) -> None:
        """Pass the stage on, with the prefix before it."""
        self._stage(f"{self._prefix}: {text}")


@contextmanager
def explained(system: System) -> Iterator[None]:
    """Turn a failed AWS call into an EngineError that says what is behind it."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        system.check()  # a dead process says more than the call that it did not answer
        raise EngineError(f"{error}; the logs are in {system.run_dir / 'logs'}") from error


def machine(emulator: str) -> Machine:
    """Describe this machine."""
    return Machine(
        cores=os.cpu_count() or 1,
        python=platform.python_version(),
        platform=platform.platform(terse=True),
        emulator=emulator,
        memory_gib=psutil.virtual_memory().total / GIB,
    )


def memory_used_mib() -> float:
    """Return what the whole machine has in use now."""
    return psutil.virtual_memory().used / MIB


def with_free_ports(config: Mapping[str, str]) -> dict[str, str]:
    """Return the configuration with free ports where none are given, so that runs never collide."""
    keys = ("receiverPort", "processorPort")
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in keys]
        for each in sockets:
            each.bind((LOOPBACK, 0))
        free = {key: str(each.getsockname()[1]) for key, each in zip(keys, sockets, strict=True)}
    return {**free, **config}


def now() -> str:
    """Return this moment in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")
