import itertools

from orders.lifecycle import SETTLED, SOURCES, may_move
from orders.model import OrderStatus


def test_an_order_moves_only_towards_being_settled() -> None:
    allowed = {move for move in itertools.product(OrderStatus, repeat=2) if may_move(*move)}
    assert allowed == {
        (OrderStatus.PENDING, OrderStatus.PROCESSING),
        (OrderStatus.PROCESSING, OrderStatus.PROCESSING),
        (OrderStatus.PROCESSING, OrderStatus.COMPLETED),
        (OrderStatus.PROCESSING, OrderStatus.FAILED),
    }


def test_nothing_leaves_a_settled_state() -> None:
    for source, target in itertools.product(SETTLED, OrderStatus):
        assert not may_move(source, target)


def test_every_status_is_in_the_table() -> None:
    assert set(SOURCES) == set(OrderStatus)
