"""The `lab` command: one file of this package per subcommand."""

from __future__ import annotations

import sys

import typer

from lab.cli.demo import demo
from lab.cli.exit_codes import INTERRUPTED, WRONG_SETUP
from lab.cli.reconcile import reconcile
from lab.cli.redrive import redrive
from lab.cli.report import report
from lab.cli.scale import scale
from lab.cli.up import up
from lab.errors import LabError

app = typer.Typer(
    name="lab",
    help=(
        "Run the flash-sale stack on this machine: the real Pulumi program, the real services, "
        "an embedded AWS emulator that enforces the IAM and queue policies. "
        "No AWS account, Docker or Pulumi CLI is needed."
    ),
    epilog=(
        "Start with `lab demo`; `lab up async` keeps one topology up for your own requests. "
        "What a failure leaves behind, there or on AWS, is brought back by `lab reconcile` "
        "(orders) and `lab redrive` (dead letters); docs/operations.md says when."
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # reflows the paragraphs of docstrings
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (demo, scale, up, reconcile, redrive, report):
    app.command()(command)


def main() -> None:
    """Run the command line; a LabError ends it with one line and code 2, Ctrl-C with 130."""
    try:
        app()
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)  # noqa: T201 - the one place that prints it
        raise SystemExit(WRONG_SETUP) from None
    except KeyboardInterrupt:
        raise SystemExit(INTERRUPTED) from None
