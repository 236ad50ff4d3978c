"""What the fake AWS does beyond the contract: tricks on purpose, and refusing the unknown."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.support.fake_aws.cloud import Clients, FakeAws
from tests.support.fake_aws.queues import Mischief, Queue
from tests.support.fake_aws.refusals import NotFaked
from tests.support.fake_aws.tables import Table
from tests.support.fake_aws.wire import LATE_SECONDS, STALL_SECONDS, Fault, ProcessCrash, Wire
from tests.support.virtual_clock import NothingWillHappen, now, run, virtual_time


def aws_with_table(wire: Wire | None = None) -> tuple[Table, Clients]:
    aws = FakeAws(now)
    return aws.create_table(Table("t", "id")), aws.connect(wire)


def put(clients: Clients, **more: Any) -> Any:
    return clients.boto_dynamodb.put_item(TableName="t", Item={"id": {"S": "1"}}, **more)


def update(clients: Clients, expression: str, **more: Any) -> Any:
    return clients.boto_dynamodb.update_item(
        TableName="t", Key={"id": {"S": "1"}}, UpdateExpression=expression, **more
    )


X = {":x": {"S": "x"}}
UNKNOWN: list[tuple[str, dict[str, Any]]] = [
    ("ADD a :x", {"ExpressionAttributeValues": X}),
    ("SET a = if_not_exists(a, :x)", {"ExpressionAttributeValues": X}),
    ("SET a.b = :x", {"ExpressionAttributeValues": X}),
    ("SET a = :x", {"ExpressionAttributeValues": X, "ConditionExpression": "a <> :x"}),
    ("SET a = :x", {"ExpressionAttributeValues": X, "ConditionExpression": "a IN (:x)"}),
    ("SET a = :x", {"ExpressionAttributeValues": X, "ConditionExpression": "size(a) = :x"}),
    ("SET a = :x", {"ExpressionAttributeValues": X, "ReturnValues": "UPDATED_NEW"}),
    ("SET a = :x", {"ExpressionAttributeValues": X, "Expected": {}}),
    ("SET a = :x", {"ExpressionAttributeValues": {":x": {"M": {}}}}),
]


@pytest.mark.parametrize(("expression", "options"), UNKNOWN)
@virtual_time
async def test_what_the_fake_does_not_know_it_refuses_by_name(
    expression: str, options: dict[str, Any]
) -> None:
    table, clients = aws_with_table()
    table.put({"id": {"S": "1"}})
    with pytest.raises(NotFaked):
        await update(clients, expression, **options)
    assert table.items == {"1": {"id": {"S": "1"}}}


@pytest.mark.parametrize(
    "statement",
    [
        'SELECT * FROM "t" WHERE id=?',
        "INSERT INTO \"t\" VALUE {'id': 'literal'}",
        'UPDATE "t" SET a=? WHERE id=?',
        'UPDATE "t" SET a=? WHERE id=? OR a=? RETURNING ALL NEW *',
        'DELETE FROM "t" WHERE id=?',
    ],
)
@virtual_time
async def test_statements_that_nobody_uses_are_refused(statement: str) -> None:
    _, clients = aws_with_table()
    parameters: list[Any] = [{"S": "1"}] * statement.count("?")
    with pytest.raises(NotFaked):
        await clients.boto_dynamodb.batch_execute_statement(
            Statements=[{"Statement": statement, "Parameters": parameters}]
        )


@virtual_time
async def test_two_statements_on_one_item_are_refused_because_aws_does_not_say() -> None:
    _, clients = aws_with_table()
    insert: Any = {"Statement": "INSERT INTO \"t\" VALUE {'id': ?}", "Parameters": [{"S": "1"}]}
    with pytest.raises(NotFaked):
        await clients.boto_dynamodb.batch_execute_statement(Statements=[insert, insert])


@virtual_time
async def test_a_read_that_may_be_stale_is_refused() -> None:
    _, clients = aws_with_table()
    with pytest.raises(NotFaked):
        await clients.boto_dynamodb.get_item(TableName="t", Key={"id": {"S": "1"}})


WHAT_HAPPENS = [
    (Fault.CRASH_BEFORE, ProcessCrash, False),
    (Fault.CRASH_AFTER, ProcessCrash, True),
    (Fault.THROTTLED, ClientError, False),
    (Fault.BROKEN, ClientError, False),
    (Fault.LOST_ANSWER, BotoCoreError, True),
    (Fault.LATE, BotoCoreError, False),
]


@pytest.mark.parametrize(("fault", "error", "written"), WHAT_HAPPENS)
@virtual_time
async def test_a_fault_is_seen_by_the_caller_and_the_write_is_there_or_not(
    fault: Fault, error: type[BaseException], *, written: bool
) -> None:
    table, clients = aws_with_table()
    clients.wire.fail_next(fault)
    with pytest.raises(error):
        await put(clients)
    assert ("1" in table.items) is written


@virtual_time
async def test_a_late_write_arrives_after_everybody_gave_up() -> None:
    table, clients = aws_with_table(Wire(faults={0: Fault.LATE}))
    with pytest.raises(BotoCoreError):
        await put(clients)
    await asyncio.sleep(LATE_SECONDS - 1)
    assert table.items == {}
    await asyncio.sleep(2)
    assert "1" in table.items


@virtual_time
async def test_a_repeated_call_gets_the_second_answer() -> None:
    table, clients = aws_with_table(Wire(faults={0: Fault.REPEATED}))
    with pytest.raises(ClientError, match="ConditionalCheckFailed"):
        await put(clients, ConditionExpression="attribute_not_exists(id)")
    assert "1" in table.items


@pytest.mark.parametrize("fault", [Fault.STALLED_BEFORE, Fault.STALLED_AFTER])
@virtual_time
async def test_a_stalled_process_goes_on_later_as_if_nothing_had_been(fault: Fault) -> None:
    table, clients = aws_with_table(Wire(faults={0: fault}))
    writing = asyncio.create_task(put(clients))
    await asyncio.sleep(STALL_SECONDS / 2)
    assert ("1" in table.items) is (fault is Fault.STALLED_AFTER)
    await writing
    assert now() == STALL_SECONDS


@virtual_time
async def test_a_fault_hits_its_call_and_no_other() -> None:
    _, clients = aws_with_table()
    clients.wire.fail_next(Fault.THROTTLED, after=1)
    await put(clients)
    with pytest.raises(ClientError):
        await put(clients)
    await put(clients)
    assert clients.wire.calls == ["PutItem"] * 3


@virtual_time
async def test_a_dead_process_makes_no_call_and_does_no_work() -> None:
    table, clients = aws_with_table()
    waiting = clients.wire.start(asyncio.sleep(60))
    clients.wire.crash()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    with pytest.raises(ProcessCrash):
        await put(clients)
    with pytest.raises(ProcessCrash):
        await clients.wire.run(asyncio.sleep(0))
    assert table.items == {}


@virtual_time
async def test_transactions_that_overlap_in_time_conflict_and_so_do_single_writes() -> None:
    aws = FakeAws(now, transaction_seconds=0.01)
    table = aws.create_table(Table("t", "id"))
    table.put({"id": {"S": "1"}, "n": {"N": "5"}})
    clients = aws.connect()
    values = {"ExpressionAttributeValues": {":one": {"N": "1"}}}
    take: Any = {
        "Update": {
            "TableName": "t",
            "Key": {"id": {"S": "1"}},
            "UpdateExpression": "SET n = n - :one",
            **values,
        }
    }

    def transact() -> Any:
        return clients.boto_dynamodb.transact_write_items(TransactItems=[take])

    results = await asyncio.gather(
        transact(),
        transact(),
        update(clients, "SET n = :one", **values),
        return_exceptions=True,
    )
    assert [isinstance(result, ClientError) for result in results] == [False, True, True]
    assert "TransactionConflict" in str(results[1])
    assert "TransactionConflictException" in str(results[2])
    assert table.number("1", "n") == 4
    await transact()
    assert table.number("1", "n") == 3


def queue_with(mischief: Mischief, count: int) -> Queue:
    clock = iter(range(1_000_000))
    queue = Queue("q", lambda: float(next(clock)), visibility_seconds=1e6, mischief=mischief)
    for number in range(count):
        queue.send(str(number))
    return queue


def received(queue: Queue) -> list[str]:
    return [message.body for message in queue.receive(1000)]


def test_a_mischievous_queue_shuffles_repeats_and_forgets_deletes_the_same_way_each_time() -> None:
    in_order = [str(number) for number in range(100)]
    assert received(queue_with(Mischief(), 100)) == in_order
    shuffled = received(queue_with(Mischief(seed=1, shuffled=True), 100))
    assert shuffled != in_order
    assert sorted(shuffled) == sorted(in_order)
    assert shuffled == received(queue_with(Mischief(seed=1, shuffled=True), 100))
    assert shuffled != received(queue_with(Mischief(seed=2, shuffled=True), 100))

    repeating = queue_with(Mischief(duplicate=0.5), 100)
    assert len(received(repeating)) == 100
    assert 20 < len(received(repeating)) < 80

    forgetful = queue_with(Mischief(undelete=0.5), 100)
    for message in forgetful.receive(1000):
        forgetful.delete(message.handle)
    assert 20 < len(forgetful.messages) < 80


def test_a_deadlock_in_virtual_time_is_an_error_and_not_a_hang() -> None:
    async def wait_for_nothing() -> None:
        await asyncio.Event().wait()

    with pytest.raises(NothingWillHappen):
        run(wait_for_nothing())
