"""Writes the generated parts of README.md: `python scripts/readme_blocks.py`.

Between `<!-- begin NAME -->` and `<!-- end NAME -->` stand the table of the stack configuration,
made from Pulumi.yaml, and the tables of results, made from docs/results/results.json and
scale.json. A test fails when README.md says something else than they do.
"""

import json
from pathlib import Path
from typing import Any

import yaml

from lab.topologies import TOPOLOGIES

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
RESULTS = ROOT / "docs" / "results" / "results.json"
SCALE = ROOT / "docs" / "results" / "scale.json"

ROWS = (
    ("orders attempted", "{attempted:,}"),
    ("accepted", "{accepted:,}"),
    ("accepted a second", "{accepted_per_second:.1f}"),
    ("wait for the answer, median", "{accept_ms[p50]:,.0f} ms"),
    ("wait for the answer, p95", "{accept_ms[p95]:,.0f} ms"),
    ("paid a second, until the last", "{paid_per_second:.1f}"),
    ("placed to paid, median", "{time_to_paid_seconds[p50]:.1f} s"),
    ("largest backlog", "{peak_backlog:,}"),
    ("drain after the last order", "{drain_seconds:.0f} s"),
    ("sold out, refunded", "{sold_out:,}"),
    ("lost / paid twice / oversold", "{lost} / {duplicates} / {oversold}"),
    ("AWS calls an order", "{api_calls_per_order:.1f}"),
    ("dollars a million orders", "{dollars_per_million_orders:.0f}"),
)


def config_table() -> str:
    """Return the stack configuration as Markdown, in Pulumi.yaml's order."""
    config = yaml.safe_load((ROOT / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]
    lines = ["| key | type | default | meaning |", "|---|---|---|---|"]
    for key, schema in config.items():
        default = f"`{schema['default']}`" if "default" in schema else "(each stack file)"
        lines.append(f"| `{key}` | {schema['type']} | {default} | {schema['description']} |")
    return "\n".join(lines)


def results_table() -> str:
    """Return the flash sale of the published results as Markdown."""
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    names = [name for name in TOPOLOGIES if name in results["topologies"]]
    sales = [results["topologies"][name]["scenarios"]["flash"] for name in names]
    lines = [f"| | {' | '.join(names)} |", f"|---|{'---:|' * len(names)}"]
    for title, form in ROWS:
        lines.append(f"| {title} | {' | '.join(_cell(form, sale) for sale in sales)} |")
    return "\n".join(lines)


def scale_table() -> str:
    """Return the published backlogs by number of workers as Markdown."""
    lines = [
        "| workers | accepted | largest backlog (theory) | drain (theory) | of workers / 3 s |",
        "|---:|---:|---:|---:|---:|",
    ]
    for point in json.loads(SCALE.read_text(encoding="utf-8"))["points"]:
        sale, forecast = point["sale"], point["forecast"]
        theory = sale["predicted"]
        drain = forecast["drain_seconds"] if forecast else sale["drain_seconds"]
        cells = (
            f"{point['workers']:,}",
            f"{sale['accepted']:,}",
            f"{sale['peak_backlog']:,} ({theory['peak_backlog']:,.0f})",
            f"{drain:,.0f} s{' predicted' if forecast else ''} ({theory['drain_seconds']:,.0f} s)",
            f"{point['share_of_limit']:.1%}",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


BLOCKS = {"configuration": config_table, "results": results_table, "scale": scale_table}


def rendered(text: str) -> str:
    """Return README.md's text with each generated part as it should be."""
    for name, table in BLOCKS.items():
        begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        text = f"{before}{begin}\n{table()}\n{end}{after}"
    return text


def _cell(form: str, sale: dict[str, Any]) -> str:
    try:
        return form.format_map(sale)
    except TypeError:  # null: it could not be measured
        return "-"


if __name__ == "__main__":
    README.write_text(rendered(README.read_text(encoding="utf-8")), encoding="utf-8")
