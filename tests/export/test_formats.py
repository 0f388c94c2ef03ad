"""Formats: their names, and the endings of file names."""

import pytest

from folkrnn.errors import ExportError, TargetExistsError
from folkrnn.export import FORMATS, Delivery, export_tunes, format_named, format_of, plan_outputs, render_count
from folkrnn.export.writing import is_one_file
from folkrnn.notation import read_tunes

(TUNE,) = read_tunes("X:1\nT:One\nM:4/4\nL:1/8\nK:C\nABcd efga|]\n")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        *((name, name) for name in FORMATS),
        ("mid", "midi"),
        ("xml", "musicxml"),
        (".mid", "midi"),
        (" MIDI ", "midi"),
        ("Xml", "musicxml"),
    ],
)
def test_a_format_is_called_by_its_name_or_its_ending(text: str, name: str) -> None:
    assert format_named(text) == name


@pytest.mark.parametrize("text", ["m4a", "mscz", "", ".", "..mid", "abc,midi"])
def test_another_name_is_an_error_that_names_the_formats(text: str) -> None:
    known = "abc, midi, wav, flac, ogg, mp3, musicxml, mxl, svg, png, pdf, html"
    expected = f"{text!r} is no format; expected one of {known}"
    with pytest.raises(ExportError) as caught:
        format_named(text)
    assert str(caught.value) == expected


@pytest.mark.parametrize(
    ("target", "name"),
    [
        ("x.abc", "abc"),
        ("x.MID", "midi"),
        ("x.midi", "midi"),
        ("x.xml", "musicxml"),
        ("x.musicxml", "musicxml"),
        ("deep/x.y.pdf", "pdf"),
        ("-", ""),
        ("out", ""),
        (".mid", ""),
        ("x.mid/", ""),
        ("out.v2/", ""),
        ("tunes-1.5", ""),
        ("my.tunebooks", ""),
        ("my.tu-ne", ""),
    ],
)
def test_a_target_is_a_file_of_a_format_or_a_folder(target: str, name: str) -> None:
    assert format_of(target) == name


@pytest.mark.parametrize("target", ["x.m4a", "x.txt", "x.docx", "x.DOC", "x.a", "x.abcde", "x.7z", "out.v2"])
def test_a_file_ending_that_no_format_has_is_one_clear_line(tmp_path, target: str) -> None:
    path = tmp_path / target
    ending = path.suffix.lower()
    known = ".abc, .mid, .wav, .flac, .ogg, .mp3, .musicxml, .mxl, .svg, .png, .pdf, .html, or a folder"
    for refuse in (
        lambda: format_of(path),
        lambda: plan_outputs([TUNE], ["midi"], path),
        lambda: export_tunes([TUNE], ["midi", "pdf"], path),
        lambda: Delivery(["abc"], path, count=1),
    ):
        with pytest.raises(ExportError) as caught:
            refuse()
        assert str(caught.value) == f"{path}: no format is written as {ending}; expected one of {known}"


def test_a_folder_that_exists_may_look_like_a_file(tmp_path) -> None:
    for name in ("tunes.v2", "x.m4a", "x.mid"):
        (tmp_path / name).mkdir()
        assert format_of(tmp_path / name) == ""
        (path,) = export_tunes([TUNE], ["mid"], tmp_path / name)
        assert path == tmp_path / name / "one.mid"


def test_a_slash_makes_a_folder(tmp_path) -> None:
    assert export_tunes([TUNE], ["mid", "midi"], f"{tmp_path}/out.v2/") == [tmp_path / "out.v2" / "one.mid"]
    with Delivery(["abc"], f"{tmp_path}/new.m4a/", count=1, name="book") as delivery:
        delivery.add(TUNE)
    assert delivery.grown == [tmp_path / "new.m4a" / "book.abc"]


@pytest.mark.parametrize(
    ("target", "formats", "count", "separate", "expected"),
    [
        ("x.mid", ["midi"], 1, False, True),
        ("x.mid", ["mid", "midi"], 1, False, True),
        ("x.midi", ["midi"], 1, True, True),
        ("x.pdf", ["pdf"], 5, False, True),
        ("x.abc", ["abc"], 1, True, True),
        ("x", ["midi", "pdf"], 5, False, False),
        ("x.mid", ["midi"], 2, False, "x.mid names one file, but 2 are to be written; expected a folder"),
        ("x.pdf", ["pdf"], 2, True, "x.pdf names one file, but 2 are to be written; expected a folder"),
        ("x.pdf", ["pdf", "abc"], 1, False, "x.pdf names one file, but 2 are to be written; expected a folder"),
        ("x.pdf", ["abc", "midi"], 3, False, "x.pdf names one file, but 4 are to be written; expected a folder"),
        ("x.mid", ["pdf"], 1, False, "x.mid is no name for pdf; expected one that ends in .pdf"),
        ("x.abc", ["mid"], 1, False, "x.abc is no name for midi; expected one that ends in .mid"),
    ],
)
def test_a_file_name_is_for_one_file_of_its_format(target, formats, count, separate, expected) -> None:
    if isinstance(expected, bool):
        assert is_one_file(target, formats, count, separate) is expected
        return
    with pytest.raises(ExportError) as caught:
        is_one_file(target, formats, count, separate)
    assert str(caught.value) == expected


def test_only_books_hold_all_tunes_and_only_tunebooks_are_appendable() -> None:
    assert {name for name, each in FORMATS.items() if each.holds_all} == {"abc", "pdf", "html"}
    assert {name for name, each in FORMATS.items() if each.appendable} == {"abc"}


def test_each_format_renders_each_tune_once() -> None:
    assert render_count(["midi"], 3) == 3
    assert render_count(["midi", "mid", "pdf"], 3) == 6
    assert render_count([], 3) == 0


def test_an_existing_file_is_an_error_of_its_own(tmp_path) -> None:
    path = tmp_path / "one.mid"
    path.write_bytes(b"mine")
    with pytest.raises(TargetExistsError) as caught:
        export_tunes([TUNE], ["midi"], tmp_path)
    assert caught.value.path == path
    assert str(caught.value) == f"{path}: exists already; expected overwrite=True or another name"
    assert isinstance(caught.value, ExportError)
