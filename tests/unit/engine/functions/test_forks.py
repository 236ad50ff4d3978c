"""Who asks for an environment: bootstraps that wait, that change programs, and that have gone."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from engine.functions import forks
from engine.functions.forks import Bootstrap, Forker
from engine.functions.runtime_client import RUNTIME_API

pytestmark = pytest.mark.process

READY = {RUNTIME_API: "127.0.0.1:1"}

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start() -> Iterator[Start]:
    running: list[subprocess.Popen[bytes]] = []

    def start(**variables: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(["/bin/sleep", "60"], env=variables)
        running.append(process)
        # Popen returns in the middle of the change of programs, when neither is there to be read.
        while not _read(process, "cmdline") or (variables and not _read(process, "environ")):
            time.sleep(0.001)
        return process

    yield start
    for each in running:
        each.kill()
        each.wait()


def _read(process: subprocess.Popen[bytes], what: str) -> bytes:
    return Path(f"/proc/{process.pid}/{what}").read_bytes()


def bootstrap(process: subprocess.Popen[bytes]) -> Bootstrap:
    return Bootstrap(process.pid, forks._stat(process.pid)[forks._STARTED])


def test_a_bootstrap_that_waits_has_its_variables(start: Start) -> None:
    assert bootstrap(start(**READY, COLOUR="blue")).environment() == READY | {"COLOUR": "blue"}


def test_a_bootstrap_between_two_programs_has_none_yet(start: Start) -> None:
    assert bootstrap(start()).environment() is None


def test_a_bootstrap_that_has_ended_is_gone_also_before_anybody_asked(start: Start) -> None:
    process = start()
    ended = bootstrap(process)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    with pytest.raises(OSError, match=str(process.pid)):
        ended.environment()
    process.wait()
    with pytest.raises(OSError, match="No such file"):
        ended.environment()


def test_who_has_no_variables_yet_keeps_a_place_and_who_has_gone_does_not(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    forker = Forker(cast("Any", None), print, {}, cast("Any", None))
    forked: list[Bootstrap] = []
    monkeypatch.setattr(forker, "_fork", lambda each, _variables: forked.append(each))
    changing, waiting, gone = start(), start(**READY), start(**READY)
    announced = [bootstrap(each) for each in (changing, waiting, gone)]
    gone.kill()
    gone.wait()
    forker._waiting.extend(announced)
    forker._fork_waiting()
    assert forked == [announced[1]]
    assert list(forker._waiting) == [announced[0]]
