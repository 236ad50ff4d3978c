"""The stack in the engine's README deploys, and says what the page says it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from terminal.project import ROOT
from tests.integration.engine.leftovers import files_but_logs, processes_of

pytestmark = pytest.mark.integration

PAGE = (ROOT / "engine" / "README.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`([^`\n]+)`\n\n```\w+\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE))
[PRINTED] = re.findall(r"^prints `([^`]+)`", PAGE, re.MULTILINE)


def test_the_stack_in_the_readme_deploys_and_prints_what_the_page_says(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "deploy.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == (PRINTED, "")
    assert processes_of(tmp_path) == []
    assert files_but_logs(tmp_path / "run") == []
