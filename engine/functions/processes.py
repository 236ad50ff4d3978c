"""A fork server for each declared function: started, watched, ended."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from engine.runtime.processes import EngineError, ManagedProcess, last_lines, minimal_environment
from terminal.interrupts import shielded

_SCRIPT = Path(__file__).with_name("fork_server.py")
_READY_SECONDS = 60.0
_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class FunctionDeclaration:
    """A function as its execution environment sees it; bootstraps announce themselves in `fifo`."""

    name: str
    handler: str
    root: Path
    layers: tuple[Path, ...]
    environment: Mapping[str, str]
    memory_mb: int
    fifo: Path
    log: Path


@dataclass(frozen=True)
class FreshProcess:
    """How a process of a function is started from nothing, as an environment of AWS is.

    `interpreter` wants `-S -P` and finds the handler's module on `paths`; `environment` has keys.
    """

    interpreter: str
    handler: str
    paths: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path


class ForkServers:
    """The processes that execution environments are forked from."""

    def __init__(self, *, run_dir: Path, endpoint_url: str, region: str) -> None:
        self._temporary = run_dir / "tmp" / "functions"
        self._endpoint_url = endpoint_url
        self._region = region
        self._processes: dict[str, ManagedProcess] = {}
        self._declared: dict[str, FunctionDeclaration] = {}

    def fresh(self, keys: Mapping[str, str]) -> Mapping[str, FreshProcess]:
        """Return each started function by name, as its process is started with these keys."""
        return {
            name: FreshProcess(
                interpreter=_base_interpreter(),
                handler=function.handler,
                paths=(str(function.root), *_layer_paths(function)),
                environment={**self._environment(function), **keys},
                folder=function.root,
            )
            for name, function in self._declared.items()
        }

    def start(self, functions: Iterable[FunctionDeclaration]) -> None:
        """Start one for each function and wait until its handler is imported.

        Raises EngineError with the traceback's last line and the log's path if it cannot be.
        """
        wanted = list(functions)
        if wanted and not Path("/proc/self/environ").exists():
            raise EngineError("Lambda functions run here on Linux only: /proc is missing")
        for function in wanted:
            self._declared[function.name] = function
            self._spawn(function)
        deadline = time.monotonic() + _READY_SECONDS
        for function in wanted:
            process = self._processes[function.name]
            while not function.fifo.exists():
                if not process.running:
                    raise _not_importable(function)
                if time.monotonic() >= deadline:
                    raise EngineError(
                        f"function {function.name!r}: the handler was not imported within "
                        f"{_READY_SECONDS:.0f} s; log: {function.log}"
                    )
                time.sleep(_POLL_SECONDS)

    def check(self) -> None:
        """Raise EngineError with the last log lines if a fork server has ended."""
        for process in self._processes.values():
            process.check()

    def close(self) -> None:
        """End every fork server with all its environments."""
        with shielded():
            for process in self._processes.values():
                process.kill()
            self._processes.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _spawn(self, function: FunctionDeclaration) -> None:
        self._temporary.mkdir(parents=True, exist_ok=True)
        settings = self._temporary / f"{function.name}.json"
        settings.write_text(json.dumps(self._settings(function)), encoding="utf-8")
        with shielded():
            self._processes[function.name] = ManagedProcess(
                f"function {function.name}",
                [_base_interpreter(), "-S", "-P", str(_SCRIPT), str(settings)],
                environment=self._environment(function),
                cwd=function.root,
                log=function.log,
            )

    def _environment(self, function: FunctionDeclaration) -> dict[str, str]:
        """What the handler's module sees while it is imported: what AWS lets it see, and no keys.

        Credentials and log stream are an environment's own; the modules are shared by all of them.
        https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
        """
        return {
            **minimal_environment(self._temporary),
            # Archive and layer cannot be written on AWS; what bytecode they bring is used.
            "PYTHONDONTWRITEBYTECODE": "1",
            **{key: str(value) for key, value in function.environment.items()},
            "AWS_REGION": self._region,
            "AWS_DEFAULT_REGION": self._region,
            "AWS_ENDPOINT_URL": self._endpoint_url,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
            "LAMBDA_TASK_ROOT": str(function.root),
            "_HANDLER": function.handler,
        }

    def _settings(self, function: FunctionDeclaration) -> dict[str, object]:
        return {
            "name": function.name,
            "handler": function.handler,
            "root": str(function.root),
            "paths": _layer_paths(function),
            "fifo": str(function.fifo),
            "variables": sorted(function.environment),
            "endpoint_url": self._endpoint_url,
        }


def _layer_paths(function: FunctionDeclaration) -> list[str]:
    """https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html#packaging-layers-paths."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    return [
        str(folder)
        for layer in function.layers
        for folder in (layer / "python" / "lib" / version / "site-packages", layer / "python")
        if folder.is_dir()
    ]


def _not_importable(function: FunctionDeclaration) -> EngineError:
    reason = last_lines(function.log, 1)
    return EngineError(
        f"function {function.name!r}: handler {function.handler!r} cannot be imported: {reason}; "
        f"log: {function.log}"
    )


def _base_interpreter() -> str:
    """The interpreter behind the virtual environment: it brings no packages of the project."""
    return getattr(sys, "_base_executable", "") or sys.executable
