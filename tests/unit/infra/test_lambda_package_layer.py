import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.build_folder import BuildError
from infra.lambda_package import build_layer
from infra.settings import Architecture, PythonVersion
from infra.uv import locked_requirements, run_uv
from tests.unit.infra.conftest import layer_for_this_machine
from tests.unit.infra.fake_uv import FakeUv
from tests.unit.infra.trees import Tree, tree

pytestmark = pytest.mark.process


@pytest.fixture
def layers(tmp_path: Path) -> Path:
    return tmp_path / "layers"


@pytest.fixture
def _umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_the_layer_holds_the_locked_lambda_dependencies_for_its_architecture(
    uv: FakeUv, layers: Path
) -> None:
    layer = build_layer(Architecture.ARM64, PythonVersion.PY313, layers)
    assert (layer / "python" / "module.py").is_file()
    export, install = uv.calls()[:2]
    assert export.startswith("export ")
    assert "--locked" in export
    assert "--only-group lambda" in export
    assert install.startswith("pip install ")
    for option in (
        "--python-platform aarch64-manylinux2014",
        "--python-version 3.13",
        "--only-binary :all:",
        "--require-hashes",
        "--no-deps",
    ):
        assert option in install


@pytest.mark.usefixtures("uv")
def test_what_an_installer_notes_and_links_to_this_machine_stays_here(layers: Path) -> None:
    layer = build_layer(Architecture.ARM64, PythonVersion.PY313, layers)
    files = {path for path, (_, _, content) in tree(layer).items() if content}
    compiled = f"python/__pycache__/module.{sys.implementation.cache_tag}.pyc"
    assert files == {"python/module.py", compiled, "python/thing.dist-info/METADATA"}


def test_a_layer_that_is_there_is_not_built_again(uv: FakeUv, layers: Path) -> None:
    first = build_layer(Architecture.X86_64, PythonVersion.PY311, layers)
    built_with = uv.calls()
    assert build_layer(Architecture.X86_64, PythonVersion.PY311, layers) == first
    assert uv.calls() == built_with


def test_each_architecture_interpreter_and_lock_has_a_layer_of_its_own(
    uv: FakeUv, layers: Path
) -> None:
    built = set()
    for requirements in ("thing==1.0", "thing==1.1"):
        uv.lock(requirements)
        locked_requirements.cache_clear()
        built |= {
            build_layer(architecture, version, layers)
            for architecture in Architecture
            for version in PythonVersion
        }
    assert len(built) == 2 * len(Architecture) * len(PythonVersion)


def test_a_failed_install_is_one_message_and_a_later_one_begins_anew(
    uv: FakeUv, layers: Path
) -> None:
    locked_requirements("lambda")
    uv.fail("no wheel for this platform")
    with pytest.raises(BuildError, match=r"a build failed: .* pip install .*: no wheel for this"):
        build_layer(Architecture.ARM64, PythonVersion.PY313, layers)
    assert list(layers.iterdir()) == []
    FakeUv(uv.path.parent)
    assert (build_layer(Architecture.ARM64, PythonVersion.PY313, layers) / "python").is_dir()


@pytest.mark.usefixtures("_umask")
def test_the_same_source_makes_the_same_layer_on_any_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", run_uv("cache", "dir").strip())
    os.umask(0o022)
    usual = real_layer(tmp_path / "usual")
    use_a_hostile_machine(tmp_path / "home", monkeypatch)
    hostile = real_layer(tmp_path / "somewhere" / "else")
    assert usual.keys() == hostile.keys()
    assert [path for path, entry in usual.items() if entry != hostile[path]] == []
    compiled = [path for path in usual if path.endswith(".pyc")]
    assert len(compiled) == len([path for path in usual if path.endswith(".py")])


def real_layer(layers: Path) -> Tree:
    """Build for this machine: the wheels of its own kind are in uv's cache already."""
    machine = layer_for_this_machine()
    architecture = Architecture(machine["architecture"])
    return tree(build_layer(architecture, PythonVersion(machine["pythonVersion"]), layers))


def use_a_hostile_machine(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = home / ".config" / "uv" / "uv.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text('link-mode = "symlink"\n[pip]\ncompile-bytecode = true\n')
    constraint = home / "constraint.txt"
    constraint.write_text("botocore<1\n")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    for variable, value in {
        "HOME": str(home),
        "UV_COMPILE_BYTECODE": "1",
        "UV_CONSTRAINT": str(constraint),
        "UV_FROZEN": "1",
        "UV_LINK_MODE": "symlink",
        "UV_NO_BINARY": "1",
        "UV_PYTHON": "/nowhere/python",
        "PIP_USER": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "7",
        "PYTHONPYCACHEPREFIX": str(home / "caches"),
    }.items():
        monkeypatch.setenv(variable, value)
    os.umask(0o002)
