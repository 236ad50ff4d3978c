"""Whose keys a service's calls are signed with."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.credentials import ReadOnlyCredentials
from botocore.session import Session

from adapters.aws.calls import AwsCallCounter
from adapters.aws.clients import BotocoreCredentials, open_fast_client
from adapters.aws.fast.credentials import (
    Credentials,
    EnvironmentCredentials,
    NoCredentials,
    RefreshingCredentials,
)

PROFILE = """\
[default]
aws_access_key_id = AKIAPROFILE
aws_secret_access_key = of the profile
"""


@pytest.mark.parametrize(
    ("variables", "source"),
    [
        ({"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "s"}, EnvironmentCredentials),
        ({"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/keys"}, RefreshingCredentials),
        ({}, BotocoreCredentials),
    ],
)
def test_keys_come_from_the_environment_the_container_or_botocore(
    variables: Mapping[str, str], source: type
) -> None:
    client = open_fast_client("us-west-2", variables, AwsCallCounter())
    assert type(client._credentials) is source


@pytest.fixture
def no_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the credentials file that is the only place where botocore may find keys."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    return tmp_path / "credentials"


@pytest.fixture
def _profile(no_keys: Path) -> None:
    no_keys.write_text(PROFILE)


@pytest.mark.usefixtures("_profile")
async def test_the_keys_of_a_profile_are_found() -> None:
    source = BotocoreCredentials(Session())
    expected = Credentials("AKIAPROFILE", "of the profile")
    assert await source.current() == expected
    source.forget(expected)
    assert await source.current() == expected


class Renewable:
    """Keys of botocore's that are to be renewed now and then."""

    def __init__(self) -> None:
        self.asked_in: list[str] = []
        self.old = False

    def get_credentials(self) -> Renewable:
        return self

    def refresh_needed(self) -> bool:
        return self.old

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        self.asked_in.append(threading.current_thread().name)
        return ReadOnlyCredentials("a", "s", "t")


async def test_only_looking_for_keys_and_renewing_them_takes_a_thread() -> None:
    found: Any = Renewable()
    source = BotocoreCredentials(found)
    for old in (False, False, True):
        found.old = old
        assert await source.current() == Credentials("a", "s", "t")
    here = threading.current_thread().name
    assert [name == here for name in found.asked_in] == [False, True, False]


@pytest.mark.usefixtures("no_keys")
async def test_no_keys_anywhere_is_one_line_with_a_remedy() -> None:
    with pytest.raises(NoCredentials, match="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or"):
        await BotocoreCredentials(Session()).current()
