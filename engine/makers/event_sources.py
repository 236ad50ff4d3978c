"""Event source mappings: what polls a queue or a stream for a function, real on the emulator."""

from __future__ import annotations

from typing import Any

from engine.makers.context import Context, Made, Maker, Resource, each, given


def _mapping(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    request: dict[str, Any] = {
        "EventSourceArn": inputs["eventSourceArn"],
        "FunctionName": inputs["functionName"],
        "FunctionResponseTypes": list(each(inputs.get("functionResponseTypes"))),
        **given(
            inputs,
            (),
            batchSize="BatchSize",
            bisectBatchOnFunctionError="BisectBatchOnFunctionError",
            enabled="Enabled",
            maximumBatchingWindowInSeconds="MaximumBatchingWindowInSeconds",
            maximumRecordAgeInSeconds="MaximumRecordAgeInSeconds",
            maximumRetryAttempts="MaximumRetryAttempts",
            parallelizationFactor="ParallelizationFactor",
            startingPosition="StartingPosition",
        ),
    }
    filters = each((inputs.get("filterCriteria") or {}).get("filters"))
    if filters:
        request["FilterCriteria"] = {"Filters": [{"Pattern": one["pattern"]} for one in filters]}
    most = (inputs.get("scalingConfig") or {}).get("maximumConcurrency")
    if most:
        request["ScalingConfig"] = {"MaximumConcurrency": most}
    failure = ((inputs.get("destinationConfig") or {}).get("onFailure") or {}).get("destinationArn")
    if failure:
        request["DestinationConfig"] = {"OnFailure": {"Destination": failure}}
    made = context.clients.functions.create_event_source_mapping(**request)
    return Made(
        made["UUID"],
        {"uuid": made["UUID"], "functionArn": made["FunctionArn"], "state": made["State"]},
    )


MAKERS: dict[str, Maker] = {
    "aws:lambda/eventSourceMapping:EventSourceMapping": _mapping,
}
