"""Conditional writes of single items in company: 25 PartiQL statements a call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from adapters.batching.micro_batcher import MicroBatcher

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient

# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchExecuteStatement.html
MAX_STATEMENTS = 25
# Fewer calls at once means fuller calls: what comes meanwhile travels with the next.
MAX_CALLS = 2
# A call that takes longer than this holds up no others.
LINGER_SECONDS = 0.003

# Our own code: the same item was named by an earlier statement of the same call.
REPEATED = "Repeated"


class Statement(msgspec.Struct, frozen=True):
    """One PartiQL write to the item with this key."""

    key: str
    text: str
    parameters: list[Any]


class Answer(msgspec.Struct, frozen=True):
    """What DynamoDB says to one statement: an error code or none, and what it returned."""

    error_code: str | None
    item: Mapping[str, Any] | None = None
    error_message: str = ""


class StatementBatcher:
    """Sends statements through a `MicroBatcher`; each has an answer of its own."""

    def __init__(self, dynamodb: DynamoDBClient, *, linger_seconds: float = LINGER_SECONDS) -> None:
        self._dynamodb = dynamodb
        self._batcher: MicroBatcher[Statement, Answer] = MicroBatcher(
            self._send,
            max_items=MAX_STATEMENTS,
            max_in_flight=MAX_CALLS,
            linger_seconds=linger_seconds,
            eager_when_quiet=True,
        )

    async def run(self, key: str, text: str, parameters: list[Any]) -> Answer:
        """Return the answer to one statement, which writes the item with this key.

        Raises:
            BatcherFull, BatcherClosed: it was not sent.
            ClientError, BotoCoreError, OSError: the whole call failed; it may have been written.
        """
        return await self._batcher.submit(Statement(key, text, parameters))

    async def aclose(self) -> None:
        """Send what waits."""
        await self._batcher.aclose()

    async def _send(self, statements: Sequence[Statement]) -> list[Answer | Exception]:
        """Send the first statement on each item: DynamoDB does not take a second in one call."""
        first: dict[str, int] = {}
        for index, each in enumerate(statements):
            first.setdefault(each.key, index)
        sent = list(first.values())
        answers: list[Answer | Exception] = [Answer(REPEATED)] * len(statements)
        for index, answer in zip(sent, await self._execute(statements, sent), strict=True):
            answers[index] = answer
        return answers

    async def _execute(self, statements: Sequence[Statement], sent: Sequence[int]) -> list[Answer]:
        response = await self._dynamodb.batch_execute_statement(
            Statements=[
                {"Statement": statements[index].text, "Parameters": statements[index].parameters}
                for index in sent
            ]
        )
        return [_answer(each) for each in response["Responses"]]


def _answer(response: Mapping[str, Any]) -> Answer:
    error = response.get("Error")
    if error is None:
        return Answer(None, response.get("Item"))
    # An answer without a code must not pass for a success.
    return Answer(error.get("Code", "Unknown"), None, error.get("Message", ""))
