from __future__ import annotations

from pathlib import Path

import pytest

from lab.load.records import (
    Outcome,
    Record,
    Recorder,
    RecordTail,
    outcome_of,
    parse_record,
    read_records,
    worker_path,
)


def record(order_id: str, *, http_status: int | None = 202, sent_at: float = 100.0) -> Record:
    return Record(
        order_id=order_id,
        scenario="flash",
        http_status=http_status,
        latency_ms=12.5,
        sent_at=sent_at,
        answered_at=sent_at + 0.0125,
        error=None if http_status == 202 else "why",
    )


@pytest.mark.parametrize(
    ("http_status", "outcome"),
    [
        (200, Outcome.ACCEPTED),
        (202, Outcome.ACCEPTED),
        (503, Outcome.REJECTED),
        (500, Outcome.FAILED),
        (429, Outcome.FAILED),
        (201, Outcome.FAILED),
        (None, Outcome.FAILED),
    ],
)
def test_only_200_and_202_are_promises_and_only_503_is_a_rejection(
    http_status: int | None, outcome: Outcome
) -> None:
    assert outcome_of(http_status) is outcome


def test_what_is_recorded_is_what_is_read(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "records.jsonl"
    written = [record("a"), record("b", http_status=None, sent_at=101.0)]
    recorder = Recorder(path)
    for each in written:
        recorder.write(each)
    recorder.close()
    assert read_records(path) == written


def test_a_record_is_readable_before_the_recorder_is_closed(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "records.jsonl")
    recorder.write(record("a"))
    assert [r.order_id for r in read_records(tmp_path / "records.jsonl")] == ["a"]
    recorder.close()


def test_records_of_worker_processes_are_read_together_in_the_order_of_sending(
    tmp_path: Path,
) -> None:
    path = tmp_path / "records-flash.jsonl"
    for process_id, order_id, sent_at in ((7, "late", 102.0), (8, "early", 101.0)):
        recorder = Recorder(worker_path(path, process_id))
        recorder.write(record(order_id, sent_at=sent_at))
        recorder.close()
    assert [r.order_id for r in read_records(path)] == ["early", "late"]


def test_a_line_that_is_no_record_is_refused_with_its_text() -> None:
    with pytest.raises(ValueError, match=r"not a record.*orders"):
        parse_record('{"orders": 3}')
    with pytest.raises(ValueError, match="not a record"):
        parse_record('{"order_id": "a", "scen')


def test_a_tail_counts_only_what_is_new_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "records.jsonl"
    tail = RecordTail(path)
    tail.refresh()
    assert tail.answered == 0

    recorder = Recorder(path)
    recorder.write(record("a", sent_at=105.0))
    recorder.write(record("b", http_status=503, sent_at=104.0))
    with path.open("a") as file:
        file.write('{"order_id":"half')
        file.flush()
        tail.refresh()
    assert tail.counts == {Outcome.ACCEPTED: 1, Outcome.REJECTED: 1, Outcome.FAILED: 0}
    assert tail.first_sent_at == 104.0
    tail.refresh()
    assert tail.answered == 2
    recorder.close()
