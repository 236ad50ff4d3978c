from __future__ import annotations

import pytest

from lab.load.scenarios import FLASH, NORMAL
from lab.results.model import Results
from lab.results.scale import ScaleResults
from tests.unit.lab.simulated import simulated_results
from tests.unit.lab.simulated_scale import simulated_scale


@pytest.fixture(scope="session")
def results() -> Results:
    """A faultless run of `lab demo`."""
    return simulated_results(NORMAL.lasting(5), FLASH.lasting(10))


@pytest.fixture(scope="session")
def scaled() -> ScaleResults:
    """A faultless run of `lab scale`: the predecessors' sale with their numbers of workers."""
    return simulated_scale(FLASH, 1, 5, 20, 100)
