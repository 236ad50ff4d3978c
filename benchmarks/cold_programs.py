"""What a function with one AWS client or another does in its first moments.

Runs as a script in an interpreter of its own: `cold_programs.py PROGRAM ENDPOINT`, with nothing on
the path but what the function would be deployed with. Each program claims an order, writes down
its payment and completes it, which are the three calls of the real function, and prints what that
took as JSON. `function` is the real function.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

REGION = "us-west-2"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
SETTINGS = {
    "AWS_REGION": REGION,
    "LOG_LEVEL": "ERROR",
    "ORDERS_TABLE": "orders",
    "PRODUCTS_TABLE": "products",
    "PAYMENTS_TABLE": "payments",
    "PAYMENT_SECONDS": "0",
    "LEASE_SECONDS": "45",
    "STATUS_SHARDS": "10",
}
KEY = {"TableName": "orders", "Key": {"orderId": {"S": "1"}}}
WRITE = {"Update": {**KEY, "UpdateExpression": "REMOVE leaseOwner"}}
CALLS = (
    ("UpdateItem", KEY),
    ("PutItem", {"TableName": "payments", "Item": {"idempotencyKey": {"S": "1"}}}),
    ("TransactWriteItems", {"TransactItems": [WRITE], "ClientRequestToken": "1"}),
)
Order = Callable[[], object]


def function(_endpoint: str) -> Callable[[], Order]:
    """Import the function as it is deployed; return what opens its clients."""
    events: Any = importlib.import_module("lambda_fn.order_events")
    message = '{"schema":1,"order_id":"1"}'
    event = {"Records": [{"Sns": {"Message": message}}]}

    def clients() -> Order:
        events._worker()  # noqa: SLF001 - what its first invocation does before its work
        return lambda: events.handler(event, None)

    return clients


def aioboto3(endpoint: str) -> Callable[[], Order]:
    """Import aioboto3."""
    import asyncio  # noqa: PLC0415 - its import is what is measured

    library: Any = importlib.import_module("aioboto3")

    def clients() -> Order:
        loop = asyncio.new_event_loop()
        context = library.Session(region_name=REGION).client("dynamodb", endpoint_url=endpoint)
        client = loop.run_until_complete(context.__aenter__())

        async def order() -> None:
            for operation, request in CALLS:
                await getattr(client, _method(operation))(**request)

        return lambda: loop.run_until_complete(order())

    return clients


def botocore(endpoint: str) -> Callable[[], Order]:
    """Import botocore alone, which blocks."""
    library: Any = importlib.import_module("botocore.session")

    def clients() -> Order:
        session = library.get_session()
        client = session.create_client("dynamodb", region_name=REGION, endpoint_url=endpoint)

        def order() -> None:
            for operation, request in CALLS:
                getattr(client, _method(operation))(**request)

        return order

    return clients


def awscrt(endpoint: str) -> Callable[[], Order]:
    """Import the AWS Common Runtime: its signer and its HTTP client; JSON by hand."""
    auth, http, io = (importlib.import_module(f"awscrt.{each}") for each in ("auth", "http", "io"))
    from io import BytesIO  # noqa: PLC0415 - as above

    host, _, port = endpoint.removeprefix("http://").partition(":")

    def clients() -> Order:
        group = io.EventLoopGroup(1)
        bootstrap = io.ClientBootstrap(group, io.DefaultHostResolver(group))
        opened = http.HttpClientConnection.new(host, int(port), bootstrap)
        connection = opened.result()
        provider = auth.AwsCredentialsProvider.new_static(*KEYS.values())

        def call(operation: str, request: Any) -> None:
            body = json.dumps(request).encode()
            headers = [
                ("host", f"{host}:{port}"),
                ("content-type", "application/x-amz-json-1.0"),
                ("x-amz-target", f"DynamoDB_20120810.{operation}"),
                ("content-length", str(len(body))),
            ]
            prepared = http.HttpRequest("POST", "/", http.HttpHeaders(headers), BytesIO(body))
            config = auth.AwsSigningConfig(
                algorithm=auth.AwsSigningAlgorithm.V4,
                signature_type=auth.AwsSignatureType.HTTP_REQUEST_HEADERS,
                credentials_provider=provider,
                region=REGION,
                service="dynamodb",
            )
            signed = auth.aws_sign_request(prepared, config).result()
            parts: list[bytes] = []
            stream = connection.request(signed, on_body=lambda chunk, **_: parts.append(chunk))
            stream.activate()
            assert stream.completion_future.result() == 200  # noqa: PLR2004, S101 - HTTP's OK
            json.loads(b"".join(parts))

        def order() -> None:
            for operation, request in CALLS:
                call(operation, request)

        return order

    return clients


def _method(operation: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in operation).lstrip("_")


def main(program: str, endpoint: str) -> None:
    """Run one program and print the CPU seconds of each part, and the memory at the end."""
    os.environ.update(KEYS, **SETTINGS, AWS_ENDPOINT_URL=endpoint)
    took = {"runtime": time.process_time()}
    clients: Callable[[], Order] = globals()[program](endpoint)
    _note(took, "import")
    order = clients()
    _note(took, "clients")
    for name in ("first order", "second order"):
        order()
        _note(took, name)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    resident = pages * os.sysconf("SC_PAGE_SIZE")
    sys.stdout.write(json.dumps({"cpu_seconds": took, "resident_bytes": resident}) + "\n")


def _note(took: dict[str, float], part: str) -> None:
    took[part] = time.process_time() - sum(took.values())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
