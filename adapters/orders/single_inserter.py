"""Storing new orders one by one, for who has one order only: an environment of a function."""

from __future__ import annotations

from adapters.aws.conflicts import past_transaction
from adapters.aws.errors import AWS_ERRORS, unavailable
from adapters.aws.fast.dynamodb import DynamoDB
from adapters.orders.schema import INSERTED_ATTRIBUTES, StatusShards, inserted_values
from orders.model import Order


class SingleOrderInserter:
    """Fulfils `orders.ports.OrderInserter`; an id that is taken is reported, not overwritten."""

    def __init__(self, dynamodb: DynamoDB, table: str, shards: StatusShards) -> None:
        self._dynamodb = dynamodb
        self._table = table
        self._shards = shards

    async def insert(self, order: Order) -> bool:
        """Store a new order; False when its id is taken, be it by a first try of this very call.

        Raises:
            Unavailable: the table did not take it; it may be stored all the same.
        """
        item = dict(zip(INSERTED_ATTRIBUTES, inserted_values(order, self._shards), strict=True))
        try:
            taken = await past_transaction(
                lambda: self._dynamodb.put_item(
                    self._table, item, condition="attribute_not_exists(orderId)"
                )
            )
        except AWS_ERRORS as error:
            raise unavailable("orders table", error) from error
        return taken is None
