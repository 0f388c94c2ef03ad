"""Compare music21's reading of our canonical text with ours, tune by tune, over the fiddle collections.

Every tune that our reader finds playable is written as canonical text, as in the corpora and in full. Our reader must
read the same sounds from the text, and music21 should read the same pitches and onsets.
"""

import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter
from typing import NamedTuple

from folkrnn.corpus.sources import music21_collection
from folkrnn.errors import ScoreError
from folkrnn.notation import Tune, canonical, decode, is_playable, performance, read_tunes, without
from folkrnn.score.reading import second_reading

CORPUS_LEAVES_OUT = frozenset({"articulation", "slurs", "chord_symbols", "annotations", "hidden_rests"})
TEXTS = {"corpus": CORPUS_LEAVES_OUT, "full": frozenset[str]()}
PROCESSES = 2


class Verdict(NamedTuple):
    """A text of a tune, what is wrong with it (empty for nothing), and the seconds that the check took."""

    label: str
    place: str
    cause: str
    seconds: float


def judged(path: Path) -> list[Verdict]:
    """Return the verdicts on the texts of each playable tune of a file."""
    verdicts = []
    for tune in read_tunes(decode(path.read_bytes()), path.name):
        if is_playable(tune.findings):
            for label, features in TEXTS.items():
                begin = perf_counter()
                cause = difference(without(tune, features))
                seconds = perf_counter() - begin
                verdicts.append(Verdict(label, f"{tune.source}:{tune.line} {tune.title}", cause, seconds))
    return verdicts


def difference(tune: Tune) -> str:
    """Return what is wrong with the canonical text of a tune; empty for nothing."""
    text, sounds = canonical(tune), performance(tune)
    if performance(read_tunes(text)[0]) != sounds:
        return "our reader"
    try:
        theirs = second_reading(text)
    except ScoreError as error:
        return str(error)
    if len(sounds) != len(theirs):
        return "count of notes"
    for name, kind in (("onset", 0), ("midi", 1), ("duration", 2)):
        if [sound[kind] for sound in sounds] != [sound[kind] for sound in theirs]:
            return name
    return ""


def main() -> None:
    """Print, for each collection and kind of text, how many tunes agree, and where the rest differ."""
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        for collection in sys.argv[1:] or ["oneills1850", "ryansMammoth", "airdsAirs"]:
            verdicts = [verdict for file in pool.map(judged, music21_collection(collection)) for verdict in file]
            for label in TEXTS:
                report(collection, label, [verdict for verdict in verdicts if verdict.label == label])


def report(collection: str, label: str, verdicts: list[Verdict]) -> None:
    """Print one kind of text of one collection."""
    causes = Counter(verdict.cause for verdict in verdicts)
    agree, count = causes.pop("", 0), len(verdicts)
    pace = 1000 * sum(verdict.seconds for verdict in verdicts) / count
    print(f"{collection} {label}: {agree} of {count} tunes agree ({agree / count:.2%}); {pace:.0f} ms a tune")
    for cause, times in causes.most_common():
        print(f"    {times} {cause}: {'; '.join(verdict.place for verdict in verdicts if verdict.cause == cause)}")


if __name__ == "__main__":
    main()
