"""How the operator's commands end, and what they say of time."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from rich.console import Console

from ops.__main__ import main
from ops.calls import Unanswered
from ops.cli.operation import Ending, age, carry_out, write_json
from terminal.errors import UserError
from terminal.files import check_writable

QUIET = Console(quiet=True)


def ending_of(work: Callable[[], None]) -> Ending:
    return carry_out(lambda _show: work(), "working", QUIET)


def exit_code(ending: Ending, *, failed: bool = False) -> int:
    try:
        ending.leave(failed=failed)
    except typer.Exit as left:
        return left.exit_code
    return 0


def raising(error: BaseException) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


@pytest.mark.parametrize(
    ("work", "code"),
    [
        (lambda: None, 0),
        (raising(Unanswered("busy")), 2),
        (raising(UserError("wrong")), 2),
        (raising(KeyboardInterrupt()), 130),
        (lambda: os.kill(os.getpid(), signal.SIGTERM), 130),
    ],
)
def test_the_exit_code_tells_how_it_ended(
    work: Callable[[], None], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    ending = ending_of(work)
    assert exit_code(ending) == code
    said = capsys.readouterr().err
    assert said == (f"ops: {ending.problem}\n" if ending.problem else "")


def test_what_could_not_be_done_is_code_2_also_when_nothing_else_was_wrong() -> None:
    assert exit_code(Ending(), failed=True) == 2
    assert exit_code(Ending(interrupted=True), failed=True) == 130


def test_what_was_done_is_written_with_how_it_ended(tmp_path: Path) -> None:
    path = tmp_path / "done.json"
    write_json({"orders": []}, Ending(Unanswered("busy")), path)
    assert json.loads(path.read_text()) == {
        "orders": [],
        "interrupted": False,
        "problem": "busy",
    }
    write_json({"orders": []}, Ending(interrupted=True), path)
    assert json.loads(path.read_text())["interrupted"] is True


def test_a_file_that_cannot_be_written_is_refused_and_none_is_left(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing" / "done.json"):
        with pytest.raises(UserError, match=f"--json {path} cannot be written"):
            check_writable(path)
    check_writable(tmp_path / "done.json")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-3, "0 s"),
        (119.9, "119 s"),
        (120, "2 min"),
        (7199, "119 min"),
        (7200, "2 h 00 min"),
        (93_784, "26 h 03 min"),
        (200_000, "2 d 7 h"),
    ],
)
def test_an_age_reads_as_people_say_it(seconds: float, said: str) -> None:
    assert age(seconds) == said


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["reconcile", "--outputs", "/nowhere"], "--outputs /nowhere cannot be read"),
        (["reconcile", "--older-than", "-1"], "--older-than"),
        (["reconcile", "--rate", "501"], "--rate"),
        (["redrive", "--outputs", "/nowhere"], "--outputs /nowhere cannot be read"),
        (["redrive", "--reason", " "], "--reason must not be empty"),
        (["redrive", "--rate", "0"], "--rate"),
        (["redrive", "--outputs", "a", "--stack", "b"], "give one of them"),
    ],
)
def test_wrong_input_is_refused_with_code_2(
    arguments: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["lab", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert message in capsys.readouterr().err
