from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from orders.clock import timestamp

microseconds = st.integers(0, 4_000_000_000_000_000)


@given(microseconds, microseconds)
def test_timestamps_sort_as_time_does(one: int, other: int) -> None:
    texts = timestamp(one / 1e6), timestamp(other / 1e6)
    assert len(texts[0]) == len(texts[1]) == 27
    if abs(one - other) > 1:  # a double holds such times to less than a microsecond
        assert (texts[0] < texts[1]) == (one < other)


def test_a_timestamp_is_iso_8601_in_utc() -> None:
    assert timestamp(0) == "1970-01-01T00:00:00.000000Z"
    assert datetime.fromisoformat(timestamp(1_700_000_000.5)) == datetime.fromtimestamp(
        1_700_000_000.5, UTC
    )
