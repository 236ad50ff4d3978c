import subprocess
from pathlib import Path

import pytest

from infra.build_folder import BuildError
from infra.uv import find_uv, locked_requirements, run, run_uv
from tests.unit.infra.fake_uv import FakeUv

pytestmark = pytest.mark.process


def test_without_uv_the_message_says_where_it_is_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("infra.uv.PROJECT_ROOT", tmp_path)
    with pytest.raises(BuildError, match=r"need uv, which is neither on the PATH nor in \.tools"):
        find_uv()


def test_a_uv_that_is_not_where_it_is_said_to_be_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV", str(tmp_path / "gone"))
    with pytest.raises(BuildError, match=r"gone cannot be run: No such file"):
        run_uv("--version")


def test_the_projects_own_uv_is_used_when_there_is_no_other(
    uv: FakeUv, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / ".tools" / "bin"
    own.mkdir(parents=True)
    (own / "uv").symlink_to(uv.path)
    monkeypatch.delenv("UV")
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr("infra.uv.PROJECT_ROOT", tmp_path)
    assert find_uv() == str(own / "uv")


def test_a_failure_is_told_in_the_tools_own_words_with_the_command(uv: FakeUv) -> None:
    uv.fail("no wheel for this platform")
    with pytest.raises(BuildError, match=r"a build failed: .*pip install x: no wheel for this"):
        run_uv("pip", "install", "x")


def test_what_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("uv", 300)

    monkeypatch.setattr("subprocess.run", hang)
    with pytest.raises(BuildError, match=r"uv lock: not done in 300 s"):
        run("uv", "lock")


@pytest.mark.parametrize(
    "variable",
    [
        "UV",
        "UV_COMPILE_BYTECODE",
        "UV_CONSTRAINT",
        "UV_FROZEN",
        "UV_LINK_MODE",
        "UV_NO_BINARY",
        "UV_PROJECT",
        "UV_PYTHON",
        "UV_TARGET",
        "PIP_USER",
        "PYTHONPATH",
        "PYTHONPYCACHEPREFIX",
        "VIRTUAL_ENV",
        "CONDA_PREFIX",
    ],
)
def test_what_is_made_does_not_depend_on_the_users_settings(
    variable: str, uv: FakeUv, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(uv.path))
    run(str(uv.path), "anything")
    assert variable not in uv.environment()


@pytest.mark.parametrize(
    "variable",
    [
        "HOME",
        "HTTPS_PROXY",
        "SSL_CERT_FILE",
        "UV_CACHE_DIR",
        "UV_DEFAULT_INDEX",
        "UV_INDEX_COMPANY_PASSWORD",
        "UV_HTTP_TIMEOUT",
        "UV_PYTHON_DOWNLOADS",
    ],
)
def test_how_packages_are_reached_does(
    variable: str, uv: FakeUv, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, "as the user says")
    run(str(uv.path), "anything")
    assert uv.environment()[variable] == "as the user says"


def test_a_groups_requirements_are_its_own_locked_and_with_hashes() -> None:
    services, function = locked_requirements("services"), locked_requirements("lambda")
    assert "uvloop==" in services
    assert "uvloop==" not in function
    assert "--hash=sha256:" in function
    for text in (services, function):
        assert "ruff" not in text
        assert "#" not in text


def test_the_lock_file_is_read_once_a_run(uv: FakeUv) -> None:
    assert locked_requirements("services") == locked_requirements("services") == "thing==1.0\n"
    assert len(uv.calls()) == 1
