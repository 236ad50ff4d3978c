"""PartiQL in the emulator: authorised as AWS does. It and expressions of DynamoDB are read once.

AWS authorises each statement as PartiQLInsert, PartiQLUpdate, PartiQLDelete or PartiQLSelect on its
own table, see https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html. The
emulator asks for the enclosing operation on `*`, which no policy for AWS grants, and which could
not tell one table from another. It has one function that turns a transaction into
its single checks; here the same function also takes statements apart.
"""
# ruff: noqa: SLF001 - the emulator has no public way in

import json
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from ministack.core import iam_actions  # type: ignore[import-not-found]
from ministack.services import _dynamodb_keywords, dynamodb  # type: ignore[import-not-found]

Checks = list[tuple[str, str]]
ChecksOf = Callable[[str, bytes, str, str], Checks]
Parse = Callable[[str, Any], Any]

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
KEPT_TEXTS = 512


def authorise_statements() -> None:
    """Let the emulator authorise each statement of a request by itself."""
    checks = iam_actions.dynamodb_transaction_checks
    iam_actions.dynamodb_transaction_checks = with_partiql(checks)


def read_statements_once() -> None:
    """Let the emulator read each statement once.

    It splits the same text into tokens at each call, and parses each statement of a batch twice in
    a row. That was a quarter of its time under load.
    """
    tokenize = lru_cache(maxsize=KEPT_TEXTS)(_dynamodb_keywords._tokenize)
    _dynamodb_keywords._tokenize = tokenize
    dynamodb._parse_partiql = once(dynamodb._parse_partiql)


def read_expressions_once() -> None:
    """Keep the tokens of expressions, and what is wrong with the grammar of each, by text."""
    tokenize = lru_cache(maxsize=KEPT_TEXTS)(dynamodb._tokenize)

    def tokens_of(expression: str) -> list[Any]:
        return list(tokenize(expression))

    dynamodb._tokenize = tokens_of
    check = lru_cache(maxsize=KEPT_TEXTS)(dynamodb._condition_syntax_error)
    dynamodb._condition_syntax_error = check


def once(parse: Parse) -> Parse:
    """Return `parse`, which does not repeat itself for the very same parameters.

    A parsed statement is given out twice at the most, and only for the same list: what the
    executor does to it cannot reach another request.
    """
    last: list[tuple[str, Any, Any]] = []

    def parse_once(statement: str, parameters: Any) -> Any:
        if last and last[0][0] == statement and last[0][1] is parameters:
            return last.pop()[2]
        parsed = parse(statement, parameters)
        last[:] = [(statement, parameters, parsed)]
        return parsed

    return parse_once


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
