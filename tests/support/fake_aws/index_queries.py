"""Queries of a global secondary index: one partition, sorted, in pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zlib import adler32

from tests.support.fake_aws.attribute_values import AttributeValue, Item
from tests.support.fake_aws.expressions import Placeholders, Tokens
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
_COMPARISONS: dict[str, Callable[[str, str], bool]] = {
    "<": str.__lt__,
    "<=": str.__le__,
    ">": str.__gt__,
    ">=": str.__ge__,
}


@dataclass(frozen=True)
class _Wanted:
    """A partition, and which of its sort keys."""

    partition: AttributeValue | None
    has_sort_key: Callable[[str], bool]


def query_index(table: Table, request: dict[str, Any]) -> dict[str, Any]:
    """Return a page; it carries a `LastEvaluatedKey` if it stopped at its limit."""
    only_these("Query", request, _MEMBERS)
    index = table.indexes[request["IndexName"]]
    wanted = _wanted(index, request)
    backwards = request.get("ScanIndexForward") is False

    def position(item: Item) -> tuple[str, int, str]:
        # AWS does not say how it orders equal sort keys: not by the table's key, here.
        key = item[table.key]["S"]
        return item[index.sort]["S"], adler32(key[::-1].encode()), key

    found = [x for x in table.items.values() if x.get(index.partition) == wanted.partition]
    found = [x for x in found if wanted.has_sort_key(x[index.sort]["S"])]
    found.sort(key=position, reverse=backwards)
    names = {table.key, index.partition, index.sort}
    if "ExclusiveStartKey" in request:
        after = position(_start(request["ExclusiveStartKey"], names))
        found = [x for x in found if position(x) != after and (position(x) < after) == backwards]
    page = found[: request["Limit"]]
    response: dict[str, Any] = {"Items": [_projection(item, index, names) for item in page]}
    if len(page) == request["Limit"]:
        # A query that stops at its limit does not look whether anything is left.
        response["LastEvaluatedKey"] = {name: dict(page[-1][name]) for name in names}
    return response


def _projection(item: Item, index: Index, names: set[str]) -> Item:
    if index.projected is None:
        return copy_item(item)
    shown = index.projected | names
    return copy_item({name: value for name, value in item.items() if name in shown})


def _wanted(index: Index, request: dict[str, Any]) -> _Wanted:
    placeholders = Placeholders(
        request.get("ExpressionAttributeNames"), request.get("ExpressionAttributeValues")
    )
    tokens = Tokens(request["KeyConditionExpression"], placeholders)
    path, _, partition = tokens.path(), tokens.take("="), tokens.operand()
    if path != index.partition:
        raise NotFaked(f"key condition {request['KeyConditionExpression']}")
    has_sort_key = _any if tokens.done else _sort_condition(index, tokens)
    placeholders.check_all_used()
    return _Wanted(partition.of({}), has_sort_key)


def _any(_: str) -> bool:
    return True


def _sort_condition(index: Index, tokens: Tokens) -> Callable[[str], bool]:
    tokens.take("AND")
    path, operator, limit = tokens.path(), tokens.take(*_COMPARISONS), tokens.operand().of({})
    if path != index.sort or limit is None or not tokens.done:
        raise NotFaked(f"a key condition on {path}")
    compare, text = _COMPARISONS[operator], limit["S"]
    return lambda key: compare(key, text)


def _start(key: Item, names: set[str]) -> Item:
    if set(key) != names or not all(value.get("S") for value in key.values()):
        raise invalid("The provided starting key is invalid")
    return key
