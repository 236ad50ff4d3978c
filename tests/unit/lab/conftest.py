from __future__ import annotations

import pytest

from lab.load.scenarios import FLASH
from lab.results.scale import ScaleResults
from tests.unit.lab.simulated_scale import simulated_scale


@pytest.fixture(scope="session")
def seeds() -> ScaleResults:
    """The seeds' own sale with their numbers of workers."""
    return simulated_scale(FLASH, 1, 5, 20, 100)
