"""An empty plot in the report's style."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.text import Text

from lab.report.colours import FAINT, GRID, INK, PAPER

PNG_DOTS_PER_INCH = 160
WIDE = (8.6, 4.0)
NARROW = (4.2, 4.4)
# Any: matplotlib types the keys as a closed set that grows with each release.
STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "flash-sale",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # matplotlib's own; the page names the reader's instead
    "font.size": 10.5,
    "axes.edgecolor": FAINT.light,
    "axes.labelcolor": FAINT.light,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK.light,
    "xtick.color": FAINT.light,
    "ytick.color": FAINT.light,
    "grid.color": GRID.light,
    "grid.linewidth": 0.8,
    "figure.facecolor": PAPER.light,
    "axes.facecolor": "none",
}


@contextmanager
def styled() -> Iterator[None]:
    """Apply the style: matplotlib asks for it when a figure is made and again when it is saved.

    Everything else is matplotlib's own, whatever a program that draws with us has set.
    """
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(STYLE)
        yield


@contextmanager
def canvas(*, narrow: bool) -> Iterator[tuple[Figure, Axes]]:
    """Give a figure and its axes, sized for a screen or for a phone."""
    with styled():
        figure = Figure(figsize=NARROW if narrow else WIDE, layout="constrained")
        axes = figure.add_subplot()
        axes.set_axisbelow(True)
        axes.tick_params(length=0)
        yield figure, axes


def save_png(figure: Figure, path: Path) -> None:
    """Write pixels on white; texts get a halo where a line runs through them."""
    for text in figure.findobj(Text):
        text.set_path_effects([withStroke(linewidth=3, foreground=PAPER.light)])
    with styled():
        figure.savefig(path, dpi=PNG_DOTS_PER_INCH)
