"""`python -m processor`: fulfils the orders of the queue until it is told to stop.

Exit codes: 0 stopped with everything settled or handed back, 1 some handlers were cut short,
2 wrong settings or a busy port, 128 + signal when a second signal forced the end.
"""

from __future__ import annotations

import os
import sys

import uvloop

from adapters.aws.clients import WRONG_ENVIRONMENT
from kit.environment import SettingsError
from kit.logging import configure_logging
from processor.health import PortBusy
from processor.service import run_service
from processor.settings import settings_from

WRONG_USAGE = 2


def main() -> int:
    """Run the service and return its exit code."""
    variables = os.environ
    try:
        settings = settings_from(variables)
        configure_logging("processor", settings.log_level)
        return uvloop.run(run_service(settings, variables))
    except (SettingsError, PortBusy, *WRONG_ENVIRONMENT) as error:
        print(error, file=sys.stderr)  # noqa: T201 - before there is a log
        return WRONG_USAGE


if __name__ == "__main__":
    sys.exit(main())
