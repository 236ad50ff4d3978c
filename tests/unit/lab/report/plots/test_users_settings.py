"""Matplotlib's settings are the user's; the report's plots are ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import pytest

from lab.report.plots.canvas import styled
from terminal.project import ROOT

DRAWING = """
import hashlib, sys
from pathlib import Path
from lab.report.plots.canvas import canvas, save_png
from lab.report.plots.canvas import themed_svg
with canvas(narrow=True) as (figure, axes):
    axes.plot([1, 2], [3, 4])
    axes.set_title("a title")
svg = themed_svg(figure, name="plot", title="title", description="words")
save_png(figure, Path(sys.argv[1]))
print(hashlib.sha256(svg.encode() + Path(sys.argv[1]).read_bytes()).hexdigest())
"""
READABLE = "text.usetex: True\nsavefig.format: pdf\nfigure.dpi: 7\nlines.linewidth: 9\n"


def drawn(here: Path, **users: str) -> str:
    """The digest of a plot; whatever matplotlib said about settings fails the test."""
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", DRAWING, str(here / "plot.png")],
        cwd=here,
        env={**os.environ, "PYTHONPATH": str(ROOT), **users},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    return done.stdout


@pytest.mark.process
@pytest.mark.timeout(600)  # a Python with matplotlib, four times
def test_no_setting_of_the_users_reaches_a_plot(tmp_path: Path) -> None:
    plain, users = tmp_path / "plain", tmp_path / "users"
    plain.mkdir()
    (users / "matplotlib").mkdir(parents=True)
    expected = drawn(plain)
    for path in (users / "matplotlibrc", users / "matplotlib" / "matplotlibrc"):
        path.write_text(READABLE)
    backend = "module://matplotlib_inline.backend_inline"
    assert drawn(users, MPLBACKEND=backend) == expected
    (users / "matplotlibrc").write_bytes(b"\xff\xfe")
    assert drawn(users, MPLBACKEND="no such backend") == expected
    settings = {name: str(users) for name in ("MATPLOTLIBRC", "MPLCONFIGDIR", "XDG_CONFIG_HOME")}
    assert drawn(plain, **settings) == expected


def test_what_a_program_around_us_has_set_is_not_drawn_either(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(mpl.rcParams, "lines.linewidth", 9.0)
    with styled():
        assert mpl.rcParams["lines.linewidth"] == mpl.rcParamsDefault["lines.linewidth"]
    assert mpl.rcParams["lines.linewidth"] == 9.0
