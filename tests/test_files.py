"""Files appear whole or not at all; none is replaced unasked; nothing is left lying about."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from folkrnn import files
from folkrnn.errors import TargetExistsError
from folkrnn.export.writing import write_file
from folkrnn.files import PART, whole_file, write_together, write_whole


@pytest.fixture(autouse=True)
def another_process() -> None:
    """Forget which folders this process has cleared."""
    files._clear_parts.cache_clear()


def test_a_file_that_comes_meanwhile_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "tune.abc"

    def write() -> None:
        with whole_file(path, overwrite=False) as file:
            file.write(b"ours")
            path.write_text("theirs")

    with pytest.raises(FileExistsError) as error:
        write()
    assert error.value.filename == str(path)  # and not the hidden file, which nobody knows
    assert [each.name for each in tmp_path.iterdir()] == ["tune.abc"]
    assert path.read_text() == "theirs"


def test_an_exported_file_that_comes_meanwhile_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "tune.abc"
    path.write_text("theirs")
    monkeypatch.setattr("folkrnn.export.writing.refuse_existing", lambda path: None)  # as if it had not been there yet
    with pytest.raises(TargetExistsError, match=r"tune\.abc"):
        write_file(path, b"ours")
    assert path.read_text() == "theirs"


def test_a_link_to_nothing_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "tune.abc"
    path.symlink_to(tmp_path / "gone")
    with pytest.raises(FileExistsError):
        write_whole(path, b"ours", overwrite=False)
    assert path.is_symlink()


@pytest.mark.parametrize("there", [True, False])
def test_a_file_system_without_links_keeps_the_promise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr(os, "link", no_links)
    path = tmp_path / "tune.abc"
    if there:
        path.write_text("theirs")
        with pytest.raises(FileExistsError):
            write_whole(path, b"ours", overwrite=False)
    else:
        write_whole(path, b"ours", overwrite=False)
    assert path.read_text() == ("theirs" if there else "ours")
    assert [each.name for each in tmp_path.iterdir()] == ["tune.abc"]


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path) -> None:
    program = (
        "import os, signal\n"
        "from pathlib import Path\n"
        "from folkrnn.files import whole_file\n"
        f"with whole_file(Path({str(tmp_path / 'old.abc')!r})) as file:\n"
        "    os._exit(9)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 9
    assert [path.name.endswith(PART) for path in tmp_path.iterdir()] == [True]
    write_whole(tmp_path / "new.abc", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["new.abc"]


def test_what_another_process_is_writing_stays(tmp_path: Path) -> None:
    with whole_file(tmp_path / "one.abc") as file:
        files._clear_parts.cache_clear()
        write_whole(tmp_path / "two.abc", b"two")
        file.write(b"one")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.abc", "two.abc"]


def test_a_signal_right_after_a_hidden_file_was_made_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: int) -> bool:
        assert [path.name.endswith(PART) for path in tmp_path.iterdir()] == [True]
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "_locked", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "tune.abc", b"ours")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("written", [0, 1, 2])
def test_of_files_that_belong_together_none_comes_before_all_are_on_the_disk(
    written: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "b").write_text("before")
    sync, left = os.fsync, written

    def full(handle: int) -> None:
        nonlocal left
        if not left:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        left -= 1
        sync(handle)

    monkeypatch.setattr(os, "fsync", full)
    contents = {tmp_path / name: name.encode() for name in "abc"}
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        write_together(contents)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("b", "before")]
    monkeypatch.undo()
    write_together(contents)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "a", "b": "b", "c": "c"}
