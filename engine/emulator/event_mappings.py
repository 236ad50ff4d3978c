"""Event source mappings in the emulator, taught what AWS's do.

Both kinds read in the name of the function's role. Streams are read on a thread of their own, so
that a function that takes its time holds up no queue; a failed batch is tried again as the mapping
says, in halves, from the first record that failed, and handed to the failure destination at last:
https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html
https://docs.aws.amazon.com/lambda/latest/dg/services-dynamodb-errors.html
"""
# ruff: noqa: SLF001 - the emulator has no public way in

import threading
import time
from collections.abc import Sequence
from typing import Any

from ministack.core.responses import (  # type: ignore[import-not-found]
    _request_account_id,
    _request_region,
)
from ministack.services import dynamodb, lambda_svc  # type: ignore[import-not-found]

from engine.emulator.grants import may

POLLING = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
READING = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator")
LISTING = ("dynamodb:ListStreams",)
RETRY_SECONDS = 1.0
IDLE_SECONDS = 1.0
# Records of one moment come together; AWS looks at a shard four times a second.
GATHER_SECONDS = 0.05

Record = dict[str, Any]


class QueueMappings:
    """Lets a queue be polled for a function only if its role may."""

    def __init__(self) -> None:
        self._concurrency = lambda_svc._sqs_esm_concurrency

    def install(self) -> None:
        """Put this in the place of the emulator's count of batches that may be in work."""
        lambda_svc._sqs_esm_concurrency = self.concurrency

    def concurrency(
        self, esm: Record, function: Record, config: Record, queue: Record | None = None
    ) -> int:
        """Return how many batches may be in work; none whose messages the role may not take."""
        if not may(role_of(function), POLLING, esm["EventSourceArn"]):
            return 0
        return int(self._concurrency(esm, function, config, queue))


class FailureDestinations:
    """Sends on events that a function gave up, in its role's name."""

    def __init__(self) -> None:
        self._send = lambda_svc._route_async_failure

    def install(self) -> None:
        """Put this in the place of what the emulator sends by itself."""
        lambda_svc._route_async_failure = self.send

    def send(self, destination: str, name: str, event: Record, result: Record) -> None:
        """Send the event, if the function's role may."""
        if may_send(lambda_svc._functions[name], destination):
            self._send(destination, name, event, result)


class StreamMappings:
    """Reads streams for functions in the emulator's place."""

    def __init__(self, retry_seconds: float = RETRY_SECONDS) -> None:
        self._retry_seconds = retry_seconds
        self._written = threading.Event()
        self._emit = dynamodb._emit_stream_event

    def install(self) -> None:
        """Take the streams from the emulator's one poller, and wake up at each write."""
        lambda_svc._poll_dynamodb_streams = lambda: False
        dynamodb._emit_stream_event = self.emit
        threading.Thread(target=self._run, name="streams", daemon=True).start()

    def emit(self, *arguments: Any, **options: Any) -> None:
        """Write the stream's record, and say so."""
        self._emit(*arguments, **options)
        self._written.set()

    def _run(self) -> None:
        while True:
            self._written.wait(IDLE_SECONDS)
            time.sleep(GATHER_SECONDS)
            self._written.clear()
            for account, region, esm in lambda_svc._iter_all_esms():
                tokens = (_request_account_id.set(account), _request_region.set(region))
                try:
                    self._read_all(esm)
                except Exception:  # noqa: BLE001 - the other mappings go on
                    lambda_svc.logger.exception("stream of %s", esm.get("EventSourceArn"))
                finally:
                    _request_account_id.reset(tokens[0])
                    _request_region.reset(tokens[1])

    def _read_all(self, esm: Record) -> None:
        source = esm.get("EventSourceArn", "")
        function, _ = lambda_svc._get_func_record_for_qualifier(
            esm["FunctionName"], esm.get("Qualifier")
        )
        if ":dynamodb:" not in source or function is None or not esm.get("Enabled", True):
            return
        table = source.split("/stream/")[0].rpartition("/")[2]
        positions = lambda_svc._dynamodb_stream_positions
        while esm["UUID"] in lambda_svc._esms and self._may_read(function, source):
            position = max(positions.get(esm["UUID"], 0), dynamodb.stream_start_position(table))
            found = dynamodb.stream_records_since(table, position, esm.get("BatchSize", 100))
            if not found:
                return
            wanted = lambda_svc._apply_filter_criteria(found, esm)
            if wanted:
                self._deliver(esm, function, wanted)
            positions[esm["UUID"]] = position + len(found)

    def _may_read(self, function: Record, stream_arn: str) -> bool:
        role = role_of(function)
        listing = may(role, LISTING, "*")
        return may(role, READING, stream_arn) and listing

    def _deliver(self, esm: Record, function: Record, records: Sequence[Record]) -> None:
        """Return when each record was taken, or given up; halves are delivered in their order."""
        retries = esm.get("MaximumRetryAttempts", -1)
        tries = 0
        while records:
            result = lambda_svc._execute_function(function, {"Records": list(records)})
            records = remaining(esm, records, result)
            if not records:
                return
            if result.get("error") and len(records) > 1 and esm.get("BisectBatchOnFunctionError"):
                middle = len(records) // 2
                self._deliver(esm, function, records[:middle])
                self._deliver(esm, function, records[middle:])
                return
            tries += 1
            if 0 <= retries < tries or is_old(esm, records[0]):
                condition = "RetryAttemptsExhausted" if 0 <= retries < tries else OLD
                self._give_up(esm, function, records[:1], result, condition)
                records, tries = records[1:], 0
            else:
                time.sleep(self._retry_seconds)

    def _give_up(
        self,
        esm: Record,
        function: Record,
        records: Sequence[Record],
        result: Record,
        condition: str,
    ) -> None:
        wanted = (esm.get("DestinationConfig") or {}).get("OnFailure") or {}
        destination = wanted.get("Destination", "")
        if destination and may_send(function, destination):
            source = esm["EventSourceArn"]
            lambda_svc._send_ddb_stream_failure_record(
                esm, function, list(records), source, result, condition
            )


OLD = "MaxRecordAgeExceeded"


def remaining(esm: Record, records: Sequence[Record], result: Record) -> Sequence[Record]:
    """Return the records that are not done: all after an error, else from the first that failed."""
    if result.get("error"):
        return records
    if "ReportBatchItemFailures" not in (esm.get("FunctionResponseTypes") or []):
        return []
    body = result.get("body")
    failures = (body if isinstance(body, dict) else {}).get("batchItemFailures") or []
    failed = {each.get("itemIdentifier") for each in failures}
    for index, record in enumerate(records):
        if record["dynamodb"]["SequenceNumber"] in failed:
            return records[index:]
    # What names no record of the batch fails all of it.
    return records if failed else []


def is_old(esm: Record, record: Record) -> bool:
    """Whether a record is older than the mapping keeps trying."""
    oldest = esm.get("MaximumRecordAgeInSeconds") or -1
    written = float(record["dynamodb"].get("ApproximateCreationDateTime") or time.time())
    return 0 < oldest < time.time() - written


def may_send(function: Record, destination: str) -> bool:
    """Whether what a function failed on may be sent there in its name."""
    action = "sns:Publish" if ":sns:" in destination else "sqs:SendMessage"
    return may(role_of(function), (action,), destination)


def role_of(function: Record) -> str:
    """Return the ARN of a function's role."""
    return str((function.get("config") or {}).get("Role", ""))
