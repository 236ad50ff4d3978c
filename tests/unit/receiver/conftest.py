from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.side_effects import needs
from tests.unit.receiver.fakes import Receiver, running_receiver


@pytest.fixture
@needs("socket")
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver of the async topology."""
    async with running_receiver() as running:
        yield running


@pytest.fixture
@needs("socket")
async def sync_receiver() -> AsyncIterator[Receiver]:
    """A receiver of the sync topology."""
    async with running_receiver(topology="sync", sns_topic_arn=None) as running:
        yield running
