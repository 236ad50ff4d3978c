"""A Lambda function's fork server: imports the handler once, then forks environments of it.

Runs as a script of its own (`python -S -P fork_server.py SETTINGS`) with the standard library, the
function's archive and its layers on the path, nothing else: what the layer lacks is missing here
as it is on AWS.
"""

import gc
import importlib
import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any

_REPOSITORY = str(Path(__file__).resolve().parents[2])
sys.path.insert(0, _REPOSITORY)
from engine.functions.forks import Forker  # noqa: E402
from engine.functions.runtime_client import replace_standard_output  # noqa: E402

sys.path.remove(_REPOSITORY)


def main() -> None:
    """Import the handler, open the fifo, and fork an environment for each bootstrap."""
    settings = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    output = replace_standard_output()
    sys.path[:0] = [settings["root"], *settings["paths"]]
    os.chdir(settings["root"])
    try:
        handler = _import_handler(settings["handler"])
    except BaseException:  # noqa: BLE001 - whatever an import may raise
        traceback.print_exc()
        sys.exit(1)
    # What a start costs on AWS: an interpreter, its imports, nothing that the engine adds below.
    init_cpu_seconds = round(time.process_time(), 3)
    gc.collect()
    gc.freeze()
    path = Path(settings["fifo"])
    os.mkfifo(path)
    # Open for writing as well: a fifo that nobody has open for writing reads as ended.
    with os.fdopen(os.open(path, os.O_RDWR | os.O_NONBLOCK), "rb", buffering=0) as fifo:
        ready = {"event": "function_ready", "init_cpu_seconds": init_cpu_seconds}
        sys.stdout.write(json.dumps(ready) + "\n")
        Forker(fifo, handler, settings, output).serve()


def _import_handler(name: str) -> Any:
    module, _, function = name.rpartition(".")
    return getattr(importlib.import_module(module.replace("/", ".")), function)


if __name__ == "__main__":
    main()
