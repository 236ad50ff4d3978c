import pytest

from orders.errors import LeaseLost, OrderBusy, OrderError, OrderNotFound, Unavailable
from orders.fulfilment import Fulfilment
from orders.model import FailureReason, Order, OrderStatus
from orders.ports import ChargeOutcome, Lease
from tests.unit.orders.fakes import Crash, Diary, MemoryOrders, MemoryPayments, pending_order

LEASE_SECONDS = 60.0


class Shop:
    def __init__(
        self, *, stock: int = 5, answer: ChargeOutcome = ChargeOutcome.CHARGED, units: int = 2
    ) -> None:
        self.diary = Diary()
        self.orders = MemoryOrders(self.diary, pending_order(units=units), stock={"a": stock})
        self.payments = MemoryPayments(self.diary, answer)
        self.clock = 0.0
        self.fulfilment = Fulfilment(
            store=self.orders,
            payments=self.payments,
            lease_seconds=LEASE_SECONDS,
            now=lambda: self.clock,
        )

    @property
    def order(self) -> Order:
        return self.orders.orders["1"]

    @property
    def paid(self) -> ChargeOutcome | None:
        entry = self.payments.ledger.get("1")
        return entry[0] if entry else None

    def end(self) -> tuple[object, ...]:
        return self.order.status, self.order.failure_reason, self.paid, self.orders.stock["a"]


async def test_an_order_is_claimed_then_charged_then_completed() -> None:
    shop = Shop()
    shop.clock = 1.5
    order = await shop.fulfilment.fulfil("1")
    assert shop.diary.entries == ["claim", "charge", "complete"]
    assert order == shop.order
    assert order.settled_at == "1970-01-01T00:00:01.500000Z"
    assert shop.end() == (OrderStatus.COMPLETED, None, ChargeOutcome.CHARGED, 3)


async def test_the_charge_is_the_total_under_the_orders_own_key() -> None:
    shop = Shop(units=3)
    await shop.fulfilment.fulfil("1")
    assert shop.payments.ledger == {"1": (ChargeOutcome.CHARGED, 1500)}


async def test_a_declined_order_fails_without_touching_the_stock() -> None:
    shop = Shop(answer=ChargeOutcome.DECLINED)
    await shop.fulfilment.fulfil("1")
    assert shop.diary.entries == ["claim", "charge", "fail"]
    assert shop.end() == (
        OrderStatus.FAILED,
        FailureReason.PAYMENT_DECLINED,
        ChargeOutcome.DECLINED,
        5,
    )


async def test_money_goes_back_only_after_the_failure_was_decided() -> None:
    shop = Shop(stock=1)
    await shop.fulfilment.fulfil("1")
    assert shop.diary.entries == ["claim", "charge", "decide", "refund", "fail"]
    assert shop.end() == (
        OrderStatus.FAILED,
        FailureReason.OUT_OF_STOCK,
        ChargeOutcome.REFUNDED,
        1,
    )


@pytest.mark.parametrize("stock", [5, 1])
async def test_a_settled_order_is_returned_and_nothing_is_done(stock: int) -> None:
    shop = Shop(stock=stock)
    settled = await shop.fulfilment.fulfil("1")
    shop.diary.entries.clear()
    shop.clock = 10 * LEASE_SECONDS
    assert await shop.fulfilment.fulfil("1") == settled
    assert shop.diary.entries == []


async def test_a_failure_decided_by_a_dead_worker_is_carried_through_even_if_stock_came() -> None:
    shop = Shop(stock=1)
    shop.diary.steps_to_live = 3
    with pytest.raises(Crash):
        await shop.fulfilment.fulfil("1")
    shop.diary.steps_to_live = None
    shop.orders.stock["a"] = 100
    shop.clock = LEASE_SECONDS + 1
    await shop.fulfilment.fulfil("1")
    assert shop.diary.entries[-3:] == ["claim", "refund", "fail"]
    assert shop.end() == (
        OrderStatus.FAILED,
        FailureReason.OUT_OF_STOCK,
        ChargeOutcome.REFUNDED,
        100,
    )


