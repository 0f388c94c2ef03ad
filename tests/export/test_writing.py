"""Files: their names, and that none is lost or left half-written."""

import errno
import os
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest

from folkrnn.errors import ExportError, ScoreError, TargetExistsError
from folkrnn.export import (
    DEFAULT_SETTINGS,
    FORMATS,
    Delivery,
    ExportSettings,
    Format,
    export_tunes,
    file_names,
    plan_outputs,
    render_count,
    render_outputs,
    sound,
    write_file,
    writing,
)
from folkrnn.export.formats import SET_FORMATS
from folkrnn.export.performance import Performance
from folkrnn.export.settings import SetSettings
from folkrnn.export.sound import synthesised
from folkrnn.export.writing import check_target
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


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Rakes of Mallow, The", "the-rakes-of-mallow"), ("Lark, A", "a-lark"), ("Lark,An", "an-lark"),
        ("rakes, the", "the-rakes"), ("Thelma, Theo", "thelma-theo"), ("The, The", "the-the"),
        (" Rakes, The ", "the-rakes"), ("A, The, An", "an-a-the"), ("Éire", "eire"), ("Straße", "strasse"),
        ("O'Neill’s", "oneills"), ("a_b  c--d", "a-b-c-d"), ("--a--", "a"), ("CON", "tune-con"), ("con1", "con1"),
        ("com0", "tune-com0"), ("LPT9", "tune-lpt9"), ("com10", "com10"), ("AUX!", "tune-aux"), ("prn", "tune-prn"),
        ("", "tune"), ("?!", "tune"), ("日本", "日本"), ("№ 5", "no-5"), ("x" * 60, "x" * 60), ("x" * 61, "x" * 60),
        ("x" * 59 + " y", "x" * 59), ("x" * 58 + " y", "x" * 58 + "-y"),
    ],
)  # fmt: skip
def test_a_title_has_its_name(title: str, name: str) -> None:
    assert file_names([title]) == [name]


@pytest.mark.parametrize(
    ("titles", "names"),
    [
        (["a", "a", "a"], ["a", "a-2", "a-3"]),
        (["a 2", "a", "a", "a"], ["a-2", "a", "a-3", "a-4"]),
        (["a", "a", "a-2"], ["a", "a-2", "a-2-2"]),
        (["", "tune", "", "tune 2"], ["tune", "tune-2", "tune-3", "tune-2-2"]),
    ],
)
def test_names_that_are_taken_get_numbers(titles: list[str], names: list[str]) -> None:
    assert file_names(titles) == names


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
        export_tunes(tunes("One"), ["m4a"], tmp_path)
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
        ".flac",
        ".ogg",
        ".mp3",
        ".musicxml",
        ".mxl",
        ".svg",
        ".png",
        ".pdf",
        ".html",
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
    assert [(tune.number, tune.title) for tune in aside] == [("1", "One"), ("3", "Three")]


# What is planned and counted


def test_books_and_single_files_are_planned() -> None:
    one, two = tunes("One", "Two")
    planned = plan_outputs([one, two], ["pdf", "mid", "pdf"], "out", name="book", prefix="p-")
    assert [(path.as_posix(), format, each) for path, format, each in planned] == [
        ("out/book.pdf", "pdf", (one, two)), ("out/p-one.mid", "midi", (one,)), ("out/p-two.mid", "midi", (two,)),
    ]  # fmt: skip
    separate = plan_outputs([one, two], ["abc"], "out", name="book", prefix="p-", separate=True)
    assert [(each.path.name, each.tunes) for each in separate] == [("p-one.abc", (one,)), ("p-two.abc", (two,))]
    assert [each.path.as_posix() for each in plan_outputs([one], ["abc", "pdf"], "out")] == [
        "out/tunes.abc",
        "out/tunes.pdf",
    ]


