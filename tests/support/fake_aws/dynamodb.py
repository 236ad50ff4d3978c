"""The DynamoDB client's methods that the adapters call, over tables in memory."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from tests.support.fake_aws.attribute_values import Item, key_text
from tests.support.fake_aws.conditions import parse_condition
from tests.support.fake_aws.expressions import Placeholders
from tests.support.fake_aws.index_queries import query_index
from tests.support.fake_aws.partiql import execute_all
from tests.support.fake_aws.refusals import NotFaked, only_these, refusal
from tests.support.fake_aws.tables import ConditionalUpdate, Database, copy_item
from tests.support.fake_aws.transactions import conflict_with_transaction, transact
from tests.support.fake_aws.wire import Wire

_CONDITION = {
    "ConditionExpression",
    "ExpressionAttributeNames",
    "ExpressionAttributeValues",
    "ReturnValuesOnConditionCheckFailure",
}
_PUT = {"TableName", "Item", *_CONDITION}
_UPDATE = {"TableName", "Key", "UpdateExpression", "ReturnValues", *_CONDITION}


class FakeDynamoDB:
    """One process's client; `scan_page_size` items make a page of a scan."""

    def __init__(self, database: Database, wire: Wire, *, scan_page_size: int = 3) -> None:
        self._database = database
        self._wire = wire
        self._scan_page_size = scan_page_size

    async def get_item(self, **request: Any) -> dict[str, Any]:
        """Return the item; only consistent reads are faked."""

        async def act() -> dict[str, Any]:
            only_these("GetItem", request, {"TableName", "Key", "ConsistentRead"})
            if request.get("ConsistentRead") is not True:
                raise NotFaked("GetItem without ConsistentRead")
            table = self._database.table(request["TableName"])
            item = table.items.get(key_text(request["Key"], table.key))
            return {"Item": copy_item(item)} if item else {}

        return await self._wire.carry("GetItem", act)

    async def put_item(self, **request: Any) -> dict[str, Any]:
        """Store the item if the condition holds."""

        async def act() -> dict[str, Any]:
            only_these("PutItem", request, _PUT)
            self._put(request)
            return {}

        return await self._wire.carry("PutItem", act)

    async def update_item(self, **request: Any) -> dict[str, Any]:
        """Change the item if the condition holds."""

        async def act() -> dict[str, Any]:
            only_these("UpdateItem", request, _UPDATE)
            if request.get("ReturnValues", "NONE") not in {"NONE", "ALL_NEW"}:
                raise NotFaked(f"ReturnValues {request['ReturnValues']}")
            return self._update(request)

        return await self._wire.carry("UpdateItem", act)

    async def transact_write_items(self, **request: Any) -> dict[str, Any]:
        """Carry out updates together."""

        async def act() -> dict[str, Any]:
            only_these("TransactWriteItems", request, {"TransactItems"})
            return await transact(self._database, request["TransactItems"])

        return await self._wire.carry("TransactWriteItems", act)

    async def batch_execute_statement(self, **request: Any) -> dict[str, Any]:
        """Carry out up to 25 statements, each with its own answer."""

        async def act() -> dict[str, Any]:
            only_these("BatchExecuteStatement", request, {"Statements"})
            refused = self._wire.refused_entries("BatchExecuteStatement")
            return {"Responses": execute_all(self._database, request["Statements"], refused)}

        return await self._wire.carry("BatchExecuteStatement", act)

    async def query(self, **request: Any) -> dict[str, Any]:
        """Return a page of an index partition."""

        async def act() -> dict[str, Any]:
            return query_index(self._database.table(request["TableName"]), request)

        return await self._wire.carry("Query", act)

    async def scan(self, **request: Any) -> dict[str, Any]:
        """Return a page of a table's items."""

        async def act() -> dict[str, Any]:
            only_these("Scan", request, {"TableName", "ExclusiveStartKey"})
            table = self._database.table(request["TableName"])
            keys = list(table.items)
            after = request.get("ExclusiveStartKey")
            start = 0 if after is None else 1 + keys.index(key_text(after, table.key))
            page = keys[start : start + self._scan_page_size]
            answer: dict[str, Any] = {"Items": [copy_item(table.items[key]) for key in page]}
            if start + len(page) < len(keys):
                answer["LastEvaluatedKey"] = {table.key: {"S": page[-1]}}
            return answer

        return await self._wire.carry("Scan", act)

    def _put(self, request: dict[str, Any]) -> None:
        table = self._database.table(request["TableName"])
        key = key_text({table.key: request["Item"][table.key]}, table.key)
        existing = table.items.get(key)
        placeholders = Placeholders(
            request.get("ExpressionAttributeNames"), request.get("ExpressionAttributeValues")
        )
        expression = request.get("ConditionExpression")
        condition = parse_condition(expression, placeholders) if expression else None
        placeholders.check_all_used()
        if key in table.held:
            raise conflict_with_transaction()
        if condition is not None and not condition(existing or {}):
            raise _condition_failed(request, existing)
        table.put(request["Item"])

    def _update(self, request: dict[str, Any]) -> dict[str, Any]:
        table = self._database.table(request["TableName"])
        update = ConditionalUpdate(table, key_text(request["Key"], table.key), request)
        if update.key in table.held:
            raise conflict_with_transaction()
        if not update.holds():
            raise _condition_failed(request, update.existing)
        table.write(update.key, update.result())
        if request.get("ReturnValues") == "ALL_NEW":
            return {"Attributes": copy_item(table.items[update.key])}
        return {}


def _condition_failed(request: dict[str, Any], existing: Item | None) -> ClientError:
    members: dict[str, Any] = {}
    if request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and existing is not None:
        members["Item"] = copy_item(existing)
    message = "The conditional request failed"
    return refusal("ConditionalCheckFailedException", message, **members)
