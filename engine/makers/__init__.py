"""One maker per resource type; a type that is not here is an error."""

from __future__ import annotations

from collections.abc import Mapping

from engine.makers import (
    apigateway,
    containers,
    dynamodb,
    event_sources,
    functions,
    iam,
    messaging,
    network,
    usage_plans,
    workflows,
)
from engine.makers.context import Maker

MAKERS: Mapping[str, Maker] = {
    **apigateway.MAKERS,
    **containers.MAKERS,
    **dynamodb.MAKERS,
    **event_sources.MAKERS,
    **functions.MAKERS,
    **iam.MAKERS,
    **messaging.MAKERS,
    **network.MAKERS,
    **usage_plans.MAKERS,
    **workflows.MAKERS,
}
