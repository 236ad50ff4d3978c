"""Inputs in camelCase to the attribute maps of SNS and SQS, which hold text only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any


def text_attributes(inputs: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, str]:
    """The given inputs under the API's names; absent inputs stay absent."""
    return {
        attribute: as_text(inputs[name])
        for name, attribute in names.items()
        if inputs.get(name) is not None
    }


def as_text(value: object) -> str:
    """A scalar as these APIs write it; a document as JSON."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dict, list)):
        return json.dumps(value)
    return str(value)


def capitalised(names: Iterable[str]) -> dict[str, str]:
    """Map inputs whose attribute differs by its first letter only."""
    return {name: name[0].upper() + name[1:] for name in names}
