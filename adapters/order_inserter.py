"""Storing new orders: 25 PartiQL INSERTs a call, each with its own answer."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import msgspec

from adapters.aws_errors import AWS_ERRORS, unavailable
from adapters.backoff import full_jitter
from adapters.micro_batcher import BatcherClosed, BatcherFull, MicroBatcher
from adapters.order_items import INSERTED_ATTRIBUTES, inserted_values
from adapters.quick_calls import QuickCalls
from orders.errors import Unavailable
from orders.model import Order

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient
    from types_aiobotocore_dynamodb.type_defs import BatchStatementRequestTypeDef

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html
MAX_STATEMENTS = 25
ATTEMPTS = 4
# A call that takes longer than this holds up no others.
LINGER_SECONDS = 0.02
# Fewer calls at once means fuller calls: what comes meanwhile travels with the next.
MAX_CALLS = 2
QUICK_HEADERS = {
    "Content-Type": "application/x-amz-json-1.0",
    "X-Amz-Target": "DynamoDB_20120810.BatchExecuteStatement",
}


class _Answers(msgspec.Struct):
    responses: list[dict[str, Any]] = msgspec.field(name="Responses")


_answers = msgspec.json.Decoder(_Answers)


class BatchedOrderInserter:
    """Inserts orders through a `MicroBatcher`; an id that is taken is reported, not overwritten."""

    def __init__(
        self, dynamodb: DynamoDBClient, table: str, *, quick: QuickCalls | None = None
    ) -> None:
        self._dynamodb = dynamodb
        self._quick = quick
        attributes = ", ".join(f"'{name}': ?" for name in INSERTED_ATTRIBUTES)
        self._statement = f'INSERT INTO "{table}" VALUE {{{attributes}}}'
        self._batcher: MicroBatcher[Order, bool] = MicroBatcher(
            self._send,
            max_items=MAX_STATEMENTS,
            max_in_flight=MAX_CALLS,
            linger_seconds=LINGER_SECONDS,
            eager_when_quiet=True,
        )

    async def insert(self, order: Order) -> bool:
        """Store a new order; False when its id is taken.

        Raises:
            Unavailable: the table did not take it; it may be stored all the same.
        """
        try:
            return await self._batcher.submit(order)
        except (BatcherFull, BatcherClosed, *AWS_ERRORS) as error:
            raise unavailable("orders table", error) from error

    async def aclose(self) -> None:
        """Store what waits."""
        await self._batcher.aclose()

    async def _send(self, orders: Sequence[Order]) -> list[bool | Exception]:
        """Insert a batch; statements that DynamoDB put off are tried again with jitter."""
        results: list[bool | Exception] = [Unavailable("not sent")] * len(orders)
        first_index = {order.order_id: i for i, order in reversed(list(enumerate(orders)))}
        open_indexes = sorted(first_index.values())
        for attempt in range(ATTEMPTS):
            if attempt:
                pause = full_jitter(attempt - 1, base_seconds=0.05, cap_seconds=1)
                await asyncio.sleep(pause)
            outcomes = await self._execute([orders[index] for index in open_indexes])
            for index, outcome in zip(open_indexes, outcomes, strict=True):
                results[index] = outcome
            open_indexes = [i for i in open_indexes if isinstance(results[i], Unavailable)]
            if not open_indexes:
                break
        _answer_repeats(orders, first_index, results)
        return results

    async def _execute(self, orders: Sequence[Order]) -> list[bool | Exception]:
        statements: list[BatchStatementRequestTypeDef] = [
            {"Statement": self._statement, "Parameters": inserted_values(order)} for order in orders
        ]
        answers = await self._quick_answers(statements)
        if answers is None:
            response = await self._dynamodb.batch_execute_statement(Statements=statements)
            answers = cast("list[dict[str, Any]]", response["Responses"])
        outcomes: list[bool | Exception] = []
        for answer in answers:
            error = answer.get("Error")
            if error is None:
                outcomes.append(True)
            elif error.get("Code") == "DuplicateItem":
                outcomes.append(False)
            else:
                outcomes.append(Unavailable(f"{error.get('Code')}: {error.get('Message')}"))
        return outcomes

    async def _quick_answers(
        self, statements: Sequence[BatchStatementRequestTypeDef]
    ) -> list[dict[str, Any]] | None:
        if self._quick is None:
            return None
        body = msgspec.json.encode({"Statements": statements})
        answer = await self._quick.post("BatchExecuteStatement", QUICK_HEADERS, body)
        if answer is None:
            return None
        try:
            answers = _answers.decode(answer).responses
        except msgspec.DecodeError:
            return None
        return answers if len(answers) == len(statements) else None


def _answer_repeats(
    orders: Sequence[Order], first_index: dict[str, int], results: list[bool | Exception]
) -> None:
    """Answer orders whose id came earlier in the same batch as if they had come after it.

    They are never sent: DynamoDB's batches do not take the same key twice.
    """
    for index, order in enumerate(orders):
        first = first_index[order.order_id]
        if index != first:
            outcome = results[first]
            results[index] = outcome if isinstance(outcome, Exception) else False
