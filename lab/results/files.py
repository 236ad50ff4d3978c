"""`results.json` and `scale.json` on disk."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from lab.results import model, scale
from lab.results.model import Results
from lab.results.scale import ScaleResults
from terminal.errors import UserError
from terminal.files import write, writing

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")
RESULTS_FILE = "results.json"
SCALE_FILE = "scale.json"
SIGNIFICANT_DIGITS = 6


class _Header(msgspec.Struct):
    """What a file says about its own shape."""

    schema: int | None = None


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
    """Read results of `lab demo`; a folder stands for the `results.json` in it.

    Raises:
        UserError: no such file, not JSON, another schema, or fields missing.
    """
    file = path / RESULTS_FILE if path.is_dir() else path
    return _read(Results, file, schema=model.SCHEMA, written_by="lab demo")


def read_scale(path: Path) -> ScaleResults:
    """Read results of `lab scale`; a folder stands for the `scale.json` in it.

    Raises:
        UserError: no such file, not JSON, another schema, or fields missing.
    """
    file = path / SCALE_FILE if path.is_dir() else path
    return _read(ScaleResults, file, schema=scale.SCHEMA, written_by="lab scale")


def _read(kind: type[T], file: Path, *, schema: int, written_by: str) -> T:
    """Decode a file strictly; unknown keys are ignored, for files of newer versions."""
    try:
        text = file.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        said = f"cannot read {file}: {reason}; name a folder that {written_by} wrote"
        raise UserError(said) from None
    try:
        found = msgspec.json.decode(text, type=_Header).schema
        if found != schema:
            raise UserError(f"{file} has schema {found!r}, this lab reads schema {schema}")
        return msgspec.json.decode(text, type=kind)
    except msgspec.ValidationError as error:
        raise UserError(f"{file} is not a results file of this lab: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UserError(f"{file} is not JSON: {error}") from None


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