def test_tunes_of_separate_books_keep_their_numbers(tmp_path) -> None:
    paths = export_tunes(tunes("One", "Two"), ["abc"], tmp_path, separate=True)
    assert [path.name for path in paths] == ["one.abc", "two.abc"]
    for number, path in zip("12", paths, strict=True):
        (tune,) = read_tunes(path.read_text(encoding="utf-8"))
        assert tune.number == number
        assert path.read_text(encoding="utf-8").startswith("%abc")


def test_each_render_is_a_step(tmp_path) -> None:
    steps: list[int] = []
    export_tunes(tunes("One", "Two"), ["abc", "midi"], tmp_path, step=lambda: steps.append(1))
    assert len(steps) == render_count(["abc", "midi"], 2) == 4


@pytest.mark.parametrize(("count", "jobs", "shared"), [(16, 2, False), (17, 2, True), (17, 1, False)])
def test_many_renders_are_shared_among_processes(monkeypatch, count: int, jobs: int, shared: bool) -> None:
    given: list[int] = []

    def share(function, tasks, jobs):
        given.append(jobs)
        yield from map(function, tasks)

    monkeypatch.setattr(writing, "process_map", share)
    (content,) = render_outputs(plan_outputs(tunes(*["One"] * count), ["abc"], "out"), DEFAULT_SETTINGS, jobs)
    assert len(read_tunes(content.decode())) == count
    assert given == [jobs if shared else 1]


def test_a_tune_that_cannot_be_shown_is_named(tmp_path, monkeypatch) -> None:
    def refuse(*_: object) -> bytes:
        raise ScoreError("no note")

    monkeypatch.setitem(FORMATS, "musicxml", Format(".musicxml", refuse))
    (bad,) = read_tunes("X:1\nT:Odd\nM:4/4\nL:1/8\nK:C\nA8|\n", "odd.abc")
    for tune, start in ((bad, "odd.abc:1"), (replace(bad, source=""), "tune:1")):
        with pytest.raises(ExportError) as caught:
            export_tunes([tune], ["midi", "musicxml"], tmp_path)
        assert str(caught.value) == f"{start}: Odd: cannot be written as musicxml: no note"
    assert os.listdir(tmp_path) == []


def test_a_place_is_checked_before_the_work(tmp_path) -> None:
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "folder").mkdir()
    check_target(tmp_path / "folder" / "new")
    check_target(tmp_path / "folder")
    check_target(tmp_path / "file", overwrite=True)
    with pytest.raises(TargetExistsError):
        check_target(tmp_path / "file")
    with pytest.raises(ExportError, match=r"cannot be written: .*file is not a folder"):
        check_target(tmp_path / "file" / "new" / "deep")


def test_a_read_only_place_is_refused_before_the_work(tmp_path, monkeypatch) -> None:
    asked: list[tuple[object, int]] = []

    def refuse(path, mode) -> bool:
        asked.append((path, mode))
        return False

    monkeypatch.setattr(os, "access", refuse)
    with pytest.raises(ExportError, match=r"new cannot be written: .* is read-only"):
        check_target(tmp_path / "new")
    assert asked == [(tmp_path, os.W_OK | os.X_OK)]


def test_a_link_to_nothing_is_in_the_way(tmp_path) -> None:
    (tmp_path / "x.mid").symlink_to(tmp_path / "nothing")
    with pytest.raises(TargetExistsError):
        write_file(tmp_path / "x.mid", b"new")
    write_file(tmp_path / "x.mid", b"new", overwrite=True)
    assert (tmp_path / "x.mid").read_bytes() == b"new"


def test_a_file_that_comes_up_while_it_is_written_stays(tmp_path) -> None:
    def work() -> None:
        with writing.new_file(tmp_path / "x.mid", overwrite=False) as file:
            file.write(b"new")
            (tmp_path / "x.mid").write_bytes(b"mine")

    with pytest.raises(TargetExistsError):
        work()
    assert contents(tmp_path) == {"x.mid": b"mine"}


