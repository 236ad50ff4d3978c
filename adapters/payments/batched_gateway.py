"""The simulated payment provider for many orders at once: 25 ledger entries a call."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from adapters.aws.errors import AWS_ERRORS, unavailable
from adapters.aws.statement_batcher import StatementBatcher
from adapters.payments.faults import NO_FAULTS, PaymentFaults
from adapters.payments.gateway import (
    CHARGE_ATTRIBUTES,
    LEDGER,
    Charge,
    SimulatedPaymentGateway,
    charge_values,
)
from kit.micro_batcher import BatcherClosed, BatcherFull
from orders.ports import ChargeOutcome

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient


class BatchedPaymentGateway(SimulatedPaymentGateway):
    """Writes first charges in batches; a key that is in the ledger is looked up by itself.

    `statements` may be shared with others: what they write at the same time travels together.
    """

    def __init__(
        self,
        dynamodb: DynamoDBClient,
        *,
        payments_table: str,
        payment_seconds: float,
        statements: StatementBatcher | None = None,
        faults: PaymentFaults = NO_FAULTS,
        source: random.Random | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(
            dynamodb,
            payments_table=payments_table,
            payment_seconds=payment_seconds,
            faults=faults,
            source=source,
            now=now,
        )
        self._statements = statements or StatementBatcher(dynamodb)
        attributes = ", ".join(f"'{name}': ?" for name in CHARGE_ATTRIBUTES)
        self._insert = f'INSERT INTO "{payments_table}" VALUE {{{attributes}}}'

    async def aclose(self) -> None:
        """Send what waits."""
        await self._statements.aclose()

    async def _record(self, charge: Charge) -> ChargeOutcome:
        parameters = list(charge_values(charge))
        try:
            item = (self._table, charge.idempotency_key)
            answer = await self._statements.run(item, self._insert, parameters)
        except (BatcherFull, BatcherClosed, *AWS_ERRORS) as error:
            raise unavailable(LEDGER, error) from error
        return await super()._record(charge) if answer.error_code else charge.outcome
