"""The dependencies of the function, installed for its architecture as the folder of a layer."""

import hashlib
import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from infra.paths import PROJECT_ROOT
from infra.vocabulary import Architecture, PythonVersion

LOCK_FILE = PROJECT_ROOT / "uv.lock"
LAYERS_DIR = PROJECT_ROOT / "build" / "layers"
INSTALL_TIMEOUT_SECONDS = 300
# The glibc of Lambda's oldest runtime here (python3.11 on Amazon Linux 2) is 2.26.
UV_PLATFORMS = {
    Architecture.ARM64: "aarch64-manylinux2014",
    Architecture.X86_64: "x86_64-manylinux2014",
}


class LayerError(Exception):
    """The layer could not be built; the message says what failed and what to do."""


def build_layer(
    architecture: Architecture, python_version: PythonVersion, layers_dir: Path = LAYERS_DIR
) -> Path:
    """Return the folder of the layer, built from uv.lock unless the same one is there already.

    The folder is complete or absent, also when two programs build it at once. LayerError if uv
    is missing or an install fails.
    """
    lock_hash = hashlib.sha256(LOCK_FILE.read_bytes()).hexdigest()[:12]
    layer = layers_dir / f"{python_version}-{architecture}-{lock_hash}"
    if layer.is_dir():
        return layer
    layers_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=layers_dir, prefix=".building-") as scratch:
        built = Path(scratch) / "layer"
        _install(built / "python", Path(scratch), architecture, python_version)
        _publish(built, layer)
    return layer


def _install(
    target: Path, scratch: Path, architecture: Architecture, python_version: PythonVersion
) -> None:
    uv = _find_uv()
    requirements = scratch / "requirements.txt"
    locked = ["--locked", "--only-group", "lambda", "--output-file", str(requirements)]
    _run(uv, "export", "--quiet", "--project", str(PROJECT_ROOT), *locked)
    kind = ["--python-platform", UV_PLATFORMS[architecture], "--python-version", python_version]
    wanted = ["--require-hashes", "--only-binary", ":all:", "--requirement", str(requirements)]
    _run(uv, "pip", "install", "--quiet", "--target", str(target), *kind, *wanted)


def _find_uv() -> str:
    """Return uv: what `uv run` names to its children, what is on the PATH, or the project's own."""
    own = PROJECT_ROOT / ".tools" / "bin" / "uv"
    found = os.environ.get("UV") or shutil.which("uv") or (str(own) if own.is_file() else None)
    if found is None:
        raise LayerError(
            "the Lambda layer needs uv, which is neither on the PATH nor in .tools/bin; "
            "install it with: pip install uv"
        )
    return found


def _run(*command: str) -> None:
    try:
        subprocess.run(  # noqa: S603 - an argument list of our own, no shell
            command, check=True, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_SECONDS
        )
    except OSError as error:
        raise LayerError(f"the Lambda layer needs uv: {command[0]}: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise LayerError(_failed(command, f"not done in {INSTALL_TIMEOUT_SECONDS} s")) from None
    except subprocess.CalledProcessError as error:
        raise LayerError(_failed(command, error.stderr.strip())) from None


def _failed(command: Sequence[str], reason: str) -> str:
    return f"the Lambda layer could not be built: {shlex.join(command)}: {reason}"


def _publish(built: Path, layer: Path) -> None:
    """Move the finished folder to its name; whoever comes second finds the same content there."""
    try:
        built.rename(layer)
    except OSError:
        if not layer.is_dir():
            raise
