"""The PartiQL statements that orders are written with: INSERT of a tuple, UPDATE of one item."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from tests.support.fake_aws.attribute_values import (
    AttributeValue,
    Item,
    check_value,
    equal,
    key_text,
)
from tests.support.fake_aws.refusals import NotFaked, invalid
from tests.support.fake_aws.reserved_words import RESERVED_WORDS
from tests.support.fake_aws.tables import Database, Table, copy_item

MAX_STATEMENTS = 25
_INSERT = re.compile(r"INSERT INTO \"(?P<table>[\w.-]+)\" VALUE \{(?P<members>.*)\}")
_MEMBER = re.compile(r"\s*'(?P<name>\w+)'\s*:\s*\?\s*")
_UPDATE = re.compile(
    r"UPDATE \"(?P<table>[\w.-]+)\" (?P<assignments>SET .*) WHERE (?P<conditions>.*) "
    r"RETURNING ALL NEW \*"
)
_EQUATION = re.compile(r"(?:\"(?P<quoted>\w+)\"|(?P<bare>\w+)) ?= ?\?")

Answer = dict[str, Any]


@dataclass(frozen=True)
class _Statement:
    table: Table
    key: str
    execute: Callable[[], Answer]


def execute_all(
    database: Database, statements: Sequence[Mapping[str, Any]], refused: Mapping[int, str]
) -> list[Answer]:
    """Carry out up to 25 statements, each with its own answer; `refused` fail with these codes."""
    if not 1 <= len(statements) <= MAX_STATEMENTS:
        raise invalid(f"{len(statements)} statements; a batch takes 1 to {MAX_STATEMENTS}")
    parsed = [_parse(database, each["Statement"], each["Parameters"]) for each in statements]
    if len({(each.table.name, each.key) for each in parsed}) != len(parsed):
        raise NotFaked("two statements on one item: AWS does not say what becomes of them")
    return [
        _error(refused[number], "as planned") if number in refused else _execute(statement)
        for number, statement in enumerate(parsed)
    ]


def _parse(
    database: Database, statement: str, parameters: Sequence[Mapping[str, Any]]
) -> _Statement:
    values = iter([check_value(dict(value)) for value in parameters])
    if found := _INSERT.fullmatch(statement):
        parsed = _insert(database.table(found["table"]), found["members"], values)
    elif found := _UPDATE.fullmatch(statement):
        parsed = _update(database.table(found["table"]), found, values)
    else:
        raise NotFaked(f"PartiQL: {statement}")
    if next(values, None) is not None:
        raise _wrong_number()
    return parsed


def _insert(table: Table, members: str, values: Iterator[AttributeValue]) -> _Statement:
    found = [_MEMBER.fullmatch(member) for member in members.split(",")]
    if None in found:
        raise NotFaked(f"PartiQL tuple: {members}")
    item = {member["name"]: _next(values) for member in found if member is not None}
    key = key_text({table.key: item[table.key]}, table.key)

    def execute() -> Answer:
        if key in table.items:
            return _error("DuplicateItem", "Duplicate primary key exists in table")
        table.put(item)
        return {"TableName": table.name}

    return _Statement(table, key, execute)


def _update(table: Table, found: re.Match[str], values: Iterator[AttributeValue]) -> _Statement:
    assigned = _equations(found["assignments"].removeprefix("SET ").split(" SET "), values)
    wanted = _equations(found["conditions"].split(" AND "), values)
    if table.key not in wanted:
        raise invalid("Where clause does not contain a mandatory equality on all key attributes")
    if table.key in assigned:
        raise invalid(f"Cannot update attribute {table.key}. This attribute is part of the key")
    key = key_text({table.key: wanted[table.key]}, table.key)

    def execute() -> Answer:
        existing = table.items.get(key)
        met = existing and all(equal(existing.get(n), value) for n, value in wanted.items())
        if not existing or not met:
            return _error("ConditionalCheckFailed", "The conditional request failed")
        table.write(key, {**existing, **assigned})
        return {"TableName": table.name, "Item": copy_item(table.items[key])}

    return _Statement(table, key, execute)


def _equations(parts: Sequence[str], values: Iterator[AttributeValue]) -> Item:
    equations: Item = {}
    for part in parts:
        found = _EQUATION.fullmatch(part)
        if found is None:
            raise NotFaked(f"PartiQL: {part}")
        if found["bare"] and found["bare"].upper() in RESERVED_WORDS:
            raise invalid(f"{part}: a reserved word needs double quotes")
        equations[found["quoted"] or found["bare"]] = _next(values)
    if len(equations) != len(parts):
        raise NotFaked(f"PartiQL names an attribute twice: {parts}")
    return equations


def _next(values: Iterator[AttributeValue]) -> AttributeValue:
    value = next(values, None)
    if value is None:
        raise _wrong_number()
    return value


def _wrong_number() -> ClientError:
    return invalid("Number of parameters in request and statement don't match.")


def _execute(statement: _Statement) -> Answer:
    if statement.key in statement.table.held:
        return _error("TransactionConflict", "Transaction is ongoing for the item")
    try:
        return statement.execute()
    except ClientError as error:
        return _error("ValidationError", error.response["Error"]["Message"])


def _error(code: str, message: str) -> Answer:
    return {"Error": {"Code": code, "Message": message}}
