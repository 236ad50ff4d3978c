"""`scale.json` on disk."""

from __future__ import annotations

from pathlib import Path

from lab.results.files import read_as
from lab.scale.model import SCHEMA, ScaleResults

SCALE_FILE = "scale.json"


def read_scale(path: Path) -> ScaleResults:
    """Read results; a folder stands for the `scale.json` in it.

    Raises:
        UserError: no such file, not JSON, another schema, or fields missing.
    """
    file = path / SCALE_FILE if path.is_dir() else path
    return read_as(ScaleResults, file, schema=SCHEMA, written_by="lab scale")
