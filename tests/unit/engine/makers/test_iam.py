from __future__ import annotations

import json
from typing import Any

import pytest

from engine.makers.iam import ALIASES, with_aliases


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def actions(document: str) -> list[list[str]]:
    return [statement["Action"] for statement in json.loads(with_aliases(document))["Statement"]]


def allow(*names: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(names), "Resource": "arn:aws:sns:::t"}


@pytest.mark.parametrize("alias", ALIASES, ids=lambda alias: alias.emulator_action)
def test_the_emulators_name_is_granted_beside_the_real_one(alias: Any) -> None:
    assert actions(policy(allow(alias.granted_by))) == [[alias.granted_by, alias.emulator_action]]
    assert alias.reason


def test_the_alias_goes_into_the_same_statement_so_that_it_goes_away_with_it() -> None:
    kept, granted = json.loads(
        with_aliases(policy(allow("sqs:GetQueueAttributes"), allow("sns:Publish")))
    )["Statement"]
    assert kept == allow("sqs:GetQueueAttributes")
    assert granted == allow("sns:Publish", "sns:PublishBatch")


def test_a_policy_without_the_real_action_gets_no_alias() -> None:
    document = policy(allow("dynamodb:GetItem", "sqs:ReceiveMessage"))
    assert json.loads(with_aliases(document)) == json.loads(document)


def test_a_denied_action_is_denied_under_the_emulators_name_too() -> None:
    denied = {**allow("sns:Publish"), "Effect": "Deny"}
    assert actions(policy(denied)) == [["sns:Publish", "sns:PublishBatch"]]


def test_single_statements_single_actions_and_other_cases_are_understood() -> None:
    single = json.dumps({"Statement": {**allow(), "Action": "SNS:publish"}})
    assert actions(single) == [["SNS:publish", "sns:PublishBatch"]]


def test_a_statement_of_not_actions_stays_as_it_is() -> None:
    statement = {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}
    assert json.loads(with_aliases(policy(statement)))["Statement"] == [statement]
