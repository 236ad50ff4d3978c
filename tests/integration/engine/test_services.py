from __future__ import annotations

import json
import os
import signal
import socket
import time
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from engine.deployment import Deployment
from engine.runtime.processes import EngineError
from terminal.errors import UserError
from tests.integration.engine.conftest import Deploy
from tests.integration.engine.leftovers import processes_of

pytestmark = pytest.mark.integration


def answer(deployment: Deployment) -> Any:
    with urlopen(deployment.outputs["url"], timeout=10) as response:  # noqa: S310 - loopback
        return json.load(response)


def test_a_process_has_its_tasks_environment_and_its_roles_credentials_and_no_more(
    small: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the user's")
    monkeypatch.setenv("SOMETHING_OF_THE_USER", "1")
    with small("service") as deployment:
        environment = answer(deployment)["environment"]
    assert environment["COLOUR"] == "blue"
    assert environment["AWS_ENDPOINT_URL"] == deployment.endpoint_url
    assert environment["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert environment["AWS_SESSION_TOKEN"]
    assert "SOMETHING_OF_THE_USER" not in environment
    names = {name for name in environment if not name.startswith(("AWS_", "LC_", "PYTHON"))}
    assert names == {"PORT", "COLOUR", "PATH", "HOME", "TMPDIR", "LANG"}


def test_a_load_balancers_name_in_an_output_leads_to_the_service_behind_it(small: Deploy) -> None:
    with small("service") as deployment:
        assert deployment.outputs["url"] == f"http://127.0.0.1:{deployment.outputs['port']}"
        assert answer(deployment)["pid"] in deployment.pids().values()


def test_several_processes_share_the_port_and_each_has_a_log(small: Deploy, run_dir: Path) -> None:
    with small("service", tasks=3) as deployment:
        pids = deployment.pids()
        assert sorted(pids) == ["echo-0", "echo-1", "echo-2"]
        answering = {answer(deployment)["pid"] for _ in range(60)}
        assert answering <= set(pids.values())
        assert len(answering) > 1
    for name in pids:
        events = (run_dir / "logs" / f"{name}.log").read_text().split()
        assert json.loads("".join(events[:2]))["event"] == "ready"
        assert "stopped" in events[-1]
    assert processes_of(run_dir) == []


def test_no_task_is_no_process(small: Deploy) -> None:
    with small("service", tasks=0) as deployment:
        assert deployment.pids() == {}
        deployment.check()


def test_a_process_that_dies_at_its_start_fails_the_run_with_its_last_words(
    small: Deploy, run_dir: Path
) -> None:
    said = r"(?s)^echo-0 ended with exit code 7; log: .*echo-0\.log.*the database is on fire"
    with pytest.raises(EngineError, match=said), small("service", program="dying"):
        pytest.fail("it came up")
    assert processes_of(run_dir) == []


def test_a_process_that_dies_later_fails_the_next_check(small: Deploy) -> None:
    with small("service") as deployment:
        deployment.check()
        os.kill(deployment.pids()["echo-0"], signal.SIGKILL)
        with pytest.raises(EngineError, match="echo-0 ended with SIGKILL"):
            _check_for(deployment, seconds=10)


def _check_for(deployment: Deployment, *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        deployment.check()
        time.sleep(0.05)


def test_a_busy_port_is_one_line_that_names_the_key_to_change(small: Deploy, run_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = rf"^port {port} is in use; .* --config port=\.\.\.$"
        with pytest.raises(UserError, match=said), small("service", port=port):
            pytest.fail("it came up")
    assert processes_of(run_dir) == []


def test_who_ignores_sigterm_is_killed_after_the_tasks_stop_timeout(
    small: Deploy, run_dir: Path
) -> None:
    with small("service", program="stubborn") as deployment:
        began = time.monotonic()
        assert deployment.pids()
    assert time.monotonic() - began >= 2
    assert processes_of(run_dir) == []
