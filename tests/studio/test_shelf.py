"""The shelf as a musician and a second program meet it."""

import json
import os
import threading
from pathlib import Path

import pytest
from filelock import FileLock

from folkrnn import files
from folkrnn.errors import ShelfError
from folkrnn.notation import read_tunes
from folkrnn.studio import disk
from folkrnn.studio.shelf import Conflict, Entry, NotOnShelf, Shelf

JIG = "X:1\nT:The Gate\nR:jig\nM:6/8\nL:1/8\nK:Edor\nEFG ABc|dcB AGF|\n"
REEL = "X:1\nT:The Mill\nR:reel\nM:4/4\nL:1/8\nK:G\nGABc dedB|c2A2 A4|\n"
BOOK = (
    "%abc-2.1\n% my tunes\nM:6/8\n\n"
    "X:1\nT:One\nK:D\nDEF GAB|\n\n"
    "some prose\n\n%%MIDI program 40\n"
    "X:2\nT:Two\nK:G\nGAB cde|\n\n"
    "X:7\nT:Seven\nK:A\nABc def|\n"
)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "tunes")


def of(shelf: Shelf, title: str) -> Entry:
    [entry] = [entry for entry in shelf.entries() if entry.title == title]
    return entry


def titles(shelf: Shelf, binned: bool = False) -> list[str]:
    return [entry.title for entry in shelf.entries() if entry.binned == binned]


def edit(path: Path, old: str, new: str) -> None:
    path.write_text(path.read_text().replace(old, new))


# ── putting tunes on the shelf ──────────────────────────────────────────────────────────────


def test_new_tunes_go_into_a_plain_tunebook_with_numbers_of_their_own(shelf: Shelf) -> None:
    [first] = shelf.add(JIG, tags=["session", "session", " "])
    second, third = shelf.add(REEL + "\n" + REEL.replace("Mill", "Hill"))
    text = (shelf.folder / "tunes.abc").read_text()
    assert [tune.number for tune in read_tunes(text)] == ["1", "2", "3"]
    assert (first.number, second.number, third.number) == ("1", "2", "3")
    assert (first.title, first.rhythm, first.key, first.meter) == ("The Gate", "jig", "Edor", "6/8")
    assert (first.tags, first.book, first.binned) == (("session",), "tunes.abc", False)
    assert text == f"{JIG}\n{REEL.replace('X:1', 'X:2')}\n{REEL.replace('X:1', 'X:3').replace('Mill', 'Hill')}"
    assert shelf.entries() == [first, second, third]


def test_a_book_is_made_where_it_is_named(shelf: Shelf) -> None:
    [entry] = shelf.add("T:Unnumbered\nK:C\nCDEF|\n", book="gigs/May")
    assert entry.book == "gigs/May.abc"
    assert (shelf.folder / "gigs" / "May.abc").read_text() == "X:1\nT:Unnumbered\nK:C\nCDEF|\n"


def test_a_new_book_is_the_text_as_it_was(shelf: Shelf) -> None:
    shelf.add(BOOK, book="import")
    assert (shelf.folder / "import.abc").read_text() == BOOK


def test_a_tune_takes_along_what_the_file_header_of_its_text_says(shelf: Shelf) -> None:
    shelf.add(JIG)
    entries = shelf.add("M:3/4\nL:1/4\n%%MIDI program 3\n\nX:1\nT:Waltz\nK:D\nDEF|\n\nX:2\nT:Own\nM:2/4\nK:D\nDE|\n")
    assert [(entry.title, entry.meter) for entry in entries] == [("Waltz", "3/4"), ("Own", "2/4")]
    text = (shelf.folder / "tunes.abc").read_text()
    assert [str(tune.unit) for tune in read_tunes(text)] == ["1/8", "1/4", "1/4"]
    assert text.count("%%MIDI program 3") == 2


def test_the_file_header_of_a_book_does_not_change_a_tune_that_is_put_there(shelf: Shelf) -> None:
    (shelf.folder / "others.abc").write_text("M:6/8\nL:1/16\n\nX:1\nT:A\nK:D\nDEF|\n")
    shelf.add("X:1\nT:B\nK:D\nDEF|\n", book="others.abc")
    tune = read_tunes((shelf.folder / "others.abc").read_text())[1]
    assert (str(tune.meter), str(tune.unit)) == ("none", "1/8")


