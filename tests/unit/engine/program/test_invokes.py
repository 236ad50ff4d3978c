from __future__ import annotations

import json
from typing import Any, cast

from engine.makers.context import World
from engine.program.invokes import INVOKES


class FakeWorld:
    account_id = "123456789012"
    region = "eu-west-1"


def call(token: str, **args: Any) -> Any:
    return INVOKES[token](cast("World", FakeWorld()), args)


def test_the_account_and_region_are_the_emulators() -> None:
    identity = call("aws:index/getCallerIdentity:getCallerIdentity")
    assert identity["accountId"] == "123456789012"
    assert call("aws:index/getRegion:getRegion")["name"] == "eu-west-1"
    zones = call("aws:index/getAvailabilityZones:getAvailabilityZones")["names"]
    assert zones[:2] == ["eu-west-1a", "eu-west-1b"]


def test_the_registry_token_names_the_accounts_registry() -> None:
    token = call("aws:ecr/getAuthorizationToken:getAuthorizationToken")
    assert token["proxyEndpoint"] == "https://123456789012.dkr.ecr.eu-west-1.amazonaws.com"
    assert token["userName"] == "AWS"


def test_a_policy_document_is_written_as_iam_reads_it() -> None:
    made = call(
        "aws:iam/getPolicyDocument:getPolicyDocument",
        statements=[
            {
                "sid": "Send",
                "actions": ["sqs:SendMessage"],
                "resources": ["arn:q"],
                "principals": [{"type": "Service", "identifiers": ["sns.amazonaws.com"]}],
                "conditions": [
                    {"test": "ArnEquals", "variable": "aws:SourceArn", "values": ["arn:t"]}
                ],
            },
            {"effect": "Deny", "notActions": ["sqs:*"], "notResources": ["arn:q"]},
        ],
    )
    assert json.loads(made["json"])["Statement"] == [
        {
            "Effect": "Allow",
            "Sid": "Send",
            "Action": ["sqs:SendMessage"],
            "Resource": ["arn:q"],
            "Principal": {"Service": ["sns.amazonaws.com"]},
            "Condition": {"ArnEquals": {"aws:SourceArn": ["arn:t"]}},
        },
        {"Effect": "Deny", "NotAction": ["sqs:*"], "NotResource": ["arn:q"]},
    ]
