"""Files as commands leave them: whole, and where the user wants them."""

from __future__ import annotations

import os
import resource
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from terminal.errors import UserError
from terminal.files import is_stream, new_folder, why_not_writable, write
from terminal.project import ROOT

LONG = "x" * 100_000
WRITE_TO = "import sys; from pathlib import Path; from terminal.files import write; "


@pytest.fixture
def umask() -> Iterator[None]:
    before = os.umask(0o027)
    yield
    os.umask(before)


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file of this process may grow beyond a kilobyte."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.usefixtures("umask")
def test_a_new_file_has_what_the_umask_leaves_and_a_private_one_is_its_owners(
    tmp_path: Path,
) -> None:
    write("a", tmp_path / "new.json")
    write("a", tmp_path / "private.json", private=True)
    assert mode(tmp_path / "new.json") == 0o640
    assert mode(tmp_path / "private.json") == 0o600


@pytest.mark.parametrize("private", [False, True])
def test_a_file_that_is_there_keeps_its_mode(tmp_path: Path, *, private: bool) -> None:
    path = tmp_path / "old.json"
    path.write_text("old")
    path.chmod(0o604)
    write("new", path, private=private)
    assert (path.read_text(), mode(path)) == ("new", 0o604)


def test_a_link_stays_and_what_it_points_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for name in ("there", "not yet there"):
        link = tmp_path / f"link to what is {name}"
        link.symlink_to(Path("folder") / name)
        if name == "there":
            (tmp_path / "folder" / name).write_text("old")
        assert why_not_writable(link) is None
        write("new", link)
        assert link.is_symlink()
        assert (tmp_path / "folder" / name).read_text() == "new"
    assert {each.name for each in (tmp_path / "folder").iterdir()} == {"there", "not yet there"}


def test_a_device_stays_a_device() -> None:
    assert is_stream(Path(os.devnull))
    assert why_not_writable(Path(os.devnull)) is None
    write(LONG, Path(os.devnull))
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


def test_a_pipe_gives_everything_to_its_reader(tmp_path: Path) -> None:
    fifo = tmp_path / "pipe"
    os.mkfifo(fifo)
    assert why_not_writable(fifo) is None
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(fifo.read_text()))
    reader.start()
    write(LONG, fifo)
    reader.join()
    assert read == [LONG]
    assert stat.S_ISFIFO(fifo.stat().st_mode)


@pytest.mark.process
@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link"])
@pytest.mark.parametrize("piped", [True, False])
def test_standard_output_gets_it_between_what_is_said_before_and_after(
    tmp_path: Path, name: str, *, piped: bool
) -> None:
    (tmp_path / "link").symlink_to("/dev/stdout")
    target = tmp_path / name  # an absolute name replaces the folder
    code = WRITE_TO + f"print('before'); write('it', Path({str(target)!r})); print('after')"
    command = [sys.executable, "-c", code]
    if piped:
        said = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S603
    else:
        with (tmp_path / "log").open("w") as log:
            subprocess.run(command, cwd=ROOT, check=True, stdout=log)  # noqa: S603
        said = (tmp_path / "log").read_text()
    assert said == "before\nitafter\n"


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_is_named_and_the_old_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    write("old", path)
    with pytest.raises(UserError, match=f"cannot write {path}: File too large"):
        write(LONG, path)
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["results.json"]


def test_a_full_device_is_named() -> None:
    with pytest.raises(UserError, match="cannot write /dev/full: No space left on device"):
        write("a", Path("/dev/full"))


def test_what_cannot_be_written_is_known_before(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "loose").symlink_to("nowhere/file")
    for path, reason in {
        tmp_path: "Is a directory",
        tmp_path / "nowhere" / "file": f"{tmp_path / 'nowhere'} does not exist",
        tmp_path / "loose": f"{tmp_path / 'nowhere'} does not exist",
        tmp_path / "file" / "file": "is not a folder",
        tmp_path / ("n" * 300): "File name too long",
        Path("/dev/fd/999"): "Bad file descriptor",
    }.items():
        said = why_not_writable(path)
        assert said is not None, path
        assert reason in said
        with pytest.raises(UserError, match="cannot write"):
            write("a", path)
    assert why_not_writable(tmp_path / "new") is None
    assert {each.name for each in tmp_path.iterdir()} == {"file", "loose"}


def test_folders_made_in_the_same_second_are_each_ones_own(tmp_path: Path) -> None:
    made = [new_folder(tmp_path / "runs", "-async") for _ in range(5)]
    assert len(set(made)) == 5
    assert all(folder.is_dir() and "-async" in folder.name for folder in made)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "build").write_text("a file")
    with pytest.raises(UserError, match=r"cannot write .*/build/runs: Not a directory"):
        new_folder(tmp_path / "build" / "runs")
