from __future__ import annotations

import io

from rich.console import Console

from lab.load.drive import LoadProgress
from lab.load.scenarios import FLASH
from lab.measure.backlog import Backlog
from lab.measure.drain import DrainProgress
from lab.report.live import LiveView


def shown(*, terminal: bool) -> str:
    out = io.StringIO()
    console = Console(file=out, width=160, force_terminal=terminal)
    with LiveView(console) as view:
        view.stage("sync: flash sale")
        view.sale(FLASH, LoadProgress(0.0, 0, 0, 0, 0))
        view.sale(FLASH, LoadProgress(4.0, 20, 200, 3, 0))
        view.stage("sync: draining")
        view.drain(DrainProgress(Backlog(10, 5), 1.0), 77.0)
    return out.getvalue()


def test_stages_are_told_with_their_time_on_a_terminal_and_in_a_file() -> None:
    for terminal in (True, False):
        text = shown(terminal=terminal)
        assert "0:00" in text
        assert text.index("sync: flash sale") < text.index("sync: draining")


def test_a_file_gets_no_control_characters() -> None:
    assert "\x1b" not in shown(terminal=False)
    assert "\r" not in shown(terminal=False)
