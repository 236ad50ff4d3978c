"""A sale in the environment of a user who has set everything, all of it together.

Each setting here has broken the lab or its like once: a plotting backend that is not installed, TeX
for every text, Locust stopping customers after a second, a terminal of no columns, a proxy that is
not there, nohup.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from terminal.project import ROOT
from tests.integration.engine.leftovers import processes_of

pytestmark = [pytest.mark.integration, pytest.mark.timeout(600)]

NOWHERE = "http://127.0.0.1:1"
VARIABLES = {
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "LOCUST_STOP_TIMEOUT": "1",
    "LOCUST_USERS": "500",
    "COLUMNS": "0",
    "LINES": "0",
    "TERM": "dumb",
    "FORCE_COLOR": "1",
    "CDPATH": "/",
    "UV_PROJECT_ENVIRONMENT": "/nowhere/environment",
    "PIP_REQUIRE_VIRTUALENV": "1",
    "PIP_USER": "1",
    "PYTHONOPTIMIZE": "1",
    "AWS_PROFILE": "nobody",
    "AWS_ENDPOINT_URL": NOWHERE,
    "AWS_REGION": "eu-north-1",
    **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "ALL_PROXY"), NOWHERE),
}
RESULTS_FOLDER = re.compile(rf"{re.escape(str(ROOT))}/build/results/[\w-]+")
SALE = ("demo", "--topology", "async", "--scenario", "normal", "--seconds", "3")
QUICK = ("--config", "paymentSeconds=0.1")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The user's home, which is the working folder as well."""
    home = tmp_path / "home [of a user]"
    (home / ".config" / "matplotlib").mkdir(parents=True)
    for path in (home / "matplotlibrc", home / ".config" / "matplotlib" / "matplotlibrc"):
        path.write_text("text.usetex: True\nbackend: module://nowhere\n")
    files = {"csv": home / "figures", "logfile": home / "locust.log"}
    lines = ["stop-timeout = 1", *(f"{key} = {path}" for key, path in files.items())]
    for path in (home / ".locust.conf", home / "locust.conf"):
        path.write_text("\n".join(lines))
    return home


def lab(home: Path, *arguments: str) -> tuple[int, str]:
    """Run the lab as that user would, hang up when it has begun, and return code and output."""
    ignored = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does; children inherit it
    try:
        process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-m", "lab", *arguments],
            cwd=home,
            env={**os.environ, **VARIABLES, "HOME": str(home), "PYTHONPATH": str(ROOT)},
            umask=0o077,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    finally:
        signal.signal(signal.SIGHUP, ignored)
    with process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        shown = first + process.stdout.read()
    return process.returncode, shown


def test_a_sale_is_run_audited_and_reported_and_leaves_no_file_of_its_own(home: Path) -> None:
    given = set(home.iterdir())
    code, shown = lab(home, "--help")
    assert (code, "report" in shown) == (0, True)
    results = home / "results.json"
    code, shown = lab(home, *SALE, *QUICK, "--json", results.name)
    assert code == 0, shown
    assert "PASS No order lost" in shown
    told = RESULTS_FOLDER.search(shown)
    assert told is not None, shown
    folder = Path(told[0])
    sale = json.loads(results.read_text())["topologies"]["async"]["scenarios"]["normal"]
    assert sale["accepted"] == sale["attempted"] > 0
    assert sale["paid"] == sale["accepted"]
    assert (sale["failed"], sale["rejected"]) == (0, 0)
    code, shown = lab(home, "report", ".")
    assert code == 0, shown
    made = {"results.json", "report.html", "plots"}
    # The user's cache of uv is uv's, which the program asks what its images are made of.
    assert {path.name for path in set(home.iterdir()) - given} - {".cache"} == made
    assert {path.name for path in home.glob(".cache/*")} <= {"uv"}
    assert processes_of(folder) == []
