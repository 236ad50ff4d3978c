"""What the measuring needs from a deployed topology; `engine.deployment.Deployment` has it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from engine.deployment import FreshProcess
from engine.runtime.processes import EngineError


class System(Protocol):
    """One deployed topology."""

    @property
    def stack(self) -> str:
        """Its stack's name, which is its topology's: see lab.topologies."""
        ...

    @property
    def outputs(self) -> Mapping[str, str]:
        """The stack's outputs."""
        ...

    @property
    def config(self) -> Mapping[str, str]:
        """The effective stack configuration."""
        ...

    @property
    def run_dir(self) -> Path:
        """The folder of this deployment."""
        ...

    @property
    def logs(self) -> Path:
        """Where the logs of its processes are."""
        ...

    @property
    def functions(self) -> Mapping[str, FreshProcess]:
        """How a process of each of its functions is started from nothing, by name."""
        ...

    @property
    def emulator_pid(self) -> int:
        """The process id of the emulator that it runs on."""
        ...

    def client(self, service: str) -> Any:
        """Return a client with the operator's credentials."""
        ...

    def check(self) -> None:
        """Raise when a process of the deployment died."""
        ...


class Deploy(Protocol):
    """Brings a topology up for the length of a `with` block."""

    def __call__(
        self,
        topology: str,
        *,
        config: Mapping[str, str] | None,
        run_dir: Path,
        progress: Callable[[str], None],
    ) -> AbstractContextManager[System]:
        """Return the context that brings it up and takes it down."""
        ...


@contextmanager
def explained(system: System) -> Iterator[None]:
    """Turn a failed AWS call into an EngineError that says what is behind it."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        system.check()  # a dead process says more than the call that it did not answer
        raise EngineError(f"{error}; the logs are in {system.logs}") from error
