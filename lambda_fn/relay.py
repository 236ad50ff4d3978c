"""The Lambda handler behind the stream of the orders table: passes on what is written there.

A new order becomes work in the queue, one that settled a notification. Records that could not be
passed on are told to Lambda, which goes on from the first of them; what no try can read is set
aside, so that it holds up nobody.
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from adapters.aws.fast.tls import trust
from kit.environment import Environment
from lambda_fn.outbox import Outbox
from lambda_fn.settings import relay_settings

# Read with the import, as code is: an environment's start runs at a full vCPU whatever its memory.
trust({}, amazon_only=True)


@cache
def _outbox() -> Outbox:
    variables = os.environ
    return Outbox(relay_settings(Environment(variables)), variables)


def handler(event: dict[str, Any], _context: object) -> dict[str, list[dict[str, str]]]:
    """Pass the event's records on; return those that were not, by their sequence numbers."""
    failed = _outbox().pass_on(event["Records"])
    return {"batchItemFailures": [{"itemIdentifier": number} for number in failed]}
