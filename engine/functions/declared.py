"""What the program says about a Lambda function and its layers, unpacked for a local process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class LayerDeclaration:
    """One version of a layer and the folder that its archive was unpacked to."""

    arn: str
    folder: Path


@dataclass(frozen=True)
class FunctionDeclaration:
    """A function as its execution environment sees it; bootstraps announce themselves at `door`."""

    name: str
    handler: str
    root: Path
    layers: tuple[Path, ...]
    environment: Mapping[str, str]
    memory_mb: int
    door: Path
    log: Path
