"""What a cold start costs: the function as it is deployed, beside other ways to reach DynamoDB.

`python -m benchmarks.cold_start [--python 3.13] [--runs 7] [--json PATH]`: CPU milliseconds in
fresh processes against a stand-in on loopback, medians; a round measures each way once, so that a
machine that changes its speed changes it for all. Scale them to Lambda by `--memory`: at 1,769 MB
a function has one vCPU, below it a share in proportion
(https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html).
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from benchmarks.aws_sides import stand_in_side
from infra.build_folder import BuildError
from infra.lambda_package import build_function_code, build_layer
from infra.settings import Architecture, PythonVersion
from infra.uv import find_uv, run_uv
from lab.coldstart.evaluate import FULL_CPU_MB

PROGRAMS = Path(__file__).with_name("cold_programs.py")
PARTS = ("runtime", "import", "clients", "first order", "second order")
ARM = {"aarch64", "arm64"}


class Way(msgspec.Struct, frozen=True):
    """One way to reach DynamoDB: a program, and the folders that a function would be deployed."""

    name: str
    program: str
    folders: list[Path]


class Measured(msgspec.Struct):
    """Medians of one way; milliseconds of CPU, megabytes."""

    cpu_ms: dict[str, float]
    resident_mb: float
    unzipped_mb: float
    zipped_mb: float

    @property
    def above_runtime_ms(self) -> float:
        """Import, clients and first order together."""
        return sum(self.cpu_ms[part] for part in PARTS[1:4])


def ways(python: PythonVersion, folder: Path) -> list[Way]:
    """Lay out what each way is deployed with."""
    architecture = Architecture.ARM64 if platform.machine() in ARM else Architecture.X86_64
    layer = build_layer(architecture, python) / "python"
    code = build_function_code(python)
    installed = {
        name: _installed(folder / name, python, requirement)
        for name, requirement in (
            ("aioboto3", "aioboto3>=15.5,<16"),
            ("botocore", "botocore"),
            ("awscrt", "awscrt"),
        )
    }
    return [
        Way("the function", "function", [code, layer]),
        Way("the function without bytecode", "function", _sources(folder, code, layer)),
        Way("awscrt", "awscrt", [installed["awscrt"]]),
        Way("botocore alone", "botocore", [installed["botocore"]]),
        Way("aioboto3", "aioboto3", [installed["aioboto3"]]),
        Way("aioboto3 without bytecode", "aioboto3", _sources(folder, installed["aioboto3"])),
    ]


def _installed(target: Path, python: PythonVersion, requirement: str) -> Path:
    told = ("--quiet", "--target", str(target), "--python", python.value, "--compile-bytecode")
    run_uv("pip", "install", *told, requirement)
    return target


def _sources(folder: Path, *compiled: Path) -> list[Path]:
    """Return copies of the folders without their bytecode."""
    copies = []
    for number, source in enumerate(compiled):
        copy = Path(tempfile.mkdtemp(dir=folder)) / str(number)
        shutil.copytree(source, copy, ignore=shutil.ignore_patterns("__pycache__"))
        copies.append(copy)
    return copies


def interpreter(python: PythonVersion) -> str:
    """Return the path of the interpreter that runs the programs."""
    found = subprocess.run(  # noqa: S603 - uv, found where it is
        [find_uv(), "python", "find", python.value], capture_output=True, text=True, check=True
    )
    return found.stdout.strip()


def measure_once(python: str, way: Way, endpoint: str) -> dict[str, Any]:
    """Run a way's program in a fresh process and return what it printed."""
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": os.pathsep.join(map(str, way.folders)),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [python, "-S", "-s", str(PROGRAMS), way.program, endpoint]
    done = subprocess.run(  # noqa: S603 - our own program
        command, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{way.name}: {done.stderr.strip().splitlines()[-1]}")
    printed: dict[str, Any] = msgspec.json.decode(done.stdout)
    return printed


def measured(way: Way, runs: list[dict[str, Any]], folder: Path) -> Measured:
    """Return the medians of a way's runs, and the size of what it is deployed with."""
    archive = folder / "archive.zip"
    unzipped = 0
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for root in way.folders:
            for path in sorted(root.rglob("*")):
                if path.is_file():
                    packed.write(path, path.relative_to(root))
                    unzipped += path.stat().st_size
    return Measured(
        {part: _middle(1e3 * run["cpu_seconds"][part] for run in runs) for part in PARTS},
        _middle(run["resident_bytes"] / 1e6 for run in runs),
        round(unzipped / 1e6, 2),
        round(archive.stat().st_size / 1e6, 2),
    )


def _middle(figures: Iterable[float]) -> float:
    return round(median(figures), 1)


def table(results: dict[str, Measured], python: PythonVersion, memory_mb: int) -> Table:
    """Return the figures as they are printed."""
    shown = Table(title=f"Python {python}, CPU milliseconds")
    scaled = f"at {memory_mb} MB"
    for column in ("", *PARTS, "above runtime", scaled, "RSS MB", "MB", "zipped MB"):
        shown.add_column(column, justify="right" if column else "left")
    for name, each in results.items():
        above = each.above_runtime_ms
        figures = [*each.cpu_ms.values(), above, above * FULL_CPU_MB / min(memory_mb, FULL_CPU_MB)]
        sizes = (f"{size:g}" for size in (each.resident_mb, each.unzipped_mb, each.zipped_mb))
        shown.add_row(name, *(f"{figure:.1f}" for figure in figures), *sizes)
    return shown


def main() -> None:
    """Measure, print, and write JSON if asked to."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", type=PythonVersion, default=PythonVersion.PY313)
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--memory", type=int, default=512, metavar="MB")
    parser.add_argument("--json", type=Path, metavar="PATH")
    told = parser.parse_args()
    console = Console(width=140 if not os.isatty(1) else None)
    with (
        tempfile.TemporaryDirectory() as name,
        stand_in_side() as side,
        console.status("laying out what is deployed") as progress,
    ):
        folder = Path(name)
        try:
            all_ways = ways(told.python, folder)
        except BuildError as error:
            raise SystemExit(str(error)) from None
        python = interpreter(told.python)
        runs: dict[str, list[dict[str, Any]]] = {way.name: [] for way in all_ways}
        for number in range(told.runs + 1):
            for way in all_ways:
                progress.update(f"round {number} of {told.runs}: {way.name}")
                one = measure_once(python, way, side()["AWS_ENDPOINT_URL"])
                # The first round fills the cache of files.
                runs[way.name] += [one] if number else []
        results = {way.name: measured(way, runs[way.name], folder) for way in all_ways}
    console.print(table(results, told.python, told.memory))
    if told.json:
        told.json.write_bytes(msgspec.json.format(msgspec.json.encode(results)) + b"\n")


if __name__ == "__main__":
    main()
