"""A whole sale in which any call may go wrong: customers insist, processes restart, queues drain.

Where `test_orders_under_fire` lets hypothesis choose every step, here it chooses a seed and how bad
things are, and the fleet runs by itself, so that far more happens in one example.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.aws.fast.retries import DEFAULT_POLICY, RetryPolicy
from adapters.payments.faults import PaymentFaults, PaymentLatency
from orders.lifecycle import SETTLED
from orders.request import ItemRequest, OrderRequest
from tests.properties.fleet import Member
from tests.support.fake_aws.queues import Mischief
from tests.support.fake_aws.wire import Fault, ProcessCrash, Wire, be_quiet_about_crashes
from tests.support.fake_shop import Calls, FakeShop
from tests.support.virtual_clock import now, run

CUSTOMERS = 12
FLEET = 2
PLANNED_CALLS = 400
CALM_AFTER_SECONDS = 1200.0
END_SECONDS = 5 * CALM_AFTER_SECONDS
STATEMENT_ERRORS = ["ThrottlingError", "InternalServerError", "TransactionConflict"]


class Sale:
    """Customers, a fleet and an auditor on one fake AWS."""

    def __init__(
        self, seed: int, fault_rate: float, stock: dict[str, int], *, attempts: int
    ) -> None:
        self.random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self.policy = RetryPolicy(attempts=attempts, draw=self.random.random)
        self.fault_rate = fault_rate
        mischief = Mischief(seed, shuffled=True, duplicate=fault_rate, undelete=fault_rate)
        self.shop = FakeShop(stock, mischief=mischief, transaction_seconds=0.004)
        self.fleet: dict[int, Member] = {}

    async def play(self) -> None:
        """Run the sale to its end, and audit it all the while."""
        be_quiet_about_crashes()
        async with asyncio.timeout(END_SECONDS), asyncio.TaskGroup() as fleet:
            running = [fleet.create_task(self.keep_running(n)) for n in range(FLEET)]
            running.append(fleet.create_task(self.audit_all_the_time()))
            await asyncio.gather(*(self.insist(str(n)) for n in range(CUSTOMERS)))
            while self.shop.queue.messages:  # noqa: ASYNC110 - the queue tells nobody
                await asyncio.sleep(60)
            for task in running:
                task.cancel()
        self.shop.audit()
        orders = self.shop.all_orders()
        assert set(orders) == {str(n) for n in range(CUSTOMERS)}
        unsettled = [order for order in orders.values() if order.status not in SETTLED]
        assert not unsettled, "accepted and never settled"

    async def insist(self, order_id: str) -> None:
        """Order, and order again with the same key until there is an answer."""
        product = self.random.choice("ab")
        request = OrderRequest(
            customer_id=order_id,
            items=[ItemRequest(product, self.random.randint(1, 3))],
            order_id=order_id,
        )
        answered = False
        while not answered:
            await asyncio.sleep(self.random.choice([0.0, 0.001, 0.1, 5.0]))
            member = self.fleet[self.random.randrange(FLEET)]
            with _a_dead_line():
                waiting = self.random.random() < 0.3  # each time on whatever endpoint
                work = member.settle(request) if waiting else member.accept(request)
                answered = await member.wire.run(work)

    async def keep_running(self, number: int) -> None:
        """Keep one process of the fleet alive, a new one after every crash."""
        calls = Calls.BATCHED if number % 2 else Calls.SINGLE
        while True:
            wire = self.new_wire()
            process = self.shop.process(
                wire,
                calls=calls,
                faults=self.payment_faults(),
                source=self.random,
                policy=self.policy,
            )
            member = self.fleet[number] = Member(self.shop, process)
            with _a_dead_line():
                await wire.run(self.keep_polling(member))
            await asyncio.sleep(self.random.choice([0.0, 1.0]))

    async def keep_polling(self, member: Member) -> None:
        """Work the queue, several polls at once, until the process dies."""
        async with asyncio.TaskGroup() as pollers:
            for _ in range(3):
                pollers.create_task(self.keep_polling_alone(member))

    async def keep_polling_alone(self, member: Member) -> None:
        while True:
            await member.poll(most=self.random.randint(1, 10), wait_seconds=1)
            await asyncio.sleep(1)

    async def audit_all_the_time(self) -> None:
        """Hold the books together at odd moments."""
        while True:
            self.shop.audit()
            await asyncio.sleep(self.random.choice([0.003, 0.5, 7.0]))

    def new_wire(self) -> Wire:
        """Return a wire on which things go wrong at the sale's rate, while it is young."""
        chance = 0.0 if now() > CALM_AFTER_SECONDS else self.fault_rate
        wire = Wire(
            faults={n: fault for n in range(PLANNED_CALLS) if (fault := self.fault(chance))},
            latency=lambda: self.random.choice([0.0, 0.001, 0.02]),
        )
        for operation in ("BatchExecuteStatement", "PublishBatch"):
            for _ in range(PLANNED_CALLS if chance else 0):
                refused = [n for n in range(10) if self.random.random() < chance]
                error = self.random.choice(STATEMENT_ERRORS)
                wire.refuse_entries(operation, dict.fromkeys(refused, error))
        return wire

    def payment_faults(self) -> PaymentFaults:
        """Return what the provider does to a process for as long as it lives: calm or not."""
        rate = 0.0 if now() > CALM_AFTER_SECONDS else self.fault_rate
        return PaymentFaults(
            decline_rate=rate,
            error_before_rate=rate,
            error_after_rate=rate,
            hang_rate=rate,
            latency=self.random.choice(list(PaymentLatency)),
        )

    def fault(self, chance: float) -> Fault | None:
        """Return a fault with this chance."""
        return self.random.choice(list(Fault)) if self.random.random() < chance else None


@contextmanager
def _a_dead_line() -> Iterator[None]:
    """Take a crash of the other side for what it is there: no answer."""
    try:
        yield
    except ProcessCrash:
        return


@settings(max_examples=settings().max_examples // 2)
@given(
    seed=st.integers(0, 2**32),
    fault_rate=st.sampled_from([0.0, 0.02, 0.1, 0.2]),
    stock=st.fixed_dictionaries({"a": st.integers(0, 20), "b": st.integers(0, 20)}),
    attempts=st.sampled_from([1, DEFAULT_POLICY.attempts]),
)
def test_every_order_settles_and_the_books_agree_all_the_time(
    seed: int, fault_rate: float, stock: dict[str, int], attempts: int
) -> None:
    async def play() -> None:
        await Sale(seed, fault_rate, stock, attempts=attempts).play()

    run(play())
