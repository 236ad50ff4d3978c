"""What `lab up` writes about itself, and whether it is still running."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

from lab.deployment import Deployment
from lab.files import write as write_file

UP_FILE = "up.json"
# Boot time and clock make up the figure: a corrected clock moves it.
_SAME_START_SECONDS = 30.0


def describe(deployment: Deployment) -> dict[str, Any]:
    """Return everything that another terminal needs to reach a deployment of this process.

    The credentials are the emulator's, made up for this run, and of use on this machine only.
    """
    me = psutil.Process()
    return {
        "topology": deployment.topology,
        "outputs": dict(deployment.outputs),
        "config": dict(deployment.config),
        "endpoint_url": deployment.endpoint_url,
        "region": deployment.region,
        "credentials": {
            "access_key": deployment.operator.access_key,
            "secret_key": deployment.operator.secret_key,
        },
        "run_dir": str(deployment.run_dir),
        "pid": me.pid,
        "process_started_at": me.create_time(),
        "pids": dict(deployment.pids()),
    }


def write(content: Mapping[str, Any], path: Path) -> None:
    """Write it, a new file for its owner's eyes; LabError if that is not possible."""
    write_file(json.dumps(content, indent=2) + "\n", path, private=True)


def is_running(content: Mapping[str, Any]) -> bool:
    """Tell whether the `lab up` that wrote this still runs; another process may have its number."""
    try:
        started = psutil.Process(int(content["pid"])).create_time()
    except (psutil.Error, KeyError, ValueError):
        return False
    return abs(started - float(content["process_started_at"])) < _SAME_START_SECONDS
