"""The container's probe against real connections, with the bash of this machine."""

import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from infra.container import ANSWER_SECONDS, TIMEOUT_SECONDS, health_check, probe

ANSWERS = {
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK": 0,
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n": 1,
    b"HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\n200": 1,
    b"200\r\n": 1,
    b"": 1,
}


def request_head(connection: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n") and (chunk := connection.recv(65_536)):
        head += chunk
    return head


@contextmanager
def server(answer: bytes | None) -> Iterator[tuple[int, list[bytes]]]:
    """Answer one request with these bytes, or never; yield the port and what was asked."""
    asked: list[bytes] = []
    done = threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            asked.append(request_head(connection))
            if answer is None:
                done.wait()
            else:
                connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield listener.getsockname()[1], asked
        finally:
            done.set()
            thread.join()


def exit_code(port: int, answer_seconds: float = 60) -> int:
    """Run the probe as ECS would: an argument list, no shell, nobody in particular."""
    return subprocess.run(  # noqa: S603 - the command under test
        probe(port, answer_seconds), env={"PATH": "/usr/bin:/bin"}, check=False, capture_output=True
    ).returncode


@pytest.mark.process
@pytest.mark.socket
@pytest.mark.parametrize(("answer", "code"), ANSWERS.items())
def test_only_a_200_is_healthy(answer: bytes, code: int) -> None:
    with server(answer) as (port, asked):
        assert exit_code(port) == code
    assert asked[0].startswith(b"GET /health HTTP/1.1\r\nHost: ")


@pytest.mark.process
@pytest.mark.socket
def test_a_service_that_does_not_answer_in_time_is_not_healthy() -> None:
    with server(None) as (port, _):
        assert exit_code(port, answer_seconds=0.2) != 0


@pytest.mark.process
@pytest.mark.socket
def test_a_port_that_nobody_listens_on_is_not_healthy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert exit_code(port) != 0


def test_the_probe_gives_up_before_ecs_does() -> None:
    check = health_check(8080)
    assert check["command"] == ["CMD", *probe(8080)]
    assert check["timeout"] == TIMEOUT_SECONDS > ANSWER_SECONDS
    assert f"read -r -t {ANSWER_SECONDS} " in check["command"][-1]


def test_no_python_is_started_to_look_at_one() -> None:
    assert probe(8080)[0] == "bash"
    assert "python" not in " ".join(probe(8080))
