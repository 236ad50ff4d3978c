from __future__ import annotations

import zipfile
from pathlib import Path

import pulumi
import pytest

from engine.functions.archives import unpack
from engine.runtime.processes import EngineError


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source" / "package"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "module.py").write_text("NAME = 'module'")
    return tmp_path / "source"


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_is_laid_out_without_a_copy(source: Path, tmp_path: Path) -> None:
    target = unpack(pulumi.FileArchive("source"), tmp_path / "out", base=tmp_path)
    assert target.resolve() == source.resolve()


def test_a_zip_is_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "code.zip", "w") as archive:
        archive.writestr("a/b.py", "")
    target = unpack(pulumi.FileArchive("code.zip"), tmp_path / "out", base=tmp_path)
    assert names(target) == {"a/b.py"}


@pytest.mark.usefixtures("source")
def test_assets_and_archives_meet_in_one_tree(tmp_path: Path) -> None:
    archive = pulumi.AssetArchive(
        {
            "package": pulumi.FileArchive("source/package"),
            "package/extra.txt": pulumi.StringAsset("more"),
            "main.py": pulumi.FileAsset("source/package/module.py"),
        }
    )
    target = unpack(archive, tmp_path / "out", base=tmp_path)
    assert {"main.py", "package/extra.txt", "package/module.py"} <= names(target)
    assert (target / "main.py").read_text() == "NAME = 'module'"


def test_nothing_is_ever_written_into_the_source(source: Path, tmp_path: Path) -> None:
    archive = pulumi.AssetArchive(
        {
            ".": pulumi.FileArchive("source"),
            "package/extra.txt": pulumi.StringAsset("more"),
        }
    )
    unpack(archive, tmp_path / "out", base=tmp_path)
    assert not (source / "package" / "extra.txt").exists()


@pytest.mark.usefixtures("source")
def test_unpacking_again_replaces_what_was_there(tmp_path: Path) -> None:
    unpack(pulumi.FileArchive("source"), tmp_path / "out", base=tmp_path)
    again = unpack(
        pulumi.AssetArchive({"a.txt": pulumi.StringAsset("a")}), tmp_path / "out", base=tmp_path
    )
    assert names(again) == {"a.txt"}


def test_a_path_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"gone\.zip does not exist"):
        unpack(pulumi.FileArchive("gone.zip"), tmp_path / "out", base=tmp_path)


def test_an_archive_from_elsewhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="RemoteArchive"):
        unpack(pulumi.RemoteArchive("https://example.com/a.zip"), tmp_path / "out", base=tmp_path)
