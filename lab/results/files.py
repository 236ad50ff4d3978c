"""`results.json` on disk."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from lab.results.decode import DecodeError, decode
from lab.results.model import SCHEMA, Results
from terminal.errors import UserError
from terminal.files import write, writing

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")
RESULTS_FILE = "results.json"
SIGNIFICANT_DIGITS = 6


def write_results(results: DataclassInstance, path: Path) -> None:
    """Write the results, whole or not at all.

    Raises:
        UserError: that is not possible; older results are as they were.
    """
    with writing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    write(to_json(results), path)


def to_json(results: DataclassInstance) -> str:
    """Return the results as JSON text."""
    return json.dumps(_rounded(asdict(results)), indent=2, allow_nan=False) + "\n"


def read_results(path: Path) -> Results:
    """Read results; a folder stands for the `results.json` in it.

    Raises:
        UserError: no such file, not JSON, another schema, or fields missing.
    """
    file = path / RESULTS_FILE if path.is_dir() else path
    return read_as(Results, file, schema=SCHEMA, written_by="lab demo")


def read_as(kind: type[T], file: Path, *, schema: int, written_by: str) -> T:
    """Read a file that `written_by` left behind, for results of that kind and schema.

    Raises:
        UserError: no such file, not JSON, another schema, or fields missing.
    """
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        said = f"cannot read {file}: {reason}; name a folder that {written_by} wrote"
        raise UserError(said) from None
    except ValueError as error:
        raise UserError(f"{file} is not JSON: {error}") from None
    found = data.get("schema") if isinstance(data, dict) else None
    if found != schema:
        raise UserError(f"{file} has schema {found!r}, this lab reads schema {schema}")
    try:
        return decode(kind, data)
    except DecodeError as error:
        raise UserError(f"{file} is not a results file of this lab: {error}") from None


def _rounded(value: Any) -> Any:
    """Round floats to what a measurement can carry."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"a measure is {value}; it should be None")
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}")
    if isinstance(value, dict):
        return {key: _rounded(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(entry) for entry in value]
    return value
