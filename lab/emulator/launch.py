"""Starts the emulator, taught to authorise PartiQL as AWS does. Runs in the emulator's own Python.

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

from ministack import app  # type: ignore[import-not-found]
from ministack.core import iam_actions, lambda_runtime  # type: ignore[import-not-found]

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


if __name__ == "__main__":
    wake_up_less(1.0)
    StartGate().install()
    iam_actions.dynamodb_transaction_checks = with_partiql(iam_actions.dynamodb_transaction_checks)
    app.main()
