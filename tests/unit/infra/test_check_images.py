"""The check that needs Docker: what it asks of Docker, shown by a stand-in on the PATH."""

import itertools
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from infra.settings import Architecture, PythonVersion
from tests.support.recorded_stack import PROJECT_ROOT

pytestmark = pytest.mark.process

SCRIPT = PROJECT_ROOT / "scripts" / "check_images.py"
THIS_PYTHON = PythonVersion(f"{sys.version_info.major}.{sys.version_info.minor}")


@pytest.fixture(scope="module")
def check() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPT))


def run_with_docker(folder: Path, ending: str) -> tuple[subprocess.CompletedProcess[str], str]:
    docker = folder / "docker"
    if ending:
        docker.write_text(f'#!/bin/sh\necho "$@" >> "{folder}/calls"\n{ending}\n', encoding="utf-8")
        docker.chmod(0o755)
    uv = PROJECT_ROOT / ".tools" / "bin"
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, SCRIPT],
        env={**os.environ, "PATH": f"{folder}:{uv}", "PYTHONPATH": str(PROJECT_ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    calls = folder / "calls"
    return done, calls.read_text(encoding="utf-8") if calls.exists() else ""


@pytest.mark.parametrize("architecture", list(Architecture))
def test_every_service_is_built_for_the_platform_and_its_module_imported(
    check: dict[str, Any], architecture: Architecture
) -> None:
    platform = check["DOCKER_PLATFORMS"][architecture]
    commands = list(check["image_commands"](architecture))
    for service, (build, run) in zip(
        ("receiver", "processor"), zip(commands[::2], commands[1::2], strict=True), strict=True
    ):
        assert build[:4] == ("docker", "build", "--platform", platform)
        assert (Path(build[-1]) / "Dockerfile").read_bytes() == (
            PROJECT_ROOT / service / "Dockerfile"
        ).read_bytes()
        assert run[-1] == f"import {service}.__main__"
        assert run[run.index("python") - 1] == build[build.index("--tag") + 1]


def test_the_function_is_imported_from_where_lambda_mounts_it(check: dict[str, Any]) -> None:
    command = check["function_command"](Architecture.ARM64, THIS_PYTHON)
    volumes = [value for option, value in itertools.pairwise(command) if option == "--volume"]
    layer, code = (value.split(":") for value in volumes)
    assert layer[1:] == ["/opt", "ro"]
    assert code[1:] == ["/var/task", "ro"]
    assert (Path(layer[0]) / "python" / "msgspec" / "__init__.py").is_file()
    assert (Path(code[0]) / "lambda_fn" / "order_events.py").is_file()
    assert "lambda_fn.order_events" in command[-1]
    assert "lambda_fn.create_order" in command[-1]
    assert f"public.ecr.aws/lambda/python:{THIS_PYTHON}" in command


def test_without_docker_it_says_so(tmp_path: Path) -> None:
    done, _ = run_with_docker(tmp_path, ending="")
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        2,
        "images: docker is not on the PATH; install Docker with BuildKit",
    )


def test_the_first_failure_ends_it_with_1(tmp_path: Path) -> None:
    done, calls = run_with_docker(tmp_path, ending='[ "$1" = run ] && exit 3; exit 0')
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "images: that failed with exit code 3"
    assert [line.split()[0] for line in calls.splitlines()] == ["build", "run"]
