"""The payment provider's own ledger: one item for each idempotency key, for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec
from botocore.exceptions import ClientError

from adapters.aws.conflicts import past_transaction
from adapters.aws.errors import AWS_ERRORS, error_code, refused_item, unavailable
from adapters.aws.statement_batcher import StatementBatcher
from kit.micro_batcher import BatcherClosed, BatcherFull
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


class Ledger(Protocol):
    """Keeps charges; both methods raise Unavailable when it may have been written or not."""

    async def record(self, charge: Charge) -> ChargeOutcome:
        """Write the charge down, or return what became of the first one with its key."""
        ...

    async def refund(self, idempotency_key: str, refunded_at: str) -> None:
        """Mark the key's charge as refunded; a key without one, or refunded before, stays."""
        ...


class DynamoLedger:
    """Writes each entry by itself."""

    def __init__(self, dynamodb: DynamoDBClient, table: str) -> None:
        self.table = table
        self._dynamodb = dynamodb

    async def record(self, charge: Charge) -> ChargeOutcome:
        """Write the charge down, or return what became of the first one with its key."""
        try:
            await past_transaction(
                lambda: self._dynamodb.put_item(
                    TableName=self.table,
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

    async def refund(self, idempotency_key: str, refunded_at: str) -> None:
        """Mark the key's charge as refunded; a key without one, or refunded before, stays."""
        try:
            await past_transaction(
                lambda: self._dynamodb.update_item(
                    TableName=self.table,
                    Key={"idempotencyKey": {"S": idempotency_key}},
                    UpdateExpression="SET #status = :refunded, refundedAt = :at",
                    ConditionExpression="#status = :charged",
                    ExpressionAttributeNames={"#status": "status"},
                    ExpressionAttributeValues={
                        ":refunded": {"S": ChargeOutcome.REFUNDED.value},
                        ":charged": {"S": ChargeOutcome.CHARGED.value},
                        ":at": {"S": refunded_at},
                    },
                )
            )
        except ClientError as error:
            if error_code(error) != "ConditionalCheckFailedException":
                raise unavailable(LEDGER, error) from error
        except AWS_ERRORS as error:
            raise unavailable(LEDGER, error) from error


class BatchedLedger:
    """Writes first charges in batches; what a batch refuses, and refunds, go to `plain`."""

    def __init__(self, plain: DynamoLedger, statements: StatementBatcher) -> None:
        self._plain = plain
        self._statements = statements
        attributes = ", ".join(f"'{name}': ?" for name in CHARGE_ATTRIBUTES)
        self._insert = f'INSERT INTO "{plain.table}" VALUE {{{attributes}}}'

    async def record(self, charge: Charge) -> ChargeOutcome:
        """Write the charge down, or return what became of the first one with its key."""
        parameters = list(charge_values(charge))
        try:
            item = (self._plain.table, charge.idempotency_key)
            answer = await self._statements.run(item, self._insert, parameters)
        except (BatcherFull, BatcherClosed, *AWS_ERRORS) as error:
            raise unavailable(LEDGER, error) from error
        return await self._plain.record(charge) if answer.error_code else charge.outcome

    async def refund(self, idempotency_key: str, refunded_at: str) -> None:
        """Mark the key's charge as refunded; a key without one, or refunded before, stays."""
        await self._plain.refund(idempotency_key, refunded_at)
