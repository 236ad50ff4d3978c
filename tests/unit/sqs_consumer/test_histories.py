"""Ten thousand random lives of a queue and its consumers: `tests/support/queue_life.py`.

`HISTORY=4711 pytest ...` runs the one with this number, `HISTORIES=100000` more of them.
"""

from __future__ import annotations

import os

import pytest

from kit import logging
from tests.support.queue_life import live_through

HISTORIES = int(os.environ.get("HISTORIES", "10000"))
CHUNKS = 20
ONE = os.environ.get("HISTORY")
SEEDS = [[int(ONE)]] if ONE else [range(chunk, HISTORIES, CHUNKS) for chunk in range(CHUNKS)]


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Log nothing: formatting what happens in ten thousand lives takes longer than living them."""
    monkeypatch.setattr(logging, "_least", 100)


@pytest.mark.parametrize("seeds", SEEDS, ids=lambda seeds: f"from {seeds[0]}")
def test_every_message_is_handled_or_set_aside_and_nothing_is_leaked(seeds: range) -> None:
    for seed in seeds:
        live_through(seed)
