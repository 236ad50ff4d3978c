"""Pages of orders by status, newest first, merged from the shards of the status index.

Cursors are opaque to clients. One is the position of its page's last order, so that it holds for
any number of shards and stays as short as an order id.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import math
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from adapters.aws.errors import AWS_ERRORS, unavailable
from adapters.aws.reads import Reads
from adapters.orders.index_shard import IndexShard, Position, position_of
from adapters.orders.schema import StatusShards
from orders.errors import InvalidOrder
from orders.ids import ORDER_ID_PATTERN
from orders.model import ListedOrder, OrderStatus
from orders.status_index import STATUS_INDEX, keys_of

# Listings of one process share so many calls: they leave the connections to the orders.
MAX_CALLS = 10
LONGEST_CURSOR = 256


class OrderPage(msgspec.Struct, frozen=True):
    """Orders of one page and the cursor of the next; no cursor on the last page."""

    orders: Sequence[ListedOrder]
    next_cursor: str | None


class _Cursor(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    # DynamoDB refuses a whole query over a key value that is empty or too long.
    order_id: Annotated[str, msgspec.Meta(pattern=ORDER_ID_PATTERN)]
    created_at: Annotated[str, msgspec.Meta(pattern=r"^[0-9T:.Z-]{1,32}$")]


class OrderPages:
    """Lists orders by status. The index is eventually consistent: the newest may be missing."""

    def __init__(self, dynamodb: Reads, orders_table: str, shards: StatusShards) -> None:
        self._dynamodb = dynamodb
        self._table = orders_table
        self._shards = shards
        self._calls = asyncio.Semaphore(MAX_CALLS)

    async def page(self, status: OrderStatus, limit: int, cursor: str | None) -> OrderPage:
        """Return up to `limit` orders after `cursor`.

        Raises:
            InvalidOrder: the cursor is none of ours.
            Unavailable: the table did not answer.
        """
        after = None if cursor is None else _decode_cursor(cursor)
        shards = [IndexShard(self._query(key, after), after) for key in keys_of(status)]
        orders: list[ListedOrder] = []
        portion = self._portion(limit)
        while len(orders) < limit:
            if dry := [shard for shard in shards if shard.dry]:
                await self._read(dry, min(portion, limit + 1))
                portion *= 2
            elif filled := [shard for shard in shards if shard.ready]:
                newest = max(filled, key=lambda shard: position_of(shard.ready[-1]))
                orders.append(newest.ready.pop())
            else:
                break
        more = not all(shard.finished for shard in shards)
        return OrderPage(orders, _encode_cursor(position_of(orders[-1])) if more else None)

    def _query(self, key: str, after: Position | None) -> dict[str, Any]:
        condition = "statusShard = :shard"
        values = {":shard": {"S": key}}
        if after is not None:
            condition += " AND createdAt <= :after"
            values[":after"] = {"S": after.created_at}
        return {
            "TableName": self._table,
            "IndexName": STATUS_INDEX,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ScanIndexForward": False,
        }

    def _portion(self, limit: int) -> int:
        """Return what a shard most likely holds of a page: the mean and three deviations.

        One more is read for the moment that is kept back.
        """
        mean = limit / self._shards.count
        return math.ceil(mean + 3 * math.sqrt(mean)) + 1

    async def _read(self, shards: Sequence[IndexShard], limit: int) -> None:
        results = await asyncio.gather(
            *(self._read_one(shard, limit) for shard in shards), return_exceptions=True
        )
        for error in filter(None, results):
            raise error

    async def _read_one(self, shard: IndexShard, limit: int) -> None:
        async with self._calls:
            try:
                await shard.read(self._dynamodb, limit)
            except AWS_ERRORS as error:
                raise unavailable("orders table", error) from error


def _encode_cursor(position: Position) -> str:
    cursor = _Cursor(position.order_id, position.created_at)
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def _decode_cursor(text: str) -> Position:
    padded = text + "=" * (-len(text) % 4)
    try:
        document = base64.b64decode(padded, altchars=b"-_", validate=True)
        cursor = msgspec.json.decode(document, type=_Cursor)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        raise _refused(text) from None
    if len(text) > LONGEST_CURSOR:  # JSON may hold any number of spaces
        raise _refused(text)
    return Position(cursor.created_at, cursor.order_id)


def _refused(text: str) -> InvalidOrder:
    return InvalidOrder(field="cursor", rule="is not a cursor of an earlier page", value=text)
