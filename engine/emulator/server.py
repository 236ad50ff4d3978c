"""The embedded AWS: one MiniStack process on the loopback address, gone when it is closed."""

from __future__ import annotations

import contextlib
import http.client
import secrets
import shutil
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from engine.emulator.installation import SOURCES, interpreter
from engine.runtime.processes import EngineError, ManagedProcess, last_lines, minimal_environment
from terminal.interrupts import shielded

HOST = "127.0.0.1"
ACCOUNT_ID = "123456789012"
_START_SECONDS = 60.0
_POLL_SECONDS = 0.05
_ATTEMPTS = 3
_WORKER_THREADS = 256
_ACCOUNT_CONCURRENCY = 1000
"""Lambda's default account limit; the emulator's own default depends on the machine's memory."""
FIRST_RETRY_SECONDS = 60.0
"""AWS tries an asynchronous event again after one minute, then after two more."""
_LONGEST_RETRY_SECONDS = 300.0


@dataclass(frozen=True)
class Credentials:
    """An access key; `token` is empty for the operator's long-lived one."""

    access_key: str
    secret_key: str
    token: str = ""

    def as_environment(self) -> dict[str, str]:
        """The variables that every AWS SDK reads."""
        variables = {
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
        }
        if self.token:
            variables["AWS_SESSION_TOKEN"] = self.token
        return variables


class Emulator:
    """A running emulator that checks identities and policies.

    Only `operator` is the account's root; services get a role's temporary credentials.
    """

    def __init__(
        self,
        run_dir: Path,
        *,
        region: str,
        first_retry_seconds: float = FIRST_RETRY_SECONDS,
        python: Callable[[], Path] = interpreter,
    ) -> None:
        self.region = region
        self._first_retry_seconds = first_retry_seconds
        self._python = python
        self.port = 0
        self.operator = Credentials(
            f"LABOPERATOR{secrets.token_hex(5).upper()}", secrets.token_hex(20)
        )
        self._temporary = (run_dir / "tmp" / "emulator").resolve()
        self._log = (run_dir / "logs" / "emulator.log").resolve()
        self._process: ManagedProcess | None = None

    def start(self, port: int | None = None) -> None:
        """Start it and wait until it answers; without `port` a free one is taken.

        Raises EngineError with the last log lines if it does not start.
        """
        python = self._python()
        if port is not None and not port_is_free(port):
            raise EngineError(f"the emulator's port {port} is in use; choose another one")
        for _ in range(_ATTEMPTS):
            self.port = port or free_port()
            self._spawn(python)
            if self._answers():
                return
            if not _lost_the_port(self._log):
                break
        raise EngineError(
            f"the emulator did not start on {HOST}:{self.port}; log: {self._log}; last lines:\n"
            f"{last_lines(self._log)}"
        )

    @property
    def endpoint_url(self) -> str:
        """Where every AWS API answers."""
        return f"http://{HOST}:{self.port}"

    @property
    def process(self) -> ManagedProcess:
        """The emulator's process."""
        if self._process is None:
            raise EngineError("the emulator is not running")
        return self._process

    def close(self) -> None:
        """End the emulator with all its children and remove its temporary files."""
        with shielded():
            if self._process is not None:
                self._process.kill()
                self._process = None
            shutil.rmtree(self._temporary, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _spawn(self, python: Path) -> None:
        self._temporary.mkdir(parents=True, exist_ok=True)
        with shielded():
            self._process = ManagedProcess(
                "the emulator",
                [str(python), "-m", "engine.emulator.launch"],
                environment=self._environment(),
                cwd=self._temporary,
                log=self._log,
            )

    def _environment(self) -> dict[str, str]:
        return {
            **minimal_environment(self._temporary),
            "PYTHONPATH": str(SOURCES),
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_HOST": HOST,
            "MINISTACK_REGION": self.region,
            "MINISTACK_ACCOUNT_ID": ACCOUNT_ID,
            "MINISTACK_WORKER_THREADS": str(_WORKER_THREADS),
            "LAMBDA_ACCOUNT_CONCURRENCY": str(_ACCOUNT_CONCURRENCY),
            "LAMBDA_ASYNC_RETRY_BASE_SECONDS": str(self._first_retry_seconds),
            "LAMBDA_ASYNC_RETRY_MAX_SECONDS": str(_LONGEST_RETRY_SECONDS),
            "AUTH": "true",
            "LOG_LEVEL": "WARNING",
            # Listeners and a container daemon that the engine has no use for.
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "DOCKER_HOST": "unix:///nonexistent",
            # The key that the emulator takes for the root user; without it that would be `test`.
            **self.operator.as_environment(),
        }

    def _answers(self) -> bool:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self.process.running:
            if _is_healthy(self.port):
                return self.process.running
            time.sleep(_POLL_SECONDS)
        return False


def free_port() -> int:
    """A port of the loopback address that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def port_is_free(port: int, host: str = HOST) -> bool:
    """Whether a server could listen there now (sockets in TIME_WAIT do not matter)."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    with contextlib.closing(connection), contextlib.suppress(OSError, http.client.HTTPException):
        connection.request("GET", "/_ministack/health")
        return connection.getresponse().status == http.client.OK
    return False


def _lost_the_port(log: Path) -> bool:
    return "already in use" in last_lines(log)
