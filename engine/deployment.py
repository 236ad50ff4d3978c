"""The front of the engine: a stack, deployed on this machine while a `with` block lasts."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.emulator.clients import ClientFactory, Clients
from engine.emulator.installation import version as emulator_version
from engine.emulator.server import ACCOUNT_ID, FIRST_RETRY_SECONDS, Credentials, Emulator
from engine.functions.processes import ForkServers, FreshProcess
from engine.makers.context import Context
from engine.makers.network import addresses, reachable
from engine.program.config import StackConfig, read_stack, this_machine
from engine.program.mocks import Engine
from engine.program.run import run_program
from engine.runtime.processes import allow_open_files
from engine.services.processes import ServiceProcesses
from terminal.interrupts import interruptible, shielded
from terminal.isolation import without_user_aws

__all__ = ["FIRST_RETRY_SECONDS", "Deployment", "FreshProcess", "deploy", "emulator_version"]

_SESSION_SECONDS = 43_200
"""Twelve hours, the longest that AWS gives a role session; nothing renews it here."""
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Deployment:
    """A stack that is up: its outputs, its processes, its logs, and clients to look inside."""

    stack: str
    outputs: Mapping[str, str]
    config: Mapping[str, str]
    endpoint_url: str
    run_dir: Path
    _factory: ClientFactory = field(repr=False)
    _emulator: Emulator = field(repr=False)
    _functions: ForkServers = field(repr=False)
    _services: ServiceProcesses = field(repr=False)

    def client(self, service: str) -> Any:
        """A synchronous AWS client with the operator's credentials."""
        return self._factory.client(service)

    @property
    def logs(self) -> Path:
        """The folder with a log of the emulator, of each process of a service and each function."""
        return self.run_dir / "logs"

    @property
    def region(self) -> str:
        """The region that the stack is deployed to."""
        return self._emulator.region

    @property
    def operator(self) -> Credentials:
        """The operator's credentials: of the emulator's account, made up for this deployment."""
        return self._emulator.operator

    @property
    def functions(self) -> Mapping[str, FreshProcess]:
        """How a process of each function is started from nothing, with the operator's keys."""
        keys = {
            "AWS_ACCESS_KEY_ID": self.operator.access_key,
            "AWS_SECRET_ACCESS_KEY": self.operator.secret_key,
        }
        return self._functions.fresh(keys)

    @property
    def emulator_pid(self) -> int:
        """The process id of the emulator."""
        return self._emulator.process.pid

    def pids(self) -> Mapping[str, int]:
        """Process ids of the services by container and number, e.g. `web-0`."""
        return self._services.pids()

    def check(self) -> None:
        """Raise EngineError with the last log lines if a process has ended."""
        self._emulator.process.check()
        self._functions.check()
        self._services.check()


def _silent(_message: str) -> None:
    return


@contextmanager
def deploy(
    stack: str,
    *,
    project: Path,
    config: Mapping[str, str] | None = None,
    run_dir: Path,
    progress: Progress = _silent,
    first_retry_seconds: float = FIRST_RETRY_SECONDS,
) -> Iterator[Deployment]:
    """Run the Pulumi program of `project` as `stack` against an emulator, with its services.

    A function that fails on an event is tried again after `first_retry_seconds`, then after twice
    as long. On exit every process is gone; the logs stay below `run_dir`.

    Raises:
        UserError: the configuration is wrong.
        EngineError: something does not come up; with the last log lines.
    """
    project, run_dir = project.resolve(), run_dir.resolve()
    stack_config = read_stack(project, stack, {**this_machine(project), **(config or {})})
    allow_open_files()
    with interruptible(), without_user_aws(), ExitStack() as cleanup:
        cleanup.callback(_clean_up, run_dir)
        progress("starting the emulator")
        emulator = cleanup.enter_context(
            Emulator(run_dir, region=stack_config.region, first_retry_seconds=first_retry_seconds)
        )
        emulator.start()
        factory = ClientFactory(emulator.endpoint_url, emulator.region, emulator.operator)
        clients = Clients(factory)
        cleanup.callback(clients.close)
        context = _context(emulator, clients, stack_config, project=project, run_dir=run_dir)
        progress(f"running the Pulumi program, stack {stack}")
        outputs = run_program(project, stack_config, Engine(context))
        functions = cleanup.enter_context(
            ForkServers(run_dir=run_dir, endpoint_url=context.endpoint_url, region=context.region)
        )
        services = cleanup.enter_context(_services(context, stack_config.own))
        where = addresses(context)
        progress(f"starting {_counted(context)}")
        functions.start(context.functions.values())
        services.start(context.services.values())
        yield Deployment(
            stack=stack,
            outputs={name: reachable(value, where) for name, value in outputs.items()},
            config=stack_config.own,
            endpoint_url=emulator.endpoint_url,
            run_dir=run_dir,
            _factory=factory,
            _emulator=emulator,
            _functions=functions,
            _services=services,
        )


def _context(
    emulator: Emulator, clients: Clients, config: StackConfig, *, project: Path, run_dir: Path
) -> Context:
    return Context(
        clients=clients,
        region=config.region,
        account_id=ACCOUNT_ID,
        endpoint_url=emulator.endpoint_url,
        root=project,
        run_dir=run_dir,
    )


def _services(context: Context, config: Mapping[str, str]) -> ServiceProcesses:
    def assume(role_arn: str) -> Credentials:
        made = context.clients.sts.assume_role(
            RoleArn=role_arn, RoleSessionName="task", DurationSeconds=_SESSION_SECONDS
        )["Credentials"]
        return Credentials(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])

    return ServiceProcesses(
        root=context.root,
        run_dir=context.run_dir,
        endpoint_url=context.endpoint_url,
        region=context.region,
        config=config,
        credentials=assume,
    )


def _counted(context: Context) -> str:
    parts = [f"{one.desired_count} x {one.task.container}" for one in context.services.values()]
    parts += [f"function {name}" for name in context.functions]
    return ", ".join(parts) or "no service"


def _clean_up(run_dir: Path) -> None:
    with shielded():
        for name in ("tmp", "functions", "layers"):
            shutil.rmtree(run_dir / name, ignore_errors=True)
