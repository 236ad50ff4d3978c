"""What the program says about an ECS task and service, as far as a process needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


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
    """So many processes of one task."""

    name: str
    task: TaskDeclaration
    desired_count: int
