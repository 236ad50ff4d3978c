"""Log groups are real on the emulator; alarms and dashboards are names (it evaluates neither)."""

from __future__ import annotations

from engine.makers.context import Made, Maker, Resource, World, physical_name


def _log_group(world: World, resource: Resource) -> Made:
    inputs = resource.inputs
    name = physical_name(resource.name, inputs)
    world.clients.logs.create_log_group(logGroupName=name, tags=inputs.get("tags") or {})
    if inputs.get("retentionInDays"):
        world.clients.logs.put_retention_policy(
            logGroupName=name, retentionInDays=inputs["retentionInDays"]
        )
    return Made(name, {"arn": world.arn("logs", f"log-group:{name}"), "name": name})


def _alarm(world: World, resource: Resource) -> Made:
    name = physical_name(resource.name, resource.inputs)
    return Made(name, {"arn": world.arn("cloudwatch", f"alarm:{name}"), "name": name})


def _dashboard(world: World, resource: Resource) -> Made:
    name = str(resource.inputs["dashboardName"])
    arn = f"arn:aws:cloudwatch::{world.account_id}:dashboard/{name}"
    return Made(name, {"dashboardArn": arn})


MAKERS: dict[str, Maker] = {
    "aws:cloudwatch/logGroup:LogGroup": _log_group,
    "aws:cloudwatch/metricAlarm:MetricAlarm": _alarm,
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": _alarm,
    "aws:cloudwatch/dashboard:Dashboard": _dashboard,
}
