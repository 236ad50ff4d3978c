"""One execution environment: its output, and invocations from the Lambda Runtime API."""

import contextlib
import gc
import http.client
import io
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

RUNTIME_API = "AWS_LAMBDA_RUNTIME_API"
_API = "/2018-06-01/runtime/invocation"
_KEPT = frozenset({"_HANDLER", "LANG", "PATH", "TZ"})
_BUFFER_BYTES = 65_536


@dataclass(frozen=True)
class LambdaContext:
    """What Lambda passes to a handler beside the event."""

    aws_request_id: str
    invoked_function_arn: str
    function_name: str
    function_version: str
    memory_limit_in_mb: int
    log_group_name: str
    log_stream_name: str
    deadline_ms: int
    identity: None = None
    client_context: None = None

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""
        return max(0, self.deadline_ms - int(time.time() * 1000))


class Output(io.RawIOBase):
    """Standard output: the function's log file, and in an environment the emulator's pipe as well.

    A reader that is gone is no error of the function's.
    """

    def __init__(self) -> None:
        super().__init__()
        self._descriptors = [1]

    def also_to(self, descriptor: int) -> None:
        """Copy everything to one more descriptor from now on."""
        self._descriptors.append(descriptor)

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: Any, /) -> int:
        """Write it all, however many descriptors refuse."""
        content = bytes(data)
        for descriptor in self._descriptors:
            with contextlib.suppress(OSError):
                os.write(descriptor, content)
        return len(content)


def replace_standard_output() -> Output:
    """Replace sys.stdout and sys.stderr before the handler's module can keep them."""
    output = Output()
    for name in ("stdout", "stderr"):
        buffered = io.BufferedWriter(output, _BUFFER_BYTES)
        setattr(sys, name, io.TextIOWrapper(buffered, "utf-8", "replace", line_buffering=True))
    return output


def serve(
    handler: Callable[[Any, Any], Any], variables: dict[str, str], settings: dict[str, Any]
) -> None:
    """Take over the bootstrap's environment and answer invocations, one after another."""
    gc.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    address = variables[RUNTIME_API]
    _take_over(variables, settings)
    connection = http.client.HTTPConnection(address)
    while True:
        connection.request("GET", f"{_API}/next")
        response = connection.getresponse()
        body = response.read()
        if response.status != http.client.OK:
            return
        context = _context(response.headers)
        path, answer = _invoke(handler, json.loads(body), context)
        connection.request(
            "POST", f"{_API}/{context.aws_request_id}/{path}", body=json.dumps(answer).encode()
        )
        connection.getresponse().read()


def _take_over(variables: dict[str, str], settings: dict[str, Any]) -> None:
    """Exactly what AWS gives a function: its own variables, its role's credentials, Lambda's."""
    own = set(settings["variables"])
    os.environ.clear()
    os.environ.update(
        {
            key: value
            for key, value in variables.items()
            if key in own or key in _KEPT or key.startswith("AWS_")
        }
    )
    os.environ["LAMBDA_TASK_ROOT"] = settings["root"]
    os.environ["AWS_ENDPOINT_URL"] = settings["endpoint_url"]
    name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "")
    os.environ.setdefault("AWS_LAMBDA_LOG_GROUP_NAME", f"/aws/lambda/{name}")
    os.environ["AWS_LAMBDA_INITIALIZATION_TYPE"] = "on-demand"


def _context(headers: http.client.HTTPMessage) -> LambdaContext:
    trace = headers.get("Lambda-Runtime-Trace-Id")
    if trace:
        os.environ["_X_AMZN_TRACE_ID"] = trace
    return LambdaContext(
        aws_request_id=headers["Lambda-Runtime-Aws-Request-Id"],
        invoked_function_arn=headers["Lambda-Runtime-Invoked-Function-Arn"],
        function_name=os.environ["AWS_LAMBDA_FUNCTION_NAME"],
        function_version=os.environ["AWS_LAMBDA_FUNCTION_VERSION"],
        memory_limit_in_mb=int(os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]),
        log_group_name=os.environ["AWS_LAMBDA_LOG_GROUP_NAME"],
        log_stream_name=os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME", ""),
        deadline_ms=int(headers["Lambda-Runtime-Deadline-Ms"]),
    )


def _invoke(
    handler: Callable[[Any, Any], Any], event: object, context: LambdaContext
) -> tuple[str, object]:
    try:
        return "response", handler(event, context)
    except Exception as error:  # noqa: BLE001 - every error is an answer to Lambda
        traceback.print_exc()
        return "error", {
            "errorMessage": str(error),
            "errorType": type(error).__name__,
            "stackTrace": traceback.format_tb(error.__traceback__),
        }
