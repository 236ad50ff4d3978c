"""The monthly bill by volume: what is due anyway, and where each topology is full."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from lab.measure.littles_law import Stations
from lab.report.plots.canvas import canvas
from lab.report.plots.colours import FAINT, series
from lab.results.model import Bill, Results, ScenarioResult
from lab.topologies import named

FEWEST, MOST = 1_000.0, 30_000_000.0
STEPS = 60
MILLION = 1e6
SECONDS_PER_MONTH = 730 * 3600


def capacity_per_month(topology: str, config: Mapping[str, str]) -> float | None:
    """Return the orders a month that the payment slots can take at best; None where unlimited."""
    slots = named(topology).payment_slots(config)
    if slots is None:
        return None
    return Stations(slots, float(config["paymentSeconds"])).rate * SECONDS_PER_MONTH


def monthly_dollars(bill: Bill, orders: float) -> float:
    """Return the bill of a month with that many orders and the measured number of tasks."""
    return bill.always_on_dollars + bill.per_order_dollars * orders / bill.orders


def cost_plot(
    results: Results, compared: dict[str, ScenarioResult], *, narrow: bool
) -> Figure | None:
    """Draw the bill over the volume, each line up to its capacity; None when no bill is known."""
    bills = {name: sale.bill for name, sale in compared.items() if sale.bill is not None}
    if not bills:
        return None
    with canvas(narrow=narrow) as (figure, axes):
        for topology, bill in bills.items():
            _draw(axes, topology, bill, results.topologies[topology].config)
        _frame(axes, narrow=narrow)
        return figure


def _draw(axes: Axes, topology: str, bill: Bill, config: Mapping[str, str]) -> None:
    capacity = capacity_per_month(topology, config)
    full = capacity is not None and capacity < MOST
    volumes = _volumes(min(capacity or MOST, MOST))
    costs = [monthly_dollars(bill, volume) for volume in volumes]
    colour = series(topology).light
    axes.plot(volumes, costs, color=colour, linewidth=2.2)
    if full:
        axes.plot(volumes[-1:], costs[-1:], "o", color=colour, markersize=6)
    axes.annotate(
        f"{topology}{' is full' if full else ''}",
        (volumes[-1], costs[-1]),
        xytext=(0, -20) if full or topology == "gateway" else (0, 6),  # its line ends below another
        textcoords="offset points",
        color=colour,
        fontweight="bold",
        ha="center",
    )


def _frame(axes: Axes, *, narrow: bool) -> None:
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(FEWEST, MOST * 3)
    axes.set_ylim(bottom=1)  # below a dollar a tick would read $0
    axes.grid(axis="y")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _orders(value, narrow=narrow)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"${value:,.0f}"))
    axes.spines["left"].set_visible(False)
    axes.set_xlabel("orders a month")
    axes.set_title("dollars a month", loc="left", fontsize=10.5, color=FAINT.light)


def _volumes(most: float) -> list[float]:
    ratio = (most / FEWEST) ** (1 / (STEPS - 1))
    return [FEWEST * ratio**step for step in range(STEPS)]


def _orders(value: float, *, narrow: bool) -> str:
    if value < MILLION:
        return f"{value / 1000:g} k" if narrow else f"{value:,.0f}"
    return f"{value / MILLION:g} m" if narrow else f"{value / MILLION:g} million"
