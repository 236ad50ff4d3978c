"""The Lambda handler of the workflow's state `DecideFailure`: makes it durable."""

from __future__ import annotations

import os
from functools import cache

from adapters.aws.fast.tls import trust
from kit.environment import Environment
from lambda_fn.settings import fulfilment_settings
from lambda_fn.workflow import State, Workflow, decide_failure

# Read with the import, as code is: an environment's start runs at a full vCPU whatever its memory.
trust({}, amazon_only=True)


@cache
def _workflow() -> Workflow:
    variables = os.environ
    return Workflow(fulfilment_settings(Environment(variables)), variables)


def handler(state: State, _context: object) -> State:
    """Do the step."""
    return _workflow().run(decide_failure, state)
