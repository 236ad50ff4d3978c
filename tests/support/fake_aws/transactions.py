"""TransactWriteItems: all or nothing, one reason for each write, conflicts while items are held."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from tests.support.fake_aws.attribute_values import key_text
from tests.support.fake_aws.refusals import NotFaked, invalid, only_these, refusal
from tests.support.fake_aws.tables import ConditionalUpdate, Database, copy_item

MAX_ACTIONS = 100
_UPDATE_MEMBERS = {
    "TableName",
    "Key",
    "UpdateExpression",
    "ConditionExpression",
    "ExpressionAttributeNames",
    "ExpressionAttributeValues",
    "ReturnValuesOnConditionCheckFailure",
}

Reason = dict[str, Any]


async def transact(database: Database, actions: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Carry out the updates together, or cancel with a reason for each."""
    if not 1 <= len(actions) <= MAX_ACTIONS:
        raise invalid(f"{len(actions)} actions; a transaction takes 1 to {MAX_ACTIONS}")
    updates = [_update(database, action) for action in actions]
    if len({(update.table.name, update.key) for update in updates}) != len(updates):
        raise invalid("Transaction request cannot include multiple operations on one item")
    _cancel_if_any([_conflict(update) for update in updates])
    _hold(updates)
    try:
        await asyncio.sleep(database.transaction_seconds)
        _cancel_if_any([_failed_condition(update) for update in updates])
        results = [update.result() for update in updates]
        for update, result in zip(updates, results, strict=True):
            update.table.write(update.key, result)
    finally:
        _release(updates)
    return {}


def conflict_with_transaction() -> ClientError:
    """Return what a single write gets while a transaction holds its item."""
    return refusal("TransactionConflictException", "Transaction is ongoing for the item")


def _update(database: Database, action: dict[str, Any]) -> ConditionalUpdate:
    if set(action) != {"Update"}:
        raise NotFaked(f"TransactWriteItems: {', '.join(action)}")
    request = action["Update"]
    only_these("TransactWriteItems.Update", request, _UPDATE_MEMBERS)
    table = database.table(request["TableName"])
    return ConditionalUpdate(table, key_text(request["Key"], table.key), request)


def _conflict(update: ConditionalUpdate) -> Reason | None:
    if update.key not in update.table.held:
        return None
    return {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}


def _failed_condition(update: ConditionalUpdate) -> Reason | None:
    if update.holds():
        return _failed_update(update)
    reason: Reason = {
        "Code": "ConditionalCheckFailed",
        "Message": "The conditional request failed",
    }
    wanted = update.request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD"
    if wanted and update.existing is not None:
        reason["Item"] = copy_item(update.existing)
    return reason


def _failed_update(update: ConditionalUpdate) -> Reason | None:
    try:
        update.result()
    except ClientError as error:
        return {"Code": "ValidationError", "Message": error.response["Error"]["Message"]}
    return None


def _cancel_if_any(reasons: Sequence[Reason | None]) -> None:
    if any(reasons):
        codes = ", ".join(reason["Code"] if reason else "None" for reason in reasons)
        raise refusal(
            "TransactionCanceledException",
            f"Transaction cancelled, please refer cancellation reasons for specific reasons "
            f"[{codes}]",
            CancellationReasons=[reason or {"Code": "None"} for reason in reasons],
        )


def _hold(updates: Sequence[ConditionalUpdate]) -> None:
    for update in updates:
        update.table.held.add(update.key)


def _release(updates: Sequence[ConditionalUpdate]) -> None:
    for update in updates:
        update.table.held.discard(update.key)
