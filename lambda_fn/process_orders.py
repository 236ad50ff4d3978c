"""The Lambda handler behind the queue: fulfils the orders of a batch concurrently.

What is not settled is told to Lambda by message, and comes again when its visibility ends:
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from adapters.aws.fast.tls import trust
from kit.environment import Environment
from lambda_fn.order_batch import OrderBatches
from lambda_fn.settings import queue_settings

# Read with the import, as code is: an environment's start runs at a full vCPU whatever its memory.
trust({}, amazon_only=True)


@cache
def _batches() -> OrderBatches:
    variables = os.environ
    return OrderBatches(queue_settings(Environment(variables)), variables)


def handler(event: dict[str, Any], context: Any) -> dict[str, list[dict[str, str]]]:
    """Settle the orders of the event's messages; return the messages whose orders were not."""
    seconds = context.get_remaining_time_in_millis() / 1000
    unsettled = _batches().fulfil(event["Records"], seconds)
    return {"batchItemFailures": [{"itemIdentifier": message} for message in unsettled]}
