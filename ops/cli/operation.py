"""What the operator's commands share: which stack, a progress bar, an honest end, exit codes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from terminal.errors import INTERRUPTED, NOT_ALL_DONE, WRONG_SETUP, UserError
from terminal.files import write
from terminal.interrupts import interruptible

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400

Show = Callable[[int, int], None]

OutputsOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="The stack's outputs: of `pulumi stack output --json`, or of `lab up --json`.",
    ),
]
StackOption = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="A stack on AWS; its outputs are asked of the Pulumi CLI."),
]
RateOption = Annotated[
    int, typer.Option(min=1, max=500, metavar="N", help="At most N messages a second, 1 to 500.")
]
JsonOption = Annotated[
    Path | None, typer.Option(metavar="PATH", help="Write what was found and done here.")
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Tell what there is; do nothing.")]


@dataclass(frozen=True)
class Ending:
    """How the work ended: by itself, by a problem, or by an interrupt."""

    problem: UserError | None = None
    interrupted: bool = False

    def leave(self, *, failed: bool) -> None:
        """Leave the command with its exit code; `failed` when something could not be done."""
        if self.interrupted:
            raise typer.Exit(INTERRUPTED)
        if self.problem is not None:
            print(f"ops: {self.problem}", file=sys.stderr)  # noqa: T201 - below what was done
            raise typer.Exit(WRONG_SETUP)
        if failed:
            raise typer.Exit(NOT_ALL_DONE)


def carry_out(work: Callable[[Show], None], title: str, console: Console) -> Ending:
    """Run `work` under a progress bar; what it has done until then is for the caller to tell."""
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    task = bar.add_task(title, total=None)

    def show(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total)

    try:
        with interruptible(), bar:
            work(show)
    except KeyboardInterrupt:
        return Ending(interrupted=True)
    except UserError as problem:
        return Ending(problem)
    return Ending()


def write_json(content: Mapping[str, Any], ending: Ending, path: Path | None) -> None:
    """Write what was done, and how it ended, if somebody wants it."""
    if path is None:
        return
    told = {
        **content,
        "interrupted": ending.interrupted,
        "problem": str(ending.problem) if ending.problem else None,
    }
    write(json.dumps(told, indent=2) + "\n", path)


def age(seconds: float) -> str:
    """Return an age of seconds up to days as people say it."""
    whole = max(0, int(seconds))
    if whole < 2 * _MINUTE:
        return f"{whole} s"
    if whole < 2 * _HOUR:
        return f"{whole // _MINUTE} min"
    if whole < 2 * _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02d} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"
