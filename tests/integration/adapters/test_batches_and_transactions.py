"""TransactWriteItems and BatchExecuteStatement: together or each by itself, always with answers."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.adapters.clouds import Cloud, error_code

Item = dict[str, Any]


@pytest.fixture
def table(cloud: Cloud) -> str:
    return cloud.create_table("id")


async def put(cloud: Cloud, table: str, key: str, count: int) -> None:
    item = {"id": {"S": key}, "units": {"N": str(count)}}
    await cloud.dynamodb.put_item(TableName=table, Item=item)


async def units(cloud: Cloud, table: str, key: str) -> int | None:
    answer = await cloud.dynamodb.get_item(
        TableName=table, Key={"id": {"S": key}}, ConsistentRead=True
    )
    return int(answer["Item"]["units"]["N"]) if "Item" in answer else None


def take(table: str, key: str, count: int) -> Any:
    return {
        "Update": {
            "TableName": table,
            "Key": {"id": {"S": key}},
            "UpdateExpression": "SET units = units - :count",
            "ConditionExpression": "units >= :count",
            "ExpressionAttributeValues": {":count": {"N": str(count)}},
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
    }


async def transact(cloud: Cloud, *actions: Any) -> list[Mapping[str, Any]]:
    """Return the reasons why nothing was written; none if everything was."""
    try:
        await cloud.dynamodb.transact_write_items(TransactItems=list(actions))
    except ClientError as error:
        if error_code(error) != "TransactionCanceledException":
            raise
        reasons: Any = error.response["CancellationReasons"]
        return list(reasons)
    return []


async def test_a_transaction_writes_everything(cloud: Cloud, table: str) -> None:
    await put(cloud, table, "a", 5)
    await put(cloud, table, "b", 5)
    assert await transact(cloud, take(table, "a", 5), take(table, "b", 1)) == []
    assert [await units(cloud, table, key) for key in "ab"] == [0, 4]


async def test_a_cancelled_transaction_writes_nothing_and_says_why_action_by_action(
    cloud: Cloud, table: str
) -> None:
    await put(cloud, table, "a", 5)
    await put(cloud, table, "b", 0)
    actions = take(table, "a", 1), take(table, "b", 1), take(table, "nothing", 1)
    reasons = await transact(cloud, *actions)
    codes = [reason.get("Code") for reason in reasons]
    assert codes == ["None", "ConditionalCheckFailed", "ConditionalCheckFailed"]
    assert [reason.get("Item") for reason in reasons] == [
        None,
        {"id": {"S": "b"}, "units": {"N": "0"}},
        None,
    ]
    assert await units(cloud, table, "a") == 5


@pytest.mark.parametrize("count", [0, 101])
async def test_a_transaction_has_1_to_100_actions(cloud: Cloud, table: str, count: int) -> None:
    with pytest.raises(ClientError) as caught:
        await transact(cloud, *(take(table, str(n), 1) for n in range(count)))
    assert error_code(caught.value) == "ValidationException"


async def test_a_transaction_takes_each_item_once(cloud: Cloud, table: str) -> None:
    await put(cloud, table, "a", 5)
    with pytest.raises(ClientError) as caught:
        await cloud.dynamodb.transact_write_items(
            TransactItems=[take(table, "a", 1), take(table, "a", 2)]
        )
    assert error_code(caught.value) == "ValidationException"
    assert await units(cloud, table, "a") == 5


async def test_transactions_at_once_take_no_unit_twice(cloud: Cloud, table: str) -> None:
    await put(cloud, table, "a", 5)
    outcomes = await asyncio.gather(*(transact(cloud, take(table, "a", 1)) for _ in range(12)))
    taken = sum(not reasons for reasons in outcomes)
    refusals = Counter(reason["Code"] for reasons in outcomes for reason in reasons)
    assert await units(cloud, table, "a") == 5 - taken
    assert set(refusals) <= {"ConditionalCheckFailed", "TransactionConflict"}


async def execute(cloud: Cloud, *statements: tuple[str, list[Any]]) -> list[Item]:
    answer = await cloud.dynamodb.batch_execute_statement(
        Statements=[{"Statement": text, "Parameters": values} for text, values in statements]
    )
    return [dict(each) for each in answer["Responses"]]


def insert(table: str, key: str, count: int) -> tuple[str, list[Any]]:
    text = f"INSERT INTO \"{table}\" VALUE {{'id': ?, 'units': ?}}"
    return text, [{"S": key}, {"N": str(count)}]


def change(table: str, key: str, *, to: int, of: int) -> tuple[str, list[Any]]:
    text = f'UPDATE "{table}" SET units=? SET "status"=? WHERE id=? AND units=? '  # noqa: S608
    values = [{"N": str(to)}, {"S": "x"}, {"S": key}, {"N": str(of)}]
    return f"{text}RETURNING ALL NEW *", values


def codes(answers: list[Item]) -> list[str | None]:
    return [answer.get("Error", {}).get("Code") for answer in answers]


async def test_each_insert_of_a_batch_has_its_own_answer(cloud: Cloud, table: str) -> None:
    await put(cloud, table, "b", 1)
    answers = await execute(cloud, *(insert(table, key, 9) for key in "abc"))
    assert codes(answers) == [None, "DuplicateItem", None]
    assert [await units(cloud, table, key) for key in "abc"] == [9, 1, 9]


async def test_each_update_of_a_batch_has_its_own_answer(cloud: Cloud, table: str) -> None:
    await put(cloud, table, "a", 1)
    await put(cloud, table, "b", 2)
    answers = await execute(
        cloud,
        change(table, "a", to=7, of=1),
        change(table, "b", to=7, of=1),
        change(table, "nothing", to=7, of=1),
    )
    assert codes(answers) == [None, "ConditionalCheckFailed", "ConditionalCheckFailed"]
    assert answers[0]["Item"] == {"id": {"S": "a"}, "units": {"N": "7"}, "status": {"S": "x"}}
    assert [await units(cloud, table, key) for key in ("a", "b", "nothing")] == [7, 2, None]


async def test_an_item_that_is_too_large_fails_alone(cloud: Cloud, table: str) -> None:
    text, _ = insert(table, "a", 1)
    large = text, [{"S": "large"}, {"S": "x" * 400 * 1024}]
    answers = await execute(cloud, large, insert(table, "a", 1))
    assert codes(answers) == ["ValidationError", None]
    assert await units(cloud, table, "a") == 1


@pytest.mark.parametrize("count", [0, 26])
async def test_a_batch_has_1_to_25_statements(cloud: Cloud, table: str, count: int) -> None:
    with pytest.raises(ClientError) as caught:
        await execute(cloud, *(insert(table, str(n), 1) for n in range(count)))
    assert error_code(caught.value) == "ValidationException"
    assert await units(cloud, table, "0") is None
