"""Sending batches whose entries are taken or refused one by one, as SNS and SQS do.

https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from adapters.aws.errors import AWS_ERRORS, unavailable
from kit.retry import full_jitter
from orders.errors import Unavailable

MAX_ENTRIES = 10
# SQS takes 1 MiB since August 2025, SNS still 256 KiB.
MAX_BYTES = 256 * 1024
ATTEMPTS = 4

Entry = TypeVar("Entry")


class Refusal(Protocol):
    """Why one entry was not taken, and whether it is the sender's fault: then no try helps."""

    @property
    def code(self) -> str:
        """AWS's code of the error."""
        ...

    @property
    def message(self) -> str:
        """What it says."""
        ...

    @property
    def sender_fault(self) -> bool:
        """Whether the entry itself is wrong."""
        ...


SendBatch = Callable[[Sequence[Entry]], Awaitable[Sequence[Refusal | None]]]
"""Sends up to `MAX_ENTRIES`, and returns what was refused, in order."""


async def send_entries(
    what: str, entries: Sequence[Entry], send: SendBatch[Entry]
) -> list[Unavailable | None]:
    """Send one batch and return what went wrong with each entry, in order.

    Entries that the service failed on its own side are tried again with jitter.

    Raises:
        AwsError, NoCredentials: the call failed; all of it may have been taken.
    """
    results: list[Unavailable | None] = [None] * len(entries)
    waiting = list(range(len(entries)))
    for attempt in range(ATTEMPTS):
        if attempt:
            await asyncio.sleep(full_jitter(attempt - 1, base_seconds=0.05, cap_seconds=1))
        refusals = await send([entries[index] for index in waiting])
        again = []
        for index, refusal in zip(waiting, refusals, strict=True):
            results[index] = _unavailable(what, refusal)
            if refusal is not None and not refusal.sender_fault:
                again.append(index)
        waiting = again
        if not waiting:
            break
    return results


async def send_all(
    what: str, entries: Sequence[Entry], send: SendBatch[Entry]
) -> list[Unavailable | None]:
    """Send any number of small entries in as few calls as they fit, all at the same time.

    Returns what went wrong with each entry, in order; one failed call is the fault of its own
    entries only.
    """

    async def portion(part: Sequence[Entry]) -> list[Unavailable | None]:
        try:
            return await send_entries(what, part, send)
        except AWS_ERRORS as error:
            return [unavailable(what, error)] * len(part)

    parts = [entries[at : at + MAX_ENTRIES] for at in range(0, len(entries), MAX_ENTRIES)]
    return [each for found in await asyncio.gather(*map(portion, parts)) for each in found]


def _unavailable(what: str, refusal: Refusal | None) -> Unavailable | None:
    if refusal is None:
        return None
    return Unavailable(f"{what}: {refusal.code}: {refusal.message}")
