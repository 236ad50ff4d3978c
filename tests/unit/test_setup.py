"""`scripts/setup` on machines where something is missing: one line that helps, exit code 2."""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.uv import REACHING

pytestmark = pytest.mark.process

ROOT = Path(__file__).resolve().parents[2]
SETUP = ROOT / "scripts" / "setup"
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
UV_VARIABLES = """
UV_CACHE_DIR UV_COMPILE_BYTECODE UV_CONCURRENT_DOWNLOADS UV_CONFIG_FILE UV_CONSTRAINT
UV_DEFAULT_INDEX UV_EXCLUDE_NEWER UV_EXTRA_INDEX_URL UV_FIND_LINKS UV_FROZEN UV_HTTP_TIMEOUT
UV_INDEX UV_INDEX_COMPANY_PASSWORD UV_INDEX_STRATEGY UV_INDEX_URL UV_INSECURE_HOST
UV_KEYRING_PROVIDER UV_LINK_MODE UV_MANAGED_PYTHON UV_NATIVE_TLS UV_NO_BINARY UV_NO_BUILD UV_NO_DEV
UV_NO_GROUP UV_NO_SYNC UV_OFFLINE UV_PROJECT UV_PROJECT_ENVIRONMENT UV_PYTHON_INSTALL_DIR
UV_PYTHON_INSTALL_MIRROR UV_PYTHON_PREFERENCE UV_REQUEST_TIMEOUT UV_SYSTEM_CERTS UV_TARGET
"""
Outcome = subprocess.CompletedProcess[str]


