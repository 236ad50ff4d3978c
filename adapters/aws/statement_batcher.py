"""Conditional writes of single items in company: 25 PartiQL statements a call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from adapters.aws.fast.dynamodb import DynamoDB, StatementAnswer
from kit.micro_batcher import MicroBatcher

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html
MAX_STATEMENTS = 25
# Fewer calls at once means fuller calls: what comes meanwhile travels with the next.
MAX_CALLS = 2
# A call that takes longer than this holds up no others.
LINGER_SECONDS = 0.003

# Our own code: an earlier statement of the same call named the same item, so this one was not sent.
REPEATED = "Repeated"

ItemName = tuple[str, str]
"""Table and key: two tables may use one key."""


class Statement(msgspec.Struct, frozen=True):
    """One PartiQL write to the item of this name."""

    item: ItemName
    text: str
    parameters: list[Any]


class Answer(msgspec.Struct, frozen=True):
    """What DynamoDB says to one statement: an error code or none, and what it returned.

    `earlier` is what it said to the statement that was sent in place of a repeated one.
    """

    error_code: str | None
    item: Mapping[str, Any] | None = None
    error_message: str = ""
    earlier: Answer | None = None


class StatementBatcher:
    """Sends statements through a `MicroBatcher`; each has an answer of its own."""

    def __init__(self, dynamodb: DynamoDB, *, linger_seconds: float = LINGER_SECONDS) -> None:
        self._dynamodb = dynamodb
        self._batcher: MicroBatcher[Statement, Answer] = MicroBatcher(
            self._send,
            max_items=MAX_STATEMENTS,
            max_in_flight=MAX_CALLS,
            linger_seconds=linger_seconds,
            eager_when_quiet=True,
        )

    async def run(self, item: ItemName, text: str, parameters: list[Any]) -> Answer:
        """Return the answer to one statement, which writes the item of this name.

        Raises:
            BatcherFull, BatcherClosed: it was not sent.
            AwsError, NoCredentials: the whole call failed; it may have been written.
        """
        return await self._batcher.submit(Statement(item, text, parameters))

    async def aclose(self) -> None:
        """Send what waits."""
        await self._batcher.aclose()

    async def _send(self, statements: Sequence[Statement]) -> Sequence[Answer]:
        """Send the first statement on each item: DynamoDB does not take a second in one call."""
        first: dict[ItemName, Statement] = {}
        for each in statements:
            first.setdefault(each.item, each)
        found = await self._execute(first.values())
        if len(first) == len(statements):
            return found
        answers = dict(zip(first, found, strict=True))
        return [
            answers[each.item]
            if first[each.item] is each
            else Answer(REPEATED, earlier=answers[each.item])
            for each in statements
        ]

    async def _execute(self, statements: Iterable[Statement]) -> list[Answer]:
        answers = await self._dynamodb.batch_execute_statement(
            [{"Statement": each.text, "Parameters": each.parameters} for each in statements]
        )
        return [_answer(each) for each in answers]


def _answer(answer: StatementAnswer) -> Answer:
    error = answer.error
    if error is None:
        return Answer(None, answer.item)
    # An answer without a code must not pass for a success.
    return Answer(error.code or "Unknown", None, error.message)
