from collections.abc import Callable

import msgspec
import pytest

from orders.errors import ContentConflict, InvalidOrder, Unavailable
from orders.ids import is_order_id
from orders.model import Order, OrderStatus
from orders.placement import OrderPlacement
from orders.request import ItemRequest, OrderRequest
from tests.unit.orders.fakes import Diary, MemoryOrders, Shelf


def wanted(
    order_id: str | None = "1",
    *,
    quantity: int = 2,
    customer: int | str = 7,
    price: float | None = None,
) -> OrderRequest:
    items = [ItemRequest("a", quantity, price)]
    return OrderRequest(customer_id=customer, items=items, order_id=order_id)


class Placing:
    def __init__(self) -> None:
        self.shelf = Shelf()
        self.orders = MemoryOrders(Diary(), stock={"a": 9})
        self.clock = 0.0
        self.placement = OrderPlacement(
            catalogue=self.shelf,
            inserter=self.orders,
            reader=self.orders,
            now=lambda: self.clock,
        )


async def test_a_new_order_is_stored_pending_at_the_catalogues_price() -> None:
    placing = Placing()
    placed = await placing.placement.place(wanted())
    assert placed.created
    assert placed.order == placing.orders.orders["1"]
    assert placed.order.status is OrderStatus.PENDING
    assert placed.order.total_cents == 1000
    assert placed.order.customer_id == "7"
    assert placed.order.created_at == "1970-01-01T00:00:00.000000Z"


async def test_the_same_order_again_is_answered_with_the_first_one() -> None:
    placing = Placing()
    first = await placing.placement.place(wanted())
    placing.clock = 60.0
    again = await placing.placement.place(wanted())
    assert again.order == first.order
    assert not again.created


async def test_a_repeat_after_a_price_change_keeps_the_first_price() -> None:
    placing = Placing()
    await placing.placement.place(wanted())
    placing.shelf.price_cents = 900
    assert (await placing.placement.place(wanted())).order.total_cents == 1000


def _reprice(shelf: Shelf) -> None:
    shelf.price_cents = 900


def _delist(shelf: Shelf) -> None:
    shelf.is_listed = False


@pytest.mark.parametrize("request_", [wanted(), wanted(price=5.0)], ids=["plain", "priced"])
@pytest.mark.parametrize("change", [_reprice, _delist])
async def test_a_repeat_is_recognised_whatever_became_of_the_catalogue(
    change: Callable[[Shelf], None], request_: OrderRequest
) -> None:
    placing = Placing()
    first = await placing.placement.place(request_)
    change(placing.shelf)
    again = await placing.placement.place(request_)
    assert again.order == first.order
    assert not again.created
    other = msgspec.structs.replace(request_, customer_id=8)
    with pytest.raises(ContentConflict):
        await placing.placement.place(other)


@pytest.mark.parametrize("order_id", ["1", None])
async def test_a_new_order_that_cannot_be_priced_is_refused_whether_it_names_its_id_or_not(
    order_id: str | None,
) -> None:
    placing = Placing()
    with pytest.raises(InvalidOrder, match=r"must be the catalogue's 5\.00"):
        await placing.placement.place(wanted(order_id, price=4.0))
    _delist(placing.shelf)
    with pytest.raises(InvalidOrder, match="is not in the catalogue"):
        await placing.placement.place(wanted(order_id))
    assert placing.orders.orders == {}


async def test_a_new_order_costs_no_read_and_neither_does_a_refused_one_without_an_id() -> None:
    placing = Placing()
    await placing.placement.place(wanted())
    await placing.placement.place(wanted(None))
    with pytest.raises(InvalidOrder):
        await placing.placement.place(wanted(None, price=4.0))
    assert placing.orders.reads == 0


async def test_the_callers_new_id_is_for_an_order_that_names_none() -> None:
    placing = Placing()
    assert (await placing.placement.place(wanted(None), "new")).order.order_id == "new"
    assert (await placing.placement.place(wanted("own"), "other")).order.order_id == "own"


@pytest.mark.parametrize("other", [wanted(quantity=3), wanted(customer=8)])
async def test_the_same_id_with_other_content_is_a_conflict(other: OrderRequest) -> None:
    placing = Placing()
    await placing.placement.place(wanted())
    with pytest.raises(ContentConflict):
        await placing.placement.place(other)
    assert len(placing.orders.orders) == 1


async def test_a_customer_id_is_the_same_as_number_and_as_text() -> None:
    placing = Placing()
    await placing.placement.place(wanted(customer=7))
    assert not (await placing.placement.place(wanted(customer="7"))).created


async def test_two_equal_orders_without_an_id_are_two_orders() -> None:
    placing = Placing()
    placed = [await placing.placement.place(wanted(order_id=None)) for _ in range(2)]
    assert all(each.created and is_order_id(each.order.order_id) for each in placed)
    assert len(placing.orders.orders) == 2


async def test_an_order_that_cannot_be_priced_is_not_stored() -> None:
    placing = Placing()
    with pytest.raises(InvalidOrder):
        await placing.placement.place(
            OrderRequest(customer_id=1, items=[ItemRequest("a", 1), ItemRequest("b", 1)])
        )
    assert placing.orders.orders == {}


async def test_an_id_that_is_taken_by_nothing_readable_is_no_acceptance() -> None:
    class Contradicting(MemoryOrders):
        async def insert(self, order: Order) -> bool:
            return order is None

    orders = Contradicting(Diary(), stock={"a": 9})
    placement = OrderPlacement(catalogue=Shelf(), inserter=orders, reader=orders)
    with pytest.raises(Unavailable):
        await placement.place(wanted())
