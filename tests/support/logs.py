"""What a piece of code logs, caught before it is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kit import logging
from kit.logging import Entry


@contextmanager
def capture_logs() -> Iterator[list[Entry]]:
    """Yield the list that entries go to while the context is open."""
    entries: list[Entry] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logging, "write", entries.append)
        yield entries
