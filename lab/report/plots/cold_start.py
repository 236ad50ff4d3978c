"""An order in a fresh environment beside one in a warm environment, by memory size."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from lab.coldstart.evaluate import MEMORY_MB, AtMemory, at_memory
from lab.report.plots.canvas import canvas
from lab.report.plots.colours import FAINT, line, series
from lab.results.cold_start import ColdStart
from lab.topologies import SERVERLESS
from terminal import numbers

BAR_HEIGHT = 0.34
INIT, FIRST, WARM = "INIT", "first order", "later order"


def cold_start_plot(measured: ColdStart | None, *, narrow: bool) -> Figure | None:
    """Draw two bars a size, milliseconds beside the payment; None when nothing was measured."""
    if measured is None:
        return None
    sizes = [at_memory(measured, size) for size in reversed(MEMORY_MB)]
    colours = {INIT: line(3).light, FIRST: series(SERVERLESS.name).light, WARM: FAINT.light}
    with canvas(narrow=narrow) as (figure, axes):
        rows = range(len(sizes))
        upper, lower = ([row + side * BAR_HEIGHT / 2 for row in rows] for side in (1, -1))
        init = [each.init_ms for each in sizes]
        axes.barh(upper, init, color=colours[INIT], label=INIT, height=BAR_HEIGHT)
        first = [each.first_ms for each in sizes]
        axes.barh(upper, first, left=init, color=colours[FIRST], label=FIRST, height=BAR_HEIGHT)
        axes.barh(
            lower,
            [each.warm_ms for each in sizes],
            color=colours[WARM],
            label=WARM,
            height=BAR_HEIGHT,
        )
        for row, each in enumerate(sizes):
            _name(axes, row + BAR_HEIGHT / 2, each.cold_ms)
            _name(axes, row - BAR_HEIGHT / 2, each.warm_ms)
        axes.set_yticks(list(rows), [_size(each) for each in sizes])
        axes.spines["left"].set_visible(False)
        axes.grid(axis="x")
        axes.margins(x=0.16)
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f} ms"))
        axes.legend(loc="lower right", frameon=False)
        return figure


def _size(each: AtMemory) -> str:
    return f"{each.memory_mb:,} MB"


def _name(axes: Axes, row: float, value: float) -> None:
    axes.annotate(
        numbers.milliseconds(value),
        (value, row),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=9,
    )