@pytest.mark.parametrize("text", ["", "hello", "\n\n", "% only a comment\n"])
def test_a_text_without_a_tune_is_refused(shelf: Shelf, text: str) -> None:
    with pytest.raises(ShelfError, match="no tune"):
        shelf.add(text)
    assert not list(shelf.folder.glob("*.abc"))


@pytest.mark.parametrize(
    "name", ["../x", "/tmp/x", ".folkrnn/x", "a/../../x", "a\0b", "a\nb", "C:x", ".hidden", "x/", "\ud800", "a" * 300]
)
def test_a_name_that_leads_elsewhere_is_refused(shelf: Shelf, name: str) -> None:
    with pytest.raises(ShelfError):
        shelf.add(JIG, book=name)
    assert shelf.entries() == []


def test_half_a_character_is_refused(shelf: Shelf) -> None:
    [entry] = shelf.add(JIG)
    for text in ("X:1\nT:\ud800\nK:C\nC|\n",):
        with pytest.raises(ShelfError, match="half a character"):
            shelf.change(entry.id, entry.etag, text=text)
        with pytest.raises(ShelfError, match="half a character"):
            shelf.add(text)
    with pytest.raises(ShelfError, match="half a character"):
        shelf.change(entry.id, entry.etag, tags=["\udfff"])
    assert shelf.entries() == [entry]


# ── changing them ───────────────────────────────────────────────────────────────────────────


def test_a_change_changes_the_lines_of_its_tune_only(shelf: Shelf) -> None:
    path = shelf.folder / "others.abc"
    path.write_text(BOOK)
    entry = of(shelf, "Two")
    stored = shelf.get(entry.id)
    assert stored.text == "X:2\nT:Two\nK:G\nGAB cde|\n"
    assert stored.header == "%abc-2.1\n% my tunes\nM:6/8\n%%MIDI program 40\n"
    assert path.read_text() == BOOK
    new = shelf.change(entry.id, entry.etag, text=stored.text.replace("cde", "edc") + "d3 g3|\n\n")
    assert path.read_text() == BOOK.replace("cde|", "edc|\nd3 g3|")
    assert new.id == entry.id
    assert new.etag != entry.etag
    assert [version.why for version in shelf.versions(entry.id)] == ["as it was before", "changed"]
    assert shelf.old_text(entry.id, 1) == stored.text


def test_a_text_without_its_number_gets_it_back(shelf: Shelf) -> None:
    [entry] = shelf.add(JIG)
    shelf.change(entry.id, entry.etag, text=JIG.removeprefix("X:1\n"))
    assert shelf.get(entry.id).text == JIG


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "no tune"),
        (JIG + "\n" + REEL, "2 tunes"),
        (JIG.replace("|dcB", "|\n\ndcB"), "line 8 is empty"),
        ("% above\n" + JIG, "not the first"),
        (JIG + "%%begintext\nX:5\n", "2 tunes"),
    ],
)
def test_a_text_that_is_not_one_tune_is_refused(shelf: Shelf, text: str, sentence: str) -> None:
    [entry] = shelf.add(JIG)
    with pytest.raises(ShelfError, match=sentence):
        shelf.change(entry.id, entry.etag, text=text)
    assert shelf.entries() == [entry]
    assert len(shelf.versions(entry.id)) == 1


def test_a_text_block_cannot_swallow_the_next_tune(shelf: Shelf) -> None:
    first, _ = shelf.add(JIG + "\n" + REEL + "%%begintext\nwords\n%%endtext\n")
    (shelf.folder / "tunes.abc").write_text((shelf.folder / "tunes.abc").read_text().replace("%%begintext\n", ""))
    first = of(shelf, "The Gate")
    with pytest.raises(ShelfError, match="would change other tunes"):
        shelf.change(first.id, first.etag, text=JIG + "%%begintext\n")
    assert titles(shelf) == ["The Gate", "The Mill"]


def test_tunes_without_numbers_stay_so(shelf: Shelf) -> None:
    path = shelf.folder / "old.abc"
    path.write_text("T:One\nK:D\nDEF|\n\nT:Two\nK:G\nGAB|\n")
    entry = of(shelf, "Two")
    shelf.change(entry.id, entry.etag, text="T:Two\nK:G\nBAG|\n")
    assert path.read_text() == "T:One\nK:D\nDEF|\n\nT:Two\nK:G\nBAG|\n"
    entry = of(shelf, "Two")
    with pytest.raises(ShelfError, match="X:"):
        shelf.change(entry.id, entry.etag, text="X:2\nT:Two\nK:G\nBAG|\n")
    with pytest.raises(ShelfError, match=r"old\.abc.*without X:"):
        shelf.add(JIG, book="old.abc")
    path.rename(shelf.folder / "tunes.abc")
    assert [entry.book for entry in shelf.add(JIG)] == ["tunes-2.abc"]
    assert titles(shelf) == ["One", "Two", "The Gate"] or titles(shelf) == ["The Gate", "One", "Two"]