@pytest.fixture
def set_up(tmp_path: Path) -> Callable[..., Outcome]:
    """Run a copy of the script in a folder of its own, with this `uv` on the path."""
    script = tmp_path / "scripts" / "setup"
    script.parent.mkdir()
    shutil.copy(SETUP, script)
    tools = tmp_path / "tools"
    tools.mkdir()

    def run(
        *,
        uv: str = "exit 0",
        uv_works: bool = True,
        python: str = sys.executable,
        **variables: str,
    ) -> Outcome:
        fake = tools / "uv"
        version = f'[ "$1" = --version ] && echo uv && exit {0 if uv_works else 127}'
        fake.write_text(f"#!/bin/sh\n{version}\n{uv}\n")
        fake.chmod(0o755)
        return subprocess.run(
            ["scripts/setup"],  # noqa: S607 - as make calls it
            cwd=tmp_path,
            env={"PATH": f"{tools}:/usr/bin:/bin", "PYTHON": python, **variables},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def expect_one_line(outcome: Outcome, *parts: str) -> None:
    assert outcome.returncode == 2
    (line,) = [line for line in outcome.stderr.splitlines() if not line.endswith("...")]
    for part in (*parts, "build/setup.log"):
        assert part in line


def test_it_succeeds_when_every_tool_does(set_up: Callable[..., Outcome]) -> None:
    assert set_up().returncode == 0


def test_missing_python_headers_are_named_with_the_remedy(set_up: Callable[..., Outcome]) -> None:
    failing = "echo 'fatal error: Python.h: No such file or directory' >&2; exit 1"
    expect_one_line(set_up(uv=failing), "headers", "apt-get install python3-dev gcc")


def test_any_other_failure_ends_with_the_tools_own_last_line(
    set_up: Callable[..., Outcome],
) -> None:
    failing = "echo 'error: Failed to fetch: `somewhere`' >&2; exit 1"
    expect_one_line(set_up(uv=failing), "uv sync failed: error: Failed to fetch")


def test_a_python_that_does_not_exist_is_named(set_up: Callable[..., Outcome]) -> None:
    expect_one_line(set_up(python="/nowhere/python3"), "/nowhere/python3", "3.11 or later")


def test_a_python_that_is_too_old_is_named(set_up: Callable[..., Outcome], tmp_path: Path) -> None:
    old = tmp_path / "python3.9"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    expect_one_line(set_up(python=str(old)), str(old), "older than 3.11")


@pytest.fixture
def pip(tmp_path: Path) -> Path:
    """A Python whose pip brings a uv, unless what it is told forbids it; it notes its arguments."""
    python = tmp_path / "python-with-pip"
    python.write_text(
        """#!/bin/bash
if [ "$1" != -m ]; then exit 0; fi
echo "$@" > pip-arguments
refuse() { echo "ERROR: $1"; exit 1; }
[ "${PIP_REQUIRE_VIRTUALENV:-0}" = 0 ] || refuse 'Could not find an activated virtualenv'
[ "${PIP_USER:-0}" = 0 ] || refuse 'Can not combine --user and --target'
[ -z "${PIP_PREFIX:-}${PIP_TARGET:-}" ] || refuse 'Can not combine --prefix and --target'
[ -z "${PIP_INDEX_URL:-}" ] || refuse "No matching distribution at $PIP_INDEX_URL"
mkdir -p .tools/bin
printf '#!/bin/sh\\nexit 0\\n' > .tools/bin/uv
chmod +x .tools/bin/uv
"""
    )
    python.chmod(0o755)
    return python


def test_everything_is_installed_by_set_up_and_by_nobody_else(
    set_up: Callable[..., Outcome], tmp_path: Path
) -> None:
    set_up(uv='echo "$@" >> uv-calls')
    calls = (tmp_path / "uv-calls").read_text().splitlines()
    assert "sync --quiet --locked --all-groups" in calls
    assert "sync --quiet --locked --project engine/emulator" in calls
    assert PYPROJECT["tool"]["uv"]["default-groups"] == ["infra"]


def test_the_projects_folder_is_found_whatever_cdpath_says(
    set_up: Callable[..., Outcome], tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "scripts").mkdir(parents=True)
    assert set_up(CDPATH=str(elsewhere)).returncode == 0
    assert (tmp_path / "build" / "setup.log").is_file()
    assert not (elsewhere / "build").exists()


@pytest.mark.parametrize(
    "variable",
    [
        "UV_PROJECT_ENVIRONMENT",
        "UV_PROJECT",
        "UV_FROZEN",
        "UV_NO_GROUP",
        "UV_NO_SYNC",
        "UV_EXCLUDE_NEWER",
        "UV_NO_MANAGED_PYTHON",
        "VIRTUAL_ENV",
        "PYTHONPATH",
    ],
)
def test_where_the_users_tools_put_things_is_not_where_the_projects_go(
    variable: str, set_up: Callable[..., Outcome], tmp_path: Path
) -> None:
    assert set_up(uv="env > seen", **{variable: "/somewhere/else"}).returncode == 0
    assert f"{variable}=" not in (tmp_path / "seen").read_text()


def test_set_up_and_the_program_let_the_same_variables_through(
    set_up: Callable[..., Outcome], tmp_path: Path
) -> None:
    every = sorted(set(re.findall(r"UV_[A-Z_]+[A-Z]", UV_VARIABLES)))
    given = {name: "0" for name in every if name != "UV_PYTHON"}
    assert set_up(uv="env > seen", **given).returncode == 0
    seen = {line.partition("=")[0] for line in (tmp_path / "seen").read_text().splitlines()}
    assert {name for name in given if name in seen} == {
        name for name in given if REACHING.fullmatch(name)
    }


@pytest.mark.parametrize(
    "variables",
    [
        {"PIP_REQUIRE_VIRTUALENV": "1"},
        {"PIP_USER": "1"},
        {"PIP_TARGET": "/somewhere"},
        {"PIP_PREFIX": "/somewhere"},
    ],
)
def test_uv_is_brought_into_the_project_whatever_pip_is_told(
    variables: dict[str, str], set_up: Callable[..., Outcome], pip: Path, tmp_path: Path
) -> None:
    outcome = set_up(uv_works=False, python=str(pip), **variables)
    assert outcome.returncode == 0, outcome.stderr
    assert "--target .tools" in (tmp_path / "pip-arguments").read_text()


def test_a_uv_that_pip_cannot_bring_is_told_in_pips_own_words(
    set_up: Callable[..., Outcome], pip: Path
) -> None:
    outcome = set_up(uv_works=False, python=str(pip), PIP_INDEX_URL="http://mirror")
    expect_one_line(
        outcome, "pip could not install uv: ERROR: No matching distribution at http://m"
    )


@pytest.mark.parametrize(
    ("in_the_way", "reason"),
    [("build", "File exists"), ("build/setup.log/folder", "Is a directory")],
)
def test_a_log_that_cannot_be_written_is_the_reason_that_is_given(
    in_the_way: str, reason: str, set_up: Callable[..., Outcome], tmp_path: Path
) -> None:
    (tmp_path / in_the_way).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / in_the_way).touch()
    outcome = set_up()
    assert outcome.returncode == 2
    (line,) = outcome.stderr.splitlines()
    assert line.startswith(f"set-up: build/setup.log cannot be written: {reason}; ")


def test_a_tool_that_fails_without_a_word_is_not_given_one(set_up: Callable[..., Outcome]) -> None:
    expect_one_line(set_up(uv="exit 1"), "uv sync failed: it said nothing")
