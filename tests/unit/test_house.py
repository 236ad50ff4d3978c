"""The house as a whole: no circle of imports anywhere, and no file too long to be read at once."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_MODULE = 250
Imports = Mapping[str, frozenset[str]]


def rooms() -> list[str]:
    """The production packages, as the import contracts name them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages: list[str] = project["tool"]["importlinter"]["root_packages"]
    return packages


def imports_of(packages: list[str]) -> Imports:
    """Which modules each one imports: at its top, in a function, or for its types alone."""
    graph = grimp.build_graph(*packages, cache_dir=None)
    return {
        name: frozenset(graph.find_modules_directly_imported_by(name)) for name in graph.modules
    }


def of_packages(imports: Imports) -> Imports:
    """Which packages import which others, below their common parent a package of its own."""
    packages = {name.rpartition(".")[0] for name in imports}

    def package(module: str) -> str:
        return module if module in packages else module.rpartition(".")[0]

    merged: dict[str, set[str]] = {}
    for name, targets in imports.items():
        others = {package(each) for each in targets} - {package(name)}
        merged.setdefault(package(name), set()).update(others)
    return {name: frozenset(targets) for name, targets in merged.items()}


def circle_in(imports: Imports) -> list[str]:
    """The modules of one circle in their order, nothing if there is none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return circle
    return []


FILES = [
    path for room in rooms() for path in (ROOT / room).rglob("*.py") if ".venv" not in path.parts
]
IMPORTS = imports_of(rooms())


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circle_in(IMPORTS) == []


def test_no_packages_import_each_other_in_a_circle() -> None:
    assert circle_in(of_packages(IMPORTS)) == []


@pytest.mark.parametrize(
    "pairs", [[("a.x", "b.y"), ("b.z", "a.w")], [("a.x", "a.b.y"), ("a.b.y", "a.z")]]
)
def test_a_circle_of_packages_is_found_though_no_module_is_in_one(
    pairs: Iterable[tuple[str, str]],
) -> None:
    imports = {name: frozenset({other}) for name, other in pairs}
    assert circle_in(imports) == []
    assert circle_in(of_packages(imports))


def test_the_walk_finds_the_house() -> None:
    assert len(FILES) > 150
    assert len(IMPORTS) == len(FILES)
    assert "orders.model" in IMPORTS["orders.placement"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_module_is_too_long_to_be_read(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


def test_nothing_but_the_emulators_patches_reaches_into_other_peoples_private_members() -> None:
    """Ruff's SLF001 sees each use; here is who may switch it off: what breaks with any release
    of an AWS SDK has no place in what runs on AWS.
    """
    excused = {
        path.relative_to(ROOT).parent.as_posix()
        for room in rooms()
        for path in (ROOT / room).rglob("*.py")
        if ".venv" not in path.parts and "SLF001" in path.read_text(encoding="utf-8")
    }
    assert excused == {"engine/emulator"}
