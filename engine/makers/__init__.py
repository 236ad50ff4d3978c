"""One maker per resource type; a type that is not here is an error."""

from __future__ import annotations

from collections.abc import Mapping

from engine.makers import (
    containers,
    dynamodb,
    functions,
    iam,
    messaging,
    network,
)
from engine.makers.context import Maker

MAKERS: Mapping[str, Maker] = {
    **containers.MAKERS,
    **dynamodb.MAKERS,
    **functions.MAKERS,
    **iam.MAKERS,
    **messaging.MAKERS,
    **network.MAKERS,
}
