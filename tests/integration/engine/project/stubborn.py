"""A service that does not listen to SIGTERM."""

import os
import signal

import echo  # type: ignore[import-not-found]

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with echo.SharedPort(("127.0.0.1", int(os.environ["PORT"])), echo.Echo) as server:
        echo.say("ready")
        server.serve_forever()
