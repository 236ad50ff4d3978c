"""Calls to AWS for an operator: in batches, at a bounded rate, and what went wrong in a line."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)

from terminal.errors import UserError

T = TypeVar("T")
Entry = dict[str, Any]

MAX_ENTRIES = 10
# SQS takes more by now, SNS does not:
# https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html
MAX_BYTES = 256 * 1024
ATTEMPTS = 4
FIRST_PAUSE_SECONDS = 0.2

_NO_IDENTITY = (
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)
_IDENTITY = "sign in again, or name another profile with AWS_PROFILE"
_ACCESS = "let this identity do it, or use another one (AWS_PROFILE)"
_EXISTENCE = "check account, region (AWS_REGION) and stack, or bring the stack up"
_REMEDIES = {
    "AccessDenied": _ACCESS,
    "AccessDeniedException": _ACCESS,
    "AuthorizationError": _ACCESS,
    "AuthorizationErrorException": _ACCESS,
    "ExpiredToken": _IDENTITY,
    "ExpiredTokenException": _IDENTITY,
    "InvalidClientTokenId": _IDENTITY,
    "UnrecognizedClientException": _IDENTITY,
    "SignatureDoesNotMatch": _IDENTITY,
    "AWS.SimpleQueueService.NonExistentQueue": _EXISTENCE,
    "QueueDoesNotExist": _EXISTENCE,
    "NotFound": _EXISTENCE,
    "NotFoundException": _EXISTENCE,
    "ResourceNotFoundException": _EXISTENCE,
}


class Unanswered(UserError):
    """AWS or the receiver could not do it now; trying again may help."""


def error_code(error: ClientError) -> str:
    """Return AWS's name of the error."""
    return str(error.response.get("Error", {}).get("Code", ""))


@contextmanager
def calling(what: str) -> Iterator[None]:
    """Tell what a call in the block was for, and why it failed.

    Raises:
        Unanswered: nobody answered, or AWS refused for now.
        UserError: the identity, its rights or the stack are wrong.
    """
    try:
        yield
    except ClientError as error:
        code = error_code(error)
        told = f"{what}: {code}: {error.response['Error'].get('Message', '')}".rstrip(": ")
        if code in _REMEDIES:
            raise UserError(f"{told}; {_REMEDIES[code]}") from error
        raise Unanswered(f"{told}; try again") from error
    except _NO_IDENTITY as error:
        raise UserError(f"{what}: {error}; {_IDENTITY}") from error
    except (BotoCoreError, OSError) as error:
        raise Unanswered(f"{what}: {str(error) or type(error).__name__}; try again") from error


class RateLimit:
    """Lets `per_second` things go on average, however many go together."""

    def __init__(
        self,
        per_second: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.per_second = per_second
        self._clock = clock
        self._sleep = sleep
        self._free_at = clock()

    def most(self, limit: int) -> int:
        """Return how many may go together: a second's worth, 1 to `limit`."""
        return max(1, min(limit, int(self.per_second)))

    def wait(self) -> None:
        """Return once those that went before have had their time."""
        seconds = self._free_at - self._clock()
        if seconds > 0:
            self._sleep(seconds)

    def went(self, count: int) -> None:
        """Note that `count` have gone."""
        self._free_at = max(self._free_at, self._clock()) + count / self.per_second


def in_batches(
    items: Iterable[T], size_of: Callable[[T], int] = lambda _: 0, most: int = MAX_ENTRIES
) -> Iterator[list[T]]:
    """Yield the items in lists of at most `most` and 256 KiB; a larger one travels alone."""
    batch: list[T] = []
    size = 0
    for item in items:
        bytes_of_item = size_of(item)
        if batch and (len(batch) == most or size + bytes_of_item > MAX_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += bytes_of_item
    if batch:
        yield batch


def send_entries(
    call: Callable[[list[Entry]], Mapping[str, Any]],
    entries: Sequence[Entry],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, str]:
    """Send up to 10 entries; those that AWS failed on its own side are sent again, a few times.

    Returns the problem of each entry that was not taken in the end, by `Id`; what `call` raises
    is raised.
    """
    problems: dict[str, str] = {}
    open_entries = list(entries)
    for attempt in range(ATTEMPTS):
        if attempt:
            sleep(FIRST_PAUSE_SECONDS * 2 ** (attempt - 1))
        failed = _failed(call(open_entries), open_entries)
        again = []
        for entry in open_entries:
            problems.pop(entry["Id"], None)
            if entry["Id"] in failed:
                problem, may_retry = failed[entry["Id"]]
                problems[entry["Id"]] = problem
                again += [entry] if may_retry else []
        if not again:
            break
        open_entries = again
    return problems


def _failed(answer: Mapping[str, Any], entries: Sequence[Entry]) -> dict[str, tuple[str, bool]]:
    """Return each entry that was not confirmed: why, and whether to send it again."""
    confirmed = {entry["Id"] for entry in answer.get("Successful", [])}
    refused = {entry["Id"]: entry for entry in answer.get("Failed", [])}
    failed = {}
    for entry in entries:
        if entry["Id"] in confirmed:
            continue
        told = refused.get(entry["Id"], {"Code": "Unconfirmed"})
        problem = f"{told['Code']}: {told.get('Message') or ''}".rstrip(": ")
        failed[entry["Id"]] = problem, not told.get("SenderFault", False)
    return failed
