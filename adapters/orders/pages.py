"""Pages of orders by status, newest first, through the index; cursors are opaque to clients."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from adapters.aws.errors import AWS_ERRORS, unavailable
from adapters.orders.items import order_from_item
from orders.errors import InvalidOrder
from orders.ids import ORDER_ID_PATTERN
from orders.model import Order, OrderStatus

if TYPE_CHECKING:
    from types_aiobotocore_dynamodb import DynamoDBClient
    from types_aiobotocore_dynamodb.type_defs import QueryInputTypeDef

STATUS_INDEX = "status-index"


class OrderPage(msgspec.Struct, frozen=True):
    """Orders of one page and the cursor of the next; no cursor on the last page."""

    orders: list[Order]
    next_cursor: str | None


class _Position(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    # DynamoDB refuses a whole query over a start key that is empty or too long.
    order_id: Annotated[str, msgspec.Meta(pattern=ORDER_ID_PATTERN)]
    created_at: Annotated[str, msgspec.Meta(pattern=r"^[0-9T:.Z-]{1,32}$")]


class OrderPages:
    """Lists orders by status. The index is eventually consistent: the newest may be missing."""

    def __init__(self, dynamodb: DynamoDBClient, orders_table: str) -> None:
        self._dynamodb = dynamodb
        self._table = orders_table

    async def page(self, status: OrderStatus, limit: int, cursor: str | None) -> OrderPage:
        """Return up to `limit` orders after `cursor`.

        Raises:
            InvalidOrder: the cursor is none of ours.
            Unavailable: the table did not answer.
        """
        query: QueryInputTypeDef = {
            "TableName": self._table,
            "IndexName": STATUS_INDEX,
            "KeyConditionExpression": "#status = :status",
            "ExpressionAttributeNames": {"#status": "status"},
            "ExpressionAttributeValues": {":status": {"S": status.value}},
            "ScanIndexForward": False,
            "Limit": limit,
        }
        if cursor is not None:
            query["ExclusiveStartKey"] = _decode_cursor(cursor, status)
        try:
            response = await self._dynamodb.query(**query)
        except AWS_ERRORS as error:
            raise unavailable("orders table", error) from error
        last = response.get("LastEvaluatedKey")
        return OrderPage(
            [order_from_item(item) for item in response["Items"]],
            _encode_cursor(last) if last else None,
        )


def _encode_cursor(key: dict[str, Any]) -> str:
    position = _Position(key["orderId"]["S"], key["createdAt"]["S"])
    return base64.urlsafe_b64encode(msgspec.json.encode(position)).decode().rstrip("=")


def _decode_cursor(cursor: str, status: OrderStatus) -> dict[str, Any]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True)
        position = msgspec.json.decode(text, type=_Position)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        rule = "is not a cursor of an earlier page"
        raise InvalidOrder(field="cursor", rule=rule, value=cursor) from None
    return {
        "orderId": {"S": position.order_id},
        "createdAt": {"S": position.created_at},
        "status": {"S": status.value},
    }
