"""Fast tests start no process and open no network socket; a test that does says so by a marker.

Python tells its audit hooks of both. Not told, and so not seen: what uvloop and the "spawn" method
of multiprocessing do in C. A pair of connected sockets, as each event loop has, is no network.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import pytest

# Which marker allows what. https://docs.python.org/3/library/audit_events.html
MARKER_OF_EVENT = {
    "subprocess.Popen": "process",
    "os.exec": "process",
    "os.fork": "process",
    "os.forkpty": "process",
    "os.posix_spawn": "process",
    "os.system": "process",
    "socket.bind": "socket",
    "socket.connect": "socket",
    "socket.getaddrinfo": "socket",
    "socket.gethostbyname": "socket",
    "socket.sendto": "socket",
}
MARKERS = frozenset(MARKER_OF_EVENT.values())
NEEDS = "marker_it_needs"
F = TypeVar("F", bound=Callable[..., Any])


class SideEffect(AssertionError):
    """A test did what it has no marker for."""


class _Watch:
    """What the test under way may do, and what it did beyond that."""

    def __init__(self, allowed: Collection[str]) -> None:
        self.allowed = allowed
        self.refused: SideEffect | None = None

    def see(self, event: str, arguments: tuple[Any, ...]) -> None:
        marker = MARKER_OF_EVENT[event]
        if marker in self.allowed or (marker == "socket" and isinstance(arguments[-1], str)):
            return  # an address that is text is a path: a Unix socket
        # No more than the program or the address: the rest may hold the whole environment.
        what = arguments[0] if marker == "process" and arguments else arguments[-1:]
        self.refused = SideEffect(f"{event} {what}: mark the test with @pytest.mark.{marker}")
        raise self.refused


_watches: list[_Watch] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _watches and event in MARKER_OF_EVENT:
        _watches[-1].see(event, arguments)


@cache  # a hook stays as long as its interpreter
def _install() -> None:
    sys.addaudithook(_hook)


@contextmanager
def only(allowed: Collection[str]) -> Iterator[None]:
    """Refuse what needs another marker; raise in the end too, if the refusal was swallowed."""
    _install()
    watch = _Watch(allowed)
    _watches.append(watch)
    try:
        yield
    finally:
        _watches.remove(watch)
    if watch.refused:
        raise watch.refused


def needs(marker: str) -> Callable[[F], F]:
    """Let a fixture's function say which marker all tests that use the fixture get."""

    def mark(function: F) -> F:
        setattr(function, NEEDS, marker)
        return function

    return mark


def _allowed(item: pytest.Item) -> frozenset[str]:
    return frozenset(mark.name for mark in item.iter_markers()) & MARKERS


# For a conftest to import: they hold in its folder.


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark a test by the fixtures it uses."""
    if isinstance(item, pytest.Function):
        for fixtures in item._fixtureinfo.name2fixturedefs.values():
            marker = getattr(fixtures[-1].func, NEEDS, None)
            if marker:
                item.add_marker(marker)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    """Watch the fixtures, those of a session as well."""
    with only(_allowed(item)):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Watch the test itself."""
    with only(_allowed(item)):
        return (yield)
