"""Which stack a command is about: a running `lab up`, a file of outputs, or one on AWS by name."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import psutil

from ops.calls import calling
from ops.stack import LocalAccess, Stack, TopologyName
from terminal.errors import UserError
from terminal.project import ROOT

RUNS_FOLDER = ROOT / "build" / "runs"
UP_FILE = "up.json"
"""What `lab up` writes about itself into its folder."""
_SAME_START_SECONDS = 30.0
"""Boot time and clock make up the figure: a corrected clock moves it."""
_PULUMI_SECONDS = 120
_BALANCER = re.compile(r"\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\.elb\.amazonaws\.com")
_API = re.compile(r"\.execute-api\.(?P<region>[a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com")
_ARN = re.compile(r"^arn:[^:]+:sns:(?P<region>[^:]+):")


def find_stack(outputs: Path | None, name: str | None, runs: Path = RUNS_FOLDER) -> Stack:
    """Return the stack of the file `outputs`, of that `name`, or the newest running `lab up`.

    Raises:
        UserError: there is none, or what there is cannot be used; with the remedy.
    """
    if outputs is not None and name is not None:
        raise UserError("--outputs and --stack each name a stack; give one of them")
    if outputs is not None:
        return _from_file(outputs)
    if name is not None:
        return _on_aws(_asked_of_pulumi(name), f"stack {name} on AWS")
    return _running_here(runs)


def _running_here(runs: Path) -> Stack:
    found = [content for content in _up_files(runs) if _is_running(content)]
    if not found:
        raise UserError(
            f"no `lab up` is running on this machine (none of {runs}/*/{UP_FILE} belongs to a "
            "living process); start one with `lab up async`, or name a stack on AWS with "
            "--stack NAME or --outputs FILE"
        )
    return _local(max(found, key=lambda content: float(content["process_started_at"])))


def _up_files(runs: Path) -> Iterator[Mapping[str, Any]]:
    for path in runs.glob(f"*/{UP_FILE}"):
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue  # of a run that is gone, or of another version
        if isinstance(content, dict) and "process_started_at" in content:
            yield content


def _is_running(content: Mapping[str, Any]) -> bool:
    """Tell whether the `lab up` that wrote this still runs; another process may have its number."""
    try:
        started = psutil.Process(int(content["pid"])).create_time()
    except (psutil.Error, KeyError, ValueError):
        return False
    return abs(started - float(content["process_started_at"])) < _SAME_START_SECONDS


def _from_file(path: Path) -> Stack:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"--outputs {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise UserError(
            f"--outputs {path} is not JSON ({error}); write it with: "
            "pulumi stack output --json > FILE, or lab up TOPOLOGY --json FILE"
        ) from error
    if not isinstance(content, dict):
        raise UserError(f"--outputs {path} holds no JSON object; it must hold a stack's outputs")
    if "endpoint_url" not in content:
        return _on_aws(content, f"the stack of {path}")
    if not _is_running(content):
        raise UserError(
            f"--outputs {path} is of a `lab up` (pid {content.get('pid')}) that has ended, and its "
            "orders and queues with it; start another one with `lab up`"
        )
    return _local(content)


def _local(content: Mapping[str, Any]) -> Stack:
    try:
        keys = content["credentials"]
        access = LocalAccess(content["endpoint_url"], keys["access_key"], keys["secret_key"])
        name = f"`lab up {content['topology']}` (pid {content['pid']})"
        return Stack(name, _checked(content["outputs"], name), content["region"], access)
    except (KeyError, TypeError) as error:
        raise UserError(
            f"the {UP_FILE} of pid {content.get('pid')} lacks {error}: another version of the lab "
            "wrote it; start `lab up` again"
        ) from error


def _on_aws(content: Mapping[str, Any], name: str) -> Stack:
    outputs = _checked(content, name)
    return Stack(name, outputs, _region(outputs, name))


def _checked(outputs: Mapping[str, Any], name: str) -> dict[str, str]:
    texts = {key: str(value) for key, value in outputs.items()}
    topology = texts.get("topology")
    if topology not in list(TopologyName):
        raise UserError(
            f"{name}: output topology is {topology!r}; it must be one of "
            f"{', '.join(TopologyName)}: "
            "are these the outputs of a stack of this project that is up?"
        )
    return texts


def _region(outputs: Mapping[str, str], name: str) -> str:
    """Return the region that the outputs tell, whatever the user's own default is."""
    url = outputs.get("api_url", "")
    found = _ARN.search(outputs.get("topic_arn", "")) or _BALANCER.search(url) or _API.search(url)
    if found:
        return found["region"]
    with calling(name):
        region = boto3.Session().region_name
    if not region:
        raise UserError(
            f"{name}: its outputs do not tell the region; say it with AWS_REGION=us-west-2 lab ..."
        )
    return region


def _asked_of_pulumi(name: str) -> Mapping[str, Any]:
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        raise UserError(
            f"--stack {name} asks the Pulumi CLI, which is not on PATH; install it, or run "
            f"`pulumi stack output --json --stack {name} > FILE` elsewhere and give --outputs FILE"
        )
    command = [pulumi, "stack", "output", "--json", "--stack", name, "--non-interactive"]
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PULUMI_SECONDS,
        )
        content = json.loads(done.stdout) if done.returncode == 0 else None
    except (subprocess.TimeoutExpired, ValueError) as error:
        raise UserError(
            f"--stack {name}: `{' '.join(command)}` gave no outputs: {error}"
        ) from error
    if not isinstance(content, dict):
        said = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        raise UserError(
            f"--stack {name}: the Pulumi CLI says: {said}; `pulumi stack ls` lists them"
        )
    return content
