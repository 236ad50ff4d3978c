"""The write units that DynamoDB charges for a sale: what each order went through, by the ledgers.

Batches are billed by item, so requests do not tell: the steps of an order's life do. What requests
tell is how many steps were repeated, where each travels in a request of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from lab.measure.audit import Sale
from lab.measure.item_sizes import write_units
from lab.measure.ledgers import OUT_OF_STOCK, PENDING, REFUNDED, StoredOrder

# Prepared and committed: each item counts twice, also in a transaction that is cancelled, see
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
TRANSACTION_FACTOR = 2
# A product and an entry of the payment ledger stay far below a kilobyte.
SMALL_ITEM_UNITS = 1
# An entry whose key changes is deleted and inserted; an index is written after the transaction, so
# that it does not count twice, see
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.html
INDEX_MOVE = 2

UPDATE, PUT, TRANSACTION = "UpdateItem", "PutItem", "TransactWriteItems"


@dataclass(frozen=True)
class Steps:
    """How often an order was written in which way."""

    updates: int = 0
    transactions: int = 0
    index_writes: int = 1


def steps_of(order: StoredOrder) -> Steps:
    """Return the writes after its insert that an order in this state has gone through."""
    if order.status == PENDING:
        return Steps()
    if not order.settled:  # claimed
        return Steps(updates=1, index_writes=1 + INDEX_MOVE)
    moves = 1 + 2 * INDEX_MOVE
    if order.failure_reason is None:  # claimed, completed
        return Steps(updates=1, transactions=1, index_writes=moves)
    if order.failure_reason == OUT_OF_STOCK:  # claimed, refused, failure decided, failed
        return Steps(updates=3, transactions=1, index_writes=moves + 1)
    return Steps(updates=2, index_writes=moves)  # claimed, failed


def transaction_units(order: StoredOrder) -> int:
    """Return the units of completing an order: it is written with each of its products.

    Orders that are completed together write a product they share once; here each counts it, as
    nobody shares in a quiet hour.
    """
    stock = SMALL_ITEM_UNITS * len(order.units)
    return TRANSACTION_FACTOR * (write_units(order.sizes.largest) + stock)


def life_units(order: StoredOrder) -> int:
    """Return the units of an order's own life, its payment aside."""
    steps, sizes = steps_of(order), order.sizes
    return (
        write_units(sizes.inserted)
        + steps.updates * write_units(sizes.largest)
        + steps.transactions * transaction_units(order)
        + steps.index_writes * write_units(sizes.index_entry)
    )


def units_per_order(sale: Sale, calls: Mapping[str, int]) -> float:
    """Return the mean units of an order, given the sale's requests by `service:Action`."""
    orders = sale.orders.values()
    refunds = sum(payment.status == REFUNDED for payment in sale.payments)
    lives = sum(map(life_units, orders))
    ledger = SMALL_ITEM_UNITS * (len(sale.payments) + refunds)
    return (lives + ledger + _repeats(sale, refunds, calls)) / len(orders)


def _repeats(sale: Sale, refunds: int, calls: Mapping[str, int]) -> float:
    """Return the units of requests beyond those that the lives of the orders explain."""
    orders = sale.orders.values()
    needed: Counter[str] = Counter({PUT: len(sale.payments), UPDATE: refunds})
    for order in orders:
        steps = steps_of(order)
        needed.update({UPDATE: steps.updates, TRANSACTION: steps.transactions})
    units = {
        PUT: float(SMALL_ITEM_UNITS),
        UPDATE: sum(write_units(order.sizes.largest) for order in orders) / len(orders),
        TRANSACTION: sum(map(transaction_units, orders)) / len(orders),
    }
    return sum(
        each * max(0, calls.get(f"dynamodb:{action}", 0) - needed[action])
        for action, each in units.items()
    )
