"""What the launcher replaces in the emulator does what it says, in the emulator's own Python."""

from __future__ import annotations

import base64
import json
import subprocess
import textwrap
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from engine.emulator.installation import interpreter
from terminal.project import ROOT
from tests.integration.engine.conftest import Deploy
from tests.support.emulator import RunningEmulator
from tests.support.queue_shop import until

pytestmark = pytest.mark.integration


def in_the_emulators_python(program: str) -> str:
    done = subprocess.run(  # noqa: S603 - the emulator's interpreter with a program of ours
        [str(interpreter()), "-c", textwrap.dedent(program)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_answers_of_the_runtime_api_leave_in_one_packet() -> None:
    told = in_the_emulators_python(
        """
        import queue
        from ministack.core.lambda_runtime import ProvidedWorker
        from engine.emulator.runtime_api import answer_in_one_packet
        answer_in_one_packet()
        handler = ProvidedWorker._build_handler_class(object(), 1, queue.Queue())
        print(handler.disable_nagle_algorithm, handler.wbufsize)
        """
    )
    assert told == "True 65536"


def test_logs_are_waited_for_while_the_pipe_holds_bytes_and_not_otherwise() -> None:
    told = in_the_emulators_python(
        """
        import os
        from types import SimpleNamespace
        from ministack.core.lambda_runtime import ProvidedWorker
        from engine.emulator import runtime_api
        runtime_api.collect_written_logs()
        naps = []
        reading, writing = os.pipe()
        stdout = os.fdopen(reading, "rb", buffering=0)
        def nap(seconds):
            naps.append(seconds)
            stdout.read(1)
        runtime_api.time.sleep = nap
        worker = SimpleNamespace(_proc=SimpleNamespace(stdout=stdout), _drain_stderr=lambda: "all")
        collect = ProvidedWorker._drain_stderr_bounded
        print(collect(worker), len(naps))
        os.write(writing, b"ab")
        print(collect(worker), len(naps))
        stdout.close()
        print(collect(worker, first_line_wait=0.1), len(naps))
        """
    )
    assert told.splitlines() == ["all 0", "all 2", "all 2"]


def test_a_line_that_a_function_printed_is_in_the_log_of_its_invocation(small: Deploy) -> None:
    with small("function") as deployment:
        for _ in range(5):
            answer = deployment.client("lambda").invoke(
                FunctionName=deployment.outputs["function"], Payload=b"{}", LogType="Tail"
            )
            assert '"invoked"' in base64.b64decode(answer["LogResult"]).decode()


def test_kept_tokens_are_not_changed_by_who_reads_them() -> None:
    told = in_the_emulators_python(
        """
        from ministack.services import dynamodb
        from engine.emulator.statements import read_expressions_once
        read_expressions_once()
        first = dynamodb._tokenize("#a = :b")
        wanted = list(first)
        first.clear()
        print(dynamodb._tokenize("#a = :b") == wanted)
        """
    )
    assert told == "True"


def test_a_condition_that_is_no_condition_is_refused_every_time(
    shared_emulator: RunningEmulator,
) -> None:
    dynamodb = shared_emulator.client("dynamodb")
    dynamodb.create_table(
        TableName="conditions",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    for condition, wrong in (("id = = id", True), ("attribute_not_exists(id)", False)) * 2:
        put = {"TableName": "conditions", "Item": {"id": {"S": condition}}}
        if wrong:
            with pytest.raises(ClientError, match="Syntax error"):
                dynamodb.put_item(**put, ConditionExpression=condition)
        else:
            dynamodb.put_item(**put, ConditionExpression="attribute_not_exists(elsewhere)")


def test_a_policy_that_was_changed_is_another_policy(shared_emulator: RunningEmulator) -> None:
    iam = shared_emulator.client("iam")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
    document = {"Version": "2012-10-17", "Statement": [trust]}
    role = iam.create_role(RoleName="changing", AssumeRolePolicyDocument=json.dumps(document))
    credentials = shared_emulator.assume(role["Role"]["Arn"])

    def list_queues(effect: str) -> None:
        statement = {"Effect": effect, "Action": "sqs:ListQueues", "Resource": "*"}
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        iam.put_role_policy(RoleName="changing", PolicyName="p", PolicyDocument=json.dumps(policy))
        shared_emulator.client("sqs", credentials).list_queues()

    for _ in range(2):
        list_queues("Allow")
        with pytest.raises(ClientError, match="AccessDenied"):
            list_queues("Deny")


def test_a_topic_that_a_function_does_not_admit_is_turned_away(
    small: Deploy, run_dir: Path
) -> None:
    with small("function") as deployment:
        function, client = deployment.outputs["function"], deployment.client("lambda")
        policy = json.loads(client.get_policy(FunctionName=function)["Policy"])
        for statement in policy["Statement"]:
            client.remove_permission(FunctionName=function, StatementId=statement["Sid"])
        deployment.client("sns").publish(TopicArn=deployment.outputs["topic_arn"], Message="{}")
        log = run_dir / "logs" / "emulator.log"
        until(lambda: "not authorized to perform: lambda:InvokeFunction" in log.read_text())
        (log,) = (run_dir / "logs").glob("function-*.log")
        assert '"invoked"' not in log.read_text()
