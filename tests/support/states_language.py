"""Walks a state machine as Step Functions does, as far as the order workflow needs it.

https://states-language.net/spec.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any

from tests.support.fake_aws.wire import ProcessCrash

State = dict[str, Any]
Task = Callable[[State], Awaitable[State]]
Edge = tuple[str, str]


class ExecutionFailed(Exception):
    """The execution ended with an error that nobody caught."""


def edges(definition: Mapping[str, Any]) -> Iterator[Edge]:
    """Yield every way from one state to another."""
    for name, state in definition["States"].items():
        following = [state.get("Next"), state.get("Default")]
        following += [each["Next"] for each in state.get("Choices", [])]
        following += [each["Next"] for each in state.get("Catch", [])]
        yield from ((name, each) for each in following if each)


class Execution:
    """One execution; `before` is called at the entry of a state, and may change the world."""

    def __init__(
        self,
        definition: Mapping[str, Any],
        tasks: Mapping[str, Task],
        name: str,
        before: Callable[[str], None] = lambda _state: None,
    ) -> None:
        self.walked: list[Edge] = []
        self._definition = definition
        self._tasks = tasks
        self._name = name
        self._before = before

    async def run(self, state: State) -> State:
        """Return the output.

        Raises:
            ExecutionFailed: with the error's name.
        """
        name = self._definition["StartAt"]
        while True:
            self._before(name)
            described = self._definition["States"][name]
            if described["Type"] == "Succeed":
                return state
            if described["Type"] == "Choice":
                following = _chosen(described, state)
            else:
                state, following = await self._task(described, state)
            self.walked.append((name, following))
            name = following

    async def _task(self, described: Mapping[str, Any], state: State) -> tuple[State, str]:
        parameters = described["Parameters"]
        task = self._tasks[parameters["FunctionName"]]
        retries: dict[int, int] = {}
        while True:
            try:
                return await task(self._payload(parameters, state)), described["Next"]
            except (Exception, ProcessCrash) as raised:  # noqa: BLE001 - each has a name there
                crashed = isinstance(raised, ProcessCrash)
                error = "Lambda.Unknown" if crashed else type(raised).__name__
            wait = _retry(described["Retry"], error, retries)
            if wait is not None:
                await asyncio.sleep(wait)
                continue
            for catcher in described.get("Catch", []):
                if _matches(catcher, error):
                    return {**state, "error": {"Error": error}}, catcher["Next"]
            raise ExecutionFailed(error)

    def _payload(self, parameters: Mapping[str, Any], state: State) -> State:
        if "Payload.$" in parameters:
            return dict(state)
        known = {"$.order_id": state["order_id"], "$$.Execution.Name": self._name}
        return {key.removesuffix(".$"): known[path] for key, path in parameters["Payload"].items()}


def _chosen(described: Mapping[str, Any], state: State) -> str:
    for rule in described["Choices"]:
        if _holds(rule, state):
            return str(rule["Next"])
    return str(described["Default"])


def _holds(rule: Mapping[str, Any], state: State) -> bool:
    if "Not" in rule:
        return not _holds(rule["Not"], state)
    value = state[rule["Variable"].removeprefix("$.")]
    if "IsString" in rule:
        return isinstance(value, str) is bool(rule["IsString"])
    return bool(value == rule["StringEquals"])


def _retry(retriers: list[Mapping[str, Any]], error: str, counts: dict[int, int]) -> float | None:
    """Return the seconds before the next try, without jitter; None when there is none."""
    for index, retrier in enumerate(retriers):
        if _matches(retrier, error):
            count = counts.get(index, 0)
            if count >= retrier.get("MaxAttempts", 3):
                return None
            counts[index] = count + 1
            seconds = float(retrier["IntervalSeconds"] * retrier["BackoffRate"] ** count)
            return min(seconds, float(retrier["MaxDelaySeconds"]))
    return None


def _matches(rule: Mapping[str, Any], error: str) -> bool:
    return error in rule["ErrorEquals"] or "States.ALL" in rule["ErrorEquals"]
