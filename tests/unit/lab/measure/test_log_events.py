from __future__ import annotations

import pytest

from lab.measure.log_events import parse_event

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
