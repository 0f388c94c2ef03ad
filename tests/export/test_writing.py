"""Files: their names, and that none is lost or left half-written."""

import errno
import os
import subprocess
import sys

import pytest

from folkrnn.errors import ExportError
from folkrnn.export import FORMATS, Delivery, export_tunes, file_names, plan_outputs, write_file
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


def test_many_names_of_one_title_are_numbered():
    names = file_names(["Reel", "Reel 3", *["Reel"] * 3000])
    assert names[:5] == ["reel", "reel-3", "reel-2", "reel-4", "reel-5"]
    assert len(set(names)) == 3002


def test_a_folder_gets_a_file_a_tune_and_a_book(tmp_path):
    paths = export_tunes(tunes("One", "Two"), ["midi", "musicxml", "svg", "pdf"], tmp_path / "new", name="book")
    assert [path.name for path in paths] == [
        "one.mid", "two.mid", "one.musicxml", "two.musicxml", "one.svg", "two.svg", "book.pdf",
    ]  # fmt: skip
    assert sorted(os.listdir(tmp_path / "new")) == sorted(path.name for path in paths)
    starts = {path.suffix: path.read_bytes()[:5] for path in paths}
    assert starts == {".mid": b"MThd\0", ".musicxml": b"<?xml", ".svg": b"<svg ", ".pdf": b"%PDF-"}


def test_a_tunebook_can_be_read_again(tmp_path):
    (path,) = export_tunes(tunes("One", "Two"), ["abc"], tmp_path)
    assert [tune.title for tune in read_tunes(path.read_text(encoding="utf-8"))] == ["One", "Two"]


def test_a_file_name_is_used_for_a_single_file(tmp_path):
    assert export_tunes(tunes("One"), ["midi"], tmp_path / "x.mid") == [tmp_path / "x.mid"]
    assert export_tunes(tunes("One"), ["musicxml"], tmp_path / "x.xml") == [tmp_path / "x.xml"]
    with pytest.raises(ExportError, match="expected a folder"):
        plan_outputs(tunes("One", "Two"), ["midi"], tmp_path / "x.mid")
    with pytest.raises(ExportError, match=r"ends in \.abc"):
        plan_outputs(tunes("One"), ["abc"], tmp_path / "x.pdf")


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "two.mid").write_bytes(b"mine")
    with pytest.raises(ExportError, match=r"two\.mid: exists already"):
        export_tunes(tunes("One", "Two"), ["midi"], tmp_path)
    assert os.listdir(tmp_path) == ["two.mid"], "nothing is written before all can be"
    assert (tmp_path / "two.mid").read_bytes() == b"mine"


def test_overwrite_replaces_a_file(tmp_path):
    (tmp_path / "one.mid").write_bytes(b"mine")
    export_tunes(tunes("One"), ["midi"], tmp_path, overwrite=True)
    assert (tmp_path / "one.mid").read_bytes().startswith(b"MThd")


def test_unknown_formats_and_no_tunes_are_errors(tmp_path):
    with pytest.raises(ExportError, match="expected one of abc, midi"):
        export_tunes(tunes("One"), ["mp3"], tmp_path)
    with pytest.raises(ExportError, match="no tune"):
        export_tunes([], ["midi"], tmp_path)
    assert not os.listdir(tmp_path)


def test_a_folder_in_the_way_is_an_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ExportError, match="cannot be written"):
        write_file(tmp_path / "file" / "x.mid", b"")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_full_or_read_only_disk_leaves_nothing_behind(tmp_path, monkeypatch, number):
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    (tmp_path / "x.mid").write_bytes(b"mine")
    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(ExportError, match=r"x\.mid cannot be written"):
        write_file(tmp_path / "x.mid", b"new", overwrite=True)
    assert os.listdir(tmp_path) == ["x.mid"]
    assert (tmp_path / "x.mid").read_bytes() == b"mine"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_files_have_the_usual_permissions(tmp_path):
    (tmp_path / "usual").write_bytes(b"")
    write_file(tmp_path / "x.mid", b"")
    assert (tmp_path / "x.mid").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_formats_are_known_without_their_libraries():
    code = "import sys, folkrnn.export; print({'music21', 'verovio', 'typst', 'mido'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
    assert {form.extension for form in FORMATS.values()} == {
        ".abc",
        ".mid",
        ".wav",
        ".musicxml",
        ".svg",
        ".png",
        ".pdf",
    }


# One tune after the other


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def deliver(folder, given, formats=("abc", "midi"), **options):
    """Deliver tunes one by one, then the books, and give the paths."""
    with Delivery(formats, folder, count=len(given), name="book", **options) as delivery:
        paths = [path for tune in given for path in delivery.add(tune)]
    return paths + delivery.grown + list(delivery.make_books())


