from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.deployment import Deployment
from engine.runtime.processes import EngineError
from lab.measure.logs import FUNCTION_READY, read_events
from tests.integration.engine.conftest import Deploy
from tests.integration.engine.leftovers import files_but_logs, processes_of

pytestmark = pytest.mark.integration


def invoke(deployment: Deployment, **event: Any) -> Any:
    answer = deployment.client("lambda").invoke(
        FunctionName=deployment.outputs["function"], Payload=json.dumps(event).encode()
    )
    return json.load(answer["Payload"])


def logged(run_dir: Path, words: str, seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if any(words in log.read_text() for log in (run_dir / "logs").glob("function-*.log")):
            return True
        time.sleep(0.05)
    return False


def gone(pid: int, seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while psutil.pid_exists(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not psutil.pid_exists(pid)


def test_a_function_has_its_layer_its_environment_and_its_roles_credentials(
    small: Deploy, run_dir: Path
) -> None:
    with small("function") as deployment:
        answer = invoke(deployment)
        environment = answer["environment"]
        assert answer["greeting"] == "from the layer"
        assert environment["TABLE"].startswith("seen-")
        assert environment["AWS_ENDPOINT_URL"] == deployment.endpoint_url
        assert environment["AWS_ACCESS_KEY_ID"].startswith("ASIA")
        assert environment["AWS_LAMBDA_FUNCTION_NAME"] == deployment.outputs["function"]
        assert not environment.keys() & {"AUTH", "GATEWAY_PORT", "PYTHONPATH"}
        assert 0 < answer["remaining_ms"] <= 20_000
        assert answer["arn"].endswith(deployment.outputs["function"])
        assert logged(run_dir, '"invoked"')
    assert not [path for path in answer["path"] if ".venv" in path]
    assert processes_of(run_dir) == []
    assert files_but_logs(run_dir) == []


def test_the_log_says_what_a_start_takes_before_its_first_event(
    small: Deploy, run_dir: Path
) -> None:
    with small("function"):
        assert logged(run_dir, FUNCTION_READY)
        (ready,) = read_events(run_dir / "logs", {FUNCTION_READY})
    assert 0 < ready.fields["init_cpu_seconds"] < 60


def test_a_functions_module_is_imported_in_the_environment_of_its_handler_without_its_keys(
    small: Deploy,
) -> None:
    with small("function") as deployment:
        answer = invoke(deployment)
    at_import, in_handler = answer["at_import"], answer["environment"]
    for variable in (
        "TABLE",
        "AWS_REGION",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "LAMBDA_TASK_ROOT",
        "_HANDLER",
    ):
        assert at_import[variable] == in_handler[variable], variable
    shared = at_import.keys() & in_handler.keys() - {"PATH", "LANG"}
    assert {name for name in shared if at_import[name] != in_handler[name]} == set()
    assert not [name for name in at_import if "KEY" in name or "TOKEN" in name]


def test_an_environment_is_kept_for_the_next_invocation(small: Deploy) -> None:
    with small("function") as deployment:
        first, second = invoke(deployment), invoke(deployment)
    assert (first["pid"], first["invocations"]) == (second["pid"], 1)
    assert second["invocations"] == 2


def test_invocations_at_once_have_environments_of_their_own(small: Deploy) -> None:
    with small("function") as deployment, ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: invoke(deployment, sleep=1), range(12)))
    at_once = [
        (one["pid"], other["pid"])
        for one, other in combinations(answers, 2)
        if one["began"] < other["ended"] and other["began"] < one["ended"]
    ]
    assert at_once
    assert [pair for pair in at_once if pair[0] == pair[1]] == []


def test_events_that_wait_for_their_turn_take_environments_that_become_free(
    small: Deploy,
) -> None:
    with small("function") as deployment, ThreadPoolExecutor(40) as pool:
        client = deployment.client("lambda")
        name = deployment.outputs["function"]
        answers = list(
            pool.map(lambda _: json.load(client.invoke(FunctionName=name)["Payload"]), range(40))
        )
    assert len({answer["pid"] for answer in answers}) < 40


def test_the_topic_invokes_the_function(small: Deploy, run_dir: Path) -> None:
    with small("function") as deployment:
        deployment.client("sns").publish(
            TopicArn=deployment.outputs["topic_arn"], Message=json.dumps({"number": 42})
        )
        assert logged(run_dir, '{"number": 42}')


@pytest.mark.parametrize(("published", "version"), [("false", "$LATEST"), ("true", "1")])
def test_an_event_that_a_function_fails_on_comes_twice_more_and_is_then_kept(
    small: Deploy, run_dir: Path, published: str, version: str
) -> None:
    """Also where the topic invokes a published version, by an alias with retries of its own."""
    with small("function", published=published, first_retry_seconds=0.1) as deployment:
        assert deployment.outputs["version"] == version
        assert deployment.outputs["arn"].endswith(f":{deployment.outputs['function']}")
        deployment.client("sns").publish(
            TopicArn=deployment.outputs["topic_arn"], Message=json.dumps({"raise": "no"})
        )
        kept = deployment.client("sqs").receive_message(
            QueueUrl=deployment.outputs["failures_url"], WaitTimeSeconds=20
        )["Messages"]
        (log,) = (run_dir / "logs").glob("function-*.log")
        assert log.read_text().count('{"raise": "no"}') == 3
    record = json.loads(kept[0]["Body"])["requestPayload"]["Records"][0]
    assert json.loads(record["Sns"]["Message"]) == {"raise": "no"}


def test_an_event_that_a_function_has_handled_does_not_come_again(
    small: Deploy, run_dir: Path
) -> None:
    with small("function", first_retry_seconds=0.1) as deployment:
        invoke(deployment)
        sns, topic = deployment.client("sns"), deployment.outputs["topic_arn"]
        sns.publish(TopicArn=topic, Message=json.dumps({"number": 1}))
        assert logged(run_dir, '{"number": 1}')
        sns.publish(TopicArn=topic, Message=json.dumps({"raise": "after all retries of the first"}))
        deployment.client("sqs").receive_message(
            QueueUrl=deployment.outputs["failures_url"], WaitTimeSeconds=20
        )
        (log,) = (run_dir / "logs").glob("function-*.log")
        assert log.read_text().count('{"number": 1}') == 1


def test_an_error_of_the_handler_is_the_answer_and_its_trace_is_in_the_log(
    small: Deploy, run_dir: Path
) -> None:
    with small("function") as deployment:
        answer = invoke(deployment, **{"raise": "out of stock"})
        assert answer["errorMessage"] == "out of stock"
        assert logged(run_dir, "ValueError: out of stock")
        assert invoke(deployment)["invocations"] == 2


def test_a_handler_beyond_its_timeout_is_ended(small: Deploy) -> None:
    with small("function", timeout=5) as deployment:
        before = invoke(deployment)
        answer = invoke(deployment, sleep=60)
        assert "timed out after 5" in answer["errorMessage"]
        assert gone(before["pid"])
        assert invoke(deployment)["pid"] != before["pid"]


def test_an_environment_that_dies_takes_its_bootstrap_along_and_the_next_is_new(
    small: Deploy,
) -> None:
    with small("function") as deployment:
        answer = invoke(deployment, exit=3)
        assert answer["errorType"] == "Runtime.ExitError"
        assert invoke(deployment)["invocations"] == 1


def test_a_handler_that_cannot_be_imported_fails_the_run_with_the_reason_and_the_log(
    small: Deploy, run_dir: Path
) -> None:
    said = r"'unimportable\.handler' cannot be imported: ModuleNotFoundError: .*layer_lacks.*log: "
    with (
        pytest.raises(EngineError, match=said),
        small("function", handler="unimportable.handler"),
    ):
        pytest.fail("it came up")
    assert processes_of(run_dir) == []


def test_the_end_of_a_fork_server_fails_the_next_check(small: Deploy, run_dir: Path) -> None:
    with small("function") as deployment:
        for process in psutil.Process().children():
            if "fork_server.py" in " ".join(process.cmdline()):
                process.kill()
                process.wait()
        with pytest.raises(EngineError, match=r"function .* ended with"):
            deployment.check()
    assert processes_of(run_dir) == []
