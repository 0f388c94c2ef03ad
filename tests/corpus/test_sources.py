import io
import sys
from pathlib import Path

import pytest

from folkrnn.corpus import SourceSettings, music21_collection, read_text
from folkrnn.corpus.sources import source_texts
from folkrnn.errors import CorpusError, InputError
from folkrnn.export.midi import to_midi
from folkrnn.export.musicxml import to_musicxml
from folkrnn.notation import canonical, read_tunes

TUNE = "X:1\nT:t\nK:C\nA|\n"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x10\x00\x00\x00\x10\x08\x06\x00\x00\x00\x1f\xf3\xffa"


def refused(path: Path | str) -> str:
    with pytest.raises(InputError) as error:
        read_text(path)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_file_is_read_whatever_its_encoding(tmp_path: Path) -> None:
    path = tmp_path / "a.abc"
    for encoding in ("utf-8", "utf-8-sig", "latin-1"):
        path.write_bytes("X:1\nT:Été\n".encode(encoding))
        assert read_text(path) == "X:1\nT:Été\n"


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.abc").endswith("none.abc: there is no such file")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "is a folder" in refused(tmp_path)


@pytest.mark.parametrize("content", [b"", b" \n\t\r\n", b"\xef\xbb\xbf", b"\xff\xfe"])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.abc"
    path.write_bytes(content)
    assert "is empty" in refused(path)


@pytest.mark.parametrize(
    "content", [PNG, PNG * 500, bytes(range(256)), b"\x00" * 100, b"MThd\x00\x00\x00\x06\x00\x01\x00\x02"]
)
def test_a_binary_file_is_refused_whatever_its_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "picture.abc"
    path.write_bytes(content)
    assert "is not text" in refused(path)


@pytest.mark.parametrize(("count", "text"), [(5, True), (6, False)])
def test_a_few_control_characters_are_text(tmp_path: Path, count: int, text: bool) -> None:
    path = tmp_path / "a.abc"
    content = "\x01" * count + "A" * (100 - count)
    path.write_text(content)
    if text:
        assert read_text(path) == content
    else:
        assert "is not text" in refused(path)


def test_only_the_beginning_of_a_file_shows_whether_it_is_text(tmp_path: Path) -> None:
    path = tmp_path / "a.abc"
    path.write_text("A" * 4096 + "\x01" * 4096)
    assert len(read_text(path)) == 8192
    path.write_text("\t\n\r\f\v\x1a" + "A")
    assert "A" in read_text(path)


def test_a_path_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert "cannot be read" in refused(tmp_path / "file" / "tune.abc")
    assert "cannot be read" in refused("a" * 5000)


def test_a_file_without_leave_to_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(path: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", denied)
    assert refused(tmp_path / "a.abc").endswith("cannot be read: Permission denied")


def test_a_file_without_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("folkrnn.corpus.sources.MOST_BYTES", 2**20)
    (tmp_path / "a.abc").write_bytes(b"A" * (2**20 + 1))
    assert refused(tmp_path / "a.abc").endswith("is too long; expected a tunebook of at most 1 MiB")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"A" * (2**20 + 1))))
    assert "is too long" in refused("-")


def test_a_dash_is_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TUNE.encode())))
    assert read_text("-") == TUNE


def test_empty_standard_input_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    assert refused("-").startswith("standard input: is empty")


def test_a_folder_gives_its_abc_files_by_name(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for name in ("b.abc", "a.ABC", "deep/c.abc", "notes.txt"):
        (tmp_path / name).write_text(TUNE)
    names = [Path(name).name for name, _ in source_texts(SourceSettings(path=str(tmp_path)))]
    assert sorted(names) == ["a.ABC", "b.abc", "c.abc"]
    assert names == [Path(name).name for name, _ in source_texts(SourceSettings(path=str(tmp_path)))]


def test_a_folder_without_abc_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"holds no \.abc files"):
        list(source_texts(SourceSettings(path=str(tmp_path))))


def test_a_source_that_cannot_be_opened_is_refused() -> None:
    with pytest.raises(InputError, match="cannot be read"):
        list(source_texts(SourceSettings(path="a" * 5000)))


def test_a_collection_of_music21_is_found_without_importing_it() -> None:
    loaded = "music21" in sys.modules
    files = music21_collection("airdsAirs")
    assert files == sorted(files)
    assert all(file.suffix == ".abc" for file in files)
    assert ("music21" in sys.modules) == loaded


def test_files_of_other_programs_are_sources_too(tmp_path: Path) -> None:
    (tune,) = read_tunes("X:1\nT:Sue\nM:2/4\nL:1/8\nK:D\nDFAd|d4|]\n")
    (tmp_path / "a.musicxml").write_bytes(to_musicxml(tune))
    (tmp_path / "b.mid").write_bytes(to_midi(tune))
    for source in (tmp_path, tmp_path / "a.musicxml"):
        texts = dict(source_texts(SourceSettings(path=str(source))))
        (found,) = read_tunes(texts[str(tmp_path / "a.musicxml")])
        assert canonical(found) == canonical(tune)
    assert len(dict(source_texts(SourceSettings(path=str(tmp_path))))) == 2


def test_where_a_folder_has_abc_files_its_other_files_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.abc").write_text(TUNE)
    (tmp_path / "a.mid").write_bytes(b"MThd")
    assert [name for name, _ in source_texts(SourceSettings(path=str(tmp_path)))] == [str(tmp_path / "a.abc")]


def test_a_score_of_a_folder_that_cannot_be_read_is_passed_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "a.xml").write_text("<svg/>")
    assert not list(source_texts(SourceSettings(path=str(tmp_path))))
    assert "a.xml" in caplog.text
