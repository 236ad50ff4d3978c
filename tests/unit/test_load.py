"""`scripts/load`: Locust is started against an address, or one line says why there is none."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parents[2]
Outcome = subprocess.CompletedProcess[str]
NO_STACK = (
    "echo 'warning: a new version' >&2; echo \"error: no stack named 'nosuch' found\" >&2; exit 255"
)
# As Pulumi does for an output that a stack does not have.
HAS_NO_KEY = 'case "$3" in apiKey) exit 255 ;; *) echo http://alb.example ;; esac'


def put_program(path: Path, script: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Outcome]:
    """Run `make load` in a copy that has a Locust which notes its arguments, and this `pulumi`."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "load", tmp_path / "scripts" / "load")
    shutil.copy(ROOT / "Makefile", tmp_path / "Makefile")
    put_program(tmp_path / "scripts" / "setup", "exit 0")
    note = 'echo "$@" > locust-arguments; echo "$SHOP_API_KEY" > locust-key'
    put_program(tmp_path / ".venv" / "bin" / "locust", note)

    def run(*arguments: str, pulumi: str | None = None, **variables: str) -> Outcome:
        if pulumi is not None:
            noting = f'echo "$@" >> pulumi-arguments\n{pulumi}'
            put_program(tmp_path / "tools" / "pulumi", noting)
        return subprocess.run(  # noqa: S603 - the target under test
            ["/usr/bin/make", "load", *arguments],
            cwd=tmp_path,
            env={"PATH": f"{tmp_path / 'tools'}:/usr/bin:/bin", **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def expect_one_line(outcome: Outcome, folder: Path, *parts: str) -> None:
    assert outcome.returncode == 2
    line, of_make = outcome.stderr.splitlines()
    assert of_make.startswith("make: ")
    for part in parts:
        assert part in line
    assert not (folder / "locust-arguments").exists()


def test_a_stack_is_asked_for_its_address(load: Callable[..., Outcome], tmp_path: Path) -> None:
    outcome = load("STACK=sync", "ARGS=--headless -u 5", pulumi=HAS_NO_KEY)
    assert outcome.returncode == 0, outcome.stderr
    asked = (tmp_path / "pulumi-arguments").read_text()
    assert asked.startswith("stack output api_url --stack sync ")
    said = (tmp_path / "locust-arguments").read_text()
    assert said == "-f tests/load/locustfile.py --host http://alb.example --headless -u 5\n"

    assert (tmp_path / "locust-key").read_text() == "\n"


def test_a_stack_behind_a_gateway_is_asked_for_its_key(
    load: Callable[..., Outcome], tmp_path: Path
) -> None:
    pulumi = 'case "$3" in apiKey) echo k-1 ;; *) echo https://a1.example/v1 ;; esac'
    assert load("STACK=gateway", pulumi=pulumi).returncode == 0
    assert (tmp_path / "locust-key").read_text() == "k-1\n"
    assert "apiKey --show-secrets" in (tmp_path / "pulumi-arguments").read_text()
    assert "k-1" not in (tmp_path / "locust-arguments").read_text()


def test_an_address_that_is_given_wins_and_nobody_is_asked(
    load: Callable[..., Outcome], tmp_path: Path
) -> None:
    outcome = load("HOST=http://localhost:8080", pulumi=NO_STACK)
    assert outcome.returncode == 0, outcome.stderr
    assert not (tmp_path / "pulumi-arguments").exists()
    assert "--host http://localhost:8080" in (tmp_path / "locust-arguments").read_text()


def test_a_stack_that_is_not_there_is_named_with_pulumis_own_reason(
    load: Callable[..., Outcome], tmp_path: Path
) -> None:
    outcome = load("STACK=nosuch", pulumi=NO_STACK)
    said = "stack nosuch has no address: error: no stack named 'nosuch' found; "
    expect_one_line(outcome, tmp_path, said, "make load STACK=", "HOST=http://")


def test_without_the_cli_the_address_has_to_be_given(
    load: Callable[..., Outcome], tmp_path: Path
) -> None:
    expect_one_line(load("STACK=async"), tmp_path, "pulumi CLI", "make load HOST=http://")


@pytest.mark.parametrize("said", ["", "x86_64-conda-linux-gnu"])
def test_what_is_no_address_is_not_driven(
    said: str, load: Callable[..., Outcome], tmp_path: Path
) -> None:
    outcome = load("STACK=async", pulumi=f"echo {said}")
    expect_one_line(outcome, tmp_path, f"api_url of stack async = '{said}': must be an address")


def test_a_host_of_another_tools_making_is_not_driven(
    load: Callable[..., Outcome], tmp_path: Path
) -> None:
    outcome = load(HOST="x86_64-conda-linux-gnu")
    expect_one_line(outcome, tmp_path, "HOST = 'x86_64-conda-linux-gnu': must be an address")
