from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lab.load.records import Record
from lab.load.scenarios import FLASH, NORMAL
from lab.measure.logs import read_events
from lab.measure.measures import Observation
from lab.measure.request_counts import AWS_CALLS, calls_between, count_requests
from tests.unit.lab.simulated import BEGAN, CONFIG, observe

LATER = 100.0


def log_calls(log: Path, second: float, **calls: int) -> None:
    event = {
        "event": "aws_calls",
        "timestamp": datetime.fromtimestamp(BEGAN + second, UTC).isoformat(),
        "calls": {name.replace("_", ":", 1): count for name, count in calls.items()},
    }
    with log.open("a") as file:
        file.write(json.dumps(event) + "\n")


def later(seen: Observation) -> Observation:
    def moved(record: Record) -> Record:
        return replace(
            record, sent_at=record.sent_at + LATER, answered_at=record.answered_at + LATER
        )

    records = [moved(record) for record in seen.sale.records]
    return replace(seen, sale=replace(seen.sale, records=records))


@pytest.fixture
def sales() -> list[Observation]:
    return [observe("async", NORMAL.lasting(5)), later(observe("async", FLASH.lasting(10)))]


def test_each_sale_gets_the_requests_logged_before_the_next_began(
    sales: list[Observation], tmp_path: Path
) -> None:
    normal, flash = (len(seen.sale.orders) for seen in sales)
    log_calls(tmp_path / "receiver-0.log", -5, dynamodb_Scan=99)
    log_calls(tmp_path / "receiver-0.log", 20, dynamodb_PutItem=3 * normal)
    log_calls(tmp_path / "processor-0.log", LATER - 1, sns_PublishBatch=normal)
    log_calls(tmp_path / "processor-0.log", LATER + 500, dynamodb_PutItem=2 * flash)
    results = count_requests(sales, tmp_path, CONFIG)
    assert results["normal"].api_calls == {"dynamodb:PutItem": 3, "sns:PublishBatch": 1}
    assert results["flash"].api_calls == {"dynamodb:PutItem": 2}
    assert results["flash"].api_calls_per_order == 2


def test_each_sale_is_billed_for_what_it_used(sales: list[Observation], tmp_path: Path) -> None:
    log_calls(tmp_path / "receiver-0.log", 20, sns_PublishBatch=1)
    log_calls(tmp_path / "receiver-0.log", LATER + 20, sns_PublishBatch=1)
    for result in count_requests(sales, tmp_path, CONFIG).values():
        assert result.bill is not None
        assert result.dollars_per_million_orders == pytest.approx(result.bill.dollars)
        items = {line.item: line.dollars for line in result.bill.per_order}
        assert items["Log ingestion"] > 0


def log(path: Path, event: str, second: float, **fields: object) -> None:
    moment = datetime.fromtimestamp(BEGAN + second, UTC).isoformat()
    with path.open("a") as file:
        file.write(json.dumps({"event": event, "timestamp": moment, **fields}) + "\n")


def test_each_sale_is_billed_for_the_environments_that_it_started(tmp_path: Path) -> None:
    sales = [
        observe("serverless", NORMAL.lasting(5)),
        later(observe("serverless", FLASH.lasting(10))),
    ]
    normal, flash = (len(seen.sale.orders) for seen in sales)
    for second in (1, 2, LATER + 1):
        log_calls(tmp_path / "receiver-0.log", second, sns_PublishBatch=1)
        log(tmp_path / "function-orders.log", "cold_start", second)
    log(tmp_path / "function-orders.log", "function_ready", -9, init_cpu_seconds=0.5)
    bills = [result.bill for result in count_requests(sales, tmp_path, CONFIG).values()]
    seconds = [
        line.quantity / 0.5  # of the memory of 512 MB
        for month in bills
        if month is not None
        for line in month.per_order
        if line.item == "Lambda starts"
    ]
    assert seconds == pytest.approx([1e6 * 2 / normal * 0.5, 1e6 * 1 / flash * 0.5])


def test_metrics_in_the_logs_are_billed_by_the_month(
    sales: list[Observation], tmp_path: Path
) -> None:
    names = [{"Name": name} for name in ("Retries", "Lost")]
    directive = {"Namespace": "N", "Dimensions": [["service"]], "Metrics": names}
    document = {"service": "processor", "_aws": {"CloudWatchMetrics": [directive]}}
    log_calls(tmp_path / "processor-0.log", 20, sns_PublishBatch=1)
    log(tmp_path / "processor-0.log", "metrics", 60, **document)
    month = count_requests(sales, tmp_path, CONFIG)["normal"].bill
    assert month is not None
    always_on = {line.item: line.dollars for line in month.always_on}
    assert always_on["Custom metrics"] == pytest.approx(0.60)
    assert always_on["Log ingestion of metrics"] > 0


def test_the_bill_is_for_the_configuration_that_would_be_deployed(
    sales: list[Observation], tmp_path: Path
) -> None:
    log_calls(tmp_path / "receiver-0.log", 20, sns_PublishBatch=1)
    arm, intel = (
        count_requests(sales, tmp_path, CONFIG | {"architecture": name})["normal"].bill
        for name in ("arm64", "x86_64")
    )
    assert arm is not None
    assert intel is not None
    assert arm.always_on_dollars < intel.always_on_dollars


def test_services_that_log_no_requests_leave_the_bill_open(
    sales: list[Observation], tmp_path: Path
) -> None:
    sales = [replace(seen, api_calls={}) for seen in sales]
    for result in count_requests(sales, tmp_path, CONFIG).values():
        assert result.bill is None
        assert result.dollars_per_million_orders is None
        assert result.api_calls_per_order is None


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
