from __future__ import annotations

import pytest

from lab.load.scenarios import FLASH, NORMAL
from lab.results.model import Results
from tests.unit.lab.simulated import simulated_results


@pytest.fixture(scope="session")
def results() -> Results:
    return simulated_results(NORMAL.lasting(5), FLASH.lasting(10))
