from __future__ import annotations

import pytest

from receiver.health import Readiness
from receiver.server import drain
from tests.unit.receiver.fakes import FakeTable, Receiver, problem_of

pytestmark = pytest.mark.socket


async def test_health_is_a_plain_ok(receiver: Receiver) -> None:
    receiver.table.down = True
    response = await receiver.client.get("/health")
    assert response.status == 200
    assert await response.text() == "OK"


async def test_a_receiver_is_ready_when_its_table_answers(receiver: Receiver) -> None:
    assert (await receiver.client.get("/ready")).status == 200


async def test_a_receiver_is_not_ready_when_its_table_is_down(receiver: Receiver) -> None:
    receiver.table.down = True
    response = await receiver.client.get("/ready")
    assert response.status == 503
    assert response.headers["Retry-After"] == "1"
    assert "orders table" in (await problem_of(response))["detail"]


async def test_a_receiver_is_not_ready_while_it_drains(receiver: Receiver) -> None:
    await drain(receiver.app, receiver.settings)
    response = await receiver.client.get("/ready")
    assert response.status == 503
    assert (await problem_of(response))["detail"] == "draining"


async def test_readiness_comes_back_with_the_table_and_asks_it_at_most_once_a_second() -> None:
    clock = [0.0]
    table = FakeTable([])
    readiness = Readiness(table, now=lambda: clock[0])
    table.down = True
    assert await readiness.obstacle() is not None
    table.down = False
    clock[0] = 0.9
    assert await readiness.obstacle() is not None
    clock[0] = 1.1
    assert await readiness.obstacle() is None
