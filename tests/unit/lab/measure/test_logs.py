from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.measure.bill import METRICS_SECONDS
from lab.measure.logs import (
    COLD_START,
    FUNCTION_READY,
    METRICS,
    NOTHING_LOGGED,
    LogEvent,
    LogUsage,
    environments_between,
    invocations_between,
    log_usage,
    parse_event,
    read_events,
)
from lambda_fn import environment
from processor import service
from sqs_consumer.metrics import EmfMetrics, Metric

WANTED = {"aws_calls", "metrics"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Traceback about aws_calls",
        '{"event":"ready","text":"aws_calls"}',
        '["aws_calls"]',
        '{"event":"aws_calls","calls":',
    ],
)
def test_other_lines_are_no_events(text: str) -> None:
    assert parse_event(text, WANTED) is None


def test_an_event_knows_its_name_its_moment_and_the_bytes_of_its_line() -> None:
    text = '{"event":"metrics","timestamp":"2025-11-28T09:00:00Z","service":"tür"}\n'
    event = parse_event(text, WANTED)
    assert event is not None
    assert (event.name, event.fields["service"]) == ("metrics", "tür")
    assert event.at == 1_764_320_400.0
    assert event.size_bytes == len(text) + 1


def test_an_event_belongs_to_the_time_after_its_beginning_and_up_to_its_end() -> None:
    event = parse_event('{"event":"metrics","timestamp":"2025-11-28T09:00:00Z"}', WANTED)
    assert event is not None
    assert event.within(event.at - 1, event.at)
    assert not event.within(event.at, event.at + 1)


NAMES = {COLD_START, FUNCTION_READY, METRICS}


def emitted(*metrics: Metric, service: str = "processor") -> str:
    """A line of metrics as the processor logs it."""
    lines: list[str] = []
    emf = EmfMetrics(
        lambda document: lines.append(
            json.dumps({"event": "metrics", "service": service, **document})
        ),
        namespace="FlashSale/Processor",
        dimension="service",
    )
    for metric in metrics:
        emf(metric, 1)
    emf.flush()
    return f"{lines[0]}\n"


def write(folder: Path, name: str, *lines: str) -> int:
    """Write a log and return its bytes."""
    path = folder / name
    path.write_text("".join(lines))
    return path.stat().st_size


def usage_of(folder: Path, orders: int = 10) -> LogUsage:
    return log_usage(read_events(folder, NAMES), folder, orders)


def test_a_metric_counts_once_however_many_tasks_and_minutes_publish_it(tmp_path: Path) -> None:
    quiet = emitted(Metric.RECEIVE_CALLS, Metric.IN_FLIGHT)
    busy = emitted(Metric.RECEIVE_CALLS, Metric.HANDLER_TIME)
    write(tmp_path, "processor-0.log", quiet, busy)
    write(tmp_path, "processor-1.log", quiet)
    assert usage_of(tmp_path).custom_metrics == 3


def test_each_value_of_a_dimension_makes_a_metric_of_its_own(tmp_path: Path) -> None:
    lines = [emitted(Metric.RETRIES, service=name) for name in ("one", "two")]
    write(tmp_path, "processor-0.log", *lines)
    assert usage_of(tmp_path).custom_metrics == 2


def test_an_idle_processor_publishes_four_metrics_and_one_with_orders_seven(tmp_path: Path) -> None:
    """What the bill of a month is made of; trouble would add the six others."""
    idle = (Metric.IN_FLIGHT, Metric.PERMITS_FREE, Metric.RECEIVE_CALLS, Metric.EMPTY_RECEIVES)
    busy = (*idle, Metric.AGE_AT_RECEIVE, Metric.HANDLER_TIME, Metric.DELETE_CALLS)
    write(tmp_path, "processor-0.log", emitted(*idle))
    assert usage_of(tmp_path).custom_metrics == 4
    write(tmp_path, "processor-0.log", emitted(*busy))
    assert usage_of(tmp_path).custom_metrics == 7


def test_metrics_lines_cost_by_the_minute_and_all_others_by_the_order(tmp_path: Path) -> None:
    metrics = emitted(Metric.RETRIES)
    other = '{"event":"ready"}\n'
    receiver = write(tmp_path, "receiver-0.log", other * 100)
    write(tmp_path, "processor-0.log", metrics, metrics, other)
    function = write(tmp_path, "function-orders.log", other * 50)
    write(tmp_path, "locust-flash.log", other * 1000)
    usage = usage_of(tmp_path)
    assert usage.metrics_line_bytes == len(metrics)
    assert usage.task_bytes_per_order == pytest.approx((receiver + len(other)) / 10)
    assert usage.function_bytes_per_order == pytest.approx(function / 10)


def test_a_start_takes_what_the_parent_process_took_to_import_the_handler(tmp_path: Path) -> None:
    ready = '{"event":"function_ready","init_cpu_seconds":0.571}\n'
    write(tmp_path, "function-orders.log", ready)
    assert usage_of(tmp_path).init_cpu_seconds == 0.571


def test_environments_are_counted_in_the_sale_that_they_started_in() -> None:
    def started(second: int) -> LogEvent:
        return LogEvent(COLD_START, {"timestamp": f"1970-01-01T00:00:{second:02d}Z"}, 80)

    events = [started(1), started(5), started(6), LogEvent(METRICS, {}, 900)]
    assert environments_between(events, 1.0, 6.0) == 2


def test_logs_that_say_nothing_cost_nothing(tmp_path: Path) -> None:
    assert usage_of(tmp_path, orders=0) == NOTHING_LOGGED


def test_services_log_what_is_looked_for_here(capsys: pytest.CaptureFixture[str]) -> None:
    """The lab does not import the services: these names and the interval are told twice."""
    assert service.METRICS_SECONDS == METRICS_SECONDS
    service._log_metrics({})  # the event's name is in there
    assert METRICS in capsys.readouterr().out
    assert f'"{COLD_START}"' in Path(environment.__file__).read_text(encoding="utf-8")


def test_invocations_are_counted_by_function(tmp_path: Path) -> None:
    for name, lines in (
        ("function-create-order-function-1a2b3c4", 3),
        ("function-order-processing-orders-function-99fdac8", 1),
        ("receiver-0", 5),
    ):
        line = json.dumps({"event": "aws_calls", "timestamp": "2026-01-01T00:00:01Z"})
        (tmp_path / f"{name}.log").write_text(f"{line}\n" * lines, encoding="utf-8")
    events = list(read_events(tmp_path, {"aws_calls"}))
    at = events[0].at
    assert invocations_between(events, {"aws_calls"}, at - 1, at) == {
        "create-order": 3,
        "order-processing-orders": 1,
    }
    assert invocations_between(events, {"aws_calls"}, at, at + 1) == {}
