"""The processes of the stack's ECS services, each with its task role's temporary credentials."""

from __future__ import annotations

import http.client
import json
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from engine.emulator.server import HOST, Credentials, port_is_free
from engine.runtime.processes import (
    EngineError,
    ManagedProcess,
    last_lines,
    minimal_environment,
    stop_together,
)
from terminal.errors import UserError
from terminal.interrupts import shielded

_READY_SECONDS = 60.0
_POLL_SECONDS = 0.05
CredentialsOf = Callable[[str], Credentials]


@dataclass(frozen=True)
class TaskDeclaration:
    """The one container of a task definition."""

    container: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    task_role_arn: str | None
    stop_timeout_seconds: int

    @property
    def port(self) -> int | None:
        """The port it serves on, by the convention of the `PORT` variable."""
        text = self.environment.get("PORT", "")
        return int(text) if text.isdigit() else None


@dataclass(frozen=True)
class ServiceDeclaration:
    """So many processes of one task; `targets` are its ports by the ARN of their target group."""

    name: str
    task: TaskDeclaration
    desired_count: int
    targets: Mapping[str, int] = field(default_factory=dict)


class ServiceProcesses:
    """`desired_count` processes per service; they share a port by SO_REUSEPORT."""

    def __init__(
        self,
        *,
        root: Path,
        run_dir: Path,
        endpoint_url: str,
        region: str,
        config: Mapping[str, str],
        credentials: CredentialsOf,
    ) -> None:
        self._root = root
        self._logs = run_dir / "logs"
        self._home = run_dir / "tmp" / "home"
        self._endpoint_url = endpoint_url
        self._region = region
        self._config = config
        self._credentials = credentials
        self._processes: dict[str, ManagedProcess] = {}
        self._patience_seconds = 0.0

    def start(self, services: Iterable[ServiceDeclaration]) -> None:
        """Start every process and wait until all are ready.

        Raises UserError for a busy port, EngineError for a process that ends or does not get ready.
        """
        wanted = [service for service in services if service.desired_count]
        _refuse_equal_names(wanted)
        for service in wanted:
            _refuse_busy_port(service.task, self._config)
        self._home.mkdir(parents=True, exist_ok=True)
        for service in wanted:
            environment = self._environment(service.task)
            self._patience_seconds = max(
                self._patience_seconds, float(service.task.stop_timeout_seconds)
            )
            for number in range(service.desired_count):
                self._spawn(f"{service.task.container}-{number}", service.task, environment)
        deadline = time.monotonic() + _READY_SECONDS
        while not self._all_ready(wanted):
            self.check()
            if time.monotonic() >= deadline:
                raise self._not_ready()
            time.sleep(_POLL_SECONDS)

    def check(self) -> None:
        """Raise EngineError with the last log lines if a process has ended."""
        for process in self._processes.values():
            process.check()

    def pids(self) -> dict[str, int]:
        """Process ids by name, e.g. `web-0`."""
        return {name: process.pid for name, process in self._processes.items()}

    def close(self) -> None:
        """Stop as ECS does: SIGTERM, the longest stop timeout, SIGKILL."""
        with shielded():
            stop_together(self._processes.values(), patience_seconds=self._patience_seconds)
            self._processes.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _spawn(self, name: str, task: TaskDeclaration, environment: Mapping[str, str]) -> None:
        with shielded():
            self._processes[name] = ManagedProcess(
                name,
                [sys.executable, *task.command[1:]],
                environment=environment,
                cwd=self._root,
                log=self._logs / f"{name}.log",
            )

    def _environment(self, task: TaskDeclaration) -> dict[str, str]:
        role = task.task_role_arn
        return {
            **minimal_environment(self._home),
            **task.environment,
            "AWS_ENDPOINT_URL": self._endpoint_url,
            "AWS_REGION": self._region,
            **(self._credentials(role).as_environment() if role else {}),
        }

    def _all_ready(self, services: Iterable[ServiceDeclaration]) -> bool:
        ports = {service.task.port for service in services} - {None}
        return all(_said_ready(one.log) for one in self._processes.values()) and all(
            _answers_ready(port) for port in ports if port is not None
        )

    def _not_ready(self) -> EngineError:
        silent = [one for one in self._processes.values() if not _said_ready(one.log)]
        slow = (silent or list(self._processes.values()))[0]
        return EngineError(
            f"{slow.name} was not ready after {_READY_SECONDS:.0f} s (it logs event `ready` and "
            f"answers 200 on /ready); log: {slow.log}; last lines:\n{last_lines(slow.log)}"
        )


def _refuse_equal_names(services: Iterable[ServiceDeclaration]) -> None:
    """Processes and logs are named after the container: each name needs a service of its own."""
    names = [service.task.container for service in services]
    equal = {name for name in names if names.count(name) > 1}
    if equal:
        raise EngineError(f"more than one service has a container named {min(equal)!r}; rename one")


def _refuse_busy_port(task: TaskDeclaration, config: Mapping[str, str]) -> None:
    """The port is named by the configuration key that holds it, which is what can be changed."""
    if task.port is None or port_is_free(task.port, ""):
        return
    keys = [key for key, value in config.items() if value == str(task.port)]
    if not keys:
        raise UserError(
            f"port {task.port} of container {task.container!r} is in use; stop what listens there"
        )
    raise UserError(
        f"{keys[0]} {task.port} is in use; stop what listens there or choose another port with "
        f"--config {keys[0]}=..."
    )


def _said_ready(log: Path) -> bool:
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        return False
    return any(_event(line) == "ready" for line in lines)


def _event(line: str) -> str:
    if not line.startswith("{"):
        return ""
    try:
        return str(json.loads(line).get("event", ""))
    except ValueError:
        return ""


def _answers_ready(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
