"""The Lambda handler behind the topic: fulfils the order of each SNS record.

Raising makes Lambda try the event again and, after its last retry, keep it in the failure queue:
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
Settled orders of the same event are recognised then and cost one read.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from adapters.aws.fast.tls import trust
from kit.environment import Environment
from lambda_fn.settings import fulfilment_settings
from lambda_fn.worker import Worker

# Read with the import, as code is: an environment's start runs at a full vCPU whatever its memory,
# its first invocation does not.
trust({}, amazon_only=True)


@cache
def _worker() -> Worker:
    """Return the environment's worker, made at the first invocation: nothing is open before."""
    variables = os.environ
    return Worker(fulfilment_settings(Environment(variables)), variables)


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
