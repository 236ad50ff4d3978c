"""The simulated payment provider: takes its time, and keeps a ledger that the audit counts."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
from botocore.exceptions import ClientError

from adapters.aws.conflicts import past_transaction
from adapters.aws.errors import AWS_ERRORS, error_code, refused_item, unavailable
from adapters.payments.faults import NO_FAULTS, PaymentFault, PaymentFaults
from orders.clock import timestamp
from orders.errors import Unavailable
from orders.ports import ChargeOutcome

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient
    from types_aiobotocore_dynamodb.type_defs import AttributeValueTypeDef

LEDGER = "payment ledger"
CHARGE_ATTRIBUTES = ("idempotencyKey", "orderId", "amountCents", "status", "chargedAt")


class Charge(msgspec.Struct, frozen=True):
    """One charge as the ledger keeps it."""

    idempotency_key: str
    order_id: str
    amount_cents: int
    charged_at: str
    outcome: ChargeOutcome = ChargeOutcome.CHARGED


def charge_values(charge: Charge) -> list[AttributeValueTypeDef]:
    """Return the values of `CHARGE_ATTRIBUTES`, in that order."""
    return [
        {"S": charge.idempotency_key},
        {"S": charge.order_id},
        {"N": str(charge.amount_cents)},
        {"S": charge.outcome.value},
        {"S": charge.charged_at},
    ]


class SimulatedPaymentGateway:
    """Fulfils `orders.ports.PaymentGateway`: one ledger item for each idempotency key, for ever."""

    def __init__(
        self,
        dynamodb: DynamoDBClient,
        *,
        payments_table: str,
        payment_seconds: float,
        faults: PaymentFaults = NO_FAULTS,
        source: random.Random | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._dynamodb = dynamodb
        self._table = payments_table
        self._payment_seconds = payment_seconds
        self._faults = faults
        self._random = source or random.Random()  # noqa: S311 - faults need no secrecy
        self._now = now

    async def charge(self, idempotency_key: str, order_id: str, amount_cents: int) -> ChargeOutcome:
        """Charge `amount_cents` once for this key, after `payment_seconds`.

        With a share of hanging charges some calls never return; their caller needs a time-out.

        Raises:
            Unavailable: the provider did not answer; the charge may have happened.
        """
        await asyncio.sleep(self._faults.seconds(self._payment_seconds, self._random))
        fault = self._faults.draw(self._random)
        declined = fault is PaymentFault.DECLINE
        charge = Charge(
            idempotency_key,
            order_id,
            amount_cents,
            timestamp(self._now()),
            ChargeOutcome.DECLINED if declined else ChargeOutcome.CHARGED,
        )
        if fault is None or declined:
            return await self._record(charge)
        return await self._go_wrong(fault, charge)

    async def _go_wrong(self, fault: PaymentFault, charge: Charge) -> ChargeOutcome:
        """Charge or not, as the fault has it, and tell the caller nothing either way."""
        if fault is PaymentFault.HANG:
            if self._random.getrandbits(1):
                await self._record(charge)
            await asyncio.Event().wait()
        if fault is PaymentFault.ERROR_AFTER:
            await self._record(charge)
        raise Unavailable(f"{LEDGER}: simulated error")

    async def _record(self, charge: Charge) -> ChargeOutcome:
        """Write the charge down, or return what became of the first one with its key."""
        try:
            await past_transaction(
                lambda: self._dynamodb.put_item(
                    TableName=self._table,
                    Item=dict(zip(CHARGE_ATTRIBUTES, charge_values(charge), strict=True)),
                    ConditionExpression="attribute_not_exists(idempotencyKey)",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            )
        except ClientError as error:
            first = refused_item(error)
            if first is None:
                raise unavailable(LEDGER, error) from error
            return ChargeOutcome(first["status"]["S"])
        except AWS_ERRORS as error:
            raise unavailable(LEDGER, error) from error
        return charge.outcome

    async def refund(self, idempotency_key: str) -> None:
        """Give the money back once; a key without a charge, or refunded before, is left alone.

        Raises:
            Unavailable: the provider did not answer; the refund may have happened.
        """
        try:
            await past_transaction(
                lambda: self._dynamodb.update_item(
                    TableName=self._table,
                    Key={"idempotencyKey": {"S": idempotency_key}},
                    UpdateExpression="SET #status = :refunded, refundedAt = :at",
                    ConditionExpression="#status = :charged",
                    ExpressionAttributeNames={"#status": "status"},
                    ExpressionAttributeValues={
                        ":refunded": {"S": ChargeOutcome.REFUNDED.value},
                        ":charged": {"S": ChargeOutcome.CHARGED.value},
                        ":at": {"S": timestamp(self._now())},
                    },
                )
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise unavailable(LEDGER, error) from error
        except AWS_ERRORS as error:
            raise unavailable(LEDGER, error) from error
