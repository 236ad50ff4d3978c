"""The clauses under which an order may be written once it was inserted, and what a refusal means.

Each step of the lifecycle is one conditional write, and these are all the conditions there are.
"""

from __future__ import annotations

from typing import Any

from adapters.orders.schema import AttributeMap, order_from_item
from orders.errors import LeaseLost
from orders.model import Order, OrderStatus
from orders.ports import Claim

NEVER_CLAIMED = "#status = :pending"
LEASE_EXPIRED = "#status = :processing AND leaseExpiresAt < :now"
CLAIMABLE = f"attribute_exists(orderId) AND ({NEVER_CLAIMED} OR ({LEASE_EXPIRED}))"
LEASE_HELD = "#status = :processing AND leaseOwner = :owner"
STILL_SUCCEEDING = f"{LEASE_HELD} AND attribute_not_exists(failureReason)"
ENOUGH_STOCK = "stock >= :units"


def lease_values(claim: Claim) -> dict[str, Any]:
    """Return the values that `LEASE_HELD` compares with."""
    return {
        ":processing": {"S": OrderStatus.PROCESSING.value},
        ":owner": {"S": claim.lease.owner},
    }


def settled_before(claim: Claim, item: AttributeMap | None, status: OrderStatus) -> Order:
    """Return the order that is settled as wanted: an earlier try was written, its answer lost.

    Raises:
        LeaseLost: it is not.
    """
    order = order_from_item(item) if item else None
    if order is None or order.status is not status:
        raise LeaseLost(claim.order.order_id)
    return order
