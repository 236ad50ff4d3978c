"""Keys from the environment and from the container, fresh when they are needed."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from adapters.aws.fast.container import credentials_from
from adapters.aws.fast.credentials import (
    Credentials,
    EnvironmentCredentials,
    NoCredentials,
    RefreshingCredentials,
    container_token,
    read_container_answer,
)
from tests.support.virtual_clock import virtual_time

STATIC = {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "secret"}


class Endpoint:
    """Hands out keys that last an hour, unless it is told to fail."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.asked = 0
        self.failing = False
        self.hold = asyncio.Event()
        self.hold.set()

    async def fetch(self) -> Credentials:
        self.asked += 1
        await self.hold.wait()
        if self.failing:
            raise NoCredentials("the agent is away")
        return Credentials(f"AKIA{self.asked}", "secret", "token", self.now + 3600)


def refreshing(endpoint: Endpoint) -> RefreshingCredentials:
    return RefreshingCredentials(endpoint.fetch, now=lambda: endpoint.now)


@virtual_time
async def test_keys_are_fetched_once_for_all_who_wait() -> None:
    endpoint = Endpoint()
    source = refreshing(endpoint)
    found = await asyncio.gather(*(source.current() for _ in range(100)))
    assert {each.access_key for each in found} == {"AKIA1"}
    assert endpoint.asked == 1


@virtual_time
async def test_keys_near_their_end_are_renewed_beside_the_calls() -> None:
    endpoint = Endpoint()
    source = refreshing(endpoint)
    await source.current()
    endpoint.now += 3600 - 14 * 60
    endpoint.hold.clear()
    assert (await source.current()).access_key == "AKIA1"
    endpoint.hold.set()
    await asyncio.sleep(1)
    assert (await source.current()).access_key == "AKIA2"


@virtual_time
async def test_in_the_last_ten_minutes_a_call_waits_for_new_keys() -> None:
    endpoint = Endpoint()
    source = refreshing(endpoint)
    await source.current()
    endpoint.now += 3600 - 9 * 60
    assert (await source.current()).access_key == "AKIA2"


@virtual_time
async def test_after_a_freeze_of_hours_the_keys_are_others() -> None:
    endpoint = Endpoint()
    source = refreshing(endpoint)
    await source.current()
    endpoint.now += 5 * 3600
    assert (await source.current()).access_key == "AKIA2"


@virtual_time
async def test_keys_that_are_still_good_outlive_an_agent_that_is_away() -> None:
    endpoint = Endpoint()
    source = refreshing(endpoint)
    await source.current()
    endpoint.failing = True
    endpoint.now += 3600 - 60
    assert (await source.current()).access_key == "AKIA1"
    endpoint.now += 61
    with pytest.raises(NoCredentials):
        await source.current()
    endpoint.failing = False
    assert (await source.current()).access_key == "AKIA4"


@virtual_time
async def test_an_agent_that_is_away_is_not_asked_with_every_call() -> None:
    endpoint = Endpoint()
    source = refreshing(endpoint)
    await source.current()
    endpoint.failing = True
    endpoint.now += 3600 - 14 * 60
    for _ in range(50):
        await source.current()
        await asyncio.sleep(0)
    assert endpoint.asked == 2
    endpoint.now += 31
    await source.current()
    await asyncio.sleep(0)
    assert endpoint.asked == 3


@virtual_time
async def test_keys_that_aws_calls_expired_are_fetched_anew_once() -> None:
    endpoint = Endpoint()
    source = refreshing(endpoint)
    first = await source.current()
    source.forget(first)
    source.forget(first)
    assert (await source.current()).access_key == "AKIA2"
    source.forget(first)  # somebody else's call, signed with the old keys
    assert (await source.current()).access_key == "AKIA2"


@virtual_time
async def test_a_caller_that_leaves_does_not_end_the_fetch_of_the_others() -> None:
    endpoint = Endpoint()
    endpoint.hold.clear()
    source = refreshing(endpoint)
    leaving, staying = (asyncio.create_task(source.current()) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    await asyncio.sleep(0)
    endpoint.hold.set()
    assert (await staying).access_key == "AKIA1"


async def test_the_environments_keys_are_read_anew_when_refused() -> None:
    variables = dict(STATIC)
    source = EnvironmentCredentials(variables)
    first = await source.current()
    variables["AWS_ACCESS_KEY_ID"] = "AKIANEW"
    assert await source.current() == first
    source.forget(first)
    assert (await source.current()).access_key == "AKIANEW"


@pytest.mark.parametrize("missing", list(STATIC))
async def test_half_a_pair_of_keys_is_none(missing: str) -> None:
    variables = {name: value for name, value in STATIC.items() if name != missing}
    with pytest.raises(NoCredentials, match="must both be set"):
        await EnvironmentCredentials(variables).current()


@pytest.mark.parametrize("name", [*STATIC, "AWS_SESSION_TOKEN"])
def test_a_key_that_would_break_a_header_is_refused(name: str) -> None:
    with pytest.raises(NoCredentials, match="white space"):
        credentials_from({**STATIC, name: "ab\r\nx-evil: 1"})


def test_keys_of_the_environment_come_before_the_containers() -> None:
    variables = {**STATIC, "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials"}
    assert isinstance(credentials_from(variables), EnvironmentCredentials)


def test_without_any_of_them_there_is_no_source() -> None:
    assert credentials_from({}) is None


@pytest.mark.parametrize(
    "url", ["http://example.com/keys", "http://10.0.0.1/keys", "no url", "ftp://localhost/keys"]
)
def test_keys_are_not_asked_for_in_the_open(url: str) -> None:
    with pytest.raises(NoCredentials, match="AWS_CONTAINER_CREDENTIALS_FULL_URI"):
        credentials_from({"AWS_CONTAINER_CREDENTIALS_FULL_URI": url})


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:9001/keys", "http://169.254.170.23/v1/credentials", "https://keys.example/"],
)
def test_keys_may_be_asked_for_here_of_the_agents_and_over_tls(url: str) -> None:
    assert credentials_from({"AWS_CONTAINER_CREDENTIALS_FULL_URI": url}) is not None


def test_the_containers_answer_is_read() -> None:
    body = (
        b'{"AccessKeyId": "AKIA", "SecretAccessKey": "s", "Token": "t", "RoleArn": "r", '
        b'"Expiration": "2026-11-25T10:00:00Z"}'
    )
    assert read_container_answer(body) == Credentials("AKIA", "s", "t", 1795600800.0)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"{}", b'{"AccessKeyId": "", "SecretAccessKey": "s"}']
)
def test_an_answer_without_keys_is_none(body: bytes) -> None:
    with pytest.raises(NoCredentials):
        read_container_answer(body)


def test_the_token_is_read_from_its_file_each_time(tmp_path: Path) -> None:
    file = tmp_path / "token"
    variables = {
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(file),
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": "older",
    }
    for token in ("first", "second"):
        file.write_text(token)
        assert container_token(variables) == token


def test_a_token_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = str(tmp_path / "missing")
    with pytest.raises(NoCredentials, match="TOKEN_FILE = "):
        container_token({"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": path})


def test_a_token_of_two_lines_is_refused() -> None:
    with pytest.raises(NoCredentials, match="one line"):
        container_token({"AWS_CONTAINER_AUTHORIZATION_TOKEN": "a\r\nx-evil: 1"})
