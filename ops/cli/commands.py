"""The commands of `ops`: one file of this package each."""

from terminal.commands import run_commands

NAMES = ("reconcile", "redrive")


def run() -> None:
    """Run the command line and leave with its exit code."""
    run_commands(
        "ops",
        __package__,
        NAMES,
        about=(
            "Recover after a failure, on AWS or in a `lab up` of this machine: retry orders that "
            "nobody works on any more, and redrive messages of the dead-letter queue."
        ),
        epilog="docs/operations.md says when to run which; `--dry-run` shows what there is.",
    )
