"""Runs checkov over what the three stacks declare, and compares it with docs/security.md.

`make security`. checkov reads no Pulumi program: it is given the recorded resources as Terraform.
Exit code 0: what fails is what the page lists; 1: it is not, and the lines say where.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from engine.program.config import this_machine
from infra.settings import Topology
from tests.support.as_terraform import as_terraform
from tests.support.recorded_stack import PROJECT_ROOT, record_stack

CHECKOV = "checkov==3.3.30"
PAGE = PROJECT_ROOT / "docs" / "security.md"
STACKS = tuple(each.value for each in Topology)
ROW = re.compile(r"\| (?P<id>CKV2?_\w+) \| (?P<resources>[^|]+) \| (?P<reason>[^|]+) \|")

Findings = Mapping[str, set[str]]


def listed(page: str) -> Findings:
    """Return the resources that the page accepts for each id."""
    return {
        row["id"]: {each.strip(" `") for each in row["resources"].split(",")}
        for row in ROW.finditer(page)
    }


def differences(found: Findings, accepted: Findings) -> Iterator[str]:
    """Yield a line for each finding that the page does not list, and for each that is gone."""
    for check in sorted({*found, *accepted}):
        fails, listed_too = found.get(check, set()), accepted.get(check, set())
        for resource in sorted(fails - listed_too):
            yield f"{check} {resource}: mend it, or list it with its reason in {PAGE.name}"
        for resource in sorted(listed_too - fails):
            yield f"{check} {resource}: passes now, take it out of {PAGE.name}"


def found_by_checkov() -> Findings:
    """Return the names of the resources that fail each check, in any stack."""
    found: dict[str, set[str]] = {}
    for stack in STACKS:
        for failed in _scan(stack)["results"]["failed_checks"]:
            found.setdefault(failed["check_id"], set()).add(failed["resource"].partition(".")[2])
    return found


def _scan(stack: str) -> dict[str, Any]:
    folder = PROJECT_ROOT / "build" / "security" / stack
    folder.mkdir(parents=True, exist_ok=True)
    program = as_terraform(record_stack(stack, this_machine(PROJECT_ROOT)))
    (folder / "main.tf").write_text(program, encoding="utf-8")
    options = ["--framework", "terraform", "--output", "json", "--compact", "--soft-fail"]
    options += ["--skip-download"]  # nothing of the stack is anybody else's to know
    done = subprocess.run(  # noqa: S603 - a pinned tool, told what to read
        ["uvx", "--from", CHECKOV, "checkov", "--directory", str(folder), *options],  # noqa: S607
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    report: dict[str, Any] = json.loads(done.stdout)
    if report["summary"]["parsing_errors"]:
        raise SystemExit(f"checkov cannot read {folder / 'main.tf'}")
    return report


def main(page: Path = PAGE) -> int:
    """Print what differs; return the exit code."""
    lines = list(differences(found_by_checkov(), listed(page.read_text(encoding="utf-8"))))
    message = "\n".join(lines) or f"{CHECKOV}: what fails is what {page.name} lists"
    sys.stdout.write(f"{message}\n")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
