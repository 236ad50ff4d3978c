"""The guided walks of docs/architecture.md lead through files that are there, each once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
CHAPTER = TEXT.partition("## Four guided walks")[2].partition("\n## ")[0]
WALKS = CHAPTER.split("\n\n**")[1:]


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.partition(",")[0].strip("*`"))
def test_a_walk_leads_through_files_that_are_there_each_once(walk: str) -> None:
    steps = re.findall(r"^`([^`]+)`", walk.partition("\n")[2], flags=re.MULTILINE)
    assert len(steps) > 10
    assert [step for step in steps if not (ROOT / step).is_file()] == []
    assert len(set(steps)) == len(steps)


def test_there_are_four_walks() -> None:
    assert len(WALKS) == 4
