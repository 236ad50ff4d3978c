from __future__ import annotations

import os

import pytest

from terminal.isolation import without_user_aws
from tests.support.user_setup import USERS


@pytest.fixture(autouse=True)
def user(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in USERS.items():
        monkeypatch.setenv(key, value)


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
