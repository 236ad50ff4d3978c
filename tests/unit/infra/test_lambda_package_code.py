import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.lambda_package import build_function_code
from infra.settings import PythonVersion
from tests.unit.infra.conftest import layer_for_this_machine
from tests.unit.infra.trees import tree

pytestmark = pytest.mark.process

OWN = PythonVersion(layer_for_this_machine()["pythonVersion"])


@pytest.fixture
def _umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def checkout(root: Path) -> Path:
    """Lay out a function's packages, with what a user's machine leaves among them."""
    for name, text in {
        "lambda_fn/handler.py": "x = 1",
        "orders/deep/rules.py": "y = 2",
        "adapters/store.py": "z = 3",
        "adapters/__pycache__/store.cpython-310.pyc": "stale",
        "adapters/store.py~": "z = 2",
        "receiver/app.py": "",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_it_holds_the_functions_own_modules_with_their_bytecode_and_nothing_else(
    tmp_path: Path,
) -> None:
    code = build_function_code(OWN, tmp_path / "functions", checkout(tmp_path / "checkout"))
    files = {path for path, (_, _, content) in tree(code).items() if content}
    sources = {path for path in files if path.endswith(".py")}
    assert sources == {"lambda_fn/handler.py", "orders/deep/rules.py", "adapters/store.py"}
    assert {path.rpartition("/")[2].partition(".")[0] for path in files - sources} == {
        "handler",
        "rules",
        "store",
    }
    assert {path.rpartition(".")[2] for path in files - sources} == {"pyc"}


@pytest.mark.usefixtures("_umask")
def test_it_is_the_same_in_another_checkout_with_another_umask(tmp_path: Path) -> None:
    os.umask(0o022)
    here = build_function_code(OWN, tmp_path / "a", checkout(tmp_path / "here"))
    os.umask(0o002)
    there = build_function_code(OWN, tmp_path / "b", checkout(tmp_path / "there"))
    assert here.name == there.name
    assert tree(here) == tree(there)


def test_it_follows_its_source(tmp_path: Path) -> None:
    root = checkout(tmp_path / "checkout")
    before = build_function_code(OWN, tmp_path / "functions", root)
    (root / "receiver" / "app.py").write_text("another package's business")
    assert build_function_code(OWN, tmp_path / "functions", root) == before
    (root / "orders" / "deep" / "rules.py").write_text("y = 3")
    assert build_function_code(OWN, tmp_path / "functions", root) != before
