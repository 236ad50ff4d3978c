"""DynamoDB tables and their seeded items: real on the emulator."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from engine.makers.context import Context, Made, Maker, Resource, each, physical_name, tags_of


def _table(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    name = physical_name(resource.name, inputs)
    client = context.clients.dynamodb
    client.create_table(**_description(name, resource))
    client.get_waiter("table_exists").wait(
        TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    _switch_on(context, name, inputs)
    table = client.describe_table(TableName=name)["Table"]
    return Made(
        name,
        {
            "arn": table["TableArn"],
            "name": name,
            "streamArn": table.get("LatestStreamArn", ""),
            "streamLabel": table.get("LatestStreamLabel", ""),
        },
    )


def _description(name: str, resource: Resource) -> dict[str, Any]:
    """The arguments of CreateTable."""
    inputs = resource.inputs
    request: dict[str, Any] = {
        "TableName": name,
        "AttributeDefinitions": [
            {"AttributeName": one["name"], "AttributeType": one["type"]}
            for one in each(inputs.get("attributes"))
        ],
        "KeySchema": _key_schema(inputs),
        "BillingMode": inputs.get("billingMode", "PROVISIONED"),
        "DeletionProtectionEnabled": bool(inputs.get("deletionProtectionEnabled")),
        "Tags": tags_of(resource),
    }
    if request["BillingMode"] == "PROVISIONED":
        request["ProvisionedThroughput"] = _throughput(inputs)
    if inputs.get("globalSecondaryIndexes"):
        request["GlobalSecondaryIndexes"] = [
            _index(one, provisioned=request["BillingMode"] == "PROVISIONED")
            for one in inputs["globalSecondaryIndexes"]
        ]
    if inputs.get("streamEnabled"):
        request["StreamSpecification"] = {
            "StreamEnabled": True,
            "StreamViewType": inputs["streamViewType"],
        }
    if (inputs.get("serverSideEncryption") or {}).get("enabled"):
        request["SSESpecification"] = {"Enabled": True, "SSEType": "KMS"}
    return request


def _key_schema(inputs: Mapping[str, Any]) -> list[dict[str, str]]:
    listed = inputs.get("keySchemas")
    if listed:
        return [{"AttributeName": k["attributeName"], "KeyType": k["keyType"]} for k in listed]
    schema = [{"AttributeName": inputs["hashKey"], "KeyType": "HASH"}]
    if inputs.get("rangeKey"):
        schema.append({"AttributeName": inputs["rangeKey"], "KeyType": "RANGE"})
    return schema


def _index(index: Mapping[str, Any], *, provisioned: bool) -> dict[str, Any]:
    projection: dict[str, Any] = {"ProjectionType": index["projectionType"]}
    if index.get("nonKeyAttributes"):
        projection["NonKeyAttributes"] = index["nonKeyAttributes"]
    made = {
        "IndexName": index["name"],
        "KeySchema": _key_schema(index),
        "Projection": projection,
    }
    if provisioned:
        made["ProvisionedThroughput"] = _throughput(index)
    return made


def _throughput(inputs: Mapping[str, Any]) -> dict[str, int]:
    return {
        "ReadCapacityUnits": inputs.get("readCapacity") or 1,
        "WriteCapacityUnits": inputs.get("writeCapacity") or 1,
    }


def _switch_on(context: Context, name: str, inputs: Mapping[str, Any]) -> None:
    """What CreateTable cannot set: expiry and point-in-time recovery."""
    client = context.clients.dynamodb
    expiry = inputs.get("ttl") or {}
    if expiry.get("enabled"):
        client.update_time_to_live(
            TableName=name,
            TimeToLiveSpecification={"Enabled": True, "AttributeName": expiry["attributeName"]},
        )
    if (inputs.get("pointInTimeRecovery") or {}).get("enabled"):
        client.update_continuous_backups(
            TableName=name,
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
        )


def _item(context: Context, resource: Resource) -> Made:
    inputs = resource.inputs
    item = json.loads(inputs["item"])
    context.clients.dynamodb.put_item(TableName=inputs["tableName"], Item=item)
    keys = [inputs["hashKey"], *([inputs["rangeKey"]] if inputs.get("rangeKey") else [])]
    values = [f"{key}|{next(iter(item[key].values()))}" for key in keys]
    return Made("|".join([str(inputs["tableName"]), *values]), {})


MAKERS: dict[str, Maker] = {
    "aws:dynamodb/table:Table": _table,
    "aws:dynamodb/tableItem:TableItem": _item,
}
