"""What one function environment keeps between invocations: an event loop and AWS clients."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from aiobotocore.session import AioSession

from adapters.aws.clients import AwsClients
from adapters.aws.quick_clients import quick_dynamodb
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

    def __init__(self, settings: FulfilmentSettings, session: AioSession) -> None:
        started = time.perf_counter()
        self._loop = asyncio.new_event_loop()
        self._clients = AwsClients(settings.region, connections=CONNECTIONS, session=session)
        self._fulfilment = self._loop.run_until_complete(self._open(settings))
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
            self._clients.calls.log_and_reset()

    def close(self) -> None:
        """Close clients and loop; Lambda itself never does, it freezes and forgets."""
        self._loop.run_until_complete(self._clients.__aexit__())
        self._loop.close()

    async def _open(self, settings: FulfilmentSettings) -> Fulfilment:
        dynamodb = quick_dynamodb(
            await self._clients.dynamodb(), "update_item", "put_item", "transact_write_items"
        )
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
