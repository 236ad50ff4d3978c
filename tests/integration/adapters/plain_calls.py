"""The fast client as botocore's clients look, so that one test asks both the same.

Requests and answers of AWS's JSON protocol are on the wire as botocore shows them.
"""

from __future__ import annotations

import base64
from contextlib import suppress
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from adapters.aws.fast.client import FastClient
from adapters.aws.fast.errors import Refused
from adapters.aws.fast.json_protocol import JsonService, json_refusal

_anything = msgspec.json.Decoder(dict[str, Any])


class PlainCalls:
    """Any operation of one service with JSON."""

    def __init__(self, client: FastClient, service: str, *, target: str) -> None:
        opened = client.open(service, refusal=json_refusal)
        is_sqs = service == "sqs"
        self._service = JsonService(opened, target=target, version="1.0", query_errors=is_sqs)

    def __getattr__(self, method: str) -> Any:
        operation = "".join(part.title() for part in method.split("_"))

        async def call(**request: Any) -> dict[str, Any]:
            try:
                answer = await self._service.call(operation, request, _anything)
            except Refused as refused:
                raise _as_botocore(refused, operation) from refused
            for message in answer.get("Messages", ()):
                for attribute in message.get("MessageAttributes", {}).values():
                    if "BinaryValue" in attribute:
                        attribute["BinaryValue"] = base64.b64decode(attribute["BinaryValue"])
            return answer

        return call


def _as_botocore(refused: Refused, operation: str) -> ClientError:
    told: Any = {}
    with suppress(msgspec.DecodeError):
        told = _anything.decode(refused.body)
    told["Error"] = {"Code": refused.code, "Message": refused.message}
    return ClientError(told, operation)
