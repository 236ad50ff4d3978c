"""A service that answers with what it knows of itself; `/ready` is 200."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer


class Echo(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"pid": os.getpid(), "environment": dict(os.environ)}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return


class SharedPort(HTTPServer):
    def server_bind(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        super().server_bind()


def say(event: str) -> None:
    sys.stdout.write(json.dumps({"event": event}) + "\n")


def stop(*_: object) -> None:
    say("stopped")
    raise SystemExit(0)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, stop)
    with SharedPort(("127.0.0.1", int(os.environ["PORT"])), Echo) as server:
        say("ready")
        server.serve_forever()
