"""Starting executions of Step Functions, typed.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
"""

from __future__ import annotations

from typing import Any

import msgspec

from adapters.aws.fast.client import FastClient
from adapters.aws.fast.errors import Refused
from adapters.aws.fast.json_protocol import JsonService, json_refusal
from adapters.aws.fast.retries import DEFAULT_POLICY, RetryPolicy

EXISTS = "ExecutionAlreadyExists"

_plain = msgspec.json.Decoder(dict[str, Any])


def open_states(client: FastClient, *, policy: RetryPolicy = DEFAULT_POLICY) -> States:
    """Open Step Functions; it closes with the client."""
    service = client.open("states", refusal=json_refusal, policy=policy)
    return States(JsonService(service, target="AWSStepFunctions", version="1.0"))


class States:
    """Every operation raises `Refused`, `NoAnswer` and `NoCredentials` as `JsonService.call`."""

    def __init__(self, service: JsonService) -> None:
        self._service = service

    async def start_execution(self, state_machine_arn: str, name: str, text: str) -> bool:
        """Start an execution of this name with a JSON text; False when there was one before.

        A name is taken for 90 days after its execution has ended.
        """
        request = {"stateMachineArn": state_machine_arn, "name": name, "input": text}
        try:
            await self._service.call("StartExecution", request, _plain)
        except Refused as refused:
            if refused.code != EXISTS:
                raise
            return False
        return True
