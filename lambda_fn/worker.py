"""Fulfils the orders of one event of the topic, all of them at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from adapters.aws.fast.dynamodb import open_dynamodb
from adapters.orders.store import DynamoOrderStore
from adapters.payments.ledger import DynamoLedger
from adapters.payments.simulated_provider import simulated_payments
from adapters.settings import FulfilmentSettings
from kit.logging import get_logger
from lambda_fn.environment import ExecutionEnvironment
from orders.fulfilment import Fulfilment
from orders.message import decode_order_placed

_log = get_logger()


class Worker:
    """Fulfils the orders of one invocation at a time."""

    def __init__(self, settings: FulfilmentSettings, variables: Mapping[str, str]) -> None:
        self._environment = ExecutionEnvironment(settings.region, settings.log_level, variables)
        dynamodb = open_dynamodb(self._environment.client)
        self._fulfilment = Fulfilment(
            store=DynamoOrderStore(dynamodb, settings.tables),
            payments=simulated_payments(
                DynamoLedger(dynamodb, settings.payments_table),
                payment_seconds=settings.payment_seconds,
                lease_seconds=settings.lease_seconds,
                faults=settings.payment_faults,
            ),
            lease_seconds=settings.lease_seconds,
        )

    def fulfil(self, messages: Sequence[str]) -> None:
        """Settle the order of every message.

        Raises:
            Exception: what went wrong; the others are settled all the same.
            ExceptionGroup: the same, of several; its message has each kind of it once.
        """
        self._environment.run(self._fulfil(messages))

    def close(self) -> None:
        """Close client and loop."""
        self._environment.close()

    async def _fulfil(self, messages: Sequence[str]) -> None:
        results = await asyncio.gather(
            *(self._fulfil_one(message) for message in messages), return_exceptions=True
        )
        failures = [result for result in results if isinstance(result, BaseException)]
        if len(failures) == 1:
            raise failures[0]
        if failures:
            reasons = dict.fromkeys(f"{type(each).__name__}: {each}" for each in failures)
            raise BaseExceptionGroup("; ".join(reasons), failures)

    async def _fulfil_one(self, message: str) -> None:
        placed = decode_order_placed(message)
        try:
            await self._fulfilment.fulfil(placed.order_id)
        except Exception as error:
            _log.warning("order_not_fulfilled", order_id=placed.order_id, error=str(error))
            raise
