"""What a deployment could have left behind."""

from __future__ import annotations

import os
from pathlib import Path

import psutil


def processes_of(run_dir: Path) -> list[str]:
    """The living processes that have the run's folder in their environment or command."""
    found = []
    for process in psutil.process_iter():
        try:
            words = [*process.cmdline(), *process.environ().values()]
        except psutil.Error:
            continue
        mine = process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE
        if not mine and any(str(run_dir) in word for word in words):
            found.append(" ".join(process.cmdline()))
    return found


def files_but_logs(run_dir: Path) -> list[Path]:
    """What is in the run's folder beside the logs."""
    if not run_dir.exists():
        return []
    return [path for path in run_dir.iterdir() if path.name != "logs"]
