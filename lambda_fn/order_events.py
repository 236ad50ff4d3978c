"""The Lambda handler behind the topic: fulfils the order of each SNS record.

Raising makes Lambda try the event again and, after its last retry, keep it in the failure queue:
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
Settled orders of the same event are recognised then and cost one read.
"""

from __future__ import annotations

import atexit
import os
from functools import cache
from typing import Any

from adapters.aws.clients import new_session
from adapters.aws.models import load_models
from kit.logging import configure_logging
from lambda_fn.settings import settings_from
from lambda_fn.worker import Worker

# Part of the import, as code is: an environment's start runs at a full vCPU whatever its memory,
# its first invocation does not, and a fork of this process shares what was parsed.
load_models("dynamodb")
_SESSION = new_session()


@cache
def _worker() -> Worker:
    """Return the environment's worker, made at the first invocation: nothing is open before."""
    settings = settings_from(os.environ)
    configure_logging("function", settings.log_level)
    worker = Worker(settings, _SESSION)
    atexit.register(worker.close)
    return worker


def handler(event: dict[str, Any], _context: object) -> dict[str, int]:
    """Settle the orders that the event's records announce; return how many there were.

    An event of SNS has one record, and Lambda's record of a failure says what was raised here: by
    that an operator chooses what to redrive.

    Raises:
        Exception: what the record that failed raised.
        ExceptionGroup: what several records raised.
    """
    messages = [record["Sns"]["Message"] for record in event["Records"]]
    _worker().fulfil(messages)
    return {"orders": len(messages)}
