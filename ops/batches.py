"""Batches of SNS and SQS: what fits into one call, and the answer looked at entry by entry."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

T = TypeVar("T")
Entry = dict[str, Any]

MAX_ENTRIES = 10
# SQS takes more by now, SNS does not:
# https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html
MAX_BYTES = 256 * 1024
ATTEMPTS = 4
FIRST_PAUSE_SECONDS = 0.2


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
