"""The Lambda handler behind the topic of notifications: tells the customer what became of an order.

A message may come twice, so may be told twice; each settled order is told at least once.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from kit.environment import Environment
from kit.logging import configure_logging, get_logger
from lambda_fn.settings import function_settings
from orders.notification import UnreadableNotification, decode_order_settled

_log = get_logger()


@cache
def _configure() -> None:
    configure_logging("function", function_settings(Environment(os.environ)).log_level)


def handler(event: dict[str, Any], _context: object) -> dict[str, int]:
    """Tell what the event's records say; return how many there were.

    Raises:
        UnreadableNotification: Lambda keeps the event in the failure queue, with that reason.
    """
    _configure()
    records = [record["Sns"]["Message"] for record in event["Records"]]
    for message in records:
        try:
            settled = decode_order_settled(message)
        except UnreadableNotification as error:
            _log.error("notification_unreadable", error=str(error))
            raise
        _log.info("customer_notified", order_id=settled.order_id, status=settled.status)
    return {"notified": len(records)}
