"""Whose calls they are: keys of the environment or of the container's endpoint, kept fresh.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Protocol

import msgspec

# As botocore does it: from a quarter of an hour before the end new keys are fetched beside the
# calls, and in the last ten minutes a call waits for them.
ADVISED_REFRESH_SECONDS = 15 * 60
FORCED_REFRESH_SECONDS = 10 * 60
# A fetch that failed while the keys are still good is not tried again with every call.
FAILED_REFRESH_PAUSE_SECONDS = 30.0


class Credentials(msgspec.Struct, frozen=True):
    """Keys to sign with; `token` is that of temporary ones, which end at `expires_at` (epoch)."""

    access_key: str
    secret_key: str
    token: str = ""
    expires_at: float | None = None


class NoCredentials(Exception):
    """There is nothing to sign with; the message says where it was looked for."""


class CredentialSource(Protocol):
    """Where a client's keys come from."""

    async def current(self) -> Credentials:
        """Return keys that are good now; costs nothing while they are.

        Raises:
            NoCredentials: there are none to be had.
        """
        ...

    def forget(self, refused: Credentials) -> None:
        """AWS called these expired: let the next call ask for others."""
        ...


class EnvironmentCredentials:
    """The keys in the environment's variables; AWS Lambda puts a function's role there."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self._current: Credentials | None = None

    async def current(self) -> Credentials:
        """Return the keys, read once."""
        if self._current is None:
            self._current = credentials_in(self._variables)
        if self._current is None:
            raise NoCredentials(
                "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must both be set to call AWS"
            )
        return self._current

    def forget(self, refused: Credentials) -> None:
        """Read the variables anew."""
        if self._current == refused:
            self._current = None


def credentials_in(variables: Mapping[str, str]) -> Credentials | None:
    """Return the keys that the variables hold, or None.

    Raises:
        NoCredentials: they would break a header.
    """
    access_key = variables.get("AWS_ACCESS_KEY_ID", "")
    secret_key = variables.get("AWS_SECRET_ACCESS_KEY", "")
    if not access_key or not secret_key:
        return None
    token = variables.get("AWS_SESSION_TOKEN", "")
    if any(part != "".join(part.split()) for part in (access_key, secret_key, token)):
        raise NoCredentials("the AWS keys of the environment must not hold white space")
    return Credentials(access_key, secret_key, token)


class RefreshingCredentials:
    """Temporary keys that `fetch` brings, renewed before they end, one fetch for all callers.

    Time is the wall clock's, so that a process that stood still for an hour notices.
    """

    def __init__(
        self,
        fetch: Callable[[], Awaitable[Credentials]],
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._fetch = fetch
        self._now = now
        self._current: Credentials | None = None
        self._fetching: asyncio.Task[Credentials] | None = None
        self._not_before = 0.0

    async def current(self) -> Credentials:
        """Return keys that are good; raises what `fetch` raises if there are none."""
        current = self._current
        if current is not None:
            left = _seconds_left(current, self._now())
            if left > ADVISED_REFRESH_SECONDS:
                return current
            if left > FORCED_REFRESH_SECONDS:
                self._refresh()
                return current
        try:
            return await asyncio.shield(self._refresh(forced=True))
        except Exception:
            if current is None or _seconds_left(current, self._now()) <= 0:
                raise
            return current

    def forget(self, refused: Credentials) -> None:
        """Fetch others with the next call."""
        if self._current == refused:
            self._current = None

    def _refresh(self, *, forced: bool = False) -> asyncio.Task[Credentials]:
        """Return the fetch under way, or begin one."""
        fetching = self._fetching
        if fetching is None or (fetching.done() and (forced or self._now() >= self._not_before)):
            fetching = asyncio.get_running_loop().create_task(self._renew())
            # Seen here, so that a failure beside the calls is not "never retrieved".
            fetching.add_done_callback(lambda task: task.cancelled() or task.exception())
            self._fetching = fetching
        return fetching

    async def _renew(self) -> Credentials:
        self._not_before = self._now() + FAILED_REFRESH_PAUSE_SECONDS
        self._current = await self._fetch()
        return self._current


def _seconds_left(credentials: Credentials, now: float) -> float:
    return float("inf") if credentials.expires_at is None else credentials.expires_at - now


class _Answer(msgspec.Struct, rename="pascal"):
    access_key_id: Annotated[str, msgspec.Meta(min_length=1)]
    secret_access_key: Annotated[str, msgspec.Meta(min_length=1)]
    token: str = ""
    expiration: datetime | None = None


_decoder = msgspec.json.Decoder(_Answer)


def read_container_answer(body: bytes) -> Credentials:
    """Return the keys in an answer of the container's endpoint.

    Raises:
        NoCredentials: it holds none.
    """
    try:
        answer = _decoder.decode(body)
    except msgspec.DecodeError as error:
        raise NoCredentials(f"the container's credentials cannot be read: {error}") from None
    expires_at = answer.expiration.timestamp() if answer.expiration else None
    return Credentials(answer.access_key_id, answer.secret_access_key, answer.token, expires_at)


def container_token(variables: Mapping[str, str]) -> str:
    """Return what the container's endpoint wants in `Authorization`; read anew, it may rotate.

    Raises:
        NoCredentials: the file cannot be read, or it would break the header.
    """
    token = variables.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", "")
    if path := variables.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"):
        try:
            token = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeError) as error:
            raise NoCredentials(
                f"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE = {path}: {error}"
            ) from error
    if "\r" in token or "\n" in token:
        raise NoCredentials("the container's authorization token must be one line")
    return token
