"""Build both images and start them, and import the functions in Lambda's own images: needs Docker.

For the CPU of this machine. `make images`, and the workflow in .github/workflows/ci.yml, on both.
"""

from __future__ import annotations

import platform
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from infra.build_folder import PROJECT_ROOT, BuildError
from infra.lambda_package import (
    CODE_MOUNTED_AT,
    LAYER_MOUNTED_AT,
    build_function_code,
    build_layer,
)
from infra.service_image import DOCKER_PLATFORMS, SERVICE_PACKAGES, lay_out_context
from infra.settings import Architecture, PythonVersion

MACHINES = {
    "aarch64": Architecture.ARM64,
    "arm64": Architecture.ARM64,
    "x86_64": Architecture.X86_64,
    "AMD64": Architecture.X86_64,
}
# https://docs.aws.amazon.com/lambda/latest/dg/python-image.html#python-image-base
LAMBDA_IMAGE = "public.ecr.aws/lambda/python"
FUNCTION_MODULES = sorted(
    f"lambda_fn.{path.stem}" for path in (PROJECT_ROOT / "lambda_fn").glob("[a-z]*.py")
)


def image_commands(architecture: Architecture) -> Iterator[tuple[str, ...]]:
    """Yield the commands that build every image and import its service in it."""
    target = DOCKER_PLATFORMS[architecture]
    for service in SERVICE_PACKAGES:
        tag = f"flash-sale-{service}:check"
        context = str(lay_out_context(service))
        yield ("docker", "build", "--platform", target, "--tag", tag, context)
        imported = f"import {service}.__main__"
        yield ("docker", "run", "--rm", "--read-only", tag, "python", "-c", imported)


def function_command(architecture: Architecture, version: PythonVersion) -> tuple[str, ...]:
    """Return the command that imports each handler as Lambda's runtime of that version finds it."""
    layer, code = build_layer(architecture, version), build_function_code(version)
    imported = f"import {', '.join(FUNCTION_MODULES)}"
    return (
        *("docker", "run", "--rm", "--read-only", "--platform", DOCKER_PLATFORMS[architecture]),
        *("--volume", f"{layer}:{Path(LAYER_MOUNTED_AT).parent}:ro"),
        *("--volume", f"{code}:{CODE_MOUNTED_AT}:ro"),
        *("--env", f"PYTHONPATH={LAYER_MOUNTED_AT}:{CODE_MOUNTED_AT}"),
        *("--entrypoint", "python", f"{LAMBDA_IMAGE}:{version}", "-c", imported),
    )


def main() -> int:
    """Run them all. Return 0; 1 if one fails, which says why itself; 2 without Docker or uv."""
    architecture = MACHINES[platform.machine()]
    functions = (function_command(architecture, version) for version in PythonVersion)
    try:
        for command in chain(image_commands(architecture), functions):
            sys.stderr.write(f"{' '.join(command)}\n")
            subprocess.run(command, check=True)  # noqa: S603 - argument lists of our own
    except subprocess.CalledProcessError as error:
        sys.stderr.write(f"images: that failed with exit code {error.returncode}\n")
        return 1
    except FileNotFoundError:
        sys.stderr.write("images: docker is not on the PATH; install Docker with BuildKit\n")
        return 2
    except BuildError as error:
        sys.stderr.write(f"images: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