async def test_an_order_that_another_worker_holds_is_left_alone() -> None:
    shop = Shop()
    await shop.orders.claim("1", Lease("other", 60_000), 0)
    shop.clock = 20.0
    with pytest.raises(OrderBusy) as caught:
        await shop.fulfilment.fulfil("1")
    assert caught.value.retry_after_seconds == 40.0
    assert shop.diary.entries == ["claim"]


async def test_an_unknown_order_is_not_charged() -> None:
    shop = Shop()
    with pytest.raises(OrderNotFound):
        await shop.fulfilment.fulfil("2")
    assert shop.diary.entries == []


async def test_a_worker_that_was_overtaken_while_charging_settles_nothing() -> None:
    shop = Shop()

    class SlowPayments(MemoryPayments):
        async def charge(
            self, idempotency_key: str, order_id: str, amount_cents: int
        ) -> ChargeOutcome:
            shop.clock += LEASE_SECONDS + 1
            await shop.orders.claim("1", Lease("other", 999_000), int(shop.clock * 1000))
            return await super().charge(idempotency_key, order_id, amount_cents)

    slow = Fulfilment(
        store=shop.orders,
        payments=SlowPayments(shop.diary),
        lease_seconds=LEASE_SECONDS,
        now=lambda: shop.clock,
    )
    with pytest.raises(LeaseLost):
        await slow.fulfil("1")
    assert shop.order.status is OrderStatus.PROCESSING
    assert shop.orders.stock["a"] == 5


async def test_an_order_whose_payment_stayed_unknown_waits_for_nobodys_lease() -> None:
    shop = Shop()
    shop.diary.unanswered = {"charge"}
    with pytest.raises(Unavailable):
        await shop.fulfilment.fulfil("1")
    assert shop.diary.entries == ["claim", "release"]
    shop.diary.unanswered.clear()
    shop.clock += 0.001
    await shop.fulfilment.fulfil("1")
    assert shop.end() == (OrderStatus.COMPLETED, None, ChargeOutcome.CHARGED, 3)


async def test_a_lease_that_cannot_be_given_up_hides_nothing_and_runs_out() -> None:
    shop = Shop()
    shop.diary.unanswered = {"complete", "release"}
    with pytest.raises(Unavailable, match="complete"):
        await shop.fulfilment.fulfil("1")
    shop.diary.unanswered.clear()
    with pytest.raises(OrderBusy):
        await shop.fulfilment.fulfil("1")
    shop.clock = LEASE_SECONDS + 1
    await shop.fulfilment.fulfil("1")
    assert shop.end() == (OrderStatus.COMPLETED, None, ChargeOutcome.CHARGED, 3)


async def test_a_claim_is_leased_for_as_long_as_configured() -> None:
    shop = Shop()
    shop.clock = 1.5
    await shop.fulfilment.fulfil("1")
    assert shop.orders.leases["1"].expires_at_ms == 61_500


async def test_every_attempt_has_a_lease_of_its_own() -> None:
    shop = Shop()
    owners = []
    for _ in range(3):
        shop.diary.steps_to_live = 1
        with pytest.raises(Crash):
            await shop.fulfilment.fulfil("1")
        owners.append(shop.orders.leases["1"].owner)
        shop.clock += LEASE_SECONDS + 1
    assert len(set(owners)) == 3


@pytest.mark.parametrize("answer", [ChargeOutcome.CHARGED, ChargeOutcome.DECLINED])
@pytest.mark.parametrize("stock", [5, 1])
@pytest.mark.parametrize("first_life", range(6))
@pytest.mark.parametrize("second_life", range(6))
async def test_crashes_after_any_two_steps_end_as_no_crash(
    answer: ChargeOutcome, stock: int, first_life: int, second_life: int
) -> None:
    calm = Shop(stock=stock, answer=answer)
    await calm.fulfilment.fulfil("1")
    shop = Shop(stock=stock, answer=answer)
    for steps in (first_life, second_life, None, None):
        shop.diary.steps_to_live = steps
        try:
            await shop.fulfilment.fulfil("1")
        except (Crash, OrderError):
            shop.clock += LEASE_SECONDS + 1
    assert shop.end() == calm.end()
