"""`report.html`: one file that opens offline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from engine.differences import Difference
from lab.measure.bill import ASSUMPTIONS
from lab.measure.prices import price_list
from lab.report.cold_start import COLUMNS, cold_start_table
from lab.report.plots import colours
from lab.report.plots.plot import make_plots
from lab.report.tables import audit_table, bill_table, measure_tables
from lab.report.verdict import main_sale, sales, verdict
from lab.results.model import Machine, Results, ScenarioResult
from lab.topologies import TOPOLOGIES, named
from terminal import numbers
from terminal.files import write, writing

REPORT_FILE = "report.html"
PLOT_FOLDER = "plots"
HERE = Path(__file__).parent


def write_report(results: Results, folder: Path, differences: list[Difference]) -> Path:
    """Write the page and its plots into a folder and return the page's path.

    Raises:
        UserError: they cannot be written there.
    """
    path = folder / REPORT_FILE
    with writing(path):
        folder.mkdir(parents=True, exist_ok=True)
        page = render(results, differences, plot_folder=folder / PLOT_FOLDER)
    write(page, path)
    return path


def render(
    results: Results, differences: list[Difference], *, plot_folder: Path | None = None
) -> str:
    """Return the page; with a folder the plots are also written there."""
    scenario = main_sale(results)
    compared = sales(results, scenario) if scenario else {}
    return render_template(
        "template.html.j2",
        results=results,
        said=verdict(results),
        compared=compared,
        plots=make_plots(results, compared, plot_folder) if compared else [],
        tables=measure_tables(results),
        audit=audit_table(results),
        bills=bill_table(compared),
        cold=cold_start_table(results.cold_start) if results.cold_start else None,
        cold_columns=COLUMNS,
        prices=price_list(),
        assumptions=ASSUMPTIONS,
        differences=differences,
        cores=numbers.plural(results.machine.cores, "core"),
        machine=machine_sentence(results.machine),
        load_lines=machine_load(compared),
        missing=numbers.MISSING,
    )


def render_template(name: str, **values: Any) -> str:
    """Return a template of this folder filled in, `style` included."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    environment.filters["breakable"] = _breakable
    environment.filters["titled"] = _titled
    return environment.get_template(name).render(style=_style(), **values)


def _breakable(name: str) -> Markup:
    """Let a phone break a long name at its underscores."""
    return Markup("_<wbr>").join(name.split("_"))


def _titled(name: str) -> str:
    """Return a topology's name, with what a short one stands for."""
    title = named(name).title
    return f"{name} ({title})" if title else name


def _style() -> Markup:
    css = (HERE / "style.css").read_text(encoding="utf-8")
    for theme in ("light", "dark"):
        css = css.replace(f"{{{{ {theme} }}}}", colours.variables(theme))
    accents = (f".{name} {{ --accent: var(--plot-{name}); }}" for name in TOPOLOGIES)
    css = css.replace("{{ topologies }}", " ".join(accents))
    return Markup(css)  # noqa: S704 - our own file


def machine_sentence(machine: Machine) -> str:
    """Return what the run was measured on, as one sentence."""
    memory = f", {machine.memory_gib:.0f} GiB" if machine.memory_gib else ""
    return (
        f"Measured on {numbers.plural(machine.cores, 'core')}{memory}, {machine.platform}, "
        f"Python {machine.python}, {machine.emulator}."
    )


def machine_load(compared: dict[str, ScenarioResult]) -> list[str]:
    """Return how busy machine and emulator were, and the memory that everything took."""
    told = (
        ("Mean load of all cores during the sale", "machine_busy_percent", "{:.0f} %"),
        ("Mean load of the emulator, in one core", "emulator_busy_percent", "{:.0f} %"),
        ("Memory that everything together took at the peak, MiB", "memory_mib", "{:,.0f}"),
    )
    lines = []
    for what, measure, shown in told:
        found = {name: getattr(sale, measure) for name, sale in compared.items()}
        known = [
            f"{name} {shown.format(value)}" for name, value in found.items() if value is not None
        ]
        lines += [f"{what}: {numbers.joined(known)}."] if known else []
    return lines
