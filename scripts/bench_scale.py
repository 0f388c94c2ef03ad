"""Measure how families and originality grow with a corpus: invented melodies and their settings.

A melody has the rhythm of one tune of the default corpus and the pitches of another. A setting of it is in another key,
with some of its notes moved. The index is searched for planted copies: settings with 0, 10, 30 and 60 % of their notes
moved. The baseline, in the same run, is the same index without a shortlist, where every tune is compared. Families are
found from titles that are all different; the baselines are the time for a tenth of the tunes, and that by runs alone.
Then the families of a thousand settings of one melody are counted. Times are of the processor.
With --only reading a file of this many tunes is validated, and the memory for it measured.
"""

import argparse
import os
import random
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory

import numpy as np
from benchmarking import add_json_option, processor_name, write_figures
from numpy.typing import NDArray

from folkrnn.analysis.originality import Index, IndexEntry, run_hashes
from folkrnn.analysis.shortlist import begins
from folkrnn.analysis.within import Melodic, pairs_within
from folkrnn.corpus import Corpus, build_corpus, load_corpus, load_recipe
from folkrnn.corpus.contours import contour_of_grid
from folkrnn.corpus.families import families_of_runs, runs_of_pitches
from folkrnn.corpus.melody import HELD, SILENT, Melody, melody_of
from folkrnn.notation import Tune, read_tunes

LEVELS = (0.0, 0.1, 0.3, 0.6)
_SKIPPED = 8  # the grid skips fewer notes in a row than this
MOVES = np.array([-4, -3, -2, -1, 1, 2, 3, 4])


