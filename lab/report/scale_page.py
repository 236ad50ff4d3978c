"""`scale.html`: one file that opens offline."""

from __future__ import annotations

from pathlib import Path

from lab.load.scenarios import FLASH
from lab.report.page import PLOT_FOLDER, machine_load, machine_sentence, render_template
from lab.report.plots import colours
from lab.report.plots.plot import Plot, Sketch, make_plot
from lab.report.plots.scale import published_marks, scale_plot
from lab.report.rows import COLUMNS, sale_name
from lab.report.scale_verdict import scale_verdict
from lab.report.tables import Columns, audit_columns
from lab.results.scale import ScalePoint, ScaleResults
from terminal import numbers
from terminal.files import write, writing

SCALE_PAGE = "scale.html"


def write_scale_page(results: ScaleResults, folder: Path) -> Path:
    """Write the page and its plot into a folder and return the page's path.

    Raises:
        UserError: they cannot be written there.
    """
    path = folder / SCALE_PAGE
    with writing(path):
        folder.mkdir(parents=True, exist_ok=True)
        page = render_scale(results, plot_folder=folder / PLOT_FOLDER)
    write(page, path)
    return path


def render_scale(results: ScaleResults, *, plot_folder: Path | None = None) -> str:
    """Return the page; with a folder the plot is also written there."""
    sales = _sales(results)
    return render_template(
        "scale.html.j2",
        results=results,
        said=scale_verdict(results),
        sale=sale_name(results) if results.points else "",
        columns=COLUMNS,
        line_roles=[colours.line(index).role for index in range(len(results.points))],
        plots=_plots(results, plot_folder),
        audit=audit_columns(sales),
        bound=numbers.seconds(results.bound_seconds),
        machine=machine_sentence(results.machine),
        load_lines=machine_load({name: each[FLASH.name] for name, each in sales.items()}),
    )


def _sales(results: ScaleResults) -> Columns:
    return {
        numbers.plural(point.workers, "worker"): {FLASH.name: point.sale}
        for point in results.points
    }


def _plots(results: ScaleResults, folder: Path | None) -> list[Plot]:
    if not results.points:
        return []
    plot = make_plot(_sketch(results), folder)
    return [plot] if plot else []


def _sketch(results: ScaleResults) -> Sketch:
    marks = (
        " Diamonds: the predecessors' published peaks, at the sale's end; when theirs were read is "
        "not known."
        if published_marks(results)
        else ""
    )
    return Sketch(
        name="scale",
        title="The backlog by number of workers",
        lead=(
            "Orders that wait for a worker: the queue's visible messages. They pile up while more "
            "is ordered than the workers can pay, and are worked off when the customers have left."
        ),
        caption=(
            "Solid: measured once a second. Dashed: predicted from the last reading on, at workers "
            "/ payment time. Times are drains: last promise to last settlement. The time axis is "
            f"logarithmic, which bends straight lines.{marks}"
        ),
        description=_words(results),
        draw=lambda narrow: scale_plot(results, narrow=narrow),
    )


def _words(results: ScaleResults) -> str:
    parts = [_line_words(point) for point in results.points]
    return f"Line chart of waiting orders over time: {'; '.join(parts)}."


def _line_words(point: ScalePoint) -> str:
    how = "predicted" if point.forecast else "measured"
    return (
        f"with {numbers.plural(point.workers, 'worker')} {numbers.count(point.peak_waiting)} at "
        f"the peak and a drain of {numbers.seconds(point.drain_seconds)} ({how})"
    )
