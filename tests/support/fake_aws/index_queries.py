"""Queries of a global secondary index: one partition, sorted, in pages."""

from __future__ import annotations

from typing import Any

from tests.support.fake_aws.attribute_values import Item
from tests.support.fake_aws.expressions import Operand, Placeholders, Tokens
from tests.support.fake_aws.refusals import NotFaked, invalid, only_these
from tests.support.fake_aws.tables import Index, Table, copy_item

_MEMBERS = {
    "TableName",
    "IndexName",
    "KeyConditionExpression",
    "ExpressionAttributeNames",
    "ExpressionAttributeValues",
    "ScanIndexForward",
    "Limit",
    "ExclusiveStartKey",
}


def query_index(table: Table, request: dict[str, Any]) -> dict[str, Any]:
    """Return a page; it carries a `LastEvaluatedKey` if it stopped at its limit."""
    only_these("Query", request, _MEMBERS)
    index = table.indexes[request["IndexName"]]
    wanted = _wanted_partition(index, request)
    backwards = request.get("ScanIndexForward") is False

    def position(item: Item) -> tuple[str, str]:
        return item[index.sort]["S"], item[table.key]["S"]

    found = [x for x in table.items.values() if x.get(index.partition) == wanted.of(x)]
    found.sort(key=position, reverse=backwards)
    names = {table.key, index.partition, index.sort}
    if "ExclusiveStartKey" in request:
        after = position(_start(request["ExclusiveStartKey"], names))
        found = [x for x in found if position(x) != after and (position(x) < after) == backwards]
    page = found[: request["Limit"]]
    response: dict[str, Any] = {"Items": [copy_item(item) for item in page]}
    if len(page) == request["Limit"]:
        # A query that stops at its limit does not look whether anything is left.
        response["LastEvaluatedKey"] = {name: dict(page[-1][name]) for name in names}
    return response


def _wanted_partition(index: Index, request: dict[str, Any]) -> Operand:
    placeholders = Placeholders(
        request.get("ExpressionAttributeNames"), request.get("ExpressionAttributeValues")
    )
    tokens = Tokens(request["KeyConditionExpression"], placeholders)
    path, _, wanted = tokens.path(), tokens.take("="), tokens.operand()
    placeholders.check_all_used()
    if path != index.partition or not tokens.done:
        raise NotFaked(f"key condition {request['KeyConditionExpression']}")
    return wanted


def _start(key: Item, names: set[str]) -> Item:
    if set(key) != names or not all(value.get("S") for value in key.values()):
        raise invalid("The provided starting key is invalid")
    return key
