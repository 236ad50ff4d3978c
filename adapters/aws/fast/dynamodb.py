"""DynamoDB's hot operations, typed. A condition that fails is an answer, not an error.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from adapters.aws.fast.client import FastClient
from adapters.aws.fast.errors import NoAnswer, Refused
from adapters.aws.fast.json_protocol import JsonService, json_refusal
from adapters.aws.fast.retries import RetryPolicy

Item = dict[str, dict[str, Any]]
"""Attributes by name, each as DynamoDB writes it: `{"S": "text"}`, `{"N": "12"}`."""
Names = Mapping[str, str]
Attributes = Mapping[str, Mapping[str, Any]]

# DynamoDB is quick, and so is its first retry; one more makes up for it:
# https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
POLICY = RetryPolicy(attempts=4, base_seconds=0.025)
CONDITION_FAILED = "ConditionalCheckFailedException"
CANCELLED = "TransactionCanceledException"


class ConditionFailed(msgspec.Struct, frozen=True):
    """The condition of a write did not hold; `item` is what it found, if there is one."""

    item: Item | None = None


class CancellationReason(msgspec.Struct, frozen=True, rename="pascal"):
    """Why one write kept a transaction from happening; the code is `None` for one that did not."""

    code: str = "None"
    message: str | None = None
    item: Item | None = None


class StatementError(msgspec.Struct, frozen=True, rename="pascal"):
    """What went wrong with one statement."""

    code: str = ""
    message: str = ""
    item: Item | None = None


class StatementAnswer(msgspec.Struct, frozen=True, rename="pascal"):
    """The answer to one statement of a batch."""

    error: StatementError | None = None
    item: Item | None = None


class _Got(msgspec.Struct, rename="pascal"):
    item: Item | None = None


class _Updated(msgspec.Struct, rename="pascal"):
    attributes: Item = {}


class _Responses(msgspec.Struct, rename="pascal"):
    responses: list[StatementAnswer]


class _Refusal(msgspec.Struct, rename="pascal"):
    item: Item | None = None
    cancellation_reasons: list[CancellationReason] = []


_got = msgspec.json.Decoder(_Got)
_updated = msgspec.json.Decoder(_Updated)
_responses = msgspec.json.Decoder(_Responses)
_refusal = msgspec.json.Decoder(_Refusal)
_plain = msgspec.json.Decoder(dict[str, Any])


def open_dynamodb(client: FastClient, *, policy: RetryPolicy = POLICY) -> DynamoDB:
    """Open DynamoDB; it closes with the client."""
    service = client.open("dynamodb", refusal=json_refusal, policy=policy)
    return DynamoDB(JsonService(service, target="DynamoDB_20120810", version="1.0"))


class DynamoDB:
    """Every operation raises `Refused`, `NoAnswer` and `NoCredentials` as `JsonService.call`."""

    def __init__(self, service: JsonService) -> None:
        self._service = service

    async def get_item(self, table: str, key: Attributes) -> Item | None:
        """Return the item as last written (a consistent read), or None."""
        request = {"TableName": table, "Key": key, "ConsistentRead": True}
        return (await self._service.call("GetItem", request, _got)).item

    async def put_item(
        self, table: str, item: Attributes, *, condition: str
    ) -> ConditionFailed | None:
        """Write the item if the condition holds."""
        request = {
            "TableName": table,
            "Item": item,
            "ConditionExpression": condition,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        try:
            await self._service.call("PutItem", request, _plain)
        except Refused as refused:
            return _condition_failed(refused)
        return None

    async def update_item(
        self,
        table: str,
        key: Attributes,
        update: str,
        *,
        condition: str,
        names: Names,
        values: Attributes,
    ) -> Item | ConditionFailed:
        """Update the item if the condition holds, and return all of it as it is then."""
        request = {
            "TableName": table,
            "Key": key,
            "UpdateExpression": update,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
            "ReturnValues": "ALL_NEW",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        try:
            return (await self._service.call("UpdateItem", request, _updated)).attributes
        except Refused as refused:
            return _condition_failed(refused)

    async def transact_write_items(
        self, writes: Sequence[Mapping[str, Any]]
    ) -> list[CancellationReason]:
        """Make all writes or none; return nothing, or a reason for each write if it was none.

        Every try of one call carries the same token, so that they are one to DynamoDB.
        """
        request = {"TransactItems": writes, "ClientRequestToken": os.urandom(16).hex()}
        try:
            await self._service.call("TransactWriteItems", request, _plain)
        except Refused as refused:
            reasons = _decoded(refused).cancellation_reasons
            if refused.code != CANCELLED or len(reasons) != len(writes):
                raise
            return reasons
        return []

    async def query(self, **request: Any) -> dict[str, Any]:
        """Return one page of a query, request and answer in DynamoDB's own words."""
        return await self._service.call("Query", request, _plain)

    async def scan(self, **request: Any) -> dict[str, Any]:
        """Return one page of a scan, request and answer in DynamoDB's own words."""
        return await self._service.call("Scan", request, _plain)

    async def batch_execute_statement(
        self, statements: Sequence[Mapping[str, Any]]
    ) -> list[StatementAnswer]:
        """Return an answer for each PartiQL statement, in order."""
        request = {"Statements": statements}
        answer = await self._service.call("BatchExecuteStatement", request, _responses)
        if len(answer.responses) != len(statements):
            told = f"{len(answer.responses)} answers to {len(statements)} statements"
            raise NoAnswer(told, sent=True)
        return answer.responses


def _condition_failed(refused: Refused) -> ConditionFailed:
    """Return what the condition found; any other refusal is raised again."""
    if refused.code != CONDITION_FAILED:
        raise refused
    return ConditionFailed(_decoded(refused).item)


def _decoded(refused: Refused) -> _Refusal:
    try:
        return _refusal.decode(refused.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _Refusal()
