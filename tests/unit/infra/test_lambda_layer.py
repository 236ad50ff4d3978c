import stat
from pathlib import Path

import pytest

from infra.lambda_layer import LayerError, build_layer
from infra.vocabulary import Architecture, PythonVersion

FAKE_UV = """#!/bin/sh
echo "$@" >> "{calls}"
while [ $# -gt 0 ]; do
  case "$1" in
    --output-file) echo "requirements" > "$2" ;;
    --target) mkdir -p "$2" && echo "installed" > "$2/module.py" ;;
  esac
  shift
done
{ending}
"""


class Uv:
    """A stand-in for uv that notes how it is called."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "uv"
        self._log = folder / "calls"
        self._write("exit 0")

    def fail(self, reason: str) -> None:
        self._write(f'echo "{reason}" >&2; exit 2')

    def calls(self) -> list[str]:
        return self._log.read_text().splitlines() if self._log.exists() else []

    def _write(self, ending: str) -> None:
        self.path.write_text(FAKE_UV.format(calls=self._log, ending=ending))
        self.path.chmod(self.path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Uv:
    fake = Uv(tmp_path)
    monkeypatch.setenv("UV", str(fake.path))
    return fake


@pytest.fixture
def layers(tmp_path: Path) -> Path:
    return tmp_path / "layers"


def test_the_layer_holds_the_locked_lambda_dependencies_for_its_architecture(
    uv: Uv, layers: Path
) -> None:
    layer = build_layer(Architecture.ARM64, PythonVersion.PY313, layers)
    assert (layer / "python" / "module.py").is_file()
    export, install = uv.calls()
    assert export.startswith("export ")
    assert "--locked --only-group lambda" in export
    assert install.startswith("pip install ")
    for option in (
        "--python-platform aarch64-manylinux2014",
        "--python-version 3.13",
        "--only-binary :all:",
        "--require-hashes",
    ):
        assert option in install


def test_a_layer_that_is_there_is_not_built_again(uv: Uv, layers: Path) -> None:
    first = build_layer(Architecture.X86_64, PythonVersion.PY311, layers)
    built_with = uv.calls()
    assert build_layer(Architecture.X86_64, PythonVersion.PY311, layers) == first
    assert uv.calls() == built_with


def test_each_architecture_and_interpreter_has_a_layer_of_its_own(uv: Uv, layers: Path) -> None:
    built = {
        build_layer(architecture, version, layers)
        for architecture in Architecture
        for version in PythonVersion
    }
    assert len(built) == len(Architecture) * len(PythonVersion)
    assert len(uv.calls()) == 2 * len(built)


def test_a_failed_install_is_one_message_and_leaves_nothing_behind(uv: Uv, layers: Path) -> None:
    uv.fail("no wheel for this platform")
    with pytest.raises(LayerError, match=r"could not be built: .*export.*: no wheel for this"):
        build_layer(Architecture.ARM64, PythonVersion.PY313, layers)
    assert list(layers.iterdir()) == []


def test_a_layer_is_built_again_after_a_failure(uv: Uv, layers: Path) -> None:
    uv.fail("network unreachable")
    with pytest.raises(LayerError):
        build_layer(Architecture.ARM64, PythonVersion.PY313, layers)
    repaired = Uv(uv.path.parent)
    assert (build_layer(Architecture.ARM64, PythonVersion.PY313, layers) / "python").is_dir()
    assert repaired.calls()


def test_without_uv_the_message_says_where_it_is_looked_for(
    layers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("infra.lambda_layer.PROJECT_ROOT", tmp_path)
    with pytest.raises(LayerError, match=r"needs uv, which is neither on the PATH nor in \.tools"):
        build_layer(Architecture.ARM64, PythonVersion.PY313, layers)


def test_a_uv_that_is_not_where_it_is_said_to_be_is_named(
    layers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV", str(tmp_path / "gone"))
    with pytest.raises(LayerError, match=r"needs uv: .*gone: No such file"):
        build_layer(Architecture.ARM64, PythonVersion.PY313, layers)


def test_the_projects_own_uv_is_used_when_there_is_no_other(
    uv: Uv, layers: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / ".tools" / "bin"
    own.mkdir(parents=True)
    (own / "uv").symlink_to(uv.path)
    monkeypatch.delenv("UV")
    monkeypatch.setattr("shutil.which", lambda _: None)
    monkeypatch.setattr("infra.lambda_layer.PROJECT_ROOT", tmp_path)
    assert build_layer(Architecture.ARM64, PythonVersion.PY313, layers).is_dir()
    assert uv.calls()


def test_whoever_finishes_second_uses_what_is_there(
    uv: Uv, layers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    finished = build_layer(Architecture.ARM64, PythonVersion.PY313, layers)
    seen = iter([False])
    real = Path.is_dir
    monkeypatch.setattr(
        Path, "is_dir", lambda path: next(seen, real(path)) if path == finished else real(path)
    )
    assert build_layer(Architecture.ARM64, PythonVersion.PY313, layers) == finished
    assert [path.name for path in layers.iterdir()] == [finished.name]
    assert len(uv.calls()) == 4