def test_tunes_delivered_one_by_one_make_the_same_files_as_all_at_once(tmp_path):
    given = tunes("One", "Two", "One")
    formats = ["midi", "musicxml", "svg", "abc", "pdf"]
    paths = deliver(tmp_path / "stream", given, formats)
    export_tunes(given, formats, tmp_path / "whole", name="book", prefix="book-")
    made, expected = contents(tmp_path / "stream"), contents(tmp_path / "whole")
    assert sorted(path.name for path in paths) == sorted(made)
    assert made.pop("book.pdf").startswith(b"%PDF-")  # a PDF tells when it was made
    del expected["book.pdf"]
    assert made == expected


def test_own_files_come_at_once_and_the_tunebook_when_it_is_whole(tmp_path):
    with Delivery(["abc", "midi"], tmp_path, count=2, name="book") as delivery:
        for tune in tunes("One", "Two"):
            (path,) = delivery.add(tune)
            assert path.exists()
            assert not (tmp_path / "book.abc").exists()
    assert sorted(os.listdir(tmp_path)) == ["book-one.mid", "book-two.mid", "book.abc"]


def test_a_delivery_that_fails_leaves_a_whole_tunebook_of_what_was_delivered(tmp_path):
    def fail():
        with Delivery(["abc"], tmp_path / "failed", count=2, name="book") as delivery:
            delivery.add(*tunes("One"))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    deliver(tmp_path / "done", tunes("One"), ["abc"])
    assert contents(tmp_path / "failed") == contents(tmp_path / "done")


def test_no_tune_makes_no_file_and_no_folder(tmp_path):
    assert deliver(tmp_path / "new", [], ["abc", "midi", "pdf"]) == []
    assert not (tmp_path / "new").exists()


def test_one_file_is_delivered_to_its_name(tmp_path):
    for name, formats in (("x.abc", ["abc"]), ("x.mid", ["midi"]), ("x.pdf", ["pdf"])):
        assert deliver(tmp_path / name, tunes("One"), formats) == [tmp_path / name]
    assert sorted(os.listdir(tmp_path)) == ["x.abc", "x.mid", "x.pdf"]
    with pytest.raises(ExportError, match="names one file, but 2"):
        Delivery(["midi"], tmp_path / "y.mid", count=2)
    with pytest.raises(ExportError, match=r"ends in \.abc"):
        Delivery(["abc"], tmp_path / "y.pdf", count=2)


@pytest.mark.parametrize("there", ["book.abc", "book-aside.abc", "book-another-title.mid"])
def test_a_delivery_finds_what_is_in_the_way_before_the_work(tmp_path, there):
    (tmp_path / there).write_bytes(b"mine")
    with pytest.raises(ExportError, match=f"{there}: exists already"):
        Delivery(["abc", "midi"], tmp_path, count=1, name="book")
    (tmp_path / "book-one.mid").write_bytes(b"mine")
    deliver(tmp_path, tunes("One"), overwrite=True)
    assert (tmp_path / "book-one.mid").read_bytes().startswith(b"MThd")
    assert (tmp_path / "book.abc").read_bytes().startswith(b"%abc")


def test_a_file_that_came_up_during_the_work_is_not_overwritten(tmp_path):
    def work():
        with Delivery(["abc"], tmp_path, count=1, name="book") as delivery:
            delivery.add(*tunes("One"))
            (tmp_path / "book.abc").write_bytes(b"mine")

    with pytest.raises(ExportError, match=r"book\.abc: exists already"):
        work()
    assert contents(tmp_path) == {"book.abc": b"mine"}


def test_a_disk_that_fills_up_during_the_work_is_told_in_one_line(tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(ExportError, match=r"book\.abc cannot be written: No space left"):
        deliver(tmp_path, tunes("One"), ["abc"])
    assert os.listdir(tmp_path) == []


def test_tunes_set_aside_have_a_tunebook_of_their_own(tmp_path):
    one, two, three = tunes("One", "Two", "Three")
    with Delivery(["midi"], tmp_path, count=3, name="book") as delivery:
        delivery.set_aside(one)
        delivery.add(two)
        delivery.set_aside(three)
    assert sorted(os.listdir(tmp_path)) == ["book-aside.abc", "book-two.mid"]
    aside = read_tunes((tmp_path / "book-aside.abc").read_text(encoding="utf-8"))
    assert [(tune.number, tune.title) for tune in aside] == [("1", "One"), ("2", "Three")]
