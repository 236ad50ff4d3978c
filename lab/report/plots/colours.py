"""The colours of the plots: drawn as placeholders, then bound to the page's light or dark theme."""

from __future__ import annotations

from dataclasses import dataclass

from lab.topologies import TOPOLOGIES


@dataclass(frozen=True)
class Colour:
    """One role in a plot, and how it looks on a light and on a dark page."""

    role: str
    light: str
    dark: str


SERIES = {each.name: Colour(each.name, each.light, each.dark) for each in TOPOLOGIES.values()}
# Lines without a topology of their own, e.g. one a number of workers; more than these repeat.
LINES = (
    *SERIES.values(),
    Colour("violet", "#8a3fc7", "#c9a2f7"),
    Colour("rose", "#b8245a", "#f78db2"),
    Colour("olive", "#6a6a14", "#cdc95c"),
)
INK = Colour("ink", "#1c2024", "#eceef0")
FAINT = Colour("faint", "#667079", "#a3acb5")
GRID = Colour("grid", "#e3e6e9", "#33393f")
SHADE = Colour("shade", "#f1f3f5", "#23282d")
PAPER = Colour("paper", "#ffffff", "#16191c")
ALL = (*LINES, INK, FAINT, GRID, SHADE, PAPER)


def series(topology: str) -> Colour:
    """Return the colour of a topology."""
    return SERIES.get(topology, FAINT)


def line(index: int) -> Colour:
    """Return the colour of the line with that index."""
    return LINES[index % len(LINES)]


def variables(theme: str) -> str:
    """Return the CSS custom properties of one theme, `light` or `dark`."""
    return " ".join(f"--plot-{colour.role}: {getattr(colour, theme)};" for colour in ALL)
