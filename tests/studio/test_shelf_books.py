"""Books of all kinds keep every byte that is not changed."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkrnn.errors import ShelfError
from folkrnn.notation import decode, read_tunes
from folkrnn.notation.reading.outline import read_outline
from folkrnn.studio.books import Book
from folkrnn.studio.shelf import Shelf

TEXT = "% Bücher\nM:6/8\n\nX:1\nT:Café\nK:D\nDEF|\n\nfree text é\n\nX:2\nT:Zwölf\nN:ü\nK:G\nGAB|\nB3|\n"

KINDS = {
    "utf-8": TEXT.encode(),
    "utf-8 with a mark": b"\xef\xbb\xbf" + TEXT.encode(),
    "windows": TEXT.replace("\n", "\r\n").encode(),
    "old mac": TEXT.replace("\n", "\r").encode(),
    "latin-1": TEXT.encode("latin-1"),
    "named": ("%%abc-charset iso-8859-2\n" + TEXT).encode("iso-8859-2"),
    "utf-16 le": b"\xff\xfe" + TEXT.encode("utf-16-le"),
    "utf-16 be": b"\xfe\xff" + TEXT.replace("\n", "\r\n").encode("utf-16-be"),
    "mixed": TEXT.encode("latin-1") + "\nX:3\nT:Ärger\nK:C\nCDE|\r\nN:ő\n".encode(),
    "dos": TEXT.encode() + b"\x1a",
    "no last line end": TEXT.encode().rstrip(),
}


@pytest.mark.parametrize("data", KINDS.values(), ids=KINDS)
def test_all_other_bytes_stay(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "book.abc"
    path.write_bytes(data)
    path.chmod(0o640)
    shelf = Shelf(tmp_path)
    entry = shelf.entries()[1]
    stored = shelf.get(entry.id)
    assert stored.text == "X:2\nT:Zwölf\nN:ü\nK:G\nGAB|\nB3|\n"
    assert path.read_bytes() == data
    shelf.change(entry.id, entry.etag, text=stored.text.replace("GAB", "BAG").replace("N:ü", "N:ö"))
    book = Book.read(data)
    codec = "latin-1" if book.encoding == "cp1252" else book.encoding
    expected = data.replace("GAB".encode(codec), "BAG".encode(codec)).replace("N:ü".encode(codec), "N:ö".encode(codec))
    if codec == "utf-8" and expected == data.replace(b"GAB", b"BAG"):  # the mixed one: its new lines are in UTF-8
        expected = expected.replace("N:ü".encode("latin-1"), "N:ö".encode())
    assert path.read_bytes() == expected
    assert path.stat().st_mode & 0o777 == 0o640
    [entry] = [each for each in shelf.entries() if each.id == entry.id]
    shelf.change(entry.id, entry.etag, text=stored.text)
    back = path.read_bytes()
    assert decode(back) == decode(data)
    if data != KINDS["mixed"]:
        assert back == data
    shelf.add("X:1\nT:New\nK:C\nC|\n", book="book.abc")
    assert path.read_bytes().startswith(back.rstrip(b"\x1a"))
    assert [tune.number for tune in read_tunes(decode(path.read_bytes()))][-1] in ("3", "4")


def test_a_character_that_the_book_cannot_have_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "book.abc"
    path.write_bytes(KINDS["latin-1"])
    shelf = Shelf(tmp_path)
    entry = shelf.entries()[0]
    with pytest.raises(ShelfError, match=r"book\.abc.*cp1252, which has no 'ő'.*\\u0151"):
        shelf.change(entry.id, entry.etag, text="X:1\nT:ő\nK:D\nD|\n")
    assert path.read_bytes() == KINDS["latin-1"]


def test_bytes_that_are_no_text_are_shown_and_not_changed(tmp_path: Path) -> None:
    data = b"\xff\xfe" + "X:1\nT:One\nK:D\nD|\n".encode("utf-16-le") + b"\x00"
    (tmp_path / "book.abc").write_bytes(data)
    shelf = Shelf(tmp_path)
    [entry] = shelf.entries()
    with pytest.raises(ShelfError, match="cannot be changed here"):
        shelf.change(entry.id, entry.etag, text="X:1\nT:Two\nK:D\nD|\n")
    assert (tmp_path / "book.abc").read_bytes() == data


def test_hostile_books_are_shown(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"b\xff\n.abc")).write_text("X:1\nT:\x07bell\x1b[31m\nK:D\nD|\n")
    (tmp_path / "empty.abc").write_bytes(b"")
    (tmp_path / "noise.abc").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "same.ABC").write_text("X:1\nT:A\nK:D\nD|\nX:1\nT:A\nK:D\nD|\n\nX:\nT:B\n\nX:x\n")
    (tmp_path / "top.abc").write_text("T:none\nK:D\nD|\n\nX:1\nT:C\nK:D\nD|\n")
    (tmp_path / "folder.abc").mkdir()
    os.mkfifo(tmp_path / "pipe.abc")
    (tmp_path / ".hidden.abc").write_text("X:1\nT:Hidden\nK:D\n")
    shelf = Shelf(tmp_path)
    entries = shelf.entries()
    assert [entry.title for entry in entries if entry.book == "same.ABC"] == ["A", "A", "B", ""]
    assert [entry.title for entry in entries if entry.book == "top.abc"] == ["C"]
    assert "Hidden" not in [entry.title for entry in entries]
    assert len({entry.id for entry in entries}) == len(entries)
    strange = next(entry for entry in entries if "bell" in entry.title)
    strange.book.encode()
    shelf.change(strange.id, strange.etag, text="X:1\nT:Calm\nK:D\nD|\n")
    assert (tmp_path / os.fsdecode(b"b\xff\n.abc")).read_text() == "X:1\nT:Calm\nK:D\nD|\n"
    second = [entry for entry in entries if entry.title == "A"][1]
    shelf.change(second.id, second.etag, text="X:1\nT:A\nK:D\nG|\n")
    assert (tmp_path / "same.ABC").read_text() == "X:1\nT:A\nK:D\nD|\nX:1\nT:A\nK:D\nG|\n\nX:\nT:B\n\nX:x\n"


def test_large_books_and_tunes(tmp_path: Path) -> None:
    tune = "X:1\nT:Long\nM:4/4\nK:D\n" + "DEFG ABcd|\n" * 2000
    prose = "free text that is no tune\n" * 400_000
    (tmp_path / "book.abc").write_text(f"{tune}\n{prose}\nX:2\nT:Short\nK:D\nD|\n")
    shelf = Shelf(tmp_path)
    long, short = shelf.entries()
    assert shelf.get(long.id).text == tune
    shelf.change(short.id, short.etag, text="X:2\nT:Short\nK:D\nE|\n")
    assert (tmp_path / "book.abc").read_text() == f"{tune}\n{prose}\nX:2\nT:Short\nK:D\nE|\n"


LINES = st.sampled_from(
    [
        "X:1",
        "X:2",
        "T:A",
        "K:D",
        "K:",
        "M:6/8",
        "R:reel",
        "+:more",
        "",
        " ",
        "% c",
        "%%x",
        "%%begintext",
        "%%endtext",
        "DEF|",
    ]
)


@given(st.lists(LINES, max_size=25), st.sampled_from(["\n", "\r\n", "\r"]))
def test_the_outline_is_that_of_the_reader(lines: list[str], end: str) -> None:
    text = end.join(lines)
    outline = read_outline(text)
    found = [(each.first, each.number, each.titles, each.rhythm) for each in outline.tunes]
    assert found == [(tune.line, tune.number, tune.all_fields("T"), tune.rhythm) for tune in read_tunes(text)]
    book = Book.read(text.encode())
    assert book.data == text.encode()
    assert book.exact
    assert len(book.tunes) in (len(found), sum(each.has_key for each in outline.tunes))


@given(st.binary(max_size=200), st.sampled_from([b"", b"\xff\xfe", b"\xef\xbb\xbf", b"%%abc-charset shift_jis\n"]))
def test_any_bytes_are_a_book(data: bytes, before: bytes) -> None:
    book = Book.read(before + data + b"\nX:1\nT:A\nK:D\nD|\n")
    if book.exact:
        assert book.data == before + data + b"\nX:1\nT:A\nK:D\nD|\n"
    for place in range(len(book.tunes)):
        assert book.text(place)
