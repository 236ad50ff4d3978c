"""Finds stuck orders and gives them to a worker again; a second time changes nothing."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ops.calls import RateLimit, calling
from ops.open_orders import Action, OpenOrder, OpenOrders, Outcome, Retrier, Why
from ops.republish import Announcer, Queue, Republisher, StateMachine, Topic
from ops.resubmit import Receiver, Resubmitter
from ops.stack import Stack, queue_depth

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Finding:
    """An order that is open for longer than it should be, and what that may mean."""

    order: OpenOrder
    why: Why


@dataclass
class Reconciliation:
    """What was found and done so far; `now` is in epoch seconds, ages are in seconds."""

    older_than: float
    dry_run: bool
    force: bool
    now: float
    messages: int = 0
    dead_letters: int = 0
    findings: list[Finding] = field(default_factory=list)
    outcomes: dict[str, Outcome] = field(default_factory=dict)

    def outcome(self, order: OpenOrder) -> Outcome:
        """Return what was done about an order."""
        return self.outcomes.get(order.order_id, Outcome(order, Action.NONE))

    def count(self, action: Action) -> int:
        """Return how many orders this was done about."""
        return Counter(each.action for each in self.outcomes.values())[action]

    @property
    def failed(self) -> bool:
        """Whether an order could not be retried."""
        return self.count(Action.FAILED) > 0


class Reconciler:
    """Carries a reconciliation out on one stack."""

    def __init__(self, stack: Stack, *, rate: float) -> None:
        self._stack = stack
        self._rate = rate
        self._dynamodb = stack.client("dynamodb")
        self._sqs = stack.client("sqs")

    def run(self, work: Reconciliation, progress: Progress) -> None:
        """Find and retry, noting everything in `work` as it happens.

        Raises:
            Unanswered, UserError: AWS could not be asked, or not be told.
        """
        self._find(work)
        left, chosen = _divided(work)
        for order in left:
            work.outcomes[order.order_id] = Outcome(order, Action.LEFT)
        if work.dry_run or not chosen:
            return
        progress(0, len(chosen))

        def done(outcome: Outcome) -> None:
            work.outcomes[outcome.order.order_id] = outcome
            progress(len(work.outcomes) - len(left), len(chosen))

        self._retrier().retry(chosen, done)

    def _find(self, work: Reconciliation) -> None:
        # Counted first: the other way round, a message taken in between would seem to be missing.
        work.messages = self._messages("queue_url")
        work.dead_letters = self._messages("dlq_url")
        table = self._stack.output("orders_table")
        orders = OpenOrders(self._dynamodb, table, now=work.now, older_than=work.older_than)
        with calling(f"listing open orders of {table}"):
            unbegun = list(orders.unbegun())
            abandoned = list(orders.abandoned())
            front = orders.front() if unbegun and work.messages else 0.0
        found = [Finding(order, Why.LEASE_ENDED) for order in abandoned]
        for order in unbegun:
            why = orders.why_unbegun(order, messages=work.messages, front=front)
            found.append(Finding(order, why))
        work.findings = sorted(found, key=lambda each: each.order.created_at)

    def _messages(self, output: str) -> int:
        if output not in self._stack.outputs:
            return 0
        url = self._stack.outputs[output]
        with calling(f"counting the messages of {url}"):
            return sum(queue_depth(self._sqs, url))

    def _retrier(self) -> Retrier:
        outputs = self._stack.outputs
        announcer: Announcer | None = None
        if "topic_arn" in outputs:
            announcer = Topic(self._stack.client("sns"), outputs["topic_arn"])
        elif "queue_url" in outputs:
            announcer = Queue(self._sqs, outputs["queue_url"])
        elif "state_machine_arn" in outputs:
            workflows = self._stack.client("stepfunctions")
            announcer = StateMachine(workflows, outputs["state_machine_arn"])
        if announcer is None:
            return Resubmitter(Receiver(self._stack.output("api_url")))
        return Republisher(announcer, RateLimit(self._rate))


def _divided(work: Reconciliation) -> tuple[list[OpenOrder], list[OpenOrder]]:
    """Return the orders to be left alone, and those to be retried."""
    left: list[OpenOrder] = []
    chosen: list[OpenOrder] = []
    for finding in work.findings:
        alone = finding.why is Why.WAITING and not work.force
        (left if alone else chosen).append(finding.order)
    return left, chosen


def as_json(work: Reconciliation, stack: Stack) -> dict[str, Any]:
    """Return what was found and done, for scripts; ages are in seconds."""
    return {
        "schema": 1,
        "command": "reconcile",
        "stack": stack.name,
        "topology": stack.topology,
        "at": work.now,
        "older_than_seconds": work.older_than,
        "dry_run": work.dry_run,
        "force": work.force,
        "messages_in_queue": work.messages,
        "dead_letters": work.dead_letters,
        "orders": [_order_as_json(work, finding) for finding in work.findings],
    }


def _order_as_json(work: Reconciliation, finding: Finding) -> dict[str, Any]:
    order, outcome = finding.order, work.outcome(finding.order)
    return {
        "order_id": order.order_id,
        "status": order.status,
        "age_seconds": round(work.now - order.created_at, 3),
        "why": finding.why.name.lower(),
        "done": outcome.action.name.lower(),
        "told": outcome.told,
    }


def started(*, older_than: float, dry_run: bool, force: bool) -> Reconciliation:
    """Return a reconciliation that begins now."""
    return Reconciliation(older_than, dry_run, force, now=time.time())
