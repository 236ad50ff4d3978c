"""What a Lambda function is deployed as: its own code, and a layer with its dependencies.

Both hold bytecode beside the source, because /var/task and /opt of a function are read-only: each
environment would compile at each cold start what it imports.
https://docs.python.org/3/library/py_compile.html#py_compile.PycInvalidationMode
"""

import hashlib
import shutil
import sys
from pathlib import Path

from infra.build_folder import (
    BUILD_DIR,
    PROJECT_ROOT,
    BuildError,
    content_digest,
    modules,
    new_folder,
    write_files,
)
from infra.settings import Architecture, PythonVersion
from infra.uv import find_uv, install, locked_requirements, run

FUNCTIONS_DIR = BUILD_DIR / "functions"
CODE_PACKAGES = ("lambda_fn", "api", "orders", "adapters", "kit")
# https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html (LAMBDA_TASK_ROOT)
CODE_MOUNTED_AT = "/var/task"
LAYERS_DIR = BUILD_DIR / "layers"
# https://docs.aws.amazon.com/lambda/latest/dg/python-layers.html
LAYER_MOUNTED_AT = "/opt/python"
# The glibc of Lambda's oldest runtime here (python3.11 on Amazon Linux 2) is 2.26.
UV_PLATFORMS = {
    Architecture.ARM64: "aarch64-manylinux2014",
    Architecture.X86_64: "x86_64-manylinux2014",
}
# What an installer notes for itself: who installed, from where, and the hashes of its scripts.
INSTALLERS_NOTES = ("INSTALLER", "RECORD", "REQUESTED", "direct_url.json", "uv_cache.json")


def build_function_code(
    python_version: PythonVersion, folder: Path = FUNCTIONS_DIR, root: Path = PROJECT_ROOT
) -> Path:
    """Return the folder with the function's modules and their bytecode, made unless it is there."""
    files = {name: path.read_bytes() for name, path in modules(CODE_PACKAGES, root).items()}
    code = folder / f"{python_version}-{content_digest(files)}"
    if not code.is_dir():
        with new_folder(code) as built:
            write_files(built, files)
            compile_modules(built, CODE_MOUNTED_AT, python_version)
    return code


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
    compile_modules(target, LAYER_MOUNTED_AT, python_version)


def _remove_traces(target: Path) -> None:
    """Remove what tells of the machine: command-line scripts name its interpreter by path."""
    shutil.rmtree(target / "bin", ignore_errors=True)
    (target / ".lock").unlink(missing_ok=True)
    for note in INSTALLERS_NOTES:
        for path in target.glob(f"*.dist-info/{note}"):
            path.unlink()


def compile_modules(folder: Path, mounted_at: str, python_version: PythonVersion) -> None:
    """Compile all modules below, as if they lay at `mounted_at`; the source is not asked again.

    The format is the interpreter's, to the minor version; within it the bytes are the same (tried:
    3.11.2 and 3.11.7, 418 modules). So the target's own version compiles, or nobody: a layer
    whose bytes depend on what is installed here would be another one on the next machine.
    """
    told = ["--invalidation-mode", "unchecked-hash", "-s", str(folder), "-p", mounted_at]
    run(
        *_interpreter(python_version),
        "-I",
        "-S",
        "-m",
        "compileall",
        "-q",
        "-f",
        *told,
        str(folder),
    )


def _interpreter(version: PythonVersion) -> list[str]:
    """Return this interpreter if it is of that version, else one that uv finds or downloads."""
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return [sys.executable]
    uv = [find_uv(), "run", "--quiet", "--no-project", "--python", version.value]
    try:
        run(*uv, "python", "-V")
    except BuildError as error:
        reason = str(error).splitlines()[0]
        raise BuildError(
            f"flash-sale:pythonVersion = {version}: its bytecode takes a Python {version}, which "
            f"uv does not get ({reason}); install it, or set pythonVersion to one that is here"
        ) from None
    return [*uv, "python"]
