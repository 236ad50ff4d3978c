"""The order workflow in Amazon's States Language: the steps of fulfilment, and what follows which.

    Claim -> Charge -> Complete -> Settled
    declined: Charge -> Fail; out of stock: Complete -> DecideFailure -> Refund -> Fail

What is not known is asked again, never guessed: a payment without an answer is retried, and an
execution that gives up leaves the order in work, for a redrive to go on with.
https://docs.aws.amazon.com/step-functions/latest/dg/concepts-amazon-states-language.html
"""

from collections.abc import Mapping, Sequence
from typing import Any

TASK_SECONDS = 30
LONGEST_SECONDS = 3600
SETTLED = "Settled"
# Another worker has the order for as long as its lease: worth many tries.
BUSY = {
    "ErrorEquals": ["OrderBusy"],
    "IntervalSeconds": 5,
    "BackoffRate": 1.5,
    "MaxDelaySeconds": 60,
    "MaxAttempts": 20,
    "JitterStrategy": "FULL",
}
# Tables, payments and Lambda itself; with backoff up to a minute that is some seven minutes.
AGAIN = {
    "ErrorEquals": ["States.ALL"],
    "IntervalSeconds": 1,
    "BackoffRate": 2,
    "MaxDelaySeconds": 60,
    "MaxAttempts": 10,
    "JitterStrategy": "FULL",
}
OVERTAKEN = {"ErrorEquals": ["LeaseLost"], "ResultPath": "$.error", "Next": "Claim"}
# The lambda module of each task, by its state.
TASKS = {
    "Claim": "claim_order",
    "Charge": "charge_order",
    "Complete": "complete_order",
    "DecideFailure": "decide_failure",
    "Refund": "refund_order",
    "Fail": "fail_order",
}


def workflow_definition(functions: Mapping[str, str], charge_seconds: int) -> dict[str, Any]:
    """Return the state machine over these functions, named by state; a charge may take so long."""

    def task(state: str, following: str, **more: Any) -> dict[str, Any]:
        return _task(functions[state], following, **more)

    who = {"order_id.$": "$.order_id", "execution.$": "$$.Execution.Name"}
    sold_out = {"ErrorEquals": ["OutOfStock"], "ResultPath": "$.error", "Next": "DecideFailure"}
    return {
        "Comment": "Fulfils one order, after which the execution is named",
        "StartAt": "Claim",
        "TimeoutSeconds": LONGEST_SECONDS,
        "States": {
            "Claim": task("Claim", "HowItStands", payload=who, final=["OrderNotFound"], busy=True),
            "HowItStands": {
                "Type": "Choice",
                "Choices": [
                    {
                        "Not": {"Variable": "$.status", "StringEquals": "PROCESSING"},
                        "Next": SETTLED,
                    },
                    {"Variable": "$.failing", "IsString": True, "Next": "Refund"},
                ],
                "Default": "Charge",
            },
            "Charge": task("Charge", "Paid", seconds=charge_seconds),
            "Paid": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.failing", "IsString": True, "Next": "Fail"}],
                "Default": "Complete",
            },
            "Complete": task(
                "Complete",
                SETTLED,
                final=["OutOfStock", "LeaseLost"],
                catch=[sold_out, OVERTAKEN],
            ),
            "DecideFailure": task(
                "DecideFailure", "Refund", final=["LeaseLost"], catch=[OVERTAKEN]
            ),
            "Refund": task("Refund", "Fail"),
            "Fail": task("Fail", SETTLED, final=["LeaseLost"], catch=[OVERTAKEN]),
            SETTLED: {"Type": "Succeed"},
        },
    }


def _task(
    function: str,
    following: str,
    *,
    payload: Mapping[str, str] | None = None,
    seconds: int = TASK_SECONDS,
    final: Sequence[str] = (),
    busy: bool = False,
    catch: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """Return a task that is tried again after every error but the `final` ones."""
    retry: list[Mapping[str, Any]] = [BUSY] if busy else []
    if final:
        retry.append({"ErrorEquals": list(final), "MaxAttempts": 0})
    invoked = {"Payload": dict(payload)} if payload else {"Payload.$": "$"}
    state: dict[str, Any] = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, **invoked},
        "OutputPath": "$.Payload",
        "TimeoutSeconds": seconds,
        "Retry": [*retry, AGAIN],
        "Next": following,
    }
    return {**state, "Catch": list(catch)} if catch else state
