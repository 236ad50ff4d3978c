"""What the AWS provider's functions answer on this account."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from engine.makers.context import Invoke, World, each


def _caller_identity(world: World, _args: Mapping[str, Any]) -> Mapping[str, Any]:
    account = world.account_id
    return {
        "id": account,
        "accountId": account,
        "arn": f"arn:aws:iam::{account}:root",
        "userId": account,
    }


def _region(world: World, _args: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"id": world.region, "name": world.region, "region": world.region}


def _partition(_world: World, _args: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"id": "aws", "partition": "aws", "dnsSuffix": "amazonaws.com"}


def _availability_zones(world: World, _args: Mapping[str, Any]) -> Mapping[str, Any]:
    names = [f"{world.region}{letter}" for letter in "abc"]
    return {"id": world.region, "names": names, "zoneIds": [f"usw2-az{n}" for n in (1, 2, 3)]}


def _authorization_token(world: World, _args: Mapping[str, Any]) -> Mapping[str, Any]:
    registry = f"https://{world.account_id}.dkr.ecr.{world.region}.amazonaws.com"
    token = base64.b64encode(b"AWS:no-registry-in-the-lab").decode()
    return {
        "id": world.region,
        "authorizationToken": token,
        "expiresAt": "2100-01-01T00:00:00Z",
        "password": "no-registry-in-the-lab",
        "proxyEndpoint": registry,
        "userName": "AWS",
    }


def _policy_document(_world: World, args: Mapping[str, Any]) -> Mapping[str, Any]:
    statements = [_statement(one) for one in each(args.get("statements"))]
    document = {"Version": args.get("version") or "2012-10-17", "Statement": statements}
    text = json.dumps(document)
    return {"id": "document", "json": text, "minifiedJson": text}


def _statement(args: Mapping[str, Any]) -> dict[str, Any]:
    statement: dict[str, Any] = {"Effect": args.get("effect") or "Allow"}
    if args.get("sid"):
        statement["Sid"] = args["sid"]
    for key, name in (
        ("actions", "Action"),
        ("notActions", "NotAction"),
        ("resources", "Resource"),
        ("notResources", "NotResource"),
    ):
        if args.get(key):
            statement[name] = list(args[key])
    principals: dict[str, list[str]] = {}
    for principal in each(args.get("principals")):
        principals.setdefault(principal["type"], []).extend(principal["identifiers"])
    if principals:
        statement["Principal"] = principals
    conditions: dict[str, dict[str, list[str]]] = {}
    for condition in each(args.get("conditions")):
        conditions.setdefault(condition["test"], {})[condition["variable"]] = condition["values"]
    if conditions:
        statement["Condition"] = conditions
    return statement


INVOKES: Mapping[str, Invoke] = {
    "aws:index/getAvailabilityZones:getAvailabilityZones": _availability_zones,
    "aws:index/getCallerIdentity:getCallerIdentity": _caller_identity,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getRegion:getRegion": _region,
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": _authorization_token,
    "aws:iam/getPolicyDocument:getPolicyDocument": _policy_document,
}
