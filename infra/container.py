"""A service's container in the words of ECS: its definition, its logs and its health check."""

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from infra.environment import Environment
from infra.load_balancer import HEALTH_PATH

ANSWER_SECONDS = 4
# ECS gives up a little later than the probe itself.
TIMEOUT_SECONDS = 5


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


def health_check(port: int) -> dict[str, Any]:
    """Return the check of a container that answers `HEALTH_PATH` on `port` with 200.

    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/healthcheck.html
    """
    return {
        "command": ["CMD", *probe(port)],
        "interval": 15,
        "timeout": TIMEOUT_SECONDS,
        "retries": 3,
        "startPeriod": 15,
    }


def probe(port: int, answer_seconds: float = ANSWER_SECONDS) -> list[str]:
    """Return the command that ends with 0 for 200 and with another code for anything else.

    The slim image has neither curl nor wget, and a Python takes many times the CPU of bash, which
    opens connections itself: https://www.gnu.org/software/bash/manual/html_node/Redirections.html
    """
    request = rf"GET {HEALTH_PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
    script = (
        f"exec 3<>/dev/tcp/127.0.0.1/{port} && printf '{request}' >&3 "
        f'&& read -r -t {answer_seconds} _ status _ <&3 && [ "$status" = 200 ]'
    )
    return ["bash", "-c", script]
