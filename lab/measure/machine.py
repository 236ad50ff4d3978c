"""This machine: what it is, what it has in use, its free ports, and its clock."""

from __future__ import annotations

import os
import platform
import socket
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime

import psutil

from lab.results.model import Machine

MIB = 1024 * 1024
GIB = 1024 * MIB
LOOPBACK = "127.0.0.1"


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
