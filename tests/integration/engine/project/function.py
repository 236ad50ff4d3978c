"""A handler that does what its event says."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import words  # type: ignore[import-not-found]

AT_IMPORT = dict(os.environ)
invocations = iter(range(1, 1_000_000))


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    number = next(invocations)
    began = time.time()
    asked = event
    if "Records" in event:
        asked = json.loads(event["Records"][0]["Sns"]["Message"])
    sys.stdout.write(json.dumps({"event": "invoked", "asked": asked}) + "\n")
    if "sleep" in asked:
        time.sleep(asked["sleep"])
    if "raise" in asked:
        raise ValueError(asked["raise"])
    if "exit" in asked:
        os._exit(asked["exit"])
    return {
        "began": began,
        "ended": time.time(),
        "pid": os.getpid(),
        "invocations": number,
        "greeting": words.GREETING,
        "environment": dict(os.environ),
        "at_import": AT_IMPORT,
        "path": sys.path,
        "request_id": context.aws_request_id,
        "arn": context.invoked_function_arn,
        "remaining_ms": context.get_remaining_time_in_millis(),
    }