def test_a_delivery_counts_and_names_its_files(tmp_path) -> None:
    one, two, three = tunes("One", "One", "Three")
    with Delivery(["abc", "mid", "pdf"], tmp_path, count=3, name="book") as delivery:
        assert [path.name for path in delivery.add(one)] == ["book-one.mid"]
        assert [path.name for path in delivery.add(two)] == ["book-one-2.mid"]
        delivery.set_aside(three)
        assert (delivery.count, delivery.aside) == (2, 1)
        assert [path.name for path in delivery.grown] == ["book.abc", "book-aside.abc"]
        assert not (tmp_path / "book-aside.abc").exists()
    assert (tmp_path / "book-aside.abc").exists()
    assert [path.name for path in delivery.make_books()] == ["book.pdf"]
    numbers = [tune.number for tune in read_tunes((tmp_path / "book.abc").read_text(encoding="utf-8"))]
    assert numbers == ["1", "2"]


def test_nothing_is_set_aside_of_one_file(tmp_path) -> None:
    one, two = tunes("One", "Two")
    with Delivery(["abc"], tmp_path / "x.abc", count=2, name="book") as delivery:
        delivery.set_aside(one)
        delivery.add(two)
    assert (delivery.count, delivery.aside) == (1, 0)
    assert os.listdir(tmp_path) == ["x.abc"]


def test_books_are_made_only_of_delivered_tunes(tmp_path) -> None:
    (one,) = tunes("One")
    with Delivery(["pdf"], tmp_path, count=1, name="book") as delivery:
        delivery.set_aside(one)
    assert list(delivery.make_books()) == []
    assert os.listdir(tmp_path) == ["book-aside.abc"]


def test_files_of_other_names_are_not_in_the_way(tmp_path) -> None:
    for name in ("other.abc", "book-one.svg", "bookish.mid", "x-book-1.mid"):
        (tmp_path / name).write_bytes(b"mine")
    with Delivery(["abc", "midi"], tmp_path, count=1, name="book") as delivery:
        delivery.add(*tunes("One"))
    assert (tmp_path / "book-one.mid").exists()


def test_a_name_with_brackets_is_no_pattern(tmp_path) -> None:
    (tmp_path / "b-1.mid").write_bytes(b"")
    Delivery(["midi"], tmp_path, count=1, name="[b]")
    (tmp_path / "[b]-1.mid").write_bytes(b"")
    with pytest.raises(TargetExistsError):
        Delivery(["midi"], tmp_path, count=1, name="[b]")


@pytest.mark.parametrize("plan", [None, SetSettings()])
def test_formats_of_sound_share_one_sound(plan: SetSettings | None, monkeypatch: pytest.MonkeyPatch) -> None:
    played = []

    def counted(performance: Performance, rate: int = 8000) -> Any:
        played.append(performance)
        return synthesised(performance, rate)

    monkeypatch.setattr(sound, "sound_of", counted)
    monkeypatch.setitem(FORMATS, "flac", FORMATS["wav"])
    monkeypatch.setitem(SET_FORMATS, "flac", SET_FORMATS["wav"])
    chosen = tunes("A", "B")
    outputs = plan_outputs(chosen, ["wav", "flac", "midi"], "folder", settings=ExportSettings(set=plan))
    contents = list(render_outputs(outputs, ExportSettings(set=plan)))
    assert len(played) == (1 if plan else 2)
    assert len(contents) == (3 if plan else 6)
    assert contents[: len(played)] == contents[len(played) : 2 * len(played)]


def test_a_tune_that_is_given_twice_is_written_twice() -> None:
    (tune,) = tunes("A")
    outputs = plan_outputs([tune, tune], ["midi", "abc", "musicxml"], "folder", separate=True)
    assert [output.path.name for output in outputs if output.format == "midi"] == ["a.mid", "a-2.mid"]
    contents = list(render_outputs(outputs, DEFAULT_SETTINGS))
    assert contents[0] == contents[1]
    assert [content[:4] for content in contents] == [b"MThd"] * 2 + [b"%abc"] * 2 + [b"<?xm"] * 2
