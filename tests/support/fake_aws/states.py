"""The Step Functions client's start_execution, over executions that are remembered."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from tests.support.fake_aws.refusals import only_these, refusal
from tests.support.fake_aws.wire import Wire


class FakeStates:
    """One process's client; `executions` has the input of each by its name."""

    def __init__(self, executions: MutableMapping[str, str], wire: Wire) -> None:
        self._executions = executions
        self._wire = wire

    async def start_execution(self, **request: Any) -> dict[str, Any]:
        """Start an execution; a name that was used before is refused."""

        async def act() -> dict[str, Any]:
            only_these("StartExecution", request, {"stateMachineArn", "name", "input"})
            name = request["name"]
            if name in self._executions:
                raise refusal("ExecutionAlreadyExists", f"Execution Already Exists: {name}")
            self._executions[name] = request["input"]
            return {"executionArn": f"{request['stateMachineArn']}:{name}", "startDate": 0}

        return await self._wire.carry("StartExecution", act)