class Linear(Index):
    """An index in which every tune is compared."""

    def _rows(self, own: NDArray[np.uint8], points: int, owners: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.flatnonzero(self.points == points)

    def _bits_of(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        begin, sound = self._bits
        return begin[rows], sound[rows]


class Source:
    """A tune of the corpus as arrays: its melody, its grid, and which note of the melody begins where on the grid."""

    def __init__(self, tune: Tune) -> None:
        self.entry = IndexEntry.of(tune)
        self.melody = melody_of(tune)
        self.places = np.flatnonzero(begins(self.entry.grid))
        sounding = self.entry.grid[self.places].astype(np.int64)
        # The grid skips notes that are shorter than its points, and lead-ins: match its notes in order.
        note, found = 0, []
        for pitch in sounding:
            ahead = np.flatnonzero(self.melody.pitches[note : note + _SKIPPED] == pitch)
            note += int(ahead[0]) if len(ahead) else 0
            found.append(min(note, len(self.melody.pitches) - 1))
            note += 1
        self.notes = np.array(found, np.int64)

    def setting(self, pitches: NDArray[np.int64], title: str) -> IndexEntry:
        """Return the entry of a tune with this rhythm and these pitches."""
        grid = self.entry.grid.copy()
        grid[self.places] = np.clip(pitches[self.notes], SILENT + 1, HELD - 1)
        hashes = run_hashes(Melody(pitches, self.melody.lengths, self.melody.onsets))
        return IndexEntry(title, hashes, grid, self.entry.points)


class Invented:
    """Melodies without end, each with ``settings`` settings."""

    def __init__(self, corpus: Corpus, sources: int, settings: int) -> None:
        chosen = random.Random(1).sample(corpus.tunes, min(sources, len(corpus.tunes)))
        tunes = [read_tunes(tune.text)[0] for tune in chosen]
        made = [Source(tune) for tune in tunes]
        self.sources = [source for source in made if len(source.melody.pitches) >= 40 and len(source.places) >= 40]
        self.settings = settings

    def melody(self, number: int) -> tuple[Source, NDArray[np.int64]]:
        """Return the rhythm and the pitches of a melody: those of a tune, its figures of six intervals shuffled."""
        source, other = (self.sources[each % len(self.sources)] for each in (number, number * 7 + 1))
        intervals = np.resize(np.diff(other.melody.pitches), len(source.melody.pitches) - 1)
        figures = np.arange(len(intervals)) // 6
        order = np.random.default_rng(number).permutation(figures[-1] + 1)
        shuffled = intervals[np.argsort(order[figures], kind="stable")]
        pitches = 67 + np.concatenate([[0], shuffled.cumsum()])
        return source, 48 + (pitches - 48) % 48  # what wanders off comes back by octaves

    def pitches(self, count: int, rng: np.random.Generator) -> Iterator[tuple[Source, NDArray[np.int64]]]:
        """Yield settings with up to a tenth of their notes moved, melody by melody, the first one as it is."""
        for number in range(count):
            source, pitches = self.melody(number // self.settings)
            share = rng.random() / 10 if number % self.settings else 0.0
            yield source, moved(pitches, share, rng)


def moved(pitches: NDArray[np.int64], share: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return pitches in another key, with this share of them moved."""
    changed = pitches + rng.integers(-5, 6)
    return np.where(rng.random(len(pitches)) < share, changed + rng.choice(MOVES, len(pitches)), changed)


class Asked:
    """Stands for a tune where an index is asked: it has a melody, a grid and a title."""

    def __init__(self, source: Source, pitches: NDArray[np.int64]) -> None:
        self.entry = source.setting(pitches, "")
        self.melody = Melody(pitches, source.melody.lengths, source.melody.onsets)
        self.title = ""


def judged(index: Index, asked: Asked) -> tuple[str, float]:
    """Return the nearest tune, and the milliseconds that the search took."""
    begun = time.process_time()
    _, owners = index._copied(asked.melody)
    nearest, _, _ = index._nearest(asked.entry.grid, asked.entry.points, owners)
    return nearest, 1000 * (time.process_time() - begun)


def search(invented: Invented, count: int, asked: int, folder: Path) -> dict[str, float]:
    """Build, write, map and search an index of ``count`` tunes."""
    rng = np.random.default_rng(count)
    begun = time.process_time()
    named = (
        (source.setting(pitches, ""), str(number))
        for number, (source, pitches) in enumerate(invented.pitches(count, rng))
    )
    made = Index.of_entries(named)
    figures = {"tunes": count, "build, s": time.process_time() - begun}
    made.save(folder / "scale.index")
    del made
    figures["file, MB"] = (folder / "scale.index").stat().st_size / 1e6
    begun = time.perf_counter()
    index = Index.load(folder / "scale.index")
    figures["load, s"] = time.perf_counter() - begun
    linear = Linear(*(getattr(index, field.name) for field in fields(Index)))
    planted = rng.integers(0, count // invented.settings, asked)
    spent: list[float] = []
    spent_linear: list[float] = []
    for level in LEVELS:
        same = right = 0
        for number in planted[: asked // len(LEVELS)]:
            each = Asked(*_moved(invented.melody(int(number)), level, rng))
            (near, one), (nearest, other) = judged(index, each), judged(linear, each)
            spent.append(one)
            spent_linear.append(other)
            same += near == nearest
            right += int(near) // invented.settings == number
        figures[f"same nearest at {level:.0%}"] = same / (asked // len(LEVELS))
        figures[f"right melody at {level:.0%}"] = right / (asked // len(LEVELS))
    figures |= {"ms a tune": mean(spent), "median": median(spent), "longest": max(spent)}
    figures |= {"ms, every tune compared": mean(spent_linear), "ratio": mean(spent_linear) / mean(spent)}
    return figures


def _moved(
    melody: tuple[Source, NDArray[np.int64]], share: float, rng: np.random.Generator
) -> tuple[Source, NDArray[np.int64]]:
    return melody[0], moved(melody[1], share, rng)


def find_families(invented: Invented, count: int) -> dict[str, float]:
    """Find the families of ``count`` tunes, no two of one title, and of a tenth of them; by runs alone too."""
    rng = np.random.default_rng(count)
    runs, contours = [], []
    for source, pitches in invented.pitches(count, rng):
        runs.append(runs_of_pitches(pitches))
        contours.append(contour_of_grid(source.setting(pitches, "").grid, source.entry.points))
    titles = [str(number) for number in range(count)]
    spent, mixed = [], []
    settings = invented.settings
    for some, shape in ((count // 10, contours), (count, []), (count, contours)):
        begun = time.process_time()
        found = families_of_runs(runs[:some], titles[:some], shape[:some])
        spent.append(time.process_time() - begun)
        melodies: dict[int, set[int]] = {}
        for number, family in enumerate(found):
            melodies.setdefault(family, set()).add(number // settings)
        mixed.append(sum(len(each) > 1 for each in melodies.values()))
    together = [max(Counter(found[at : at + settings]).values()) for at in range(0, count, settings)]
    return {
        "tunes": count,
        "settings of a melody": settings,
        "families": len(set(found)),
        "settings in the largest family of their melody": sum(together) / count,
        "families of more than one melody": mixed[2],
        "families of more than one melody, by runs alone": mixed[1],
        "s": spent[2],
        "ratio to runs alone": spent[2] / spent[1],
        "ratio to a tenth of the tunes": spent[2] / spent[0],
    }


def count_settings(invented: Invented, count: int) -> dict[str, float]:
    """Count the families of ``count`` settings of one melody, among as many other melodies, by share of moved notes.

    Each share is measured for four melodies, and again in another rhythm (``passing``). The figures are of each melody,
    and how many families have other melodies too.
    """
    figures: dict[str, float] = {"tunes": count}
    others = [invented.melody(10_000 + number) for number in range(count)]
    for varied in (False, True):
        for share in (0.01, 0.03, 0.05, 0.08, 0.1, 0.15):
            left, mixed = [], 0
            for number in range(4):
                rng = np.random.default_rng(number)
                source, pitches = invented.melody(number)
                grids = [source.setting(moved(pitches, share, rng), "").grid for _ in range(count)]
                if varied:
                    grids = [passing(grid, rng) for grid in grids]
                grids += [other.setting(each, "").grid for other, each in others]
                points = [source.entry.points] * count + [other.entry.points for other, _ in others]
                runs = [runs_of_pitches(grid[begins(grid)].astype(np.int64)) for grid in grids]
                found = families_of_runs(runs, [""] * len(runs), list(map(contour_of_grid, grids, points)))
                left.append(len(set(found[:count])))
                mixed += len(set(found[:count]) & set(found[count:]))
            name = f"families, {share:.0%} moved{', other rhythm' * varied}"
            figures |= {f"{name}: melody {number + 1}": families for number, families in enumerate(left)}
            figures[f"{name}: with others"] = mixed
    return figures


def passing(grid: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return a grid in which a third of the notes go on to a neighbouring note, or the same again, halfway."""
    changed = grid.copy()
    places = np.flatnonzero(begins(grid)[:-4])
    long = places[(grid[places[:, None] + np.arange(1, 4)] == HELD).all(1)]
    chosen = long[rng.random(len(long)) < 1 / 3]
    changed[chosen + 2] = grid[chosen] + rng.choice([-2, -1, 0, 1, 2], len(chosen))
    return changed


def read(count: int, folder: Path) -> dict[str, float]:
    """Validate a tunebook of this many invented reels in a process of its own."""
    book = folder / "reels.abc"
    turns = [str.maketrans("ABCDEFG", "ABCDEFG"[turn:] + "ABCDEFG"[:turn]) for turn in range(7)]
    with book.open("w") as file:
        for number in range(1, count + 1):
            bars = "D2FA dAFA|B2GB dBGB|c2ec gcec|d2fd A2FA".translate(turns[number % 7])
            title = f"The Invented Reel of the Thousand {number}"
            file.write(f"X:{number}\nT:{title}\nR:reel\nM:4/4\nL:1/8\nK:D\n" + f"|:{bars}|\n{bars}:|\n" * 2 + "\n")
    command = [sys.executable, "-m", "folkrnn", "validate", "--no-second", "--summary", "--quiet", str(book)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if status:
        raise SystemExit(f"the tunes were not validated: status {process.returncode}")
    return {
        "tunes": count,
        "file, MB": book.stat().st_size / 1e6,
        "most memory of the reader, MB": used.ru_maxrss / 1024,
        "s": used.ru_utime + used.ru_stime,
    }


def find_pairs(invented: Invented, count: int) -> dict[str, float]:
    """Find the pairs of ``count`` tunes that share half of their notes in runs, and those of a tenth of the tunes."""
    rng = np.random.default_rng(count)
    made = [
        Melodic(run_hashes(Melody(pitches, source.melody.lengths, source.melody.onsets)), len(pitches))
        for source, pitches in invented.pitches(count, rng)
    ]
    spent = []
    for some in (made[: count // 10], made):
        begun = time.process_time()
        pairs = pairs_within(some, 0.5)
        spent.append(time.process_time() - begun)
    return {
        "tunes": count,
        "pairs": len(pairs),
        "join, s": spent[1],
        "ratio to a tenth of the tunes": spent[1] / spent[0],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--tunes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--corpus", type=Path, help="a built corpus instead of the default recipe")
    parser.add_argument("--sources", type=int, default=2000, help="tunes that lend rhythms and pitches")
    parser.add_argument("--settings", type=int, default=10, help="settings of each melody")
    parser.add_argument("--asked", type=int, default=100, help="planted copies to search for")
    parser.add_argument("--only", choices=["search", "families", "settings", "reading", "within"])
    add_json_option(parser)
    options = parser.parse_args()
    print(processor_name())
    if options.only != "reading":
        corpus = load_corpus(options.corpus) if options.corpus else build_corpus(load_recipe("default"))
        invented = Invented(corpus, options.sources, options.settings)
    figures = []
    with TemporaryDirectory() as folder:
        for count in options.tunes:
            if options.only == "reading":
                figures.append(read(count, Path(folder)))
                show(figures[-1])
            if options.only in (None, "within"):
                figures.append(find_pairs(invented, count))
                show(figures[-1])
            if options.only in (None, "search"):
                figures.append(search(invented, count, options.asked, Path(folder)))
                show(figures[-1])
            if options.only in (None, "families"):
                figures.append(find_families(invented, count))
                show(figures[-1])
    if options.only in (None, "settings"):
        figures.append(count_settings(invented, 1000))
        show(figures[-1])
    print(f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")
    write_figures(options, {"runs": figures})


def show(figures: dict[str, float]) -> None:
    for name, value in figures.items():
        print(f"{name:48} " + (f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"))
    print(flush=True)


if __name__ == "__main__":
    main()
