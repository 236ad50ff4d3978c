"""The tasks of the order workflow: one step of fulfilment each, what it needs in, what comes out.

What travels between tasks is the claim: the order under its lease. Errors are told to Step
Functions by the name of their class, which is what its Retry and Catch look for.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import msgspec

from adapters.aws.fast.dynamodb import open_dynamodb
from adapters.orders.store import DynamoOrderStore
from adapters.payments.ledger import DynamoLedger
from adapters.payments.simulated_provider import simulated_payments
from adapters.settings import FulfilmentSettings
from kit.logging import bind_to_logs, get_logger
from lambda_fn.environment import ExecutionEnvironment
from orders.model import FailureReason, Order, OrderStatus
from orders.ports import Claim
from orders.steps import FulfilmentSteps

State = dict[str, Any]
"""What a task is given and gives back: plain JSON."""
Task = Callable[[FulfilmentSteps, State], Coroutine[Any, Any, State]]

_log = get_logger()


class Workflow:
    """What a task's environment has open."""

    def __init__(self, settings: FulfilmentSettings, variables: Mapping[str, str]) -> None:
        self._environment = ExecutionEnvironment(settings.region, settings.log_level, variables)
        dynamodb = open_dynamodb(self._environment.client)
        self._steps = FulfilmentSteps(
            store=DynamoOrderStore(dynamodb, settings.tables),
            payments=simulated_payments(
                DynamoLedger(dynamodb, settings.payments_table),
                payment_seconds=settings.payment_seconds,
                lease_seconds=settings.lease_seconds,
                faults=settings.payment_faults,
            ),
            lease_seconds=settings.lease_seconds,
        )

    def run(self, task: Task, state: State) -> State:
        """Return what the task makes of the state; raise what went wrong, for Retry and Catch."""

        async def work() -> State:
            bind_to_logs(order_id=state["order_id"])
            try:
                return await task(self._steps, state)
            except Exception as error:
                kind = type(error).__name__
                _log.warning("task_failed", task=task.__name__, kind=kind, error=str(error))
                raise

        return self._environment.run(work())

    def close(self) -> None:
        """Close what is open."""
        self._environment.close()


async def claim(steps: FulfilmentSteps, state: State) -> State:
    """Take the order in the name of the execution: the same task again has the same lease."""
    found = await steps.claim(state["order_id"], state["execution"])
    if isinstance(found, Order):
        return _settled(found)
    return {
        "order_id": state["order_id"],
        "status": OrderStatus.PROCESSING.value,
        "failing": found.failing,
        "claim": msgspec.to_builtins(found),
    }


async def charge(steps: FulfilmentSteps, state: State) -> State:
    """Charge the order; a payment that was declined decides how it ends."""
    paid = await steps.charge(_claim(state))
    return {**state, "failing": None if paid else FailureReason.PAYMENT_DECLINED.value}


async def complete(steps: FulfilmentSteps, state: State) -> State:
    """Take the stock and settle as COMPLETED."""
    return _settled(await steps.complete(_claim(state)))


async def decide_failure(steps: FulfilmentSteps, state: State) -> State:
    """Make durable that the order will fail: out of stock is all that comes after a payment."""
    await steps.decide_failure(_claim(state), FailureReason.OUT_OF_STOCK)
    return {**state, "failing": FailureReason.OUT_OF_STOCK.value}


async def refund(steps: FulfilmentSteps, state: State) -> State:
    """Give the money back."""
    await steps.refund(_claim(state))
    return state


async def fail(steps: FulfilmentSteps, state: State) -> State:
    """Settle as FAILED, for the reason that was decided on."""
    return _settled(await steps.fail(_claim(state), FailureReason(state["failing"])))


def _claim(state: State) -> Claim:
    return msgspec.convert(state["claim"], Claim)


def _settled(order: Order) -> State:
    return {
        "order_id": order.order_id,
        "status": order.status.value,
        "failing": order.failure_reason,
    }
