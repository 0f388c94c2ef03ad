"""Whatever is done to a shelf, here and by others, in any order: nothing is lost, and the books can be read."""

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from folkrnn.notation import read_tunes
from folkrnn.studio.shelf import Shelf

NAMES = st.sampled_from(["", "b", "sub/c"])
END = "\n% the end of the file\n"


class Shelves(RuleBasedStateMachine):
    """A shelf beside a model: the text of each tune by its id, and whether it is in the bin."""

    def __init__(self) -> None:
        super().__init__()
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = Path(self.temporary.name)
        self.shelves = [Shelf(self.folder), Shelf(self.folder)]
        self.bars: dict[str, str] = {}
        self.binned: dict[str, bool] = {}
        self.old: dict[str, set[str]] = {}
        self.count = 0

    def teardown(self) -> None:
        self.temporary.cleanup()

    @initialize()
    def a_book_of_others(self) -> None:
        (self.folder / "b.abc").write_text(f"M:4/4\n\nX:3\nT:Other\nK:D\n{self.new()}\n{END}")
        [entry] = self.shelves[0].entries()
        self.keep(entry.id)

    def new(self) -> str:
        self.count += 1
        return "|".join("DEFG" + letter * 4 for letter in f"{self.count:b}".replace("0", "A").replace("1", "B")) + "|"

    def body(self, id: str) -> str:
        return self.shelves[0].get(id).text.splitlines()[-1]

    def keep(self, id: str) -> None:
        self.bars[id] = self.body(id)
        self.binned[id] = False

    def some(self, place: int) -> str:
        return sorted(self.bars)[place % len(self.bars)]

    def books(self) -> list[Path]:
        return [path for path in sorted(self.folder.rglob("*.abc")) if ".folkrnn" not in path.parts]

    @rule(name=NAMES, which=st.integers(0, 1), twice=st.booleans())
    def add(self, name: str, which: int, twice: bool) -> None:
        texts = [f"X:1\nT:Tune {self.count}\nM:4/4\nL:1/8\nK:G\n{self.new()}\n" for _ in range(1 + twice)]
        for entry in self.shelves[which].add("\n".join(texts), name):
            assert entry.id not in self.bars
            self.keep(entry.id)

    @rule(place=st.integers(0, 50), which=st.integers(0, 1))
    def change(self, place: int, which: int) -> None:
        id = self.some(place)
        stored = self.shelves[which].get(id)
        new = self.new()
        self.shelves[which].change(id, stored.entry.etag, text=stored.text.replace(self.bars[id], new))
        self.old.setdefault(id, set()).add(self.bars[id])
        self.bars[id] = new

    @rule(place=st.integers(0, 50), which=st.integers(0, 1), binned=st.booleans())
    def move(self, place: int, which: int, binned: bool) -> None:
        id = self.some(place)
        self.shelves[which].change(id, self.shelves[which].get(id).entry.etag, binned=binned)
        self.binned[id] = binned

    @rule(place=st.integers(0, 50))
    def others_change_a_tune(self, place: int) -> None:
        id = self.some(place)
        if not self.binned[id]:
            new = self.new()
            for path in self.books():
                path.write_text(path.read_text().replace(f"\n{self.bars[id]}\n", f"\n{new}\n"))
            self.old.setdefault(id, set()).add(self.bars[id])
            self.bars[id] = new
            self.shelves[0].entries()

    @rule(place=st.integers(0, 50))
    def others_take_a_tune_out(self, place: int) -> None:
        id = self.some(place)
        if not self.binned[id]:
            text = self.shelves[1].get(id).text
            for path in self.books():
                path.write_text(path.read_text().replace(text, "", 1) if text in path.read_text() else path.read_text())
            self.binned[id] = True
            self.shelves[1].entries()

    @rule()
    def others_turn_a_book_round(self) -> None:
        path = self.books()[0]
        header, *tunes = path.read_text().split("X:")
        path.write_text(header.rstrip() + "\n\n" + "\n\n".join(f"X:{tune.strip()}" for tune in reversed(tunes)) + "\n")

    @rule()
    @precondition(lambda self: len(self.books()) > 1)
    def others_rename_a_book(self) -> None:
        path = self.books()[-1]
        path.rename(path.with_name(f"renamed-{self.count}-{path.name}"[-40:]))

    @rule(table=st.sampled_from(["index", "bin"]))
    def a_table_is_lost(self, table: str) -> None:
        # What was never changed is known by its place alone, so only tables of a shelf that has seen all are taken.
        if table == "bin" or all(self.shelves[0].versions(id) for id in self.bars):
            (self.folder / ".folkrnn" / f"{table}.json").unlink(missing_ok=True)

    @rule()
    def the_program_starts_again(self) -> None:
        self.shelves = [Shelf(self.folder), Shelf(self.folder)]

    @invariant()
    def nothing_is_lost(self) -> None:
        for shelf in self.shelves:
            assert {entry.id: entry.binned for entry in shelf.entries()} == self.binned
            assert shelf.remarks() == []
        for id, bars in self.bars.items():
            assert self.body(id) == bars
            versions = [self.shelves[0].old_text(id, each.version) for each in self.shelves[0].versions(id)]
            assert self.old.get(id, set()) <= {text.splitlines()[-1] for text in versions}
        shown = []
        for path in self.books():
            tunes = [tune for tune in read_tunes(path.read_text()) if tune.bars]  # others are a file header
            assert len(tunes) == len({tune.number for tune in tunes}) or path.name.startswith("renamed")
            shown += [tune.title for tune in tunes]
        assert len(shown) == sum(not binned for binned in self.binned.values())


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The power does not fail here, so nothing waits for the disk."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


TestShelves = Shelves.TestCase
TestShelves.settings = settings(
    max_examples=20, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
)
