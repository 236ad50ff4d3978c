"""One shard of the status index, read newest first and no further than is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from adapters.aws.reads import Reads
from adapters.orders.schema import listed_order_from_item

if TYPE_CHECKING:
    from orders.model import ListedOrder


class Position(NamedTuple):
    """Where an order stands in a listing: the newest has the greatest."""

    created_at: str
    order_id: str


def position_of(order: ListedOrder) -> Position:
    """Return where an order stands."""
    return Position(order.created_at, order.order_id)


class IndexShard:
    """Reads the query of one shard in portions; `ready` are the next orders, the newest last.

    AWS says nothing about the order of items with equal sort keys. Orders of the moment at which a
    portion ends are kept back until all of that moment are known, and sorted here.
    """

    def __init__(self, query: dict[str, Any], after: Position | None) -> None:
        self.ready: list[ListedOrder] = []
        self._kept_back: list[ListedOrder] = []
        self._query = query
        self._after = after
        self._ended = False

    @property
    def dry(self) -> bool:
        """Whether the next order is not known, and there may be one."""
        return not self.ready and not self._ended

    @property
    def finished(self) -> bool:
        """Whether no order is left."""
        return not self.ready and self._ended

    async def read(self, dynamodb: Reads, limit: int) -> None:
        """Read up to `limit` more; the shard may be dry afterwards all the same."""
        self._query["Limit"] = limit
        answer = await dynamodb.query(**self._query)
        found = self._kept_back + list(map(listed_order_from_item, answer["Items"]))
        last_key = answer.get("LastEvaluatedKey")
        if last_key:
            self._query["ExclusiveStartKey"] = last_key
        self._ended = not last_key
        unsure = found[-1].created_at if found and last_key else None
        self._kept_back = [order for order in found if order.created_at == unsure]
        known = [order for order in found if order.created_at != unsure and self._is_due(order)]
        self.ready = sorted(known, key=position_of)

    def _is_due(self, order: ListedOrder) -> bool:
        return self._after is None or position_of(order) < self._after
