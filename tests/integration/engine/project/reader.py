"""A handler of a stream and of a REST API that does what its records and requests say."""

from __future__ import annotations

import json
import sys
import time
from typing import Any


def handler(event: dict[str, Any], _context: object) -> Any:
    if "requestContext" in event:
        return answer(json.loads(event["body"]))
    return read(event["Records"])


def answer(asked: dict[str, Any]) -> Any:
    if "sleep" in asked:
        time.sleep(asked["sleep"])
    if "raise" in asked:
        raise ValueError(asked["raise"])
    return asked.get("answer")


def read(records: list[dict[str, Any]]) -> dict[str, Any]:
    wanted = [record["dynamodb"]["NewImage"] for record in records]
    say("batch", [item["id"]["S"] for item in wanted])
    if any("raise" in item for item in wanted):
        raise ValueError("as the item says")
    failed = [
        record["dynamodb"]["SequenceNumber"]
        for record in records
        if "fail" in record["dynamodb"]["NewImage"]
    ]
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}


def say(event: str, ids: list[str]) -> None:
    sys.stdout.write(json.dumps({"event": event, "ids": ids}) + "\n")
