from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.runtime.machine import minimal_environment
from terminal.isolation import without_user_aws

USERS = {
    "AWS_PROFILE": "private",
    "AWS_ACCESS_KEY_ID": "AKIAUSER",
    "AWS_ENDPOINT_URL_SQS": "https://example.com",
    "BOTO_CONFIG": "boto.cfg",
    "HTTPS_PROXY": "http://proxy.example.com",
}


@pytest.fixture(autouse=True)
def user(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in USERS.items():
        monkeypatch.setenv(key, value)


def test_a_child_learns_nothing_of_the_users_aws_setup(tmp_path: Path) -> None:
    environment = minimal_environment(tmp_path)
    assert not environment.keys() & USERS.keys()
    assert environment["HOME"] == environment["TMPDIR"] == str(tmp_path)
    assert environment["AWS_CONFIG_FILE"] == os.devnull


def test_this_process_forgets_the_users_setup_and_remembers_it_afterwards() -> None:
    before = dict(os.environ)
    with without_user_aws():
        assert not os.environ.keys() & USERS.keys()
        assert os.environ["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert dict(os.environ) == before


def test_it_is_remembered_after_an_error_too() -> None:
    before = dict(os.environ)
    with pytest.raises(ValueError, match="x"), without_user_aws():
        raise ValueError("x")
    assert dict(os.environ) == before
