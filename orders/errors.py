"""Everything that can go wrong with an order, as the domain says it."""

from __future__ import annotations

from typing import Any


class OrderError(Exception):
    """Base of the domain's errors."""


class InvalidOrder(OrderError):
    """The order cannot be taken as sent: which field, which rule, which value."""

    def __init__(
        self, *, field: str, rule: str, value: Any = None, malformed: bool = False
    ) -> None:
        self.field = field
        self.rule = rule
        self.value = value
        self.malformed = malformed
        super().__init__(
            f"{field or 'body'}: {rule}" + ("" if value is None else f", got {value!r}")
        )


class ContentConflict(OrderError):
    """The key was used before for an order with other content."""

    def __init__(self, order_id: str) -> None:
        self.order_id = order_id
        super().__init__(f"order {order_id} exists with other content")


class OrderNotFound(OrderError):
    """No order has this id."""

    def __init__(self, order_id: str) -> None:
        self.order_id = order_id
        super().__init__(f"order {order_id} does not exist")


class OrderBusy(OrderError):
    """Another worker holds the lease of the order."""

    def __init__(self, order_id: str, retry_after_seconds: float) -> None:
        self.order_id = order_id
        self.retry_after_seconds = retry_after_seconds
        super().__init__(f"order {order_id} is being processed")


class LeaseLost(OrderError):
    """The worker's lease ran out and somebody else took the order over: write nothing more."""

    def __init__(self, order_id: str) -> None:
        self.order_id = order_id
        super().__init__(f"the lease of order {order_id} was lost")


class OutOfStock(OrderError):
    """At least one product of the order has fewer units left than ordered."""

    def __init__(self, order_id: str) -> None:
        self.order_id = order_id
        super().__init__(f"order {order_id} wants more units than are in stock")


class Unavailable(OrderError):
    """Something the order needs (table, topic, payment provider) does not answer; try again."""


class OutcomeUnknown(Unavailable):
    """What did not answer may have stored, announced or paid the order; a repeat by its id tells.

    The id matters most to a customer who has named none: it was minted here.
    """

    def __init__(self, order_id: str, reason: Unavailable) -> None:
        self.order_id = order_id
        super().__init__(f"order {order_id}: {reason}")
