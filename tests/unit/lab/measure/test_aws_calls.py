from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lab.measure.aws_calls import AWS_CALLS, calls_between
from lab.measure.log_events import read_events

NINE = 1_764_320_400.0


def line(second: int, **calls: int) -> str:
    return json.dumps(
        {
            "event": "aws_calls",
            "timestamp": f"2025-11-28T09:00:{second:02d}.000000Z",
            "calls": {name.replace("_", ":", 1): n for name, n in calls.items()},
        }
    )


def counted(folder: Path, began: float = NINE, ended: float = NINE + 60) -> dict[str, int]:
    return calls_between(read_events(folder, {AWS_CALLS}), began, ended)


def test_requests_are_added_up_over_all_logs_of_a_run(tmp_path: Path) -> None:
    (tmp_path / "receiver-0.log").write_text(
        "\n".join(['{"event":"ready"}', line(1, sns_PublishBatch=2), line(6, sns_PublishBatch=3)])
    )
    (tmp_path / "nested").mkdir()
    (tmp_path / "nested" / "function-orders.log").write_text(line(4, dynamodb_PutItem=1) + "\n")
    assert counted(tmp_path) == {"sns:PublishBatch": 5, "dynamodb:PutItem": 1}


def test_only_what_was_logged_during_a_sale_is_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text("\n".join(line(n, sqs_ReceiveMessage=1) for n in range(10)))
    assert counted(tmp_path, NINE + 2, NINE + 5) == {"sqs:ReceiveMessage": 3}


def test_other_events_are_no_requests(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text('{"event":"ready"}')
    assert calls_between(read_events(tmp_path, {"ready"}), NINE, NINE + 60) == {}


@pytest.mark.parametrize("missing", ["timestamp", "calls"])
def test_a_count_without_its_moment_or_numbers_is_an_error_and_not_zero(
    tmp_path: Path, missing: str
) -> None:
    event: dict[str, Any] = json.loads(line(1, sns_PublishBatch=2))
    del event[missing]
    (tmp_path / "a.log").write_text(json.dumps(event))
    with pytest.raises(KeyError, match=missing):
        counted(tmp_path)
