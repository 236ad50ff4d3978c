"""Bytecode that is deployed beside its source, because what runs there cannot write any.

/opt and /var/task of a function are read-only: each environment would compile at each cold start
what it imports. https://docs.python.org/3/library/py_compile.html#py_compile.PycInvalidationMode
"""

import sys
from pathlib import Path

from infra.uv import BuildError, find_uv, run
from infra.vocabulary import PythonVersion


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
