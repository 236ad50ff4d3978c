import importlib.util
import marshal
import sys
from pathlib import Path
from types import CodeType

import pytest

from infra.build_folder import BuildError
from infra.lambda_package import compile_modules
from infra.settings import PythonVersion
from tests.unit.infra.conftest import layer_for_this_machine
from tests.unit.infra.fake_uv import FakeUv

pytestmark = pytest.mark.process

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
OWN = PythonVersion(layer_for_this_machine()["pythonVersion"])
OTHER = next(version for version in PythonVersion if version != HERE)
UNCHECKED_HASH = 0b01


def pyc(source: Path) -> bytes:
    return Path(importlib.util.cache_from_source(str(source))).read_bytes()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    module = tmp_path / "layer" / "package" / "module.py"
    module.parent.mkdir(parents=True)
    module.write_text("def answer():\n    return 42\n")
    return module


def test_bytecode_is_used_without_a_look_at_its_source(source: Path, uv: FakeUv) -> None:
    compile_modules(source.parents[1], "/opt/python", OWN)
    assert int.from_bytes(pyc(source)[4:8], "little") == UNCHECKED_HASH
    assert uv.calls() == [] or HERE not in list(PythonVersion)


def test_bytecode_names_the_place_where_it_will_lie_and_not_this_machine(
    source: Path, tmp_path: Path
) -> None:
    compile_modules(source.parents[1], "/opt/python", OWN)
    code = marshal.loads(pyc(source)[16:])  # noqa: S302 - our own, just compiled
    assert isinstance(code, CodeType)
    assert code.co_filename == "/opt/python/package/module.py"
    assert str(tmp_path).encode() not in pyc(source)


def test_another_version_is_compiled_by_an_interpreter_of_that_version(
    source: Path, uv: FakeUv
) -> None:
    compile_modules(source.parents[1], "/opt/python", OTHER)
    assert all(call.startswith(f"run --quiet --no-project --python {OTHER}") for call in uv.calls())
    assert uv.calls()
    assert pyc(source)


def test_without_such_an_interpreter_nothing_is_built_and_the_remedy_is_said(
    source: Path, uv: FakeUv
) -> None:
    uv.have_no_interpreter()
    with pytest.raises(BuildError) as caught:
        compile_modules(source.parents[1], "/opt/python", OTHER)
    message = str(caught.value)
    assert message.startswith(f"flash-sale:pythonVersion = {OTHER}: ")
    assert "No interpreter found" in message
    assert "set pythonVersion to one that is here" in message
    assert len(message.splitlines()) == 1


def test_a_module_that_cannot_be_compiled_fails_the_build(source: Path) -> None:
    source.write_text("def answer(:\n")
    with pytest.raises(BuildError, match=r"compileall(.|\n)*SyntaxError"):
        compile_modules(source.parents[1], "/opt/python", OWN)
