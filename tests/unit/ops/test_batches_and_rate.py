"""Batches that fit, and answers looked at entry by entry."""

from __future__ import annotations

from typing import Any

from ops.calls import ATTEMPTS, MAX_BYTES, Entry, RateLimit, in_batches, send_entries


class Service:
    """Answers batches with what is planned for each entry, confirming all others."""

    def __init__(self, *plans: dict[str, Entry]) -> None:
        self.plans = list(plans)
        self.calls: list[list[str]] = []

    def __call__(self, entries: list[Entry]) -> dict[str, Any]:
        self.calls.append([entry["Id"] for entry in entries])
        plan = self.plans.pop(0) if self.plans else {}
        failed = [{"Id": name, **plan[name]} for name in self.calls[-1] if plan.get(name)]
        taken = [{"Id": name} for name in self.calls[-1] if name not in plan]
        return {"Successful": taken, "Failed": failed}


THEIRS = {"Code": "InternalError", "Message": "sorry", "SenderFault": False}
OURS = {"Code": "TooLong", "SenderFault": True}
ENTRIES = [{"Id": name} for name in "abc"]


def test_only_what_failed_on_their_side_is_sent_again() -> None:
    service, pauses = Service({"a": THEIRS, "b": OURS}), list[float]()
    assert send_entries(service, ENTRIES, sleep=pauses.append) == {"b": "TooLong"}
    assert service.calls == [["a", "b", "c"], ["a"]]
    assert len(pauses) == 1


def test_an_entry_that_is_not_mentioned_was_not_taken() -> None:
    service = Service({"c": {}})
    assert send_entries(service, ENTRIES, sleep=lambda _: None) == {}
    assert service.calls == [["a", "b", "c"], ["c"]]


def test_what_fails_again_and_again_is_given_up_with_its_reason() -> None:
    service = Service(*[{"a": THEIRS}] * ATTEMPTS)
    problems = send_entries(service, ENTRIES, sleep=lambda _: None)
    assert problems == {"a": "InternalError: sorry"}
    assert len(service.calls) == ATTEMPTS


def test_batches_hold_ten_and_a_quarter_of_a_mebibyte() -> None:
    assert [len(batch) for batch in in_batches(range(23))] == [10, 10, 3]
    assert [len(batch) for batch in in_batches(range(5), most=2)] == [2, 2, 1]
    sizes = [MAX_BYTES // 2, MAX_BYTES // 2, 1, MAX_BYTES + 1, 1]
    assert [list(each) for each in in_batches(sizes, size_of=lambda size: size)] == [
        sizes[:2],
        sizes[2:3],
        sizes[3:4],
        sizes[4:],
    ]
    assert list(in_batches([])) == []


def test_a_pace_is_kept_on_average_and_starts_at_once() -> None:
    now, slept = [100.0], list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    rate = RateLimit(5, clock=lambda: now[0], sleep=sleep)
    for count in (5, 10, 1):
        rate.wait()
        rate.went(count)
    assert slept == [1.0, 2.0]
    now[0] += 1000
    rate.wait()
    rate.went(5)
    rate.wait()
    assert slept == [1.0, 2.0, 1.0], "time that nobody used is not made up for"


def test_what_goes_together_is_a_seconds_worth_at_most() -> None:
    assert [RateLimit(rate).most(10) for rate in (0.5, 1, 7, 500)] == [1, 1, 7, 10]
