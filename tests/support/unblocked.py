"""Runs a service that fails at any call which blocks its event loop.

`python -m tests.support.unblocked receiver`: from SIGUSR1 on, when it has started; at start-up
botocore reads its models from files. It logs `watched` then.
"""

from __future__ import annotations

import json
import os
import runpy
import signal
import sys
from types import FrameType

from blockbuster import BlockBuster


def main(service: str) -> None:
    """Run the service as `python -m` would."""
    watch = BlockBuster()
    # The log is standard output, written at once; all else has to wait without blocking.
    for name in ("io.BufferedWriter.write", "io.TextIOWrapper.write"):
        watch.functions[name].can_block_in("kit/logging.py", {"write"})

    def begin(_number: int, _frame: FrameType | None) -> None:
        print(json.dumps({"event": "watched"}), flush=True)  # noqa: T201 - as the service logs
        watch.activate()

    signal.signal(signal.SIGUSR1, begin)
    try:
        runpy.run_module(service, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        # The interpreter does not get over the end of built-in types that were patched.
        sys.stdout.flush()
        os._exit(int(end.code or 0))


if __name__ == "__main__":
    main(sys.argv[1])
