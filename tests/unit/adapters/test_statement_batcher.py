from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from adapters.aws.fast.dynamodb import StatementAnswer, StatementError
from adapters.aws.statement_batcher import REPEATED, Answer, ItemName, StatementBatcher
from tests.support.virtual_clock import virtual_time


class Database:
    """Answers the statements of each call with these error codes, in their order."""

    def __init__(self, *codes: str | None) -> None:
        self._codes = codes
        self.calls: list[list[str]] = []

    async def batch_execute_statement(self, statements: Any) -> list[StatementAnswer]:
        self.calls.append([each["Statement"] for each in statements])
        answers = [StatementAnswer(StatementError(code) if code else None) for code in self._codes]
        return answers[: len(self.calls[-1])]


async def run_all(database: Database, *statements: tuple[ItemName, str]) -> list[Answer]:
    batcher = StatementBatcher(cast("Any", database))
    return await asyncio.gather(*(batcher.run(item, text, []) for item, text in statements))


@virtual_time
async def test_statements_on_different_items_travel_together_and_are_answered_each() -> None:
    database = Database(None, "DuplicateItem")
    answers = await run_all(database, (("orders", "1"), "a"), (("orders", "2"), "b"))
    assert database.calls == [["a", "b"]]
    assert [answer.error_code for answer in answers] == [None, "DuplicateItem"]


@virtual_time
async def test_one_key_in_two_tables_is_two_items() -> None:
    database = Database(None, None)
    answers = await run_all(database, (("orders", "1"), "a"), (("payments", "1"), "b"))
    assert database.calls == [["a", "b"]]
    assert [answer.error_code for answer in answers] == [None, None]


@pytest.mark.parametrize("code", [None, "DuplicateItem", "ThrottlingError"])
@virtual_time
async def test_of_statements_on_one_item_the_first_is_sent_and_the_others_hear_its_answer(
    code: str | None,
) -> None:
    item = ("orders", "1")
    database = Database(code, None)
    answers = await run_all(database, (item, "a"), (("orders", "2"), "b"), (item, "c"))
    assert database.calls == [["a", "b"]]
    assert [answer.error_code for answer in answers] == [code, None, REPEATED]
    assert answers[2].earlier == answers[0]
