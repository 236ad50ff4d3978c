import pytest

from tests.support.fake_shop import Calls


@pytest.fixture(params=Calls)
def calls(request: pytest.FixtureRequest) -> Calls:
    """Whether the adapters under test write one order a call or many: the promises are the same."""
    return Calls(request.param)
