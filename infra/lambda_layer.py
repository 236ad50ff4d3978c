"""The dependencies of the function, installed for its architecture as the folder of a layer."""

import hashlib
import shutil
from pathlib import Path

from infra.build_folder import BUILD_DIR, new_folder
from infra.bytecode import compile_modules
from infra.uv import install, locked_requirements
from infra.vocabulary import Architecture, PythonVersion

LAYERS_DIR = BUILD_DIR / "layers"
# https://docs.aws.amazon.com/lambda/latest/dg/python-layers.html
MOUNTED_AT = "/opt/python"
# The glibc of Lambda's oldest runtime here (python3.11 on Amazon Linux 2) is 2.26.
UV_PLATFORMS = {
    Architecture.ARM64: "aarch64-manylinux2014",
    Architecture.X86_64: "x86_64-manylinux2014",
}
# What an installer notes for itself: who installed, from where, and the hashes of its scripts.
INSTALLERS_NOTES = ("INSTALLER", "RECORD", "REQUESTED", "direct_url.json", "uv_cache.json")


def build_layer(
    architecture: Architecture, python_version: PythonVersion, layers_dir: Path = LAYERS_DIR
) -> Path:
    """Return the folder of the layer, built from the lock file unless it is there already.

    Its bytes follow from the locked requirements, architecture and version. BuildError if uv or
    the target's Python is missing, or an install fails.
    """
    requirements = locked_requirements("lambda")
    digest = hashlib.sha256(requirements.encode()).hexdigest()[:12]
    layer = layers_dir / f"{python_version}-{architecture}-{digest}"
    if not layer.is_dir():
        with new_folder(layer) as built:
            _fill(built / "python", requirements, architecture, python_version)
    return layer


def _fill(
    target: Path, requirements: str, architecture: Architecture, python_version: PythonVersion
) -> None:
    listed = target.parent / "requirements.txt"
    listed.write_text(requirements, encoding="utf-8")
    platform = UV_PLATFORMS[architecture]
    install(listed, target, python_platform=platform, python_version=python_version)
    listed.unlink()
    _remove_traces(target)
    compile_modules(target, MOUNTED_AT, python_version)


def _remove_traces(target: Path) -> None:
    """Remove what tells of the machine: command-line scripts name its interpreter by path."""
    shutil.rmtree(target / "bin", ignore_errors=True)
    (target / ".lock").unlink(missing_ok=True)
    for note in INSTALLERS_NOTES:
        for path in target.glob(f"*.dist-info/{note}"):
            path.unlink()
