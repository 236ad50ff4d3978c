"""The payment provider's own ledger: one item for each idempotency key, for ever."""

from __future__ import annotations

from typing import Protocol

import msgspec

from adapters.aws.conflicts import past_transaction
from adapters.aws.errors import AWS_ERRORS, unavailable
from adapters.aws.fast.dynamodb import DynamoDB
from adapters.aws.statement_batcher import StatementBatcher
from kit.micro_batcher import BatcherClosed, BatcherFull
from orders.errors import Unavailable
from orders.ports import ChargeOutcome

LEDGER = "payment ledger"
CHARGE_ATTRIBUTES = ("idempotencyKey", "orderId", "amountCents", "status", "chargedAt")


class Charge(msgspec.Struct, frozen=True):
    """One charge as the ledger keeps it."""

    idempotency_key: str
    order_id: str
    amount_cents: int
    charged_at: str
    outcome: ChargeOutcome = ChargeOutcome.CHARGED


def charge_values(charge: Charge) -> list[dict[str, str]]:
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

    def __init__(self, dynamodb: DynamoDB, table: str) -> None:
        self.table = table
        self._dynamodb = dynamodb

    async def record(self, charge: Charge) -> ChargeOutcome:
        """Write the charge down, or return what became of the first one with its key."""
        item = dict(zip(CHARGE_ATTRIBUTES, charge_values(charge), strict=True))
        try:
            refused = await past_transaction(
                lambda: self._dynamodb.put_item(
                    self.table, item, condition="attribute_not_exists(idempotencyKey)"
                )
            )
        except AWS_ERRORS as error:
            raise unavailable(LEDGER, error) from error
        if refused is None:
            return charge.outcome
        if refused.item is None:
            raise Unavailable(f"{LEDGER}: refused without the first charge")
        return ChargeOutcome(refused.item["status"]["S"])

    async def refund(self, idempotency_key: str, refunded_at: str) -> None:
        """Mark the key's charge as refunded; a key without one, or refunded before, stays."""
        try:
            await past_transaction(
                lambda: self._dynamodb.update_item(
                    self.table,
                    {"idempotencyKey": {"S": idempotency_key}},
                    "SET #status = :refunded, refundedAt = :at",
                    condition="#status = :charged",
                    names={"#status": "status"},
                    values={
                        ":refunded": {"S": ChargeOutcome.REFUNDED.value},
                        ":charged": {"S": ChargeOutcome.CHARGED.value},
                        ":at": {"S": refunded_at},
                    },
                )
            )
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
