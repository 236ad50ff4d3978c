"""A function's first moments, told by its own process: INIT, then one invocation after another.

Runs as a script (`python -S -P program.py`) with nothing on the path but what the function is
deployed with. Standard input says what to do, the file it names gets what was found.
"""

import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any


def main() -> None:
    """Import the handler, hand it the events, and note the CPU seconds of each step."""
    told: dict[str, Any] = json.load(sys.stdin)
    sys.path[:0] = told["paths"]
    module, _, name = told["handler"].rpartition(".")
    handler = getattr(importlib.import_module(module), name)
    found: dict[str, Any] = {"init_cpu_seconds": time.process_time(), "order_cpu_seconds": []}
    for event in told["events"]:
        began = time.process_time()
        handler(event, None)
        found["order_cpu_seconds"].append(time.process_time() - began)
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    found["resident_bytes"] = pages * os.sysconf("SC_PAGE_SIZE")
    Path(told["answer"]).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main()
