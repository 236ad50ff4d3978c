"""Tables with one text key, conditional writes and the holds of running transactions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.fake_aws.attribute_values import Item, check_size, check_value, key_text
from tests.support.fake_aws.conditions import parse_condition
from tests.support.fake_aws.expressions import Placeholders
from tests.support.fake_aws.refusals import invalid, refusal
from tests.support.fake_aws.updates import Update


@dataclass(frozen=True)
class Index:
    """A global secondary index: its two key attributes, and what is projected beside the keys.

    It is never behind its table here. `projected` is None where everything is.
    """

    partition: str
    sort: str
    projected: frozenset[str] | None = None


@dataclass(frozen=True)
class Change:
    """One write that happened: the item before, if there was one, and after."""

    key: str
    before: Item | None
    after: Item


@dataclass
class Table:
    """The items of one table by key."""

    name: str
    key: str
    indexes: Mapping[str, Index] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    history: list[Change] = field(default_factory=list)

    def put(self, item: Item) -> None:
        """Store an item, or replace the one with its key."""
        if self.key not in item:
            raise invalid(f"Missing the key {self.key} in the item")
        copied = {name: check_value(value) for name, value in item.items()}
        self.write(key_text({self.key: copied[self.key]}, self.key), copied)

    def write(self, key: str, item: Item) -> None:
        """Store the item under its key and remember the change."""
        check_size(item)
        self.history.append(Change(key, self.items.get(key), item))
        self.items[key] = item

    def text(self, key: str, attribute: str) -> str | None:
        """Return a text of an item, None where it is missing; for assertions."""
        value = self.items.get(key, {}).get(attribute)
        return value["S"] if value else None

    def number(self, key: str, attribute: str) -> int:
        """Return a number of an item, for assertions."""
        return int(self.items[key][attribute]["N"])


@dataclass
class Database:
    """All tables; `transaction_seconds` is how long a transaction holds its items."""

    tables: dict[str, Table] = field(default_factory=dict)
    transaction_seconds: float = 0.0

    def create(self, table: Table) -> Table:
        """Add a table."""
        self.tables[table.name] = table
        return table

    def table(self, name: str) -> Table:
        """Return the table of that name."""
        if name not in self.tables:
            raise refusal("ResourceNotFoundException", "Requested resource not found")
        return self.tables[name]


def copy_item(item: Item) -> Item:
    """Return a copy that the caller may keep."""
    return {name: dict(value) for name, value in item.items()}


class ConditionalUpdate:
    """One UpdateItem, or the Update of a transaction; its expressions are read at once."""

    def __init__(self, table: Table, key: str, request: Mapping[str, Any]) -> None:
        self.table = table
        self.key = key
        self.request = request
        placeholders = Placeholders(
            request.get("ExpressionAttributeNames"), request.get("ExpressionAttributeValues")
        )
        self._update = Update(request["UpdateExpression"], placeholders)
        expression = request.get("ConditionExpression")
        self._condition = parse_condition(expression, placeholders) if expression else None
        placeholders.check_all_used()
        if table.key in self._update.paths:
            raise invalid(f"Cannot update attribute {table.key}. This attribute is a key")

    @property
    def existing(self) -> Item | None:
        """The item as it is now."""
        return self.table.items.get(self.key)

    def holds(self) -> bool:
        """Tell whether the condition is met now."""
        return self._condition is None or self._condition(self.existing or {})

    def result(self) -> Item:
        """Return the item as the update would leave it."""
        key_item: Item = {self.table.key: {"S": self.key}}
        after = self._update.apply(self.existing or key_item)
        check_size(after)
        return after
