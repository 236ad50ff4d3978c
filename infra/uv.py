"""uv: found where it is, and run so that the user's own settings do not change what it makes."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from infra.build_folder import PROJECT_ROOT, BuildError

TIMEOUT_SECONDS = 300
# How packages are reached is the user's business: mirror, proxy, certificates, cache. What is
# installed, and how, is ours. https://docs.astral.sh/uv/reference/environment/
REACHING = re.compile(
    r"UV_(CACHE_DIR|CONCURRENT_\w+|DEFAULT_INDEX|EXTRA_INDEX_URL|FIND_LINKS|HTTP_\w+|INDEX(_\w+)?"
    r"|INSECURE_HOST|KEYRING_PROVIDER|NATIVE_TLS|OFFLINE|PYTHON_DOWNLOADS|PYTHON_INSTALL_\w+"
    r"|PYTHON_CACHE_DIR|REQUEST_TIMEOUT|SYSTEM_CERTS)"
)
SETTINGS_OF_TOOLS = ("UV", "PIP_", "PYTHON", "VIRTUAL_ENV", "CONDA")


def run_uv(*arguments: str) -> str:
    """Return what uv prints. BuildError if it is missing, fails, or takes too long."""
    return run(find_uv(), *arguments)


def run(*command: str) -> str:
    """Return what the program prints, whatever is set for Python and its tools here."""
    try:
        done = subprocess.run(  # noqa: S603 - an argument list of our own, no shell
            command,
            check=True,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            cwd=PROJECT_ROOT,
            env={key: value for key, value in os.environ.items() if _reaches(key)},
        )
    except OSError as error:
        raise BuildError(f"{command[0]} cannot be run: {error.strerror}") from None
    except subprocess.TimeoutExpired:
        raise BuildError(_failed(command, f"not done in {TIMEOUT_SECONDS} s")) from None
    except subprocess.CalledProcessError as error:
        reason = error.stderr.strip() or error.stdout.strip()
        raise BuildError(_failed(command, reason)) from None
    return done.stdout


def find_uv() -> str:
    """Return uv: what `uv run` names to its children, what is on the PATH, or the project's own."""
    own = PROJECT_ROOT / ".tools" / "bin" / "uv"
    found = os.environ.get("UV") or shutil.which("uv") or (str(own) if own.is_file() else None)
    if found is None:
        raise BuildError(
            "images and the Lambda layer need uv, which is neither on the PATH nor in .tools/bin; "
            "install it with: pip install uv"
        )
    return found


@cache
def locked_requirements(group: str) -> str:
    """Return what the lock file says of a dependency group and nothing else, hashes included.

    A change of another group, or of anything else in pyproject.toml, does not change the text.
    """
    kind = ["--locked", "--only-group", group]
    return run_uv("export", "--quiet", "--no-header", "--no-annotate", *kind)


def install(requirements: Path, target: Path, *, python_platform: str, python_version: str) -> None:
    """Install locked requirements as wheels of that platform; nothing is built or run here."""
    kind = ["--python-platform", python_platform, "--python-version", python_version]
    wanted = ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
    # The last two are also settings of uv.toml; as options they win.
    copied = ["--link-mode", "copy", "--no-compile-bytecode"]
    run_uv(
        *("pip", "install", "--quiet", "--python", sys.executable, *kind, *wanted, *copied),
        *("--target", str(target), "--requirement", str(requirements)),
    )


def _reaches(key: str) -> bool:
    return bool(REACHING.fullmatch(key)) or not key.startswith(SETTINGS_OF_TOOLS)


def _failed(command: Sequence[str], reason: str) -> str:
    return f"a build failed: {shlex.join(command)}: {reason}"
