import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.build_folder import BuildError, content_digest, modules, new_folder, write_files
from tests.unit.infra.trees import tree

FILES = {"main.py": b"print(1)", "package/__init__.py": b"", "package/deep/data.py": b"x = 1"}


@pytest.fixture(autouse=True)
def _umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def test_a_folder_is_the_same_whatever_the_umask(tmp_path: Path) -> None:
    made = []
    for umask in (0o002, 0o022, 0o077):
        os.umask(umask)
        with new_folder(tmp_path / f"{umask}" / "folder") as built:
            write_files(built, FILES)
        made.append(tree(tmp_path / f"{umask}"))
    assert made[0] == made[1] == made[2]
    assert {mode for mode, _, _ in made[0].values()} == {0o644, 0o755}
    assert {time for _, time, _ in made[0].values()} == {315_532_800}


def break_off_half_way(folder: Path) -> None:
    with new_folder(folder) as built:
        write_files(built, FILES)
        raise BuildError("half-way")


def test_a_folder_that_could_not_be_finished_is_absent(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="half-way"):
        break_off_half_way(tmp_path / "folder")
    assert list(tmp_path.iterdir()) == []


def test_whoever_finishes_second_uses_what_is_there(tmp_path: Path) -> None:
    with new_folder(tmp_path / "folder") as second:
        write_files(second, FILES)
        with new_folder(tmp_path / "folder") as first:
            write_files(first, {"first.py": b""})
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
    assert set(tree(tmp_path / "folder")) == {"first.py"}


def test_a_folder_that_cannot_be_written_is_one_message(tmp_path: Path) -> None:
    (tmp_path / "build").write_text("a file in the way")
    with (
        pytest.raises(BuildError, match=r"build/images/x cannot be written: Not a directory"),
        new_folder(tmp_path / "build" / "images" / "x"),
    ):
        pytest.fail("it was begun")


def test_a_digest_tells_names_and_contents_apart() -> None:
    seen = {
        content_digest(files)
        for files in ({"a": b"1"}, {"b": b"1"}, {"a": b"2"}, {"a": b"1", "b": b""}, {})
    }
    assert len(seen) == 5
    assert content_digest({"a": b"1", "b": b"2"}) == content_digest({"b": b"2", "a": b"1"})


def test_only_modules_of_the_named_packages_are_deployed(tmp_path: Path) -> None:
    deployed = ("orders/model.py", "orders/deep/rules.py", "receiver/app.py")
    left_out = (
        "processor/service.py",
        "orders/notes.md",
        "orders/model.py~",
        "orders/.model.py.swp",
        "orders/__pycache__/model.cpython-313.pyc",
        "receiver/Dockerfile",
        "setup.py",
    )
    for name in (*deployed, *left_out):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = modules(["receiver", "orders"], tmp_path)
    assert found == {name: tmp_path / name for name in deployed}