def test_the_later_one_of_two_tabs_is_told(shelf: Shelf) -> None:
    [entry] = shelf.add(JIG)
    other = Shelf(shelf.folder)
    [same] = other.entries()
    assert same == entry
    mine, theirs = JIG.replace("EFG", "EEE"), JIG.replace("EFG", "GGG")
    shelf.change(entry.id, entry.etag, text=mine)
    with pytest.raises(Conflict) as told:
        other.change(entry.id, entry.etag, text=theirs)
    assert told.value.stored.text == mine
    other.change(entry.id, told.value.stored.entry.etag, text=theirs, tags=["b"])
    assert shelf.get(entry.id).text == theirs
    assert [shelf.old_text(entry.id, each.version) for each in shelf.versions(entry.id)] == [JIG, mine, theirs]
    for change in ({"tags": ["a"]}, {"binned": True}):
        with pytest.raises(Conflict):
            shelf.change(entry.id, entry.etag, **change)


def test_many_writers_lose_nothing(shelf: Shelf) -> None:
    shelves = [shelf, Shelf(shelf.folder)]
    failed = []

    def write(number: int) -> None:
        try:
            shelves[number % 2].add(JIG.replace("Gate", f"Gate {number}"))
        except ShelfError as error:
            failed.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    assert sorted(titles(shelf)) == sorted(f"The Gate {number}" for number in range(12))
    assert len({entry.number for entry in shelf.entries()}) == 12


def test_what_is_not_there_is_said(shelf: Shelf) -> None:
    [entry] = shelf.add(JIG)
    for call in (
        lambda: shelf.get("nothing"),
        lambda: shelf.get("../../etc"),
        lambda: shelf.change("nothing", ""),
        lambda: shelf.versions("nothing"),
        lambda: shelf.old_text(entry.id, 9),
        lambda: shelf.put_set("a", "A", ["nothing"]),
        lambda: shelf.remove_set("a", ""),
    ):
        with pytest.raises(NotOnShelf):
            call()


# ── the bin ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("title", ["One", "Two", "Seven"])
def test_what_is_binned_is_in_no_book_and_comes_back_in_its_place(shelf: Shelf, title: str) -> None:
    path = shelf.folder / "others.abc"
    path.write_text(BOOK)
    entry = of(shelf, title)
    text = shelf.get(entry.id).text
    binned = shelf.change(entry.id, entry.etag, binned=True, tags=["gone"])
    assert binned.binned
    assert title not in [tune.title for tune in read_tunes(path.read_text())]
    assert titles(shelf, binned=True) == [title]
    again = Shelf(shelf.folder)
    assert again.get(entry.id).text == text
    back = again.change(entry.id, binned.etag, binned=False)
    assert (back.id, back.tags, back.binned) == (entry.id, ("gone",), False)
    assert path.read_text() == BOOK


def test_a_tune_in_the_bin_can_be_changed_and_comes_back_as_it_is_then(shelf: Shelf) -> None:
    [entry] = shelf.add(JIG)
    new = JIG.replace("Gate", "Door")
    entry = shelf.change(entry.id, entry.etag, binned=True)
    (shelf.folder / "tunes.abc").unlink()
    entry = shelf.change(entry.id, entry.etag, text=new)
    assert (entry.title, entry.binned) == ("The Door", True)
    entry = shelf.change(entry.id, entry.etag, binned=False)
    assert (shelf.folder / "tunes.abc").read_text() == new
    assert [entry.title for entry in shelf.entries()] == ["The Door"]


# ── other programs ──────────────────────────────────────────────────────────────────────────


