"""Each test holds while the emulator differs from AWS: when it fails, the difference may be gone.

Then take the entry out of `engine/differences.py`, and what works round it out of the engine.
"""

from __future__ import annotations

import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from engine.differences import DIFFERENCES
from engine.emulator.installation import interpreter
from engine.emulator.server import Credentials
from engine.makers.iam import ALIASES
from engine.runtime.processes import minimal_environment
from tests.integration.engine.conftest import Deploy
from tests.support.emulator import RunningEmulator

pytestmark = pytest.mark.integration

ENTRIES = [{"Id": "1", "Message": "m"}]


def role_that_may(emulator: RunningEmulator, name: str, *actions: str) -> Credentials:
    """Take on a role with these actions on everything, exactly as written."""
    iam = emulator.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}
    made = iam.create_role(
        RoleName=name,
        AssumeRolePolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{**trust, "Action": "sts:AssumeRole"}]}
        ),
    )
    allow = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    iam.put_role_policy(
        RoleName=name,
        PolicyName="actions",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow]}),
    )
    return emulator.assume(made["Role"]["Arn"])


def queue_with_messages(emulator: RunningEmulator, name: str, count: int) -> tuple[str, list[Any]]:
    sqs = emulator.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    for number in range(count):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return url, received.get("Messages", [])


def said_by_the_emulator_alone(program: str, tmp_path: Path) -> str:
    """Return what a program prints that imports the emulator as it was installed."""
    done = subprocess.run(  # noqa: S603 - the emulator's own interpreter
        [str(interpreter()), "-c", program],
        env=minimal_environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_each_difference_is_told_whole() -> None:
    assert len({each.name for each in DIFFERENCES}) == len(DIFFERENCES)
    assert all(each.emulator and each.aws and each.consequence for each in DIFFERENCES)


def test_batch_actions_ask_for_names_that_aws_does_not_have(
    shared_emulator: RunningEmulator,
) -> None:
    keys = role_that_may(shared_emulator, "real-names", *(alias.granted_by for alias in ALIASES))
    topic = shared_emulator.client("sns").create_topic(Name="batch-names")["TopicArn"]
    url, (message, *_) = queue_with_messages(shared_emulator, "batch-names", 1)
    sns, sqs = shared_emulator.client("sns", keys), shared_emulator.client("sqs", keys)
    handle = {"Id": "1", "ReceiptHandle": message["ReceiptHandle"]}
    sns.publish(TopicArn=topic, Message="m")
    with pytest.raises(ClientError, match="sns:PublishBatch"):
        sns.publish_batch(TopicArn=topic, PublishBatchRequestEntries=ENTRIES)
    with pytest.raises(ClientError, match="sqs:SendMessageBatch"):
        sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "m"}])
    with pytest.raises(ClientError, match="sqs:ChangeMessageVisibilityBatch"):
        sqs.change_message_visibility_batch(
            QueueUrl=url, Entries=[{**handle, "VisibilityTimeout": 9}]
        )
    with pytest.raises(ClientError, match="sqs:DeleteMessageBatch"):
        sqs.delete_message_batch(QueueUrl=url, Entries=[handle])


def test_the_emulator_alone_does_not_take_partiql_statements_apart(tmp_path: Path) -> None:
    program = (
        "from ministack.core.iam_actions import dynamodb_transaction_checks as checks; import json;"
        "body = json.dumps({'Statement': 'INSERT INTO orders VALUE {}'}).encode();"
        "print(checks('dynamodb:ExecuteStatement', body, 'us-west-2', '123456789012'))"
    )
    assert said_by_the_emulator_alone(program, tmp_path) == "[]"


