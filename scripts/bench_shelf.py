"""Measure how fast a shelf opens: without an index, with one, and the full reader on the same books, in one run.

The tunes are those of the music21 collections, copied into a temporary folder. The index says which books have not
changed, so their headers need not be read again.
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarking import add_json_option, write_figures

from folkrnn.corpus import music21_collection
from folkrnn.notation import decode, read_tunes
from folkrnn.studio.shelf import Shelf

COLLECTIONS = ("oneills1850", "ryansMammoth", "airdsAirs", "essenFolksong", "miscFolk")


def fill(folder: Path, tunes: int, separate: bool) -> int:
    """Put tunes into a folder, a book for each collection or as the collections have them; return how many."""
    count = 0
    for collection in COLLECTIONS:
        parts = []
        for path in music21_collection(collection):
            if count < tunes:
                parts.append(path.read_bytes())
                count += len(read_tunes(decode(parts[-1])))
        texts = parts if separate else [b"\n\n".join(parts)]
        for number, text in enumerate(texts, 1):
            (folder / f"{collection}-{number}.abc").write_bytes(text)
    return count


def seconds(function: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def read_all(folder: Path) -> None:
    """Read every tune with the full reader."""
    for path in folder.glob("*.abc"):
        read_tunes(decode(path.read_bytes()))


def main() -> None:
    """Print seconds for each way, the ratios to the full reader, and milliseconds of what a page asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tunes", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--separate", action="store_true", help="books as the collections have them, some a thousand")
    add_json_option(parser)
    arguments = parser.parse_args()
    times: dict[str, list[float]] = {name: [] for name in ("reader", "without index", "with index")}
    calls: dict[str, list[float]] = {name: [] for name in ("version", "entries", "get", "add", "change")}
    for _ in range(arguments.rounds):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            count = fill(folder, arguments.tunes, arguments.separate)
            books = len(list(folder.glob("*.abc")))
            time.sleep(0.2)  # a file that has just been written is read again
            times["without index"].append(seconds(lambda: Shelf(folder).entries()))  # noqa: B023
            times["with index"].append(seconds(lambda: Shelf(folder).entries()))  # noqa: B023
            times["reader"].append(seconds(lambda: read_all(folder)))  # noqa: B023
            shelf = Shelf(folder)
            entry = shelf.entries()[0]
            text = shelf.get(entry.id).text
            calls["add"].append(seconds(lambda: shelf.add(text)))  # noqa: B023
            new = f"{text}% changed\n"
            calls["change"].append(seconds(lambda: shelf.change(entry.id, entry.etag, text=new)))  # noqa: B023
            time.sleep(0.2)
            calls["entries"].append(seconds(shelf.entries))
            calls["get"].append(seconds(lambda: shelf.get(entry.id)))  # noqa: B023
            calls["version"].append(seconds(shelf.version))
    print(f"{count} tunes in {books} books", file=sys.stderr)
    opened = {way: statistics.median(each) for way, each in times.items()}
    for way, taken in opened.items():
        print(f"{way}: {taken:.2f} s, the full reader takes {opened['reader'] / taken:.1f} times as long")
    for call, each in calls.items():
        print(f"{call}: {1000 * statistics.median(each):.1f} ms")
    write_figures(
        arguments,
        {
            "tunes": count,
            "books": books,
            "seconds": opened,
            "reader_over_shelf": {way: opened["reader"] / taken for way, taken in opened.items() if way != "reader"},
            "ms": {call: 1000 * statistics.median(each) for call, each in calls.items()},
        },
    )


if __name__ == "__main__":
    main()
