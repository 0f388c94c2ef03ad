"""Files: their names, and that none is lost or left half-written."""

import errno
import os
import subprocess
import sys

import pytest

from folkrnn.errors import ExportError
from folkrnn.export import FORMATS, export, file_names, plan, write
from folkrnn.notation import Tune, read_tunes


def tunes(*titles: str) -> list[Tune]:
    return read_tunes(
        "\n".join(f"X:{n}\nT:{title}\nM:4/4\nL:1/8\nK:C\nABcd efga|]\n" for n, title in enumerate(titles, 1))
    )


def test_names_are_made_from_titles():
    assert file_names(["The Rakes of Mallow", "Rakes of Mallow, The", "O'Neill’s  March!", "Fáinne geal"]) == [
        "the-rakes-of-mallow",
        "the-rakes-of-mallow-2",
        "oneills-march",
        "fainne-geal",
    ]


@pytest.mark.parametrize(
    "title", ["", "...", "///", "CON", "nul", "com1", "a" * 300, "日本" * 80, "../../etc/passwd", "x:y*?"]
)
def test_names_are_safe_on_every_system(title):
    (name,) = file_names([title])
    assert name
    assert name not in {"con", "nul", "com1"}
    assert len(f"{name}-1000.musicxml".encode()) <= 255
    assert not set(name) & set('<>:"/\\|?*. ')


def test_names_differ():
    names = file_names(["Reel", "REEL", "reel 2", "Reel", "Reel!"])
    assert len(set(names)) == 5


def test_a_folder_gets_a_file_a_tune_and_a_book(tmp_path):
    paths = export(tunes("One", "Two"), ["midi", "musicxml", "svg", "pdf"], tmp_path / "new", name="book")
    assert [path.name for path in paths] == [
        "one.mid", "two.mid", "one.musicxml", "two.musicxml", "one.svg", "two.svg", "book.pdf",
    ]  # fmt: skip
    assert sorted(os.listdir(tmp_path / "new")) == sorted(path.name for path in paths)
    starts = {path.suffix: path.read_bytes()[:5] for path in paths}
    assert starts == {".mid": b"MThd\0", ".musicxml": b"<?xml", ".svg": b"<svg ", ".pdf": b"%PDF-"}


def test_a_tunebook_can_be_read_again(tmp_path):
    (path,) = export(tunes("One", "Two"), ["abc"], tmp_path)
    assert [tune.title for tune in read_tunes(path.read_text(encoding="utf-8"))] == ["One", "Two"]


def test_a_file_name_is_used_for_a_single_file(tmp_path):
    assert export(tunes("One"), ["midi"], tmp_path / "x.mid") == [tmp_path / "x.mid"]
    assert export(tunes("One"), ["musicxml"], tmp_path / "x.xml") == [tmp_path / "x.xml"]
    with pytest.raises(ExportError, match="expected a folder"):
        plan(tunes("One", "Two"), ["midi"], tmp_path / "x.mid")
    with pytest.raises(ExportError, match=r"ends in \.abc"):
        plan(tunes("One"), ["abc"], tmp_path / "x.pdf")


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "two.mid").write_bytes(b"mine")
    with pytest.raises(ExportError, match=r"two\.mid exists"):
        export(tunes("One", "Two"), ["midi"], tmp_path)
    assert os.listdir(tmp_path) == ["two.mid"], "nothing is written before all can be"
    assert (tmp_path / "two.mid").read_bytes() == b"mine"


def test_force_overwrites(tmp_path):
    (tmp_path / "one.mid").write_bytes(b"mine")
    export(tunes("One"), ["midi"], tmp_path, force=True)
    assert (tmp_path / "one.mid").read_bytes().startswith(b"MThd")


def test_unknown_formats_and_no_tunes_are_errors(tmp_path):
    with pytest.raises(ExportError, match="expected one of abc, midi"):
        export(tunes("One"), ["mp3"], tmp_path)
    with pytest.raises(ExportError, match="no tune"):
        export([], ["midi"], tmp_path)
    assert not os.listdir(tmp_path)


def test_a_folder_in_the_way_is_an_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ExportError, match="cannot be written"):
        write(tmp_path / "file" / "x.mid", b"")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_full_or_read_only_disk_leaves_nothing_behind(tmp_path, monkeypatch, number):
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    (tmp_path / "x.mid").write_bytes(b"mine")
    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(ExportError, match=r"x\.mid cannot be written"):
        write(tmp_path / "x.mid", b"new", force=True)
    assert os.listdir(tmp_path) == ["x.mid"]
    assert (tmp_path / "x.mid").read_bytes() == b"mine"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_files_have_the_usual_permissions(tmp_path):
    (tmp_path / "usual").write_bytes(b"")
    write(tmp_path / "x.mid", b"")
    assert (tmp_path / "x.mid").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_formats_are_known_without_their_libraries():
    code = "import sys, folkrnn.export; print({'music21', 'verovio', 'typst', 'mido'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
    assert {form.extension for form in FORMATS.values()} == {".abc", ".mid", ".musicxml", ".svg", ".pdf"}
