"""Event source mappings and REST APIs of the emulator, as strict as AWS's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from engine.deployment import Deployment
from tests.integration.engine.conftest import Deploy
from tests.support.queue_shop import until

pytestmark = pytest.mark.integration


class Reader:
    """A deployed function that reads a stream and answers a REST API."""

    def __init__(self, deployment: Deployment, run_dir: Path) -> None:
        self.deployment = deployment
        self._run_dir = run_dir

    def write(self, *items: dict[str, Any]) -> None:
        """Write items into the table in one transaction: they come as one batch."""
        table = self.deployment.outputs["table"]
        writes = [{"Put": {"TableName": table, "Item": each}} for each in items]
        self.deployment.client("dynamodb").transact_write_items(TransactItems=writes)

    def batches(self) -> list[list[str]]:
        """Return the ids of each batch that the function was given."""
        (log,) = (self._run_dir / "logs").glob("function-reader-*.log")
        lines = [line for line in log.read_text().splitlines() if line.startswith("{")]
        return [entry["ids"] for entry in map(json.loads, lines) if entry["event"] == "batch"]

    def kept(self) -> Any:
        """Return the next record of the failure queue."""
        answer = self.deployment.client("sqs").receive_message(
            QueueUrl=self.deployment.outputs["failures_url"], WaitTimeSeconds=20
        )
        return json.loads(answer["Messages"][0]["Body"])

    def ask(self, **asked: Any) -> tuple[int, bytes]:
        """Return status and body of the API's answer."""
        url, body = self.deployment.outputs["url"] + "/", json.dumps(asked).encode()
        try:
            with urlopen(Request(url, data=body)) as answer:  # noqa: S310 - loopback
                return answer.status, answer.read()
        except HTTPError as error:
            with error:
                return error.code, error.read()


@contextmanager
def reader(small: Deploy, run_dir: Path) -> Iterator[Reader]:
    with small("mappings") as deployment:
        yield Reader(deployment, run_dir)


def item(name: str, *what: str) -> dict[str, Any]:
    return {"id": {"S": name}, **{each: {"BOOL": True} for each in what}}


def as_document(status: int, body: bytes) -> tuple[int, Any]:
    return status, json.loads(body)


def test_a_record_that_raises_is_isolated_tried_again_and_kept(
    small: Deploy, run_dir: Path
) -> None:
    with reader(small, run_dir) as there:
        there.write(item("a"), item("b", "raise"), item("c"), item("d"))
        kept = there.kept()
        until(lambda: there.batches()[-1][-1] == "d")
        batches = there.batches()
    assert kept["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert kept["DDBStreamBatchInfo"]["batchSize"] == 1
    assert batches.count(["b"]) == 2  # alone, and once more
    taken = [each for each in batches if "b" not in each]
    assert [name for each in taken for name in each] == ["a", "c", "d"]


def test_what_failed_comes_again_with_what_is_behind_it(small: Deploy, run_dir: Path) -> None:
    with reader(small, run_dir) as there:
        there.write(item("a"), item("b", "fail"), item("c"))
        there.kept()
        until(lambda: ["c"] in there.batches())
        batches = there.batches()
    assert [each[0] for each in batches[1:]] == ["b", "c"]
    assert batches[0][:2] == ["a", "b"]


def test_a_stream_is_read_in_the_name_of_the_functions_role(small: Deploy, run_dir: Path) -> None:
    with reader(small, run_dir) as there:
        iam = there.deployment.client("iam")
        (role,) = [
            each["RoleName"]
            for each in iam.list_roles()["Roles"]
            if each["RoleName"].startswith("reader-role")
        ]
        (policy,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
        iam.delete_role_policy(RoleName=role, PolicyName=policy)
        there.write(item("unseen"))
        log = run_dir / "logs" / "emulator.log"
        until(lambda: f"assumed-role/{role}/service is not authorized" in log.read_text())
        assert there.batches() == []


def test_a_functions_answer_is_passed_on_and_what_is_none_is_a_bad_gateway(
    small: Deploy, run_dir: Path
) -> None:
    broken = (HTTPStatus.BAD_GATEWAY, {"message": "Internal server error"})
    with reader(small, run_dir) as there:
        assert there.ask(answer={"statusCode": 418, "body": "tea"}) == (418, b"tea")
        assert there.ask(answer={"statusCode": "201"}) == (201, b"")
        for answer in ({"body": "no status"}, {"statusCode": "abc"}, ["a list"], "a text", None):
            assert as_document(*there.ask(answer=answer)) == broken
        no_text = {"statusCode": 200, "body": {"no": "text"}}
        assert as_document(*there.ask(answer=no_text)) == broken
        assert as_document(*there.ask(**{"raise": "a secret"})) == broken


def test_the_gateway_does_not_wait_longer_than_its_integration_says(
    small: Deploy, run_dir: Path
) -> None:
    with reader(small, run_dir) as there:
        status, body = there.ask(sleep=2)
        assert status == HTTPStatus.GATEWAY_TIMEOUT
        assert json.loads(body) == {"message": "Endpoint request timed out"}


def test_the_gateway_is_turned_away_where_a_function_does_not_admit_it(
    small: Deploy, run_dir: Path
) -> None:
    with reader(small, run_dir) as there:
        function, client = there.deployment.outputs["function"], there.deployment.client("lambda")
        policy = json.loads(client.get_policy(FunctionName=function)["Policy"])
        for statement in policy["Statement"]:
            client.remove_permission(FunctionName=function, StatementId=statement["Sid"])
        status, body = there.ask(answer={"statusCode": 200})
        assert status == HTTPStatus.INTERNAL_SERVER_ERROR
        assert json.loads(body) == {"message": "Internal server error"}
