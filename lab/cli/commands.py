"""The commands of `lab`: one file of this package each."""

from terminal.commands import run_commands

NAMES = ("demo", "scale", "coldstart", "up", "report")


def run() -> None:
    """Run the command line and leave with its exit code."""
    run_commands(
        "lab",
        __package__,
        NAMES,
        about=(
            "Run the flash-sale stack on this machine: the real Pulumi program, the real services, "
            "an embedded AWS emulator that enforces the IAM and queue policies. "
            "No AWS account, Docker or Pulumi CLI is needed."
        ),
        epilog=(
            "Start with `lab demo`; `lab up async` keeps one topology up for your own requests. "
            "After a failure, there or on AWS, `ops` reconciles orders and redrives dead letters."
        ),
    )
