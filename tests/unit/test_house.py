"""The house as a whole: no circle of imports anywhere, and no file too long to be read at once."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    "adapters",
    "engine",
    "infra",
    "kit",
    "lab",
    "lambda_fn",
    "ops",
    "orders",
    "processor",
    "receiver",
    "sqs_consumer",
    "terminal",
)
LONGEST_MODULE = 250
Imports = Mapping[str, frozenset[str]]


def module_files() -> dict[str, Path]:
    """The production modules by their dotted names."""
    files = (
        path for room in ROOMS for path in (ROOT / room).rglob("*.py") if ".venv" not in path.parts
    )
    return {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in files}


def imported(path: Path) -> Iterator[str]:
    """What a file imports anywhere in it: at its top, in a function, or for its types alone."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{each.name}" for each in node.names)


def imports_of(files: Mapping[str, Path]) -> Imports:
    """Which modules each one imports; a package stands for its `__init__`."""
    names = {name.removesuffix(".__init__"): name for name in files}
    return {
        name: frozenset(names[each] for each in imported(path) if each in names) - {name}
        for name, path in files.items()
    }


def of_packages(imports: Imports) -> Imports:
    """Which packages import which others, below their common parent a package of its own."""

    def package(module: str) -> str:
        return module.rpartition(".")[0]

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


FILES = module_files()
IMPORTS = imports_of(FILES)


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
    assert "orders.model" in IMPORTS["orders.placement"]


@pytest.mark.parametrize("name", FILES)
def test_no_module_is_too_long_to_be_read(name: str) -> None:
    assert len(FILES[name].read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE
