from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from engine.deployment import Deployment
from engine.emulator.server import Credentials
from engine.runtime.processes import EngineError
from terminal.errors import UserError
from tests.integration.engine.conftest import Deploy
from tests.integration.engine.leftovers import files_but_logs, processes_of
from tests.support.emulator import RunningEmulator

pytestmark = pytest.mark.integration


def received(deployment: Deployment, queue: str) -> list[str]:
    answer = deployment.client("sqs").receive_message(QueueUrl=deployment.outputs[queue])
    return [message["Body"] for message in answer.get("Messages", [])]


def publisher(deployment: Deployment, service: str) -> Any:
    emulator = RunningEmulator(deployment.endpoint_url, Credentials("test", "test"))
    keys = emulator.assume(deployment.outputs["role_arn"])
    return emulator.client(service, keys)


def test_outputs_are_the_providers_and_absent_ones_are_left_out(small: Deploy) -> None:
    with small("messaging") as deployment:
        assert deployment.outputs["topic_arn"].startswith(
            "arn:aws:sns:us-west-2:123456789012:news-"
        )
        assert deployment.outputs["open_url"].startswith(deployment.endpoint_url)
        assert "absent" not in deployment.outputs
        assert deployment.config["kind"] == "messaging"


def test_tables_are_real_with_index_recovery_and_seed(small: Deploy) -> None:
    with small("messaging") as deployment:
        client = deployment.client("dynamodb")
        name = deployment.outputs["table"]
        found = client.query(
            TableName=name,
            IndexName="by-status",
            KeyConditionExpression="#s = :new",
            ExpressionAttributeNames={"#s": "status"},
            ExpressionAttributeValues={":new": {"S": "NEW"}},
        )
        assert found["Items"] == [{"id": {"S": "first"}, "status": {"S": "NEW"}}]
        backups = client.describe_continuous_backups(TableName=name)
        recovery = backups["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
        assert recovery["PointInTimeRecoveryStatus"] == "ENABLED"


def test_only_the_queue_whose_policy_admits_the_topic_gets_its_messages(small: Deploy) -> None:
    with small("messaging") as deployment:
        topic = deployment.outputs["topic_arn"]
        deployment.client("sns").publish(TopicArn=topic, Message="hello")
        assert received(deployment, "open_url") == ["hello"]
        assert received(deployment, "shut_url") == []


def test_a_role_may_do_what_its_policies_say_in_batches_too_and_nothing_else(
    small: Deploy,
) -> None:
    with small("messaging") as deployment:
        topic, table = deployment.outputs["topic_arn"], deployment.outputs["table"]
        entries = [{"Id": "1", "Message": "one"}, {"Id": "2", "Message": "two"}]
        sns = publisher(deployment, "sns")
        assert len(sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)) > 0
        with pytest.raises(ClientError, match="sns:Subscribe"):
            sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com")
        dynamodb = publisher(deployment, "dynamodb")
        insert = f"INSERT INTO \"{table}\" VALUE {{'id': ?}}"
        statement = {"Statement": insert, "Parameters": [{"S": "1"}]}
        dynamodb.batch_execute_statement(Statements=[statement])
        elsewhere = {**statement, "Statement": insert.replace(table, "another-table")}
        with pytest.raises(ClientError, match="dynamodb:PartiQLInsert"):
            dynamodb.batch_execute_statement(Statements=[elsewhere])
        with pytest.raises(ClientError, match="dynamodb:GetItem"):
            dynamodb.get_item(TableName=table, Key={"id": {"S": "1"}})
        update = f'UPDATE "{table}" SET a=1 WHERE id=?'  # noqa: S608 - PartiQL
        with pytest.raises(ClientError, match="dynamodb:PartiQLUpdate"):
            dynamodb.execute_statement(Statement=update, Parameters=[{"S": "1"}])


def test_without_the_real_action_its_alias_is_gone_as_well(small: Deploy) -> None:
    with small("messaging") as deployment:
        iam = deployment.client("iam")
        role = deployment.outputs["role_arn"].rpartition("/")[2]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            policy = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            if "sns:Publish" in json.dumps(policy):
                iam.delete_role_policy(RoleName=role, PolicyName=name)
        entries = [{"Id": "1", "Message": "one"}]
        with pytest.raises(ClientError, match="sns:PublishBatch"):
            publisher(deployment, "sns").publish_batch(
                TopicArn=deployment.outputs["topic_arn"], PublishBatchRequestEntries=entries
            )


def test_one_process_deploys_again_and_again_with_nothing_left_of_the_last(
    small: Deploy, run_dir: Path
) -> None:
    topics = []
    for _ in range(3):
        with small("messaging") as deployment:
            topics.append(deployment.outputs["topic_arn"])
            listed = deployment.client("sns").list_topics()["Topics"]
            assert [each["TopicArn"] for each in listed] == topics[-1:]
    assert len(set(topics)) == 3
    assert processes_of(run_dir) == []
    assert files_but_logs(run_dir) == []


def test_the_users_aws_setup_does_not_reach_the_deployment(
    small: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAUSER")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with small("messaging") as deployment:
        assert deployment.client("sqs").list_queues()["QueueUrls"]


def test_an_unknown_type_fails_the_run_in_one_line_with_the_log(
    small: Deploy, run_dir: Path
) -> None:
    with (
        pytest.raises(EngineError, match=r"^aws:ssm/\S+ 'parameter': .*program\.log$") as failure,
        small("unknown"),
    ):
        pytest.fail("it came up")
    assert "\n" not in str(failure.value)
    assert processes_of(run_dir) == []
    assert files_but_logs(run_dir) == []


def test_what_the_program_refuses_is_told_in_its_own_words(small: Deploy) -> None:
    with pytest.raises(UserError) as failure, small("refusing"):
        pytest.fail("it came up")
    assert str(failure.value) == "small:kind = refusing: is not wanted; choose another one"


def test_a_mistake_in_the_program_is_told_with_its_place(small: Deploy) -> None:
    with (
        pytest.raises(EngineError, match=r"stacks\.py:\d+: KeyError: 'missing'; log: "),
        small("crashing"),
    ):
        pytest.fail("it came up")
