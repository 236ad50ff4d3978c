"""The order workflow: every edge is walked, and faults at any one or two calls change no ending."""

from __future__ import annotations

import itertools
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import cfnlint  # type: ignore[import-untyped]
import jsonschema  # type: ignore[import-untyped]
import pytest

from adapters.payments.faults import PaymentFaults
from orders.model import OrderStatus
from tests.properties.workflow_shop import DEFINITION, WorkflowShop
from tests.support.fake_aws.wire import Fault
from tests.support.fake_shop import LEASE_SECONDS, FakeShop
from tests.support.states_language import Edge, ExecutionFailed, edges
from tests.support.virtual_clock import now, run

SCHEMA = (
    Path(cfnlint.__file__).parent / "data/schemas/other/step_functions/statemachine.json"
).read_text(encoding="utf-8")
PLENTY = {"a": 2, "b": 9}
TOO_LITTLE = {"a": 1, "b": 9}
DECLINED = PaymentFaults(decline_rate=1.0)
# Every seventh pair by default; all of them on a long look.
STEP = 1 if os.environ.get("HYPOTHESIS_PROFILE") == "thorough" else 7


# Its definitions have siblings of `$ref`, which count since draft 2019-09.
VALIDATOR = jsonschema.Draft202012Validator(json.loads(SCHEMA))


def test_the_definition_is_amazons_states_language() -> None:
    VALIDATOR.validate(DEFINITION)
    reached = {edge[1] for edge in edges(DEFINITION)} | {DEFINITION["StartAt"]}
    assert reached == DEFINITION["States"].keys()


@pytest.mark.parametrize(
    "change",
    [{"Resource": ""}, {"Type": "Taks"}, {"Nxt": "Paid"}, {"Retry": [{"MaxAttempts": 1}]}],
)
def test_what_is_no_definition_is_found_by_the_schema(change: dict[str, object]) -> None:
    broken = json.loads(json.dumps(DEFINITION))
    broken["States"]["Charge"].update(change)
    assert list(VALIDATOR.iter_errors(broken))


def test_every_task_ends_and_is_tried_again_with_backoff_jitter_and_a_cap() -> None:
    tasks = [each for each in DEFINITION["States"].values() if each["Type"] == "Task"]
    assert len(tasks) == 6
    for task in tasks:
        assert task["TimeoutSeconds"] <= 30
        last = task["Retry"][-1]
        assert last["ErrorEquals"] == ["States.ALL"]
        assert (last["BackoffRate"], last["JitterStrategy"]) == (2, "FULL")
        assert last["MaxDelaySeconds"] == 60


def end_state(shop: FakeShop) -> tuple[object, ...]:
    order = shop.order("1")
    paid = shop.payments.text("1", "status") if "1" in shop.payments.items else None
    return order.status, order.failure_reason, paid, shop.stock_left()


async def settle(
    stock: Mapping[str, int],
    faults: Mapping[int, Fault],
    payment_faults: PaymentFaults | None = None,
) -> WorkflowShop:
    made = WorkflowShop(stock, faults, payment_faults or PaymentFaults())
    await made.place()
    output = await made.execution().run({"order_id": "1"})
    assert output["status"] == made.shop.order("1").status
    return made


ENDINGS = [
    pytest.param(PLENTY, None, OrderStatus.COMPLETED, "CHARGED", id="enough in stock"),
    pytest.param(TOO_LITTLE, None, OrderStatus.FAILED, "REFUNDED", id="out of stock"),
    pytest.param(PLENTY, DECLINED, OrderStatus.FAILED, "DECLINED", id="declined"),
]


@pytest.mark.exhaustive
@pytest.mark.parametrize(("stock", "payments", "status", "paid"), ENDINGS)
def test_any_two_faults_end_as_none(
    stock: dict[str, int], payments: PaymentFaults | None, status: OrderStatus, paid: str
) -> None:
    undisturbed = run(settle(stock, {}, payments))
    wanted = end_state(undisturbed.shop)
    assert (wanted[0], wanted[2]) == (status, paid)
    singles = [{n: fault} for n in range(undisturbed.calls + 1) for fault in Fault]
    pairs = [
        {first: one, second: other}
        for first, second in itertools.combinations(range(undisturbed.calls + 2), 2)
        for one, other in itertools.product(Fault, repeat=2)
    ]
    for faults in singles + pairs[::STEP]:
        assert end_state(run(settle(stock, faults, payments)).shop) == wanted, faults


def overtaken_at(state: str, shop: FakeShop) -> Callable[[str], None]:
    """Let another worker take the order over, and die, before the state is entered once."""
    left = [state]

    def before(entered: str) -> None:
        if entered in left:
            left.remove(entered)
            order = shop.orders.items["1"]
            lease = {"N": str(int((now() + LEASE_SECONDS) * 1000))}
            other = {"leaseOwner": {"S": "another"}, "leaseExpiresAt": lease}
            shop.orders.items["1"] = {**order, **other}

    return before


async def walk(
    stock: Mapping[str, int],
    *,
    payments: PaymentFaults | None = None,
    overtaken: str = "",
    twice: bool = False,
    dead_after: str = "",
) -> list[Edge]:
    made = WorkflowShop(stock, payment_faults=payments or PaymentFaults())
    await made.place()
    execution = made.execution(before=overtaken_at(overtaken, made.shop))
    if dead_after:
        # An execution that ended in the midst of it, long ago.
        def die(entered: str) -> None:
            if entered == dead_after:
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await made.execution(before=die).run({"order_id": "1"})
        execution = made.execution("1-again")
    await execution.run({"order_id": "1"})
    walked = execution.walked
    if twice:
        again = made.execution("1-again")
        await again.run({"order_id": "1"})
        walked = walked + again.walked
    return walked


def test_every_edge_of_the_workflow_is_walked() -> None:
    walks = [
        walk(PLENTY, twice=True),
        walk(PLENTY, payments=DECLINED),
        walk(PLENTY, payments=DECLINED, overtaken="Fail"),
        walk(PLENTY, overtaken="Complete"),
        walk(TOO_LITTLE, overtaken="DecideFailure"),
        walk(TOO_LITTLE),
        walk(TOO_LITTLE, dead_after="Refund"),
    ]
    walked = {edge for each in walks for edge in run(each)}
    assert walked == set(edges(DEFINITION))


async def fail_for_ever() -> WorkflowShop:
    made = WorkflowShop(PLENTY, dict.fromkeys(range(1, 1000), Fault.BROKEN))
    await made.place()
    with pytest.raises(ExecutionFailed, match="Unavailable"):
        await made.execution().run({"order_id": "1"})
    return made


def test_a_payment_whose_outcome_stays_unknown_decides_nothing() -> None:
    made = run(fail_for_ever())
    assert made.shop.order("1").status is OrderStatus.PROCESSING
    assert made.shop.order("1").failure_reason is None


async def no_such_order() -> None:
    made = WorkflowShop(PLENTY)
    with pytest.raises(ExecutionFailed, match="OrderNotFound"):
        await made.execution().run({"order_id": "nobody"})
    assert made.calls == 1


def test_an_order_that_does_not_exist_is_asked_for_once() -> None:
    run(no_such_order())
