"""The `lab` command's own options and subcommands: one file of this package per subcommand."""

from __future__ import annotations

from typing import Any, cast

import typer
from typer.core import TyperGroup
from typer.main import get_command

from lab.cli.deferred import Deferred
from lab.errors import LabError, in_words

NAMES = ("demo", "scale", "up", "reconcile", "redrive", "report")
SETTINGS: dict[str, Any] = {
    "rich_markup_mode": "markdown",  # reflows the paragraphs of docstrings
    "pretty_exceptions_enable": False,
    "context_settings": {"help_option_names": ["-h", "--help"]},
}


class _Commands(TyperGroup):
    def invoke(self, ctx: Any) -> Any:
        """Run the subcommand.

        An error of the machine's is a LabError: typer would end some of them with code 1.
        """
        try:
            return super().invoke(ctx)
        except (OSError, EOFError) as error:
            raise LabError(in_words(error)) from error


def run() -> None:
    """Run the command line and leave with its exit code."""
    app = typer.Typer(
        name="lab",
        cls=_Commands,
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
        **SETTINGS,
    )
    app.callback()(lambda: None)
    group = cast("TyperGroup", get_command(app))
    for name in NAMES:
        group.add_command(Deferred(name, **SETTINGS))
    group()
