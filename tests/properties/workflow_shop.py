"""An order's workflow, its definition walked over the fake AWS, every task a process of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from adapters.payments.faults import NO_FAULTS, PaymentFaults
from infra.workflow_definition import TASKS, workflow_definition
from lambda_fn import workflow
from lambda_fn.workflow import State, Task
from orders.request import ItemRequest, OrderRequest
from orders.steps import FulfilmentSteps
from tests.support.fake_aws.wire import Fault, Wire, be_quiet_about_crashes
from tests.support.fake_shop import LEASE_SECONDS, FakeShop
from tests.support.states_language import Execution
from tests.support.states_language import Task as Invoked
from tests.support.virtual_clock import now

ORDER = OrderRequest(
    customer_id="c", items=[ItemRequest("a", 2), ItemRequest("b", 1)], order_id="1"
)
STEPS: Mapping[str, Task] = {
    "Claim": workflow.claim,
    "Charge": workflow.charge,
    "Complete": workflow.complete,
    "DecideFailure": workflow.decide_failure,
    "Refund": workflow.refund,
    "Fail": workflow.fail,
}
DEFINITION = workflow_definition({state: state for state in TASKS}, 30)


class WorkflowShop:
    """A shop whose orders are fulfilled by the workflow; faults go by the number of the call."""

    def __init__(
        self,
        stock: Mapping[str, int],
        faults: Mapping[int, Fault] | None = None,
        payment_faults: PaymentFaults = NO_FAULTS,
    ) -> None:
        be_quiet_about_crashes()
        self.shop = FakeShop(stock)
        self.calls = 0
        self._faults = dict(faults or {})
        self._payment_faults = payment_faults

    async def place(self) -> None:
        """Store the order as PENDING."""
        await self.shop.process().placement.place(ORDER)

    def execution(
        self, name: str = "1", before: Callable[[str], None] = lambda _state: None
    ) -> Execution:
        """Return an execution of this name."""
        tasks = {state: self._invoked(task) for state, task in STEPS.items()}
        return Execution(DEFINITION, tasks, name, before)

    def _invoked(self, task: Task) -> Invoked:
        async def invoke(state: State) -> State:
            left = {n - self.calls: fault for n, fault in self._faults.items() if n >= self.calls}
            wire = Wire(faults=left)
            process = self.shop.process(wire, faults=self._payment_faults)
            steps = FulfilmentSteps(
                store=process.store,
                payments=process.payments,
                lease_seconds=LEASE_SECONDS,
                now=now,
            )
            try:
                return await wire.run(task(steps, state))
            finally:
                self.calls += len(wire.calls)
                self.shop.audit()

        return invoke
