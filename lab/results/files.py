"""`results.json` on disk."""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lab.errors import LabError
from lab.results.decode import DecodeError, decode
from lab.results.model import SCHEMA, Results

RESULTS_FILE = "results.json"
SIGNIFICANT_DIGITS = 6


def write_results(results: Results, path: Path) -> None:
    """Write the results so that a reader sees the old file or the new one, never a half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".tmp")
    draft.write_text(to_json(results), encoding="utf-8")
    draft.replace(path)


def to_json(results: Results) -> str:
    """Return the results as JSON text."""
    return json.dumps(_rounded(asdict(results)), indent=2, allow_nan=False) + "\n"


def read_results(path: Path) -> Results:
    """Read results; a folder stands for the `results.json` in it.

    Raises:
        LabError: no such file, not JSON, another schema, or fields missing.
    """
    file = path / RESULTS_FILE if path.is_dir() else path
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise LabError(f"cannot read {file}: {reason}; name a folder that lab demo wrote") from None
    except ValueError as error:
        raise LabError(f"{file} is not JSON: {error}") from None
    found = data.get("schema") if isinstance(data, dict) else None
    if found != SCHEMA:
        raise LabError(f"{file} has schema {found!r}, this lab reads schema {SCHEMA}")
    try:
        return decode(Results, data)
    except DecodeError as error:
        raise LabError(f"{file} is not a results file of this lab: {error}") from None


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
