"""Which stack a command is about, and what is said when there is none."""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path
from typing import Any

import psutil
import pytest

from ops.find import find_stack
from terminal.errors import UserError
from terminal.files import write

TOPIC = "arn:aws:sns:eu-central-1:123456789012:order-processing-events-async"
ON_AWS = {"topology": "async", "orders_table": "orders-1", "topic_arn": TOPIC}


def up_file(**changes: Any) -> dict[str, Any]:
    me = psutil.Process()
    return {
        "topology": "sync",
        "outputs": {"topology": "sync", "orders_table": "orders", "api_url": "http://127.0.0.1:1"},
        "endpoint_url": "http://127.0.0.1:2",
        "region": "us-west-2",
        "credentials": {"access_key": "key", "secret_key": "secret"},
        "pid": me.pid,
        "process_started_at": me.create_time(),
        **changes,
    }


def written(folder: Path, content: Any, name: str = "outputs.json") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_the_newest_running_lab_up_is_taken(tmp_path: Path) -> None:
    started = psutil.Process().create_time()
    written(tmp_path / "1", up_file(topology="older", process_started_at=started - 1), "up.json")
    written(tmp_path / "2", up_file(topology="newest"), "up.json")
    written(tmp_path / "3", up_file(topology="gone", pid=2**22 - 1), "up.json")
    written(tmp_path / "4", up_file(topology="reused", process_started_at=1.0), "up.json")
    written(tmp_path / "5", "{half", "up.json")
    written(tmp_path / "6", {"of": "another version"}, "up.json")
    stack = find_stack(None, None, runs=tmp_path)
    assert stack.name.startswith("`lab up newest`")
    assert stack.local is not None
    assert stack.local.endpoint_url == "http://127.0.0.1:2"


def test_without_any_the_error_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"no `lab up` is running .* --stack NAME or --outputs FILE"
    ):
        find_stack(None, None, runs=tmp_path)


def test_a_file_of_a_lab_up_that_has_ended_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, up_file(process_started_at=1.0))
    with pytest.raises(UserError, match="that has ended, and its orders and queues with it"):
        find_stack(path, None)


def test_a_file_of_another_version_says_so(tmp_path: Path) -> None:
    content = up_file()
    del content["credentials"]
    with pytest.raises(UserError, match="lacks 'credentials': another version"):
        find_stack(written(tmp_path, content), None)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("topology: async", "is not JSON"),
        ("[1]", "holds no JSON object"),
        ("{}", "output topology is None; it must be one of sync, async, serverless"),
        ('{"topology": "batch"}', "output topology is 'batch'"),
    ],
)
def test_a_file_that_holds_no_outputs_is_refused(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        find_stack(written(tmp_path, content), None)


def test_a_file_that_is_not_there_is_named() -> None:
    with pytest.raises(UserError, match=r"--outputs /nowhere cannot be read: No such file"):
        find_stack(Path("/nowhere"), None)


def test_two_ways_to_name_a_stack_are_one_too_many(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="give one of them"):
        find_stack(written(tmp_path, ON_AWS), "async")


@pytest.mark.parametrize(
    ("outputs", "region"),
    [
        (ON_AWS, "eu-central-1"),
        (
            {
                "topology": "sync",
                "api_url": "http://shop-1.ap-southeast-2.elb.amazonaws.com",
            },
            "ap-southeast-2",
        ),
        (
            {
                "topology": "serverless",
                "api_url": "https://a1b2.execute-api.sa-east-1.amazonaws.com/v1",
            },
            "sa-east-1",
        ),
        ({"topology": "sync", "api_url": "https://shop.example"}, "us-east-1"),
    ],
)
def test_the_region_is_the_stacks_own_and_only_failing_that_the_users(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, outputs: dict[str, str], region: str
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    stack = find_stack(written(tmp_path, outputs), None)
    assert stack.region == region
    assert stack.local is None
    assert stack.client("sqs").meta.region_name == region


def test_a_region_that_nobody_tells_is_asked_for(tmp_path: Path) -> None:
    path = written(tmp_path, {"topology": "sync", "api_url": "https://shop.example"})
    with pytest.raises(UserError, match="do not tell the region; say it with AWS_REGION="):
        find_stack(path, None)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("AWS_PROFILE", "nobody", "could not be found; sign in again, or name another profile"),
        ("AWS_ENDPOINT_URL", "no url", "Invalid endpoint: no url; check AWS_ENDPOINT_URL"),
    ],
)
def test_a_wrong_set_up_of_the_users_own_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(UserError, match=re.escape(said)):
        find_stack(written(tmp_path, ON_AWS), None).client("sqs")


def fake_pulumi(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(folder, f"#!/bin/sh\n{script}\n", "pulumi")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.process
def test_a_stack_is_asked_of_pulumi_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = written(tmp_path, ON_AWS)
    script = f'[ "$*" = "stack output --json --stack prod --non-interactive" ] && cat {answer}'
    fake_pulumi(tmp_path, script, monkeypatch)
    stack = find_stack(None, "prod")
    assert stack.name == "stack prod on AWS"
    assert stack.outputs == ON_AWS


@pytest.mark.process
@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'error: no stack named' >&2; exit 255", "the Pulumi CLI says: error: no stack"),
        ("exit 3", "exit code 3"),
        ("echo warning", "gave no outputs"),
        ("echo '{}'", "output topology is None"),
    ],
)
def test_what_pulumi_cannot_tell_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, said: str
) -> None:
    fake_pulumi(tmp_path, script, monkeypatch)
    with pytest.raises(UserError, match=said) as refused:
        find_stack(None, "prod")
    assert "\n" not in str(refused.value)


def test_a_missing_pulumi_is_said_with_the_way_round_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=r"not on PATH; install it, or .* give --outputs FILE"):
        find_stack(None, "prod")


def test_what_lab_up_writes_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "up.json"
    write(json.dumps(up_file()), path, private=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["up.json"]
    assert find_stack(path, None).topology == "sync"


def test_an_output_that_is_missing_is_named(tmp_path: Path) -> None:
    stack = find_stack(written(tmp_path, ON_AWS), None)
    assert stack.output("orders_table") == "orders-1"
    with pytest.raises(UserError, match="output dlq_url is missing"):
        stack.output("dlq_url")
