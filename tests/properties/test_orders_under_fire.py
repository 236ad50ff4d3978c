"""Any interleaving of orders, repeats, deliveries, crashes and lost answers ends well.

Processes run as coroutines in virtual time against the fake AWS. Hypothesis decides who orders
what, which call of which process goes wrong and how, who is killed and when, and how time passes
between. After every step the books must agree; in the end, once faults stop and every customer has
asked until answered, every order must be settled.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from adapters.aws_errors import AWS_ERRORS
from orders.errors import OrderError
from orders.lifecycle import SETTLED
from orders.message import decode_order_placed
from orders.request import ItemRequest, OrderRequest
from processor.consumer.message import message_from_sqs
from processor.consumer.outcome import RetryAfter
from processor.order_handler import OrderHandler
from receiver.admission import Admission
from receiver.async_orders import AsyncOrders
from tests.support.fake_aws.queues import Mischief
from tests.support.fake_aws.wire import (
    STALL_SECONDS,
    Fault,
    ProcessCrash,
    Wire,
    be_quiet_about_crashes,
)
from tests.support.fake_shop import VISIBILITY_SECONDS, Calls, FakeShop, Process
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
        self.fleet = [self.new_process(calls[n]) for n in range(FLEET)]
        self.run(self.be_quiet())

    @rule(order_id=st.sampled_from("024"), member=members)
    def customer_orders(self, order_id: str, member: int) -> None:
        self.start(member, self.accept(self.fleet[member], order_id))

    @rule(order_id=st.sampled_from("135"), member=members)
    def customer_orders_and_waits(self, order_id: str, member: int) -> None:
        self.start(member, self.accept_and_settle(self.fleet[member], order_id))

    @rule(member=members, most=st.integers(1, 10))
    def worker_polls(self, member: int, most: int) -> None:
        self.start(member, self.poll(self.fleet[member], most))

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
                self.fleet[member] = self.new_process(self.calls[member])

    def start(self, member: int, work: Coroutine[Any, Any, object]) -> None:
        async def watched() -> None:
            try:
                await work
            except* ProcessCrash:
                pass
            except* Exception as surprise:  # noqa: BLE001 - the invariant tells
                self.surprises.append(surprise)

        async def begin() -> None:
            self.fleet[member].wire.start(watched())
            await asyncio.sleep(0)

        self.run(begin())

    def new_process(self, calls: Calls) -> Process:
        self.wires.append(Wire(latency=lambda: self.random.choice([0.0, 0.001, 0.02])))
        return self.shop.process(self.wires[-1], calls=calls)

    @staticmethod
    async def be_quiet() -> None:
        be_quiet_about_crashes()

    async def kill(self, member: int) -> None:
        self.fleet[member].wire.crash()
        await asyncio.sleep(0)

    async def accept(self, process: Process, order_id: str) -> None:
        self.asked.add(order_id)
        admission = Admission(100, full="full", retry_after_seconds=1)
        receiver = AsyncOrders(
            placement=process.placement, publisher=process.publisher, admission=admission
        )
        with suppress(OrderError):
            await receiver.accept(REQUESTS[order_id])
            self.accepted.add(order_id)

    async def accept_and_settle(self, process: Process, order_id: str) -> None:
        self.asked.add(order_id)
        with suppress(OrderError):
            await process.placement.place(REQUESTS[order_id])
            order = await process.fulfilment.fulfil(order_id)
            assert order.status in SETTLED
            self.accepted.add(order_id)

    async def poll(self, process: Process, most: int) -> None:
        with suppress(*AWS_ERRORS):
            answer = await process.clients.sqs.receive_message(
                QueueUrl=self.shop.queue.url, MaxNumberOfMessages=most
            )
            received = [dict(message) for message in answer.get("Messages", [])]
            async with asyncio.TaskGroup() as handling:
                for message in received:
                    handling.create_task(self.handle(process, message))

    async def handle(self, process: Process, received: dict[str, Any]) -> None:
        message = message_from_sqs(received)
        try:
            await OrderHandler(process.fulfilment)(message)
            # What the message stands for must be durable before it may go.
            order_id = decode_order_placed(message.body).order_id
            assert self.shop.order(order_id).status in SETTLED
            await self.delete(process, message.receipt)
        except RetryAfter as busy:
            await self.show_again(process, message.receipt, round(busy.seconds))
        except OrderError:
            return  # its visibility ends, and it comes again

    async def delete(self, process: Process, receipt: str) -> None:
        with suppress(*AWS_ERRORS):
            await process.clients.sqs.delete_message_batch(
                QueueUrl=self.shop.queue.url, Entries=[{"Id": "0", "ReceiptHandle": receipt}]
            )

    async def show_again(self, process: Process, receipt: str, seconds: int) -> None:
        with suppress(*AWS_ERRORS):
            await process.clients.sqs.change_message_visibility_batch(
                QueueUrl=self.shop.queue.url,
                Entries=[{"Id": "0", "ReceiptHandle": receipt, "VisibilityTimeout": seconds}],
            )

    async def come_to_rest(self) -> None:
        """Let faults stop, every customer ask until answered, and workers drain the queue."""
        for wire in self.wires:
            wire.faults.clear()
        await asyncio.sleep(10 * STALL_SECONDS)
        for order_id in sorted(self.asked - self.accepted):
            ask = self.accept if order_id in "024" else self.accept_and_settle
            await ask(self.new_process(Calls.SINGLE), order_id)
        assert self.accepted == self.asked
        worker = self.new_process(Calls.BATCHED)
        for _ in range(ROUNDS_TO_REST):
            if not self.shop.queue.messages:
                break
            await asyncio.sleep(VISIBILITY_SECONDS + 1)
            await self.poll(worker, 10)
        unsettled = [o for o in self.shop.all_orders().values() if o.status not in SETTLED]
        assert not unsettled, "accepted and never settled"
        assert set(self.shop.all_orders()) == self.asked


TestOrdersUnderFire = OrdersUnderFire.TestCase
TestOrdersUnderFire.settings = settings(max_examples=5 * settings().max_examples)
