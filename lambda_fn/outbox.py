"""What the relay has open, and where each record of the stream goes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from adapters.aws.entries import Refusal, send_all
from adapters.aws.errors import AWS_ERRORS, unavailable
from adapters.aws.fast.sns import open_sns
from adapters.aws.fast.sqs import open_sqs
from adapters.aws.fast.states import open_states
from adapters.orders.outbox import Placed, StreamRecord, UnreadableRecord, change_in
from kit.logging import get_logger
from lambda_fn.environment import ExecutionEnvironment
from lambda_fn.settings import RelaySettings
from orders.errors import Unavailable
from orders.ids import execution_name
from orders.message import encode_order_placed
from orders.notification import STATUS_ATTRIBUTE, OrderSettled, encode_order_settled

_log = get_logger()


class Outbox:
    """Passes on the records of one invocation at a time."""

    def __init__(self, settings: RelaySettings, variables: Mapping[str, str]) -> None:
        self._environment = ExecutionEnvironment(settings.region, settings.log_level, variables)
        self._settings = settings
        self._sqs = open_sqs(self._environment.client)
        self._sns = open_sns(self._environment.client)
        self._states = open_states(self._environment.client)

    def pass_on(self, records: Sequence[Mapping[str, Any]]) -> list[str]:
        """Return the sequence numbers of the records that were not passed on, in order."""
        return self._environment.run(self._pass_on(records))

    def close(self) -> None:
        """Close what is open."""
        self._environment.close()

    async def _pass_on(self, records: Sequence[Mapping[str, Any]]) -> list[str]:
        placed: dict[str, str] = {}
        settled: dict[str, OrderSettled] = {}
        unreadable: dict[str, str] = {}
        for raw in records:
            number = _number(raw)
            try:
                change = change_in(msgspec.convert(raw, StreamRecord))
            except (UnreadableRecord, msgspec.ValidationError) as error:
                unreadable[number] = _set_aside(raw, str(error))
                continue
            if isinstance(change, Placed):
                placed[number] = change.order_id
            elif change is not None:
                settled[number] = change
        outcomes = await asyncio.gather(
            self._work(placed),
            self._send(self._settings.unreadable_queue_url, "queue of the unreadable", unreadable),
            self._notify(settled),
        )
        failed = {number: error for outcome in outcomes for number, error in outcome.items()}
        for number, problem in failed.items():
            _log.warning("record_not_passed_on", sequence_number=number, error=str(problem))
        return [number for number in map(_number, records) if number in failed]

    async def _work(self, placed: Mapping[str, str]) -> dict[str, Unavailable]:
        """Let the orders be fulfilled, by record; return what went wrong with whose."""
        machine = self._settings.state_machine_arn
        if machine is not None:
            started = (self._start(machine, each) for each in placed.values())
            results = await asyncio.gather(*started)
            return _failures(placed, results)
        messages = {number: encode_order_placed(each) for number, each in placed.items()}
        return await self._send(self._settings.queue_url or "", "queue", messages)

    async def _start(self, machine: str, order_id: str) -> Unavailable | None:
        """Start an order's workflow; that it was started before is as good."""
        try:
            body = msgspec.json.encode({"order_id": order_id}).decode()
            await self._states.start_execution(machine, execution_name(order_id), body)
        except AWS_ERRORS as error:
            return unavailable("state machine", error)
        return None

    async def _send(
        self, queue_url: str, what: str, bodies: Mapping[str, str]
    ) -> dict[str, Unavailable]:
        """Send messages by record; return what went wrong with whose."""

        async def send(batch: Sequence[str]) -> list[Refusal | None]:
            entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(batch)]
            answer = await self._sqs.send_message_batch(queue_url, entries)
            failed = {each.id: each for each in answer.failed}
            return [failed.get(str(n)) for n in range(len(batch))]

        return _failures(bodies, await send_all(what, list(bodies.values()), send))

    async def _notify(self, settled: Mapping[str, OrderSettled]) -> dict[str, Unavailable]:
        """Publish notifications by record; return what went wrong with whose."""

        async def publish(batch: Sequence[OrderSettled]) -> Sequence[Refusal | None]:
            return await self._sns.publish_batch(
                self._settings.topic_arn,
                [encode_order_settled(each) for each in batch],
                [{STATUS_ATTRIBUTE: each.status} for each in batch],
            )

        return _failures(settled, await send_all("topic", list(settled.values()), publish))


def _number(record: Mapping[str, Any]) -> str:
    return str(record["dynamodb"]["SequenceNumber"])


def _set_aside(record: Mapping[str, Any], reason: str) -> str:
    """Return what is kept of a record that no try can read: which item, and why."""
    _log.error("record_unreadable", sequence_number=_number(record), error=reason)
    keys = record["dynamodb"].get("Keys")
    kept = {"sequence_number": _number(record), "keys": keys, "reason": reason}
    return msgspec.json.encode(kept).decode()


def _failures(
    entries: Mapping[str, object], results: Sequence[Unavailable | None]
) -> dict[str, Unavailable]:
    return {
        number: error for number, error in zip(entries, results, strict=True) if error is not None
    }
