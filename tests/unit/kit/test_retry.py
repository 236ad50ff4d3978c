from hypothesis import given
from hypothesis import strategies as st

from kit.retry import full_jitter


@given(st.integers(0, 10_000))
def test_a_pause_is_between_nothing_and_the_doubled_base_up_to_the_cap(attempt: int) -> None:
    pause = full_jitter(attempt, base_seconds=0.05, cap_seconds=1)
    assert 0 <= pause <= min(1, 0.05 * 2.0 ** min(attempt, 30))


def test_pauses_differ_or_everybody_would_come_back_at_once() -> None:
    pauses = {full_jitter(5, base_seconds=0.05, cap_seconds=1) for _ in range(20)}
    assert len(pauses) > 10
    assert max(pauses) > 0.3
