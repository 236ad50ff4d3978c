"""Writes of single items that meet a transaction which holds their item."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from adapters.aws.fast.errors import Refused
from kit.retry import full_jitter

T = TypeVar("T")

# PutItem, UpdateItem and DeleteItem are refused then, GetItem is not; AWS's clients do not try
# again: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
CONFLICT = "TransactionConflictException"
# A transaction holds its items for some tens of milliseconds.
LEAST_PAUSE_SECONDS = 0.02
JITTER_SECONDS = 0.1


async def past_transaction(write: Callable[[], Awaitable[T]]) -> T:
    """Return the answer to `write`, asked once more if a transaction was in its way.

    Nothing was written the first time, so this is no repeat.

    Raises:
        Refused: for another reason, or because of a transaction again.
    """
    try:
        return await write()
    except Refused as refused:
        if refused.code != CONFLICT:
            raise
    jitter = full_jitter(0, base_seconds=JITTER_SECONDS, cap_seconds=JITTER_SECONDS)
    await asyncio.sleep(LEAST_PAUSE_SECONDS + jitter)
    return await write()
