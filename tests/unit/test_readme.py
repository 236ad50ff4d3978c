import re
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = runpy.run_path(str(ROOT / "scripts" / "readme_blocks.py"))


def test_the_generated_tables_say_what_their_sources_say() -> None:
    rendered: Callable[[str], str] = BLOCKS["rendered"]
    assert rendered(README) == README, "run: python scripts/readme_blocks.py"


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "CONTRIBUTING.md",
        "docs/architecture.md",
        "docs/consumer.md",
        "engine/README.md",
        "sqs_consumer/README.md",
        "docs/operations.md",
        "docs/predecessors.md",
        "docs/security.md",
        "docs/adr/README.md",
    ],
)
def test_every_link_to_a_file_of_ours_leads_somewhere(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    missing = [link for link in links if not ((ROOT / page).parent / link).exists()]
    assert not missing


def test_every_path_that_contributing_names_exists() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"(?<![\w/])(?:tests|lab|infra|docs|processor)/[\w./-]*\w", text)
    assert named
    assert not [path for path in named if not (ROOT / path).exists()]


def test_contributing_names_the_test_that_knows_both_sides_of_an_environment_variable() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if line.startswith("| an environment variable"))
    (named,) = re.findall(r"`(tests/[^`]+)`", row)
    held = (ROOT / named).read_text(encoding="utf-8")
    assert all(f"from {side} import" in held for side in ("infra", "receiver", "processor"))


def test_every_make_target_that_the_pages_name_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    pages = README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:`|^)make ([a-z-]+)", pages, re.MULTILINE))
    assert named
    assert named <= targets


def test_ci_runs_the_line_that_the_readme_gives() -> None:
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "exec make check" in ci
    assert "make check" in README
