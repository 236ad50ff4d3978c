"""The report's plots: what each shows, in words as well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup
from matplotlib.figure import Figure

from lab.coldstart.evaluate import at_memory
from lab.report.plots.backlog import backlog_plot
from lab.report.plots.canvas import save_png, standalone, themed_svg
from lab.report.plots.cold_start import cold_start_plot
from lab.report.plots.cost import cost_plot
from lab.report.plots.latency import latency_plot
from lab.results.cold_start import ColdStart
from lab.results.model import Results, ScenarioResult
from lab.topologies import named
from terminal import numbers

Draw = Callable[[bool], Figure | None]


@dataclass(frozen=True)
class Plot:
    """One plot in two shapes, with the words around it; `description` is its alternative text."""

    name: str
    title: str
    lead: str
    caption: str
    description: str
    wide: Markup
    narrow: Markup


@dataclass(frozen=True)
class Sketch:
    """A plot yet to be drawn: `draw` takes whether it is for a narrow screen."""

    name: str
    title: str
    lead: str
    caption: str
    description: str
    draw: Draw


def make_plots(
    results: Results, compared: dict[str, ScenarioResult], folder: Path | None
) -> list[Plot]:
    """Return the plots of one scenario; with a folder also write each as SVG and PNG."""
    plots = [make_plot(sketch, folder) for sketch in _sketches(results, compared)]
    return [plot for plot in plots if plot is not None]


def make_plot(sketch: Sketch, folder: Path | None) -> Plot | None:
    """Return a plot, or None where there is nothing to draw; a folder gets it as SVG and PNG."""
    wide, narrow = sketch.draw(False), sketch.draw(True)  # noqa: FBT003 - the only argument
    if wide is None or narrow is None:
        return None
    words = {"title": sketch.title, "description": sketch.description}
    svg = themed_svg(wide, name=sketch.name, **words)
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{sketch.name}.svg").write_text(standalone(svg), encoding="utf-8")
        save_png(wide, folder / f"{sketch.name}.png")
    return Plot(
        name=sketch.name,
        title=sketch.title,
        lead=sketch.lead,
        caption=sketch.caption,
        description=sketch.description,
        wide=Markup(svg),  # noqa: S704 - our own markup, its texts are escaped
        narrow=Markup(themed_svg(narrow, name=f"{sketch.name}-narrow", **words)),  # noqa: S704
    )


def _sketches(results: Results, compared: dict[str, ScenarioResult]) -> list[Sketch]:
    return [
        Sketch(
            name="backlog",
            title="The spike and the drain",
            lead=(
                f"Orders that were promised or begun and not yet paid.{_where_it_waits(compared)}"
            ),
            caption=(
                "Solid: measured once a second (async: the queue's visible and in-flight messages; "
                "others: unsettled orders in the table). Dotted: Little's law. Shaded: the sale."
            ),
            description=_backlog_words(compared),
            draw=lambda narrow: backlog_plot(compared, narrow=narrow),
        ),
        Sketch(
            name="latency",
            title="Answered is not paid",
            lead=(
                "How long a customer waited for the answer, and how long the order took to be "
                "paid. Only in sync are the two the same."
            ),
            caption=(
                "Filled: the answer. Outlined: the payment. Each hump's height is its own share "
                "of orders; the figures are medians."
            ),
            description=_latency_words(compared),
            draw=lambda narrow: latency_plot(compared, narrow=narrow),
        ),
        Sketch(
            name="cost",
            title="The bill by volume",
            lead=(
                "What a month costs with the tasks that were measured. Below some hundred thousand "
                "orders it hardly matters how they are paid: the bill is what runs anyway."
            ),
            caption=(
                "Lines end where the measured number of payment slots is busy around the clock; a "
                "real month is not that even, so that capacity ends earlier."
            ),
            description=_cost_words(compared),
            draw=lambda narrow: cost_plot(results, compared, narrow=narrow),
        ),
        cold_start_sketch(results.cold_start),
    ]


def cold_start_sketch(measured: ColdStart | None) -> Sketch:
    """Return the plot of a function's start, empty when none was measured."""
    return Sketch(
        name="cold_start",
        title="An order that starts an environment",
        lead=(
            "What the function adds to a payment: upper bars where the order is the first of an "
            "environment, lower bars where it is not."
        ),
        caption=(
            "CPU time of fresh processes of the deployed function, orders scaled to the share of "
            "a vCPU that the memory buys."
        ),
        description=_cold_start_words(measured),
        draw=lambda narrow: cold_start_plot(measured, narrow=narrow),
    )


def _cold_start_words(measured: ColdStart | None) -> str:
    if measured is None:
        return ""
    at = at_memory(measured, measured.memory_mb)
    return (
        f"Bar chart by memory size; at {measured.memory_mb:,} MB the first order of an environment "
        f"takes {numbers.milliseconds(at.cold_ms)} besides its payment, a later one "
        f"{numbers.milliseconds(at.warm_ms)}."
    )


def _where_it_waits(compared: dict[str, ScenarioResult]) -> str:
    told = [f"in {name} {named(name).backlog}" for name in compared if named(name).backlog]
    text = "; ".join(told)
    return f" {text[0].upper()}{text[1:]}." if text else ""


def _backlog_words(compared: dict[str, ScenarioResult]) -> str:
    parts = [
        f"{name} peaks at {numbers.count(sale.peak_backlog)} open orders and needs "
        f"{numbers.seconds(sale.drain_seconds)} after its last promise to settle them"
        for name, sale in compared.items()
    ]
    return f"Line chart of open orders over time: {'; '.join(parts)}."


def _latency_words(compared: dict[str, ScenarioResult]) -> str:
    parts = []
    for name, sale in compared.items():
        answered = numbers.milliseconds(sale.accept_ms.p50 if sale.accept_ms else None)
        times = sale.time_to_paid_seconds
        paid = numbers.seconds(times.p50 if times else None)
        parts.append(f"{name} answers half of its customers within {answered}, pays within {paid}")
    return f"Distributions on a logarithmic time axis: {'; '.join(parts)}."


def _cost_words(compared: dict[str, ScenarioResult]) -> str:
    parts = [
        f"{name} costs {numbers.dollars(sale.bill.always_on_dollars)} without orders and "
        f"{numbers.dollars(sale.bill.dollars)} with a million"
        for name, sale in compared.items()
        if sale.bill is not None
    ]
    return f"Line chart of dollars a month over orders a month: {'; '.join(parts)}."
