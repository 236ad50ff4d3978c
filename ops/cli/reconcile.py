"""`ops reconcile`: stuck orders are retried."""

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
    age,
    carry_out,
    write_json,
)
from ops.find import find_stack
from ops.open_orders import Action, Why
from ops.reconcile import Finding, Reconciler, Reconciliation, as_json, started
from terminal.console import make_console
from terminal.files import check_writable
from terminal.numbers import plural

OLDER_THAN_SECONDS = 300.0
MAX_ROWS = 20
UUID_LENGTH = 36
STYLES = {Action.FAILED: "red", Action.REPUBLISHED: "green", Action.SETTLED: "green"}


def reconcile(
    *,
    older_than: Annotated[
        float,
        typer.Option(
            min=0,
            metavar="SECONDS",
            help="Leave younger orders alone. The default is longer than SQS hides a message "
            "whose worker died (visibilityTimeoutSeconds 180): what recovers by itself may.",
        ),
    ] = OLDER_THAN_SECONDS,
    dry_run: DryRunOption = False,
    force: Annotated[
        bool, typer.Option("--force", help="Also orders that may be waiting in a queue.")
    ] = False,
    rate: RateOption = 100,
    outputs: OutputsOption = None,
    stack: StackOption = None,
    json: JsonOption = None,
) -> None:
    """Find stuck orders and retry them.

    Stuck is an order that was stored and never published (PENDING for longer than the age), and one
    whose worker died (PROCESSING, its lease ended). They are announced again, on the topic or
    in the queue of orders; in the sync topology, which has neither, the customer's request is
    sent again. Settled orders and
    those in work stay as they are, so that running it twice, or too early, does no harm.

    While the queue holds messages, a PENDING order that no later order has overtaken may be
    waiting for its turn: it is listed and left alone, unless --force is given.

    Without --outputs and --stack it works on the newest `lab up` of this machine. Exits with 0 when
    all is done, 2 when an order could not be retried or the set-up is wrong, 130 after Ctrl-C.
    """
    target = find_stack(outputs, stack)
    check_writable(json)
    console = make_console()
    console.print(f"stack    {target.name}, {target.region}", highlight=False)
    work = started(older_than=older_than, dry_run=dry_run, force=force)
    with target.reached():
        reconciler = Reconciler(target, rate=rate)
        ending = carry_out(lambda show: reconciler.run(work, show), "retrying orders", console)
    write_json(as_json(work, target), ending, json)
    _show(work, ending, console)
    ending.leave(failed=work.failed)


def _show(work: Reconciliation, ending: Ending, console: Console) -> None:
    if work.findings:
        console.print(_table(work))
        hidden = len(work.findings) - MAX_ROWS
        if hidden > 0:
            console.print(f"... and {hidden:,} more (--json PATH lists them all)")
    for line in _sentences(work, ending):
        console.print(line, highlight=False, soft_wrap=True)


def _table(work: Reconciliation) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column("order", overflow="fold", min_width=UUID_LENGTH)
    table.add_column("status", no_wrap=True)
    table.add_column("age", justify="right", no_wrap=True)
    table.add_column("why", no_wrap=True)
    table.add_column("what was done")
    # What failed is what somebody has to look at: never hidden behind a long table's end.
    failed_first = sorted(work.findings, key=lambda each: not _failed(work, each))
    for finding in failed_first[:MAX_ROWS]:
        order, outcome = finding.order, work.outcome(finding.order)
        told = f"{outcome.action}: {outcome.told}" if outcome.told else str(outcome.action)
        table.add_row(
            Text(order.order_id),
            order.status,
            age(work.now - order.created_at),
            finding.why,
            Text(told, STYLES.get(outcome.action, "")),
        )
    return table


def _failed(work: Reconciliation, finding: Finding) -> bool:
    return work.outcome(finding.order).action is Action.FAILED


def _sentences(work: Reconciliation, ending: Ending) -> list[str]:
    said = []
    if ending.interrupted:
        said.append("interrupted; what was done until then stays done, run it again for the rest")
    if work.findings:
        said.append(_summary(work))
    elif ending == Ending():
        said.append(f"no order has been stuck for more than {age(work.older_than)}")
    if work.count(Action.LEFT):
        said.append(
            f"the queue holds {plural(work.messages, 'message')}: orders left alone are probably "
            "among them and need nothing; --force publishes them all the same, which does no harm "
            "and costs a message each"
        )
    if work.dead_letters:
        said.append(
            f"the dead-letter queue holds {plural(work.dead_letters, 'message')}; "
            "`ops redrive --dry-run` tells why"
        )
    return said


def _summary(work: Reconciliation) -> str:
    waiting = sum(each.why is Why.WAITING for each in work.findings)
    found = f"{plural(len(work.findings) - waiting, 'order')} stuck, {waiting:,} may be waiting"
    done = [f"{work.count(action):,} {action}" for action in Action if work.count(action)]
    untouched = len(work.findings) - len(work.outcomes)
    if untouched:
        done.append(
            f"{untouched:,} would be retried" if work.dry_run else f"{untouched:,} not reached"
        )
    return f"{found}: {', '.join(done)}"
