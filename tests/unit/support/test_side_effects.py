from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.support.side_effects import SideEffect, needs, only

TRUE = [sys.executable, "-c", ""]


def listen() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))


def connect() -> None:
    with socket.socket() as client:
        client.connect(("127.0.0.1", 9))


async def listen_in_a_loop() -> None:
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    server.close()


EFFECTS: dict[str, tuple[Callable[[], object], ...]] = {
    "process": (
        lambda: subprocess.run(TRUE, check=True),  # noqa: S603
        lambda: asyncio.run(asyncio.create_subprocess_exec(*TRUE)),
        lambda: os.posix_spawn(TRUE[0], TRUE, {}),
        lambda: os.system("true"),  # noqa: S605, S607
        os.fork,
    ),
    "socket": (listen, connect, lambda: asyncio.run(listen_in_a_loop())),
}
EACH = [(marker, effect) for marker, effects in EFFECTS.items() for effect in effects]


@pytest.mark.parametrize(("marker", "effect"), EACH)
def test_what_a_test_has_no_marker_for_is_refused(
    marker: str, effect: Callable[[], object]
) -> None:
    others = set(EFFECTS) - {marker}
    with pytest.raises(SideEffect, match=rf"@pytest\.mark\.{marker}"), only(others):
        effect()


def test_a_refusal_that_somebody_swallowed_fails_the_test_all_the_same() -> None:
    with pytest.raises(SideEffect), only(()), contextlib.suppress(SideEffect):
        listen()


@pytest.mark.process
def test_a_marker_allows_a_process() -> None:
    assert subprocess.run(TRUE, check=False).returncode == 0  # noqa: S603


@pytest.mark.socket
def test_a_marker_allows_a_socket() -> None:
    listen()


def test_a_loop_and_its_own_pair_of_sockets_need_no_marker() -> None:
    assert asyncio.run(asyncio.sleep(0, "done")) == "done"


def test_a_unix_socket_is_no_network(tmp_path_factory: pytest.TempPathFactory) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path_factory.mktemp("s") / "s"))


@pytest.fixture
@needs("socket")
def server() -> None:
    listen()


@pytest.fixture
def users_of_the_server(server: None) -> None:
    """A fixture that stands on another."""


@pytest.mark.usefixtures("users_of_the_server")
def test_a_test_is_marked_by_the_fixtures_it_uses(request: pytest.FixtureRequest) -> None:
    assert request.node.get_closest_marker("socket")


@pytest.mark.xfail(raises=SideEffect, strict=True)
def test_a_test_without_a_marker_is_watched() -> None:
    listen()


@pytest.fixture
def unmarked_server() -> None:
    listen()


@pytest.mark.xfail(raises=SideEffect, strict=True)
@pytest.mark.usefixtures("unmarked_server")
def test_its_fixtures_are_watched_too() -> None:
    """Fails before it begins."""