def test_a_tune_keeps_its_id_while_others_change_its_book(shelf: Shelf) -> None:
    path = shelf.folder / "others.abc"
    path.write_text(BOOK)
    ids = {entry.title: entry.id for entry in shelf.entries()}
    before = shelf.version()
    edit(path, "GAB cde", "G3 B3")
    assert shelf.version() != before
    assert {entry.title: entry.id for entry in shelf.entries()} == ids
    assert [version.why for version in shelf.versions(ids["Two"])] == ["as it was before", "changed by another program"]
    assert shelf.old_text(ids["Two"], 1) == "X:2\nT:Two\nK:G\nGAB cde|\n"
    edit(path, "X:7", "X:3")  # renumbered
    edit(path, "T:One", "T:The First")  # renamed
    ids["The First"] = ids.pop("One")
    assert {entry.title: entry.id for entry in shelf.entries()} == ids
    header, *tunes = path.read_text().split("X:")
    path.write_text(header + "\n\n".join(f"X:{tune.strip()}" for tune in reversed(tunes)))  # in another order
    assert {entry.title: entry.id for entry in shelf.entries()} == ids
    path.rename(shelf.folder / "renamed.abc")
    assert {entry.title: entry.id for entry in shelf.entries()} == ids
    (shelf.folder / ".folkrnn" / "index.json").unlink()
    assert {entry.title: entry.id for entry in Shelf(shelf.folder).entries()}.items() >= {
        ("Two", ids["Two"])
    }  # the one with versions is known by them


def test_what_others_take_out_is_in_the_bin(shelf: Shelf) -> None:
    path = shelf.folder / "others.abc"
    path.write_text(BOOK)
    entry = of(shelf, "Two")
    edit(path, "X:2\nT:Two\nK:G\nGAB cde|\n", "")
    assert titles(shelf) == ["One", "Seven"]
    assert titles(shelf, binned=True) == ["Two"]
    gone = of(shelf, "Two")
    shelf.change(entry.id, gone.etag, binned=False)
    assert titles(shelf) == ["One", "Two", "Seven"]
    path.unlink()
    assert sorted(titles(shelf, binned=True)) == ["One", "Seven", "Two"]
    path.write_text(BOOK)
    assert titles(shelf) == ["One", "Two", "Seven"]
    assert titles(shelf, binned=True) == []
    assert of(shelf, "Two").id == entry.id


def test_a_change_of_the_same_size_at_the_same_time_is_seen(shelf: Shelf) -> None:
    [entry] = shelf.add(JIG)
    path = shelf.folder / "tunes.abc"
    stat = path.stat()
    with path.open("r+") as file:
        file.write(JIG.replace("EFG", "GFE"))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert "GFE" in shelf.get(entry.id).text


def test_links_out_of_the_folder_are_not_followed(shelf: Shelf, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "book.abc").write_text(BOOK)
    (shelf.folder / "link.abc").symlink_to(outside / "book.abc")
    (shelf.folder / "folder").symlink_to(outside)
    shelf.add(JIG)
    (shelf.folder / "twin.abc").symlink_to(shelf.folder / "tunes.abc")
    assert titles(shelf) == ["The Gate"]
    assert sum("leads out of the folder" in remark for remark in shelf.remarks()) == 2
    for name in ("link.abc", "folder/book.abc", "folder/new.abc", "twin.abc"):
        with pytest.raises(ShelfError):
            shelf.add(JIG, book=name)
    assert (outside / "book.abc").read_text() == BOOK
    assert [path.name for path in outside.iterdir()] == ["book.abc"]


def test_a_link_in_place_of_the_own_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "tunes").mkdir()
    (tmp_path / "tunes" / ".folkrnn").symlink_to(tmp_path / "outside")
    with pytest.raises(ShelfError, match="is a link"):
        Shelf(tmp_path / "tunes")


