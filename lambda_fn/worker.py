"""What one function environment keeps between invocations: an event loop and an AWS client."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping, Sequence

from adapters.aws.calls import AwsCallCounter
from adapters.aws.fast.client import FastClient
from adapters.aws.fast.dynamodb import open_dynamodb
from adapters.orders.store import DynamoOrderStore
from adapters.payments.ledger import DynamoLedger
from adapters.payments.simulated_provider import simulated_payments
from adapters.settings import FulfilmentSettings
from kit.logging import get_logger
from orders.fulfilment import Fulfilment
from orders.message import decode_order_placed

CONNECTIONS = 10

_log = get_logger()


class Worker:
    """Fulfils the orders of one invocation at a time, all of them at once."""

    def __init__(self, settings: FulfilmentSettings, variables: Mapping[str, str]) -> None:
        # What was seeded with the import is the same in all that a snapshot of it starts.
        random.seed()
        started = time.perf_counter()
        self._loop = asyncio.new_event_loop()
        self._calls = AwsCallCounter()
        self._client = FastClient(
            settings.region,
            variables=variables,
            connections=CONNECTIONS,
            amazon_roots_only=True,
            observe=self._calls.observe,
        )
        self._fulfilment = self._open(settings)
        _log.info("cold_start", clients_ms=round((time.perf_counter() - started) * 1000, 3))

    def fulfil(self, messages: Sequence[str]) -> None:
        """Settle the order of every message.

        Raises:
            Exception: what went wrong; the others are settled all the same.
            ExceptionGroup: the same, of several; its message has each kind of it once.
        """
        try:
            self._loop.run_until_complete(self._fulfil(messages))
        finally:
            self._calls.log_and_reset()

    def close(self) -> None:
        """Close client and loop; Lambda itself never does, it freezes and forgets."""
        self._loop.run_until_complete(self._client.aclose())
        self._loop.close()

    def _open(self, settings: FulfilmentSettings) -> Fulfilment:
        dynamodb = open_dynamodb(self._client)
        return Fulfilment(
            store=DynamoOrderStore(dynamodb, settings.tables),
            payments=simulated_payments(
                DynamoLedger(dynamodb, settings.payments_table),
                payment_seconds=settings.payment_seconds,
                lease_seconds=settings.lease_seconds,
                faults=settings.payment_faults,
            ),
            lease_seconds=settings.lease_seconds,
        )

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
