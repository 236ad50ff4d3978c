"""Deploys a stack of the test project and says so, for tests that interrupt it from outside."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from engine.deployment import deploy


def main() -> None:
    stack, run_dir, *pairs = sys.argv[1:]
    config = dict(pair.split("=", 1) for pair in pairs)
    project = Path(__file__).with_name("project")
    with deploy(
        stack, config=config, run_dir=Path(run_dir), progress=say, project=project
    ) as deployment:
        say("up")
        while True:
            deployment.check()
            time.sleep(0.05)


def say(step: str) -> None:
    sys.stdout.write(f"{step}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
