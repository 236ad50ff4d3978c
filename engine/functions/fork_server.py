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

_SERVICES = ("dynamodb", "sns", "sqs")
_END = "-----END CERTIFICATE-----"


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
    settings["extra"] = _preload_models(settings["region"], Path(sys.argv[1]).parent)
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


def _preload_models(region: str, folder: Path) -> dict[str, str]:
    """Read botocore's models so that all forks share them; return variables that save more.

    An environment that loads them itself costs 27 MB and 100 ms of CPU, one that inherits them
    15 MB. Nothing is loaded for a function that brings no botocore.
    """
    try:
        import botocore.loaders  # noqa: PLC0415 - from the function's layer, if it brings one
        import botocore.session  # noqa: PLC0415
    except ImportError:
        return {}
    shared = botocore.loaders.create_loader()

    def shared_loader(search_path_string: str | None = None) -> Any:
        del search_path_string
        return shared

    # botocore.session has a name of its own for it.
    botocore.loaders.create_loader = botocore.session.create_loader = shared_loader
    session = botocore.session.Session()
    for service in _SERVICES:
        session.create_client(
            service,
            region_name=region,
            aws_access_key_id="none",
            aws_secret_access_key="none",  # noqa: S106 - no request is made
        ).close()
    return {"AWS_CA_BUNDLE": str(_one_certificate(Path(botocore.__file__).parent, folder))}


def _one_certificate(botocore: Path, folder: Path) -> Path:
    """A trust store of one certificate: parsing the whole one takes each environment 20 ms.

    The emulator is spoken to over plain HTTP, where none is looked at.
    """
    whole = (botocore / "cacert.pem").read_text(encoding="utf-8")
    bundle = folder / "one-certificate.pem"
    bundle.write_text(whole[: whole.index(_END) + len(_END)] + "\n", encoding="utf-8")
    return bundle


if __name__ == "__main__":
    main()
