"""`lab up TOPOLOGY`: one topology on this machine until Ctrl-C."""

from __future__ import annotations

import json as json_module
import shlex
import time
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer
from rich.console import Console
from rich.table import Column, Table

from engine.deployment import Deployment, deploy
from engine.program.config import parse_overrides, read_stack
from lab.topologies import TOPOLOGIES, named
from ops.find import RUNS_FOLDER, UP_FILE
from terminal.console import make_console
from terminal.files import check_writable, new_folder, write
from terminal.project import ROOT

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
        str, typer.Argument(metavar="TOPOLOGY", help=f"The stack, one of {', '.join(TOPOLOGIES)}.")
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
    known = named(topology)
    stack, overrides = known.deployed_as, {**known.config, **parse_overrides(config or [])}
    read_stack(ROOT, stack, overrides)  # a wrong name leaves no folder
    check_writable(json)
    run_dir = new_folder(RUNS_FOLDER, f"-{topology}")
    try:
        with deploy(
            stack,
            project=ROOT,
            config=overrides,
            run_dir=run_dir,
            progress=lambda step: console.print(f"{step} ...", style="dim"),
        ) as deployment:
            _show(deployment, console)
            about = json_module.dumps(describe(deployment), indent=2) + "\n"
            for path in filter(None, (run_dir / UP_FILE, json)):
                write(about, path, private=True)
            console.print("\nup; press Ctrl-C to stop", style="bold")
            while True:
                deployment.check()
                time.sleep(_WATCH_SECONDS)
    except KeyboardInterrupt:
        console.print(f"\nstopped; logs are in {run_dir / 'logs'}", soft_wrap=True)
        raise


def _show(deployment: Deployment, console: Console) -> None:
    table = Table(
        "output", Column("value", overflow="fold"), title=f"{deployment.stack} on this machine"
    )
    for name, value in deployment.outputs.items():
        table.add_row(name, value)
    table.add_row("emulator", deployment.endpoint_url)
    table.add_row("logs", str(deployment.logs))
    console.print(table)
    url, key = deployment.outputs.get("api_url"), deployment.outputs.get("apiKey")
    if url:
        head = f"-H 'x-api-key: {key}' " if key else ""
        console.print("\ntwo orders to paste, and how to look one up:\n", style="bold")
        for body in _EXAMPLES:
            command = f"curl -sS {url}/orders {head}-H 'content-type: application/json' -d "
            print(f"{command}{shlex.quote(body)}")  # noqa: T201 - no markup, no line breaks: to be pasted
        print(f"curl -sS {head}{url}/orders/001")  # noqa: T201 - the same


def describe(deployment: Deployment) -> dict[str, Any]:
    """Return everything that another terminal needs to reach a deployment of this process.

    The credentials are the emulator's, made up for this run, and of use on this machine only.
    """
    me = psutil.Process()
    return {
        "topology": deployment.stack,
        "outputs": dict(deployment.outputs),
        "config": dict(deployment.config),
        "endpoint_url": deployment.endpoint_url,
        "region": deployment.region,
        "credentials": {
            "access_key": deployment.operator.access_key,
            "secret_key": deployment.operator.secret_key,
        },
        "run_dir": str(deployment.run_dir),
        "pid": me.pid,
        "process_started_at": me.create_time(),
        "pids": dict(deployment.pids()),
    }
