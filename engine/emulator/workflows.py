"""State machines in the emulator: tasks in the name of the machine's role, retries in AWS's pace.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html#error-handling-retrying-after-an-error
"""
# ruff: noqa: SLF001 - the emulator has no public way in

import random
from contextvars import ContextVar
from typing import Any

from ministack.services import lambda_svc, stepfunctions  # type: ignore[import-not-found]

from engine.emulator.grants import may

_role: ContextVar[str] = ContextVar("state_machine_role", default="")


class Workflows:
    """Replaces how executions invoke functions, and how long they wait before a retry."""

    def __init__(self) -> None:
        self._run = stepfunctions._run_execution
        self._call = stepfunctions._call_lambda
        self._retrier = stepfunctions._find_matching_retrier

    def install(self) -> None:
        """Put these in the place of the emulator's functions."""
        stepfunctions._run_execution = self.run
        stepfunctions._call_lambda = self.call
        stepfunctions._find_matching_retrier = self.retrier

    def run(self, execution_arn: str) -> None:
        """Run an execution, which knows its role."""
        execution = stepfunctions._executions.get(execution_arn) or {}
        machine = stepfunctions._state_machines.get(execution.get("stateMachineArn", "")) or {}
        _role.set(machine.get("roleArn", ""))
        self._run(execution_arn)

    def call(self, reference: str, event: Any) -> Any:
        """Invoke a function if the role may; an error by AWS's name if not."""
        _, config, name = lambda_svc._get_func_record_for_ref(reference)
        arn = config["FunctionArn"] if config else name
        if not may(_role.get(), ("lambda:InvokeFunction",), arn):
            cause = f"{_role.get()} is not authorized to perform: lambda:InvokeFunction on {arn}"
            raise stepfunctions._ExecutionError("Lambda.AWSLambdaException", cause)
        return self._call(reference, event)

    def retrier(
        self, retriers: list[dict[str, Any]], error: str, counts: dict[int, int]
    ) -> tuple[dict[str, Any] | None, int]:
        """Return the retrier that matches, its interval the one that is due now."""
        found, index = self._retrier(retriers, error, counts)
        if found is None:
            return None, index
        seconds = pause(found, counts.get(index, 0))
        return {**found, "IntervalSeconds": seconds, "BackoffRate": 1}, index


def pause(retrier: dict[str, Any], count: int) -> float:
    """Return the seconds before a retry: growing, at most `MaxDelaySeconds`, drawn if jittered."""
    seconds = retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** count
    seconds = min(seconds, retrier.get("MaxDelaySeconds", seconds))
    if retrier.get("JitterStrategy") == "FULL":
        return random.uniform(0, seconds)  # noqa: S311 - no secret
    return float(seconds)
