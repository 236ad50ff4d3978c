"""The probe that ECS runs inside a container, every few seconds on a quarter of a CPU."""

from typing import Any

from infra.load_balancer import HEALTH_PATH

ANSWER_SECONDS = 4
# ECS gives up a little later than the probe itself.
TIMEOUT_SECONDS = 5


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
