"""What a message on the topic, the queue or the dead-letter queue says."""

from __future__ import annotations

import json


def order_id_of(body: str) -> str | None:
    """Return the order that a message is about; None where it cannot be read."""
    try:
        order_id = json.loads(body)["order_id"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return order_id if isinstance(order_id, str) else None
