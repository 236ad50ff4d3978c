"""Physical names as the AWS provider gives them: its own, or made from the logical one."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

_SUFFIX_LENGTH = 7


def physical_name(
    logical: str, inputs: Mapping[str, Any], *, key: str = "name", ending: str = ""
) -> str:
    """The named input; else its prefix or `<logical name>-` with seven hexadecimal digits."""
    given = inputs.get(key)
    if given:
        return str(given)
    prefix = inputs.get(f"{key}Prefix") or f"{logical}-"
    return f"{prefix}{random_suffix()}{ending}"


def random_suffix(length: int = _SUFFIX_LENGTH) -> str:
    """Hexadecimal digits that tell two resources of one name apart."""
    return secrets.token_hex(length)[:length]
