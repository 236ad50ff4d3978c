"""What `lab` ends with, whatever happens, and what it needs for that."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import lab.cli.commands
from lab.__main__ import main
from lab.load.scenarios import NORMAL
from lab.results.files import write_results
from terminal.errors import UserError
from terminal.project import ROOT
from tests.unit.lab.simulated import simulated_results

HEAVY = {"aiobotocore", "boto3", "locust", "matplotlib", "numpy", "pulumi", "jinja2", "yaml"}
LOADED = "; print(); print(*sys.modules)"


def modules_after(code: str) -> set[str]:
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", f"import contextlib, sys; {code}{LOADED}"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return set(done.stdout.splitlines()[-1].split())


@pytest.mark.process
def test_help_imports_nothing_that_takes_long() -> None:
    code = """sys.argv = ["lab", "--help"]
from lab.__main__ import main
with contextlib.suppress(SystemExit): main()
pass"""
    loaded = modules_after(code)
    assert "lab.cli.commands" in loaded
    assert loaded & HEAVY == set()


@pytest.mark.process
def test_a_command_that_plots_nothing_imports_no_matplotlib() -> None:
    loaded = modules_after("import lab.cli.up, ops.cli.reconcile, ops.cli.redrive")
    assert loaded & {"matplotlib", "locust"} == set()


@pytest.fixture
def ending(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[Callable[[], None]], tuple[Any, str]]:
    """Run something in the place of the commands and return exit code and standard error."""

    def run(work: Callable[[], None]) -> tuple[Any, str]:
        monkeypatch.setattr(lab.cli.commands, "run", work)
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, capsys.readouterr().err

    return run


def raising(error: BaseException) -> Callable[[], None]:
    def work() -> None:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "code", "last_line"),
    [
        (SystemExit(0), 0, ""),
        (SystemExit(1), 1, ""),
        (KeyboardInterrupt(), 130, ""),
        (UserError("key: wrong"), 2, "lab: key: wrong"),
        (
            ModuleNotFoundError("No module named 'typer'"),
            2,
            f"lab: No module named 'typer'; {sys.executable} lacks what lab needs: run `make",
        ),
        (ZeroDivisionError("by zero"), 2, "lab: ZeroDivisionError: by zero; this is a fault of"),
        (MemoryError(), 2, "lab: MemoryError: ; this is a fault of ours"),
    ],
)
def test_code_1_is_the_audits_alone(
    ending: Callable[[Callable[[], None]], tuple[Any, str]],
    error: BaseException,
    code: int,
    last_line: str,
) -> None:
    found, said = ending(raising(error))
    assert found == code
    lines = said.splitlines() or [""]
    assert lines[-1].startswith(last_line)
    assert (len(lines) == 1) == ("fault" not in last_line)
    assert ("Traceback" in said) == ("fault" in last_line)


@pytest.mark.parametrize("error", [BrokenPipeError(32, "Broken pipe"), EOFError("at the end")])
def test_errors_that_typer_knows_are_code_2_as_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    monkeypatch.setattr("lab.cli.report.read_results", lambda _: raising(error)())
    monkeypatch.setattr(sys, "argv", ["lab", "report", "/nowhere"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("lab: ")
    assert "(at lab/cli/report.py:" in said
    assert len(said.splitlines()) == 1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Results to report on, in a folder with a name that markup would eat."""
    folder = tmp_path / "[a] :bell:"
    write_results(simulated_results(NORMAL.lasting(2)), folder / "results.json")
    return folder


@pytest.fixture
def report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> Callable[[], tuple[Any, str, str]]:
    """Report on the folder and return exit code, standard output and standard error."""

    def run() -> tuple[Any, str, str]:
        monkeypatch.setattr(sys, "argv", ["lab", "report", str(folder)])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code, *capsys.readouterr()

    return run


def shell(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own command
        ["/bin/sh", "-c", script.replace("LAB", f"{sys.executable} -m lab")],
        cwd=ROOT,
        env={key: os.environ[key] for key in os.environ if key != "PYTHONUNBUFFERED"},
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.mark.process
@pytest.mark.parametrize(
    ("script", "code", "said"),
    [
        ("LAB -h >/dev/full", 2, "lab: standard output cannot be written: No space left on device"),
        ("LAB nothing >/dev/full 2>&1", 2, ""),
        ("LAB -h >&- 2>&-", 0, ""),
        ("exec 3>/dev/full; LAB -h >/dev/null 2>&3", 0, ""),
    ],
)
def test_an_output_that_cannot_be_written_is_one_line_and_code_2(
    script: str, code: int, said: str
) -> None:
    done = shell(script)
    assert (done.returncode, done.stderr.strip()) == (code, said)


@pytest.mark.process
def test_a_reader_that_has_read_enough_is_no_broken_promise() -> None:
    done = shell("(LAB -h; echo code $? >&2) | exec true")
    assert done.stderr.splitlines()[-1] in ("code 0", "code 2")


@pytest.mark.parametrize("blocked", ["report.html", "plots"])
def test_a_report_that_cannot_be_written_is_one_line_and_keeps_what_was_measured(
    folder: Path, report: Callable[[], tuple[Any, str, str]], blocked: str
) -> None:
    before = (folder / "results.json").read_bytes()
    if blocked == "plots":
        (folder / blocked).write_text("in the way")
    else:
        (folder / blocked).mkdir()
    code, _, said = report()
    assert code == 2
    assert said.startswith(f"lab: cannot write {folder / blocked}")
    assert len(said.splitlines()) == 1
    assert (folder / "results.json").read_bytes() == before


def test_a_path_is_printed_letter_by_letter(
    folder: Path, report: Callable[[], tuple[Any, str, str]]
) -> None:
    code, shown, _ = report()
    assert code == 0
    assert f"report   {folder / 'report.html'}" in shown


@pytest.mark.parametrize("name", ["COLUMNS", "LINES", "TERMINAL_WIDTH"])
@pytest.mark.parametrize("value", ["0", "", "-1", "wide"])
def test_a_terminal_without_a_size_is_none(
    monkeypatch: pytest.MonkeyPatch,
    ending: Callable[[Callable[[], None]], tuple[Any, str]],
    name: str,
    value: str,
) -> None:
    monkeypatch.setenv(name, value)
    seen: list[str | None] = []
    ending(lambda: seen.append(os.environ.get(name)))
    monkeypatch.setenv(name, "120")
    ending(lambda: seen.append(os.environ.get(name)))
    assert seen == [None, "120"]


@pytest.mark.process
def test_every_command_has_a_first_sentence_that_the_list_shows_whole() -> None:
    shown = " ".join(shell("COLUMNS=300 LAB --help").stdout.split())
    for name in lab.cli.commands.NAMES:
        tree = ast.parse((ROOT / "lab" / "cli" / f"{name}.py").read_text())
        [function] = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == name]
        sentence = (ast.get_docstring(function) or "").partition("\n\n")[0]
        assert sentence.endswith(".")
        assert f"{name} {sentence}".replace("`", "") in shown
