"""A plot in the report's style: an empty one, and its files for page, viewer and README."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.text import Text

from lab.report.plots import colours
from lab.report.plots.colours import FAINT, GRID, INK, PAPER

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
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


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


def themed_svg(figure: Figure, *, name: str, title: str, description: str) -> str:
    """Return the figure as an `<svg>` element whose colours follow the page's theme."""
    buffer = io.StringIO()
    with styled():
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    svg = buffer.getvalue()
    svg = svg[svg.index("<svg") :].strip()
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    svg = _with_own_ids(svg, name)
    svg = re.sub(r"'DejaVu Sans'[^;\"]*", FONT, svg)
    for colour in colours.ALL:
        svg = svg.replace(colour.light, f"var(--plot-{colour.role}, {colour.light})")
    return _described(svg, name, title, description)


def standalone(svg: str) -> str:
    """Return a themed element as a file of its own that follows its viewer's theme."""
    style = (
        f"<style>svg {{ {colours.variables('light')} }} "
        f"@media (prefers-color-scheme: dark) {{ svg {{ {colours.variables('dark')} }} }} "
        "text { paint-order: stroke; stroke: var(--plot-paper); stroke-width: 3px }</style>"
    )
    head, tail = svg.split(">", 1)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{head}>{style}{tail}\n'


def _with_own_ids(svg: str, name: str) -> str:
    """Prefix every id, so that two plots in one page do not answer for each other."""
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r'href="#([^"]+)"', rf'href="#{name}-\1"', svg)
    return re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg)


def _described(svg: str, name: str, title: str, description: str) -> str:
    head, tail = svg.split(">", 1)
    # The page decides the size; the view box keeps the shape.
    head = re.sub(r'\s(width|height)="[^"]*"', "", head)
    labelled = f'{head} role="img" aria-labelledby="{name}-title {name}-description">'
    return (
        f'{labelled}<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-description">{escape(description)}</desc>{tail}'
    )
