"""The definition of a service's container, in the words of ECS."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from infra.environment import Environment
from infra.health_check import health_check


def container_definition(
    name: str,
    *,
    image: pulumi.Input[str],
    command: Sequence[str],
    port: int,
    environment: Environment,
    stop_timeout_seconds: int,
    logging: Mapping[str, Any],
) -> dict[str, Any]:
    """Return a container that serves on `port` and is given time to stop."""
    return {
        "name": name,
        "image": image,
        "command": list(command),
        "essential": True,
        "readonlyRootFilesystem": True,
        "stopTimeout": stop_timeout_seconds,
        "portMappings": [{"containerPort": port, "protocol": "tcp"}],
        # Sorted: the same variables in another order would be a new task definition.
        "environment": [{"name": key, "value": environment[key]} for key in sorted(environment)],
        "healthCheck": health_check(port),
        "logConfiguration": logging,
    }


def log_stream(group: pulumi.Input[str], region: str, prefix: str) -> dict[str, Any]:
    """Return the log configuration of a container that writes to CloudWatch."""
    return {
        "logDriver": "awslogs",
        "options": {
            "awslogs-group": group,
            "awslogs-region": region,
            "awslogs-stream-prefix": prefix,
        },
    }