def test_transactions_on_one_item_never_meet(shared_emulator: RunningEmulator) -> None:
    dynamodb = shared_emulator.client("dynamodb")
    dynamodb.create_table(
        TableName="meeting",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName="meeting", Item={"id": {"S": "hot"}, "stock": {"N": "1000"}})
    take_one = {
        "TableName": "meeting",
        "Key": {"id": {"S": "hot"}},
        "UpdateExpression": "SET stock = stock - :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    with ThreadPoolExecutor(8) as pool:
        taken = list(
            pool.map(
                lambda _: dynamodb.transact_write_items(TransactItems=[{"Update": take_one}]),
                range(160),
            )
        )
    assert len(taken) == 160


def test_a_table_and_its_index_take_more_than_their_capacity(
    shared_emulator: RunningEmulator,
) -> None:
    # One unit a second; unused ones are kept for five minutes at most, and this costs 5,000:
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/burst-adaptive-capacity.html
    one_unit = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    dynamodb = shared_emulator.client("dynamodb")
    dynamodb.create_table(
        TableName="capacity",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"} for name in ("id", "status")
        ],
        ProvisionedThroughput=one_unit,
        GlobalSecondaryIndexes=[
            {
                "IndexName": "status",
                "KeySchema": [{"AttributeName": "status", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
                "ProvisionedThroughput": one_unit,
            }
        ],
    )
    item = {"status": {"S": "PENDING"}, "filling": {"S": "x" * 200 * 1024}}
    puts: list[Any] = [{"PutRequest": {"Item": {"id": {"S": str(n)}, **item}}} for n in range(25)]
    assert not dynamodb.batch_write_item(RequestItems={"capacity": puts})["UnprocessedItems"]


def test_a_message_that_is_gone_cannot_be_deleted_again(shared_emulator: RunningEmulator) -> None:
    url, (first, second) = queue_with_messages(shared_emulator, "deleted-twice", 2)
    sqs = shared_emulator.client("sqs")
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    with pytest.raises(ClientError, match=r"ReceiptHandleIsInvalid|receipt handle"):
        sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    entries = [{"Id": "1", "ReceiptHandle": second["ReceiptHandle"]}]
    assert sqs.delete_message_batch(QueueUrl=url, Entries=entries)["Successful"]
    assert sqs.delete_message_batch(QueueUrl=url, Entries=entries)["Failed"]


def test_a_receipt_that_has_expired_hides_its_message_again(
    shared_emulator: RunningEmulator,
) -> None:
    url, _ = queue_with_messages(shared_emulator, "expired", 0)
    sqs = shared_emulator.client("sqs")
    sqs.send_message(QueueUrl=url, MessageBody="m")
    (shown,) = sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)["Messages"]
    sqs.change_message_visibility(
        QueueUrl=url, ReceiptHandle=shown["ReceiptHandle"], VisibilityTimeout=60
    )
    assert "Messages" not in sqs.receive_message(QueueUrl=url)


def test_a_message_can_be_hidden_for_more_than_twelve_hours(
    shared_emulator: RunningEmulator,
) -> None:
    url, (message,) = queue_with_messages(shared_emulator, "hidden", 1)
    time.sleep(1.1)  # counted from the receive, this is too long by now
    shared_emulator.client("sqs").change_message_visibility(
        QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=12 * 3600
    )


def test_dead_letters_cannot_be_moved_back(shared_emulator: RunningEmulator) -> None:
    url, _ = queue_with_messages(shared_emulator, "moved-back", 1)
    sqs = shared_emulator.client("sqs")
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    with pytest.raises(ClientError, match="StartMessageMoveTask"):
        sqs.start_message_move_task(SourceArn=answer["Attributes"]["QueueArn"])


def test_queues_have_no_metrics(shared_emulator: RunningEmulator) -> None:
    queue_with_messages(shared_emulator, "measured", 3)
    metrics = shared_emulator.client("cloudwatch").list_metrics(Namespace="AWS/SQS")
    assert metrics["Metrics"] == []


def test_the_emulator_alone_invokes_a_topics_function_without_its_retries(tmp_path: Path) -> None:
    program = (
        "from ministack.services import sns;"
        "print(*(name for name in sns._deliver_to_lambda.__code__.co_names if 'execute_' in name))"
    )
    assert said_by_the_emulator_alone(program, tmp_path) == "_execute_function_with_config_scope"


def trust(account: str) -> dict[str, Any]:
    """A trust policy that lets ECS take a role on for one account."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": account}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def test_a_trust_policy_is_told_no_account_unless_the_launcher_tells_it(tmp_path: Path) -> None:
    program = (
        "from ministack.core.iam_evaluator import evaluate_trust_policy;"
        f"print(evaluate_trust_policy({trust('123456789012')}, 'arn:aws:iam::123456789012:root'))"
    )
    assert said_by_the_emulator_alone(program, tmp_path) == "False"


def test_a_role_is_taken_on_in_a_services_name_and_for_the_named_account_only(
    shared_emulator: RunningEmulator,
) -> None:
    iam = shared_emulator.client("iam")
    ours, theirs = (
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust(account)))
        for name, account in (("ours", "123456789012"), ("theirs", "210987654321"))
    )
    assert shared_emulator.assume(ours["Role"]["Arn"]).token
    with pytest.raises(ClientError, match="not authorized to perform: sts:AssumeRole"):
        shared_emulator.assume(theirs["Role"]["Arn"])


def test_a_throttled_event_uses_up_its_retries(small: Deploy, run_dir: Path) -> None:
    with small("function", first_retry_seconds=0.1) as deployment:
        function, client = deployment.outputs["function"], deployment.client("lambda")
        client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
        deployment.client("sns").publish(TopicArn=deployment.outputs["topic_arn"], Message="{}")
        kept = deployment.client("sqs").receive_message(
            QueueUrl=deployment.outputs["failures_url"], WaitTimeSeconds=20
        )
        assert kept["Messages"]
        (log,) = (run_dir / "logs").glob("function-*.log")
        assert '"invoked"' not in log.read_text()


def test_partiql_writes_no_record_into_the_stream(shared_emulator: RunningEmulator) -> None:
    dynamodb, streams = (shared_emulator.client(each) for each in ("dynamodb", "dynamodbstreams"))
    table = dynamodb.create_table(
        TableName="streamed",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]
    dynamodb.execute_statement(Statement="INSERT INTO streamed VALUE {'id': 'by PartiQL'}")
    dynamodb.put_item(TableName="streamed", Item={"id": {"S": "by PutItem"}})
    stream = {"StreamArn": table["LatestStreamArn"]}
    (shard,) = streams.describe_stream(**stream)["StreamDescription"]["Shards"]
    iterator = streams.get_shard_iterator(
        **stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = streams.get_records(ShardIterator=iterator)["Records"]
    assert [each["dynamodb"]["Keys"]["id"]["S"] for each in records] == ["by PutItem"]


def test_what_is_no_state_machine_is_taken_for_one(shared_emulator: RunningEmulator) -> None:
    nowhere = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "nowhere"}}}
    role = shared_emulator.client("iam").create_role(
        RoleName="nowhere", AssumeRolePolicyDocument=json.dumps(trust("123456789012"))
    )["Role"]["Arn"]
    made = shared_emulator.client("stepfunctions").create_state_machine(
        name="nowhere", definition=json.dumps(nowhere), roleArn=role
    )
    assert made["stateMachineArn"]
