"""No process and no network socket here without a marker."""

from tests.support.side_effects import (
    pytest_itemcollected,
    pytest_runtest_call,
    pytest_runtest_setup,
)

__all__ = ["pytest_itemcollected", "pytest_runtest_call", "pytest_runtest_setup"]
