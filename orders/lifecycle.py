"""The closed state machine of an order: every legal move, in one table."""

from __future__ import annotations

from orders.model import OrderStatus

# PROCESSING -> PROCESSING is a claim taken over after its lease ran out or was released.
SOURCES: dict[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.PENDING: frozenset(),
    OrderStatus.PROCESSING: frozenset({OrderStatus.PENDING, OrderStatus.PROCESSING}),
    OrderStatus.COMPLETED: frozenset({OrderStatus.PROCESSING}),
    OrderStatus.FAILED: frozenset({OrderStatus.PROCESSING}),
}

SETTLED = frozenset({OrderStatus.COMPLETED, OrderStatus.FAILED})


def may_move(source: OrderStatus, target: OrderStatus) -> bool:
    """Tell whether an order may go from `source` to `target`."""
    return source in SOURCES[target]
