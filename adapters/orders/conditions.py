"""The named clauses under which an order may be written once it was inserted.

Each step of the lifecycle is one conditional write, and these are all the conditions there are.
"""

from __future__ import annotations

from typing import Any

from orders.model import OrderStatus
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
