"""`ops redrive`: dead letters back to where they came from."""

from __future__ import annotations

from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ops.cli.operation import (
    DryRunOption,
    Ending,
    JsonOption,
    OutputsOption,
    RateOption,
    StackOption,
    carry_out,
    write_json,
)
from ops.find import find_stack
from ops.redrive import Tally
from ops.redrive_run import RedriveRun
from terminal.console import make_console
from terminal.errors import UserError
from terminal.files import check_writable
from terminal.numbers import plural

MAX_ROWS = 20


def redrive(
    *,
    reason: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="Only messages whose reason contains this text."),
    ] = None,
    notifications: Annotated[
        bool,
        typer.Option(
            "--notifications", help="Notifications that were given up, instead of orders."
        ),
    ] = False,
    dry_run: DryRunOption = False,
    rate: RateOption = 100,
    outputs: OutputsOption = None,
    stack: StackOption = None,
    json: JsonOption = None,
) -> None:
    """Move the messages of the dead-letter queue back to where they came from.

    In the async topology and behind API Gateway that is the queue of orders, in the serverless one
    the topic, on which the event that the function failed on is published again. Repair the reason
    first (--dry-run counts them by it): what cannot be handled comes back, and is left there.

    A message is sent before it is deleted: it may arrive twice, which changes nothing, and is never
    lost. Where SQS offers its own move task (AWS), that moves the whole queue; by reason, and where
    there is none, this command does, in batches. What it looks at and leaves is hidden meanwhile.

    Without --outputs and --stack it works on the newest `lab up` of this machine. Exits with 0 when
    all is moved, 2 when a message could not be or the set-up is wrong, 130 after Ctrl-C.
    """
    if reason is not None and not reason.strip():
        raise UserError("--reason must not be empty; leave it out to move every message")
    target = find_stack(outputs, stack)
    check_writable(json)
    console = make_console()
    console.print(f"stack    {target.name}, {target.region}", highlight=False)
    with target.reached():
        work = RedriveRun(target, reason, rate=rate, dry_run=dry_run, notifications=notifications)
        title = "looking at dead letters" if dry_run else "moving dead letters"
        ending = carry_out(work.run, title, console)
    write_json(work.as_json(), ending, json)
    _show(work, ending, console)
    ending.leave(failed=bool(work.tally.failed))


def _show(work: RedriveRun, ending: Ending, console: Console) -> None:
    if work.tally.seen:
        console.print(_table(work.tally, dry_run=work.dry_run))
    for problem, count in work.tally.problems.most_common(MAX_ROWS):
        console.print(Text(f"{plural(count, 'message')} not moved: {problem}", "red"))
    for line in _sentences(work, ending):
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _table(tally: Tally, *, dry_run: bool) -> Table:
    columns = {"moved": tally.moved, "left": tally.left, "not moved": tally.failed}
    if dry_run:
        columns = {"messages": tally.left, "would be moved": tally.matching}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column("reason", overflow="fold")
    for name in columns:
        table.add_column(name, justify="right")
    kinds = tally.moved + tally.left + tally.failed
    for kind, _ in kinds.most_common(MAX_ROWS):
        table.add_row(Text(kind), *(f"{column[kind]:,}" for column in columns.values()))
    if len(kinds) > MAX_ROWS:
        table.add_row(f"... {len(kinds) - MAX_ROWS:,} more reasons (--json)")
    return table


def _sentences(work: RedriveRun, ending: Ending) -> list[str]:
    tally, said = work.tally, []
    if ending.interrupted:
        said.append("interrupted; what was moved stays moved, run it again for the rest")
    if tally.seen or ending == Ending():
        said.append(_summary(work))
    if tally.came_back:
        count = sum(tally.came_back.values())
        were = "was" if count == 1 else "were"
        said.append(f"{plural(count, 'message')} came back since, and {were} left there")
    if tally.not_deleted:
        hears = "its order hears" if tally.not_deleted == 1 else "their orders hear"
        said.append(
            f"{plural(tally.not_deleted, 'message')} moved and not deleted: {hears} of it twice, "
            "which changes nothing"
        )
    if work.at_end and work.at_end.in_flight:
        said.append(
            f"{plural(work.at_end.in_flight, 'message')} hidden: somebody looked at the "
            "dead-letter queue just now; run it again in a few minutes"
        )
    return said


def _summary(work: RedriveRun) -> str:
    tally = work.tally
    moved, left = tally.moved.total(), tally.left.total()
    if not tally.seen:
        return "the dead-letter queue is empty"
    if not work.dry_run:
        return f"{plural(moved, 'message')} moved to {work.route.target}, {left:,} left"
    matching = tally.matching.total()
    chosen = "" if work.reason is None else f" with {work.reason!r} in the reason"
    return (
        f"{matching:,} of {plural(left, 'message')}{chosen} would be moved to {work.route.target}"
    )
