"""`python -m receiver`: exit code 0 after a stop signal, 2 for wrong settings, 1 for a failure."""

from __future__ import annotations

import asyncio
import os
import sys
from functools import partial

import uvloop

from adapters.aws.clients import WRONG_ENVIRONMENT
from kit.environment import SettingsError
from kit.logging import configure_logging, get_logger
from orders.errors import Unavailable
from receiver.backend import open_aws_backend
from receiver.server import bind, serve
from receiver.settings import settings_from


def main() -> int:
    """Run the receiver and return its exit code."""
    variables = os.environ
    try:
        settings = settings_from(variables)
        listener = bind(settings.port)
        open_backend = partial(open_aws_backend, variables=variables)
        configure_logging("receiver", settings.log_level)
        with listener, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(settings, listener, open_backend))
    except (SettingsError, *WRONG_ENVIRONMENT) as error:
        print(error, file=sys.stderr)  # noqa: T201 - the process's last word, beside any log
        return 2
    except Unavailable as error:
        get_logger().error("start_failed", error=str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
