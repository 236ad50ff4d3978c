"""Fulfils the orders of one batch of messages: paid concurrently, claimed and completed in groups.

Nothing of a message is trusted: whoever may send to the queue may have sent anything.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from adapters.aws.errors import AWS_ERRORS
from adapters.aws.fast.dynamodb import open_dynamodb
from adapters.aws.fast.sqs import open_sqs
from adapters.aws.statement_batcher import StatementBatcher
from adapters.orders.batched_store import BatchedOrderStore
from adapters.payments.ledger import BatchedLedger, DynamoLedger
from adapters.payments.simulated_provider import simulated_payments
from kit.logging import get_logger
from lambda_fn.environment import ExecutionEnvironment
from lambda_fn.settings import QueueSettings
from orders.errors import LeaseLost, OrderBusy, OrderNotFound, Unavailable
from orders.fulfilment import Fulfilment
from orders.message import UnreadableMessage, decode_order_placed

# For the answer, before Lambda ends the whole environment and every order of the batch with it.
MARGIN_SECONDS = 2.0

_log = get_logger()


class OrderBatches:
    """Fulfils the orders of one invocation at a time."""

    def __init__(self, settings: QueueSettings, variables: Mapping[str, str]) -> None:
        self._environment = ExecutionEnvironment(settings.region, settings.log_level, variables)
        self._dead_letter_queue_url = settings.dead_letter_queue_url
        self._sqs = open_sqs(self._environment.client)
        dynamodb = open_dynamodb(self._environment.client)
        statements = StatementBatcher(dynamodb)
        ledger = BatchedLedger(DynamoLedger(dynamodb, settings.payments_table), statements)
        self._fulfilment = Fulfilment(
            store=BatchedOrderStore(dynamodb, settings.tables, statements),
            payments=simulated_payments(
                ledger,
                payment_seconds=settings.payment_seconds,
                lease_seconds=settings.lease_seconds,
                faults=settings.payment_faults,
            ),
            lease_seconds=settings.lease_seconds,
        )

    def fulfil(self, messages: Sequence[Mapping[str, Any]], seconds: float) -> list[str]:
        """Return the ids of the messages whose orders are not settled after `seconds`, or before.

        What still runs then is cut off a moment earlier, so that the others keep their answer.
        """
        return self._environment.run(self._fulfil(messages, seconds - MARGIN_SECONDS))

    def close(self) -> None:
        """Close what is open."""
        self._environment.close()

    async def _fulfil(self, messages: Sequence[Mapping[str, Any]], seconds: float) -> list[str]:
        tasks = {
            str(message["messageId"]): asyncio.create_task(self._fulfil_one(message))
            for message in messages
        }
        await asyncio.wait(tasks.values(), timeout=max(seconds, 0))
        late = [message_id for message_id, task in tasks.items() if not task.done()]
        for message_id in late:
            _log.warning("order_cut_off", message_id=message_id)
            tasks[message_id].cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        return [message_id for message_id, task in tasks.items() if not _settled(task)]

    async def _fulfil_one(self, message: Mapping[str, Any]) -> bool:
        """Return whether the message is done with."""
        body = message["body"]
        try:
            order_id = decode_order_placed(body).order_id
        except UnreadableMessage as error:
            return await self._set_aside(message, f"unreadable: {error}")
        try:
            await self._fulfilment.fulfil(order_id)
        except OrderNotFound as error:
            return await self._set_aside(message, str(error))
        except OrderBusy:
            # A duplicate: the first may yet die with its environment, so this one stays.
            _log.info("order_busy", order_id=order_id)
            return False
        except (LeaseLost, Unavailable) as error:
            _log.warning("order_not_fulfilled", order_id=order_id, error=str(error))
            return False
        return True

    async def _set_aside(self, message: Mapping[str, Any], reason: str) -> bool:
        """Move what no try can help to the dead-letter queue; return whether it is there."""
        _log.error("message_set_aside", message_id=message["messageId"], reason=reason)
        attributes = {"reason": {"DataType": "String", "StringValue": reason}}
        try:
            url = self._dead_letter_queue_url
            await self._sqs.send_message(url, message["body"], attributes)
        except AWS_ERRORS as error:
            _log.warning("message_not_set_aside", error=str(error))
            return False
        return True


def _settled(task: asyncio.Task[bool]) -> bool:
    if task.cancelled():
        return False
    if error := task.exception():
        _log.error("order_failed", exc_info=error)
        return False
    return task.result()
