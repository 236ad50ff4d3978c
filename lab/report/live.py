"""Shows a run in the terminal while it goes on."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from lab.load.drive import LoadProgress
from lab.load.scenarios import Scenario
from lab.measure.drain import DrainProgress
from terminal import numbers

QUIET_SECONDS = 10.0


class LiveView:
    """One line a stage, with the time it began; below it a bar, or plain lines in a file."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began = time.monotonic()
        self._spoke = self._began
        self._peak = 0
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[detail]}", markup=False),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._progress.add_task("starting", total=None, detail="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def stage(self, text: str) -> None:
        """Say what happens from now on."""
        self._peak = 0
        self._console.print(Text.assemble((self._clock(), "dim"), "  ", text))
        self._progress.update(self._task, description=text, detail="", total=None, completed=0)
        self._spoke = time.monotonic()

    def sale(self, scenario: Scenario, progress: LoadProgress) -> None:
        """Show customers, answers and their rate."""
        if progress.users == 0:
            self._show("waiting for the first answer", None, 0)
            return
        detail = (
            f"{numbers.plural(progress.users, 'customer')}, "
            f"{numbers.plural(progress.accepted, 'order')} accepted, "
            f"{progress.answered_per_second:.1f}/s"
        )
        refused = progress.rejected + progress.failed
        if refused:
            detail += f", {refused} refused or failed"
        if progress.elapsed_seconds > scenario.duration_seconds:
            detail += ", waiting for the last answers"
        self._show(detail, scenario.duration_seconds, progress.elapsed_seconds)

    def drain(self, progress: DrainProgress, predicted_seconds: float | None) -> None:
        """Show how many orders are still open, and how long the drain should take."""
        open_ = progress.backlog.total
        self._peak = max(self._peak, open_)
        detail = f"{numbers.plural(open_, 'order')} open"
        if predicted_seconds:
            detail += f" (theory: {numbers.seconds(predicted_seconds)} in all)"
        self._show(detail, self._peak or None, self._peak - open_)

    def _show(self, detail: str, total: float | None, completed: float) -> None:
        self._progress.update(self._task, detail=detail, total=total, completed=completed)
        now = time.monotonic()
        if not self._console.is_terminal and now - self._spoke >= QUIET_SECONDS:
            self._console.print(f"{self._clock()}    {detail}", highlight=False)
            self._spoke = now

    def _clock(self) -> str:
        minutes, seconds = divmod(int(time.monotonic() - self._began), 60)
        return f"{minutes}:{seconds:02d}"
