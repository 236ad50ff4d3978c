"""Holds what customers were answered against what the ledgers say, order by order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from lab.load.records import Outcome, Record
from lab.measure.ledgers import CHARGED, COMPLETED, FAILED, Ledgers, Payment, StoredOrder
from lab.measure.notifications import Told
from lab.results.model import Audit, Finding

MAX_EXAMPLES = 10
# Both moments come from this machine's clock; the margin covers rounding to microseconds only.
CLOCK_MARGIN_SECONDS = 0.001


@dataclass(frozen=True)
class Sale:
    """Everything that one sale left behind, narrowed to its own orders.

    `queued` are the orders whose message was still in the queue when the ledgers were read, `told`
    what customers heard of orders; None where the topology tells nobody.
    """

    records: Sequence[Record]
    orders: Mapping[str, StoredOrder]
    payments: Sequence[Payment]
    stock_before: Mapping[str, int]
    stock_after: Mapping[str, int]
    queued: Collection[str] = frozenset()
    told: Collection[Told] | None = None
    _charges: dict[str, list[Payment]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        for payment in self.payments:
            if payment.status == CHARGED:
                self._charges.setdefault(payment.order_id, []).append(payment)

    def charges(self, order_id: str) -> list[Payment]:
        """Return the charges of an order that were not given back."""
        return self._charges.get(order_id, [])

    @property
    def charged_ids(self) -> Iterable[str]:
        """The orders with at least one charge that was not given back."""
        return self._charges

    def settles(self, order: StoredOrder) -> bool:
        """Whether the order reached its end, or its message is there to bring it there."""
        return order.settled or order.order_id in self.queued

    def paid(self) -> list[StoredOrder]:
        """Return the orders that were charged and completed."""
        return [
            o for o in self.orders.values() if o.status == COMPLETED and o.order_id in self._charges
        ]

    def units_completed(self) -> Counter[str]:
        """Return the units that were sold, by product."""
        units: Counter[str] = Counter()
        for order in self.orders.values():
            if order.status == COMPLETED:
                units.update(order.units)
        return units


def sale_of(
    records: Sequence[Record],
    stock_before: Mapping[str, int],
    ledgers: Ledgers,
    queued: Collection[str] = frozenset(),
    told: Collection[Told] | None = None,
) -> Sale:
    """Narrow the ledgers to one sale: orders its customers sent, or stored since it began."""
    began = min((record.sent_at for record in records), default=float("inf"))
    sent = {record.order_id for record in records}
    orders = {
        order_id: order
        for order_id, order in ledgers.orders.items()
        if order_id in sent or order.created_at >= began - CLOCK_MARGIN_SECONDS
    }
    known = sent | orders.keys()
    # Of an order that is nowhere to be found somebody may have been told all the same.
    others = ledgers.orders.keys() - known
    return Sale(
        records=records,
        orders=orders,
        payments=[payment for payment in ledgers.payments if payment.order_id in known],
        stock_before=stock_before,
        stock_after=ledgers.stock,
        queued=queued,
        told=told and [each for each in told if each.order_id not in others],
    )


def audit(sale: Sale, *, drained: bool) -> Audit:
    """Return every way in which the ledgers of a sale disagree; `drained` is passed through."""
    return Audit(
        lost=_finding(_lost(sale)),
        duplicates=_finding(i for i in sale.charged_ids if len(sale.charges(i)) > 1),
        oversold=_oversold(sale),
        stock_mismatch=_stock_mismatch(sale),
        refunds_missing=_finding(_refunds_missing(sale)),
        unpaid_completions=_finding(_unpaid_completions(sale)),
        wrong_amounts=_finding(_wrong_amounts(sale)),
        not_told=_finding(_not_told(sale)),
        told_wrongly=_finding(_told_wrongly(sale)),
        unanswered=_finding(_unanswered(sale)),
        drained=drained,
    )


def _lost(sale: Sale) -> Iterable[str]:
    """Orders that a customer was promised and that are missing or will not be settled."""
    for record in sale.records:
        if record.outcome is Outcome.ACCEPTED:
            order = sale.orders.get(record.order_id)
            if order is None or not sale.settles(order):
                yield record.order_id


def _refunds_missing(sale: Sale) -> Iterable[str]:
    """Orders whose customer paid and gets nothing, orders that are not stored at all included."""
    for order_id in sale.charged_ids:
        order = sale.orders.get(order_id)
        if order is None or order.status == FAILED or not sale.settles(order):
            yield order_id


def _unpaid_completions(sale: Sale) -> Iterable[str]:
    for order in sale.orders.values():
        if order.status == COMPLETED and not sale.charges(order.order_id):
            yield order.order_id


def _wrong_amounts(sale: Sale) -> Iterable[str]:
    for order in sale.orders.values():
        if any(c.amount_cents != order.total_cents for c in sale.charges(order.order_id)):
            yield order.order_id


def _not_told(sale: Sale) -> Iterable[str]:
    """Orders that are settled, and whose customers have not heard so."""
    if sale.told is not None:
        heard = {(each.order_id, each.status) for each in sale.told}
        for order in sale.orders.values():
            if order.settled and (order.order_id, order.status) not in heard:
                yield order.order_id


def _told_wrongly(sale: Sale) -> Iterable[str]:
    """Orders that customers heard something of that is not so."""
    for each in sale.told or ():
        order = sale.orders.get(each.order_id)
        if order is None or order.status != each.status:
            yield each.order_id


def _unanswered(sale: Sale) -> Iterable[str]:
    promised = {r.order_id for r in sale.records if r.outcome is Outcome.ACCEPTED}
    return (order_id for order_id in sale.orders if order_id not in promised)


def _oversold(sale: Sale) -> Finding:
    """Units completed beyond the stock that was there, and products whose stock fell below zero."""
    over = {
        product: max(units - sale.stock_before.get(product, 0), 0)
        for product, units in sale.units_completed().items()
    }
    for product, left in sale.stock_after.items():
        over[product] = max(over.get(product, 0), -left)
    return _counted(over)


def _stock_mismatch(sale: Sale) -> Finding:
    """Units by which the stock moved without a completed order, or the other way round."""
    completed = sale.units_completed()
    products = sale.stock_before.keys() | sale.stock_after.keys() | completed.keys()
    return _counted(
        {
            product: abs(
                sale.stock_before.get(product, 0)
                - sale.stock_after.get(product, 0)
                - completed[product]
            )
            for product in products
        }
    )


def _finding(ids: Iterable[str]) -> Finding:
    found = sorted(set(ids))
    return Finding(count=len(found), examples=tuple(found[:MAX_EXAMPLES]))


def _counted(units_by_product: Mapping[str, int]) -> Finding:
    wrong = {product: units for product, units in units_by_product.items() if units}
    examples = tuple(f"{product}: {units}" for product, units in sorted(wrong.items()))
    return Finding(count=sum(wrong.values()), examples=examples[:MAX_EXAMPLES])
