"""Starts the emulator, taught a few of AWS's ways. Runs in the emulator's own Python.

AWS authorises each statement as PartiQLInsert, PartiQLUpdate, PartiQLDelete or PartiQLSelect on its
own table, see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html. The
emulator asks for the enclosing operation on `*`, which no policy for AWS grants, and which could
not tell the orders from the payment ledger. It has one function that turns a transaction into
its single checks; here the same function also takes statements apart.
"""
# ruff: noqa: SLF001 - the emulator has no public way in

import json
import re
import socketserver
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from ministack import app  # type: ignore[import-not-found]
from ministack.core import iam_actions, lambda_runtime  # type: ignore[import-not-found]
from ministack.services import (  # type: ignore[import-not-found]
    _dynamodb_keywords,
    lambda_svc,
    sns,
)

from lab.emulator.environment_starts import StartGate

Checks = list[tuple[str, str]]
ChecksOf = Callable[[str, bytes, str, str], Checks]

ACTIONS = {
    "INSERT": "dynamodb:PartiQLInsert",
    "UPDATE": "dynamodb:PartiQLUpdate",
    "DELETE": "dynamodb:PartiQLDelete",
    "SELECT": "dynamodb:PartiQLSelect",
}
STATEMENT_LISTS = {
    "dynamodb:BatchExecuteStatement": "Statements",
    "dynamodb:ExecuteTransaction": "TransactStatements",
}
STATEMENT = re.compile(
    r'\s*(?P<verb>INSERT|UPDATE|DELETE|SELECT)\b(?:.*?\b(?:INTO|FROM))?\s+"?(?P<table>[\w.-]+)',
    re.IGNORECASE | re.DOTALL,
)


def statements(action: str, body: bytes) -> Iterator[str]:
    """Yield the PartiQL statements of a request, none for any other action."""
    try:
        request = json.loads(body or b"{}")
    except ValueError:
        return
    if action == "dynamodb:ExecuteStatement":
        yield str(request.get("Statement", ""))
    for entry in request.get(STATEMENT_LISTS.get(action, ""), []):
        yield str(entry.get("Statement", ""))


def with_partiql(checks_of_transaction: ChecksOf) -> ChecksOf:
    """Return the emulator's function, which now takes PartiQL apart as well."""

    def checks(action: str, body: bytes, region: str, account: str) -> Checks:
        found = {
            (ACTIONS[match["verb"].upper()], match["table"])
            for statement in statements(action, body)
            if (match := STATEMENT.match(statement))
        }
        arn = f"arn:aws:dynamodb:{region}:{account}:table/"
        return [(verb, arn + table) for verb, table in sorted(found)] or checks_of_transaction(
            action, body, region, account
        )

    return checks


class AsynchronousLambda:
    """Lambda as SNS should see it: what it delivers is invoked asynchronously.

    The emulator's SNS executes the function itself, once, and drops the event if that fails. AWS
    tries again and then hands the event to the failure destination; so does the emulator for every
    other source of events.
    """

    _execute_function_with_config_scope = staticmethod(lambda_svc.invoke_async_with_retry)

    def __getattr__(self, name: str) -> Any:
        return getattr(lambda_svc, name)

    def install(self) -> None:
        """Put this in the place of Lambda in SNS; RuntimeError if that does not execute there."""
        name = "_execute_function_with_config_scope"
        if (
            sns._lambda_svc is not lambda_svc
            or name not in sns._deliver_to_lambda.__code__.co_names
        ):
            raise RuntimeError("another version of the emulator invokes functions elsewhere")
        sns._lambda_svc = self


def wake_up_less(seconds: float) -> None:
    """Let the threads of Lambda environments look for a dead process every `seconds` only.

    They are woken by what they wait for anyhow. Looking 20 times a second, two hundred of them kept
    a core busy with taking the interpreter lock from each other.
    """
    # Read before it is set: another version that knows it no more fails here.
    lambda_runtime._PROVIDED_POLL = max(seconds, lambda_runtime._PROVIDED_POLL)
    serve_forever = socketserver.BaseServer.serve_forever

    def serve(server: socketserver.BaseServer, poll_interval: float = 0.5) -> None:
        serve_forever(server, max(poll_interval, seconds))

    socketserver.BaseServer.serve_forever = serve  # type: ignore[method-assign, assignment]


def read_statements_once() -> None:
    """Let the emulator split the text of a PartiQL statement into tokens once, not at each call.

    The parser only reads them. It took a seventh of the emulator's time under a flash sale.
    """
    _dynamodb_keywords._tokenize = lru_cache(maxsize=512)(_dynamodb_keywords._tokenize)


if __name__ == "__main__":
    wake_up_less(1.0)
    read_statements_once()
    StartGate().install()
    AsynchronousLambda().install()
    iam_actions.dynamodb_transaction_checks = with_partiql(iam_actions.dynamodb_transaction_checks)
    app.main()
