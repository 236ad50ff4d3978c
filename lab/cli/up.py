"""`lab up TOPOLOGY`: one topology on this machine until Ctrl-C."""

from __future__ import annotations

import shlex
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Column, Table

from lab.cli.operation import check_writable
from lab.deployment import Deployment, deploy
from lab.engine.config import parse_overrides, read_stack
from lab.engine.paths import ROOT
from lab.files import new_folder
from lab.operate import up_file
from lab.operate.find import RUNS_FOLDER
from lab.report.table import make_console

_WATCH_SECONDS = 0.5
_EXAMPLES = (
    (
        '{"order_id":"001","customer_id":123,'
        '"items":[{"product_id":"SKU-001","quantity":1,"price":19.99}]}'
    ),
    '{"customer_id": 123, "items": [{"product_id": 1, "quantity": 2}]}',
)


def up(
    topology: Annotated[
        str, typer.Argument(metavar="TOPOLOGY", help="The stack: sync, async or serverless.")
    ],
    *,
    config: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE", help="Stack configuration, as in Pulumi.yaml; may be repeated."
        ),
    ] = None,
    json: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Write outputs, configuration and process ids here."),
    ] = None,
) -> None:
    """Deploy TOPOLOGY on this machine, print its outputs, and keep it up until Ctrl-C.

    Ends with 2 and the last log lines when a process dies, with 130 after Ctrl-C.
    """
    console = make_console()
    overrides = parse_overrides(config or [])
    read_stack(ROOT, topology, overrides)  # a wrong name leaves no folder
    check_writable(json)
    run_dir = new_folder(RUNS_FOLDER, f"-{topology}")
    try:
        with deploy(
            topology,
            config=overrides,
            run_dir=run_dir,
            progress=lambda step: console.print(f"{step} ...", style="dim"),
        ) as deployment:
            _show(deployment, console)
            for path in filter(None, (run_dir / up_file.UP_FILE, json)):
                up_file.write(up_file.describe(deployment), path)
            console.print("\nup; press Ctrl-C to stop", style="bold")
            while True:
                deployment.check()
                time.sleep(_WATCH_SECONDS)
    except KeyboardInterrupt:
        console.print(f"\nstopped; logs are in {run_dir / 'logs'}", soft_wrap=True)
        raise


def _show(deployment: Deployment, console: Console) -> None:
    table = Table(
        "output", Column("value", overflow="fold"), title=f"{deployment.topology} on this machine"
    )
    for name, value in deployment.outputs.items():
        table.add_row(name, value)
    table.add_row("emulator", deployment.endpoint_url)
    table.add_row("logs", str(deployment.run_dir / "logs"))
    console.print(table)
    url = deployment.outputs.get("api_url")
    if url:
        console.print("\ntwo orders to paste, and how to look one up:\n", style="bold")
        for body in _EXAMPLES:
            command = f"curl -sS {url}/orders -H 'content-type: application/json' -d "
            print(f"{command}{shlex.quote(body)}")  # noqa: T201 - no markup, no line breaks: to be pasted
        print(f"curl -sS {url}/orders/001")  # noqa: T201 - the same