def test_a_link_in_place_of_the_versions_leads_nowhere(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (shelf.folder / ".folkrnn" / "versions").symlink_to(tmp_path / "outside")
    with pytest.raises(ShelfError, match="outside"):
        shelf.add(JIG)
    assert list((tmp_path / "outside").iterdir()) == []


# ── tags, sets, and damage ──────────────────────────────────────────────────────────────────


def test_tags_and_sets_are_kept(shelf: Shelf) -> None:
    [entry] = shelf.add(JIG)
    version = shelf.version()
    entry = shelf.change(entry.id, entry.etag, tags=["learn", "slow"])
    assert entry.tags == ("learn", "slow")
    assert shelf.version() != version
    made = shelf.put_set("friday", "Friday  night", [entry.id, entry.id])
    assert (made.title, made.tunes) == ("Friday night", (entry.id, entry.id))
    other = Shelf(shelf.folder)
    assert (other.sets(), other.entries()) == ([made], [entry])
    with pytest.raises(Conflict) as told:
        other.put_set("friday", "Mine", [])
    assert told.value.stored == made
    changed = other.put_set("friday", "Mine", [], made.etag)
    with pytest.raises(Conflict):
        shelf.remove_set("friday", made.etag)
    shelf.remove_set("friday", changed.etag)
    assert other.sets() == []
    assert "Mine" in (shelf.folder / ".folkrnn" / "sets.json").read_text()


@pytest.mark.parametrize("damage", ["{", "[]", '{"a": 1}', "\0", '{"sets": 3}'])
@pytest.mark.parametrize("table", ["tags", "sets", "bin", "index"])
def test_a_damaged_table_is_set_aside(shelf: Shelf, table: str, damage: str) -> None:
    entry, binned = shelf.add(JIG + "\n" + REEL, tags=["a"])
    shelf.change(binned.id, binned.etag, binned=True)
    shelf.put_set("s", "S", [entry.id])
    path = shelf.folder / ".folkrnn" / f"{table}.json"
    path.write_text(damage)
    again = Shelf(shelf.folder)
    assert [(each.id, each.binned) for each in again.entries()] == [(entry.id, False), (binned.id, True)]
    if table == "sets" and damage == '{"a": 1}':
        return  # no damage that shows
    assert any(f"{table}.json was damaged" in remark for remark in again.remarks())
    [aside] = (shelf.folder / ".folkrnn").glob(f"{table}.damaged-*.json")
    assert aside.read_text() == damage
    again.change(entry.id, again.get(entry.id).entry.etag, tags=["b"])
    assert json.loads((shelf.folder / ".folkrnn" / "tags.json").read_text())[entry.id] == ["b"]


CHANGES = {
    "text": lambda shelf, entry: shelf.change(entry.id, entry.etag, text=JIG.replace("EFG", "GGG"), tags=["b"]),
    "bin": lambda shelf, entry: shelf.change(entry.id, entry.etag, binned=True),
    "add": lambda shelf, entry: shelf.add(REEL, tags=["c"]),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("room", range(6))
def test_a_full_disk_loses_nothing(shelf: Shelf, monkeypatch: pytest.MonkeyPatch, change: str, room: int) -> None:
    [entry] = shelf.add(JIG, tags=["a"])
    real = files.whole_file
    left = room

    def full(*arguments, **options):
        nonlocal left
        left -= 1
        if left < 0:
            raise OSError(28, "No space left on device")
        return real(*arguments, **options)

    monkeypatch.setattr(disk, "whole_file", full)
    said = ""
    try:
        CHANGES[change](shelf, entry)
    except ShelfError as error:
        said = str(error)
    if said:
        assert "No space left on device" in said
        assert "\n" not in said
        shown = [("The Gate", ("a",), False)]
        assert (shelf.folder / "tunes.abc").read_text() == JIG
    else:
        assert room
        shown = {
            "text": [("The Gate", ("b",), False)],
            "bin": [("The Gate", ("a",), True)],
            "add": [("The Gate", ("a",), False), ("The Mill", ("c",), False)],
        }[change]
    left = 99
    for each in (shelf, Shelf(shelf.folder)):
        assert [(entry.title, entry.tags, entry.binned) for entry in each.entries()] == shown
        assert entry.id in [entry.id for entry in each.entries()]
    assert not list(shelf.folder.rglob("*.folkrnn.part"))


def test_a_folder_that_cannot_be_written_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "book.abc").write_text(BOOK)

    def refuse(*arguments, **options):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", refuse)
    monkeypatch.setattr(disk, "whole_file", refuse)
    monkeypatch.setattr(disk.Disk, "__init__", lambda self, folder: _read_only(self, folder))
    shelf = Shelf(tmp_path)
    assert titles(shelf) == ["One", "Two", "Seven"]
    assert titles(shelf) == ["One", "Two", "Seven"]
    assert shelf.get(of(shelf, "Two").id).text.startswith("X:2")
    assert any("Read-only file system" in remark for remark in shelf.remarks())
    with pytest.raises(ShelfError, match="Read-only file system"):
        shelf.add(JIG)


def _read_only(self: disk.Disk, folder: Path) -> None:
    self.folder = folder.resolve()
    self._lock = FileLock(folder / "lock")


@pytest.mark.parametrize("place", ["file", "file/below", "nul\0"])
def test_a_folder_that_cannot_be_one_is_refused(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ShelfError, match="cannot be the folder"):
        Shelf(tmp_path / place)
