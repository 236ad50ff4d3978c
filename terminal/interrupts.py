"""Ctrl-C, SIGTERM and SIGHUP end a deployment alike, never between a start and its record.

One that whoever started us had ignored stays ignored, here and in every child: so `nohup` asks for
SIGHUP, and a shell for the SIGINT of what it runs in the background.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class _State:
    """What the one signal handler of this process has seen."""

    def __init__(self) -> None:
        self.shields = 0
        self.pending = 0

    def on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self.shields:
            self.pending += 1
        else:
            raise KeyboardInterrupt


_state = _State()


@contextmanager
def interruptible() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into KeyboardInterrupt; outside the main thread it does nothing."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    previous = {number: signal.signal(number, _state.on_signal) for number in heard}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextmanager
def shielded() -> Iterator[None]:
    """Hold interrupts back until the block has ended, then raise KeyboardInterrupt for them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    _state.shields += 1
    try:
        yield
    finally:
        _state.shields -= 1
    if not _state.shields and _state.pending:
        _state.pending = 0
        raise KeyboardInterrupt


def impatient() -> bool:
    """Whether an interrupt is waiting: a shielded stop then ends at once what it would wait for."""
    return _state.pending > 0
