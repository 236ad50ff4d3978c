"""What integration tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.emulator import RunningEmulator, running_emulator


@pytest.fixture(scope="session")
def shared_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEmulator]:
    """One emulator for all tests of a session; each test makes resources under names of its own."""
    with running_emulator(tmp_path_factory.mktemp("shared-emulator")) as emulator:
        yield emulator
