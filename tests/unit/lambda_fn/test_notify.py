from __future__ import annotations

import json
from typing import Any

import pytest

from lambda_fn import notify
from orders.notification import UnreadableNotification
from tests.support.logs import capture_logs

SETTLED = {
    "schema": 1,
    "order_id": "o-1",
    "customer_id": "7",
    "status": "COMPLETED",
    "total_cents": 500,
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"AWS_REGION": "us-west-2", "LOG_LEVEL": "INFO"}.items():
        monkeypatch.setenv(name, value)


def event(*bodies: str) -> dict[str, Any]:
    return {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": body}} for body in bodies]}


def test_a_customer_is_told_by_a_line_that_names_order_and_status() -> None:
    with capture_logs() as logs:
        assert notify.handler(event(json.dumps(SETTLED)), None) == {"notified": 1}
    (told,) = logs
    assert (told["event"], told["order_id"], told["status"]) == (
        "customer_notified",
        "o-1",
        "COMPLETED",
    )
    assert "customer_id" not in told


def test_what_cannot_be_read_is_raised_so_that_lambda_keeps_it() -> None:
    with capture_logs() as logs, pytest.raises(UnreadableNotification):
        notify.handler(event("no json"), None)
    assert [entry["event"] for entry in logs] == ["notification_unreadable"]
