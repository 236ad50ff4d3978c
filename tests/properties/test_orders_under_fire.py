"""Any interleaving of orders, repeats, deliveries, crashes and lost answers ends well.

Processes run as coroutines in virtual time against the fake AWS. Hypothesis decides who orders
what, which call of which process goes wrong and how, who is killed and when, and how time passes
between. After every step the books must agree; in the end, once faults stop and every customer has
asked until answered, every order must be settled.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from orders.lifecycle import SETTLED
from orders.request import ItemRequest, OrderRequest
from tests.properties.fleet import Member
from tests.support.fake_aws.queues import Mischief
from tests.support.fake_aws.wire import (
    STALL_SECONDS,
    Fault,
    ProcessCrash,
    Wire,
    be_quiet_about_crashes,
)
from tests.support.fake_shop import VISIBILITY_SECONDS, Calls, FakeShop
from tests.support.virtual_clock import VirtualClockLoop

WANTED = [{"a": 1}, {"a": 2}, {"b": 1}, {"a": 1, "b": 1}, {"a": 3}, {"b": 2, "a": 1}]
REQUESTS = {
    str(number): OrderRequest(
        customer_id=number,
        items=[ItemRequest(product, units) for product, units in wanted.items()],
        order_id=str(number),
    )
    for number, wanted in enumerate(WANTED)
}
FLEET = 3
ROUNDS_TO_REST = 60
# Moments that matter: between two calls, after a payment, after a lease, after a visibility.
PAUSES = [0.0, 0.001, 0.01, 1.0, 3.1, 30.0, 61.0, 181.0]

order_ids = st.sampled_from(sorted(REQUESTS))
members = st.integers(0, FLEET - 1)


class OrdersUnderFire(RuleBasedStateMachine):
    """A small fleet; every member can take orders, pay them at once, or work the queue."""

    @initialize(
        stock=st.tuples(st.integers(0, 6), st.integers(0, 3)),
        calls=st.tuples(*[st.sampled_from(Calls)] * FLEET),
        seed=st.integers(0, 2**16),
        duplicate=st.sampled_from([0.0, 0.3]),
        undelete=st.sampled_from([0.0, 0.3]),
        transaction_seconds=st.sampled_from([0.0, 0.005]),
    )
    def open_shop(
        self,
        *,
        stock: tuple[int, int],
        calls: tuple[Calls, ...],
        seed: int,
        duplicate: float,
        undelete: float,
        transaction_seconds: float,
    ) -> None:
        self.runner = asyncio.Runner(loop_factory=VirtualClockLoop)
        self.shop = FakeShop(
            dict(zip("ab", stock, strict=True)),
            mischief=Mischief(seed=seed, shuffled=True, duplicate=duplicate, undelete=undelete),
            transaction_seconds=transaction_seconds,
        )
        self.calls = calls
        self.random = random.Random(seed)  # noqa: S311 - repeatable on purpose
        self.surprises: list[Exception] = []
        self.asked: set[str] = set()
        self.accepted: set[str] = set()
        self.wires: list[Wire] = []
        self.fleet = [self.new_member(calls[n]) for n in range(FLEET)]
        self.run(self.be_quiet())

    @rule(order_id=order_ids, member=members, waiting=st.booleans())
    def customer_orders(self, order_id: str, member: int, *, waiting: bool) -> None:
        self.start(member, lambda process: self.ask(process, order_id, waiting=waiting))

    @rule(member=members, most=st.integers(1, 10))
    def worker_polls(self, member: int, most: int) -> None:
        self.start(member, lambda process: process.poll(most=most))

    @rule(member=members, fault=st.sampled_from(Fault), after=st.integers(0, 5))
    def call_will_go_wrong(self, member: int, fault: Fault, after: int) -> None:
        self.fleet[member].wire.fail_next(fault, after=after)

    @rule(
        member=members,
        operation=st.sampled_from(["BatchExecuteStatement", "PublishBatch"]),
        entries=st.sets(st.integers(0, 3), min_size=1),
    )
    def entries_will_be_refused(self, member: int, operation: str, entries: set[int]) -> None:
        codes = dict.fromkeys(entries, "ThrottlingError")
        self.fleet[member].wire.refuse_entries(operation, codes)

    @rule(member=members)
    def process_is_killed(self, member: int) -> None:
        self.run(self.kill(member))

    @rule(seconds=st.sampled_from(PAUSES))
    def time_passes(self, seconds: float) -> None:
        self.run(asyncio.sleep(seconds))

    @invariant()
    def books_agree(self) -> None:
        self.shop.audit()
        assert self.surprises == []

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            try:
                self.run(self.come_to_rest())
                self.books_agree()
            finally:
                self.runner.close()

    def run(self, work: Coroutine[Any, Any, object]) -> None:
        self.runner.run(work)
        for member, process in enumerate(self.fleet):
            if process.wire.crashed:
                self.fleet[member] = self.new_member(self.calls[member])

    def start(self, member: int, work: Callable[[Member], Coroutine[Any, Any, object]]) -> None:
        async def watched(process: Member) -> None:
            try:
                await work(process)
            except* ProcessCrash:
                pass
            except* Exception as surprise:  # noqa: BLE001 - the invariant tells
                self.surprises.append(surprise)

        async def begin() -> None:
            process = self.fleet[member]
            with suppress(ProcessCrash):  # it may have died since the last step
                process.wire.start(watched(process))
            await asyncio.sleep(0)

        self.run(begin())

    def new_member(self, calls: Calls) -> Member:
        self.wires.append(Wire(latency=lambda: self.random.choice([0.0, 0.001, 0.02])))
        return Member(self.shop, self.shop.process(self.wires[-1], calls=calls))

    @staticmethod
    async def be_quiet() -> None:
        be_quiet_about_crashes()

    async def kill(self, member: int) -> None:
        self.fleet[member].wire.crash()
        await asyncio.sleep(0)

    async def ask(self, member: Member, order_id: str, *, waiting: bool) -> None:
        """Order, and wait for the payment or be content with a 202; no answer may ever come."""
        self.asked.add(order_id)
        request = REQUESTS[order_id]
        if await (member.settle(request) if waiting else member.accept(request)):
            self.accepted.add(order_id)

    async def come_to_rest(self) -> None:
        """Let faults stop, every customer ask until answered, and workers drain the queue."""
        for wire in self.wires:
            wire.faults.clear()
        await asyncio.sleep(10 * STALL_SECONDS)
        for order_id in sorted(self.asked - self.accepted):
            await self.ask(self.new_member(Calls.SINGLE), order_id, waiting=False)
        assert self.accepted == self.asked
        worker = self.new_member(Calls.BATCHED)
        for _ in range(ROUNDS_TO_REST):
            if not self.shop.queue.messages:
                break
            await asyncio.sleep(VISIBILITY_SECONDS + 1)
            await worker.poll()
        unsettled = [o for o in self.shop.all_orders().values() if o.status not in SETTLED]
        assert not unsettled, "accepted and never settled"
        assert set(self.shop.all_orders()) == self.asked


TestOrdersUnderFire = OrdersUnderFire.TestCase
TestOrdersUnderFire.settings = settings(max_examples=5 * settings().max_examples)
