"""A tune as a music21 score, built object by object.

music21's own ABC reader is never used: what folkrnn has read is put into music21's measures, notes and
spanners as it stands, so that MusicXML and engraving both show exactly the tune that was validated.
Lengths are fractions of a whole note everywhere in folkrnn and of a quarter note in music21.

    to_score(tune)       the tune as written, each of its staves a part
    musicxml(score)      a score as MusicXML
    tune_musicxml(tune)  both
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import music21 as m21

from folkrnn.errors import FolkrnnError, ScoreError
from folkrnn.notation.articles import shown_title
from folkrnn.notation.tune import Tune
from folkrnn.score.document import document
from folkrnn.score.parts import parts
from folkrnn.score.words import printable

__all__ = ["musicxml", "printable", "to_score", "tune_musicxml"]

CARRIED_FIELDS = frozenset("ABCDFGHKNOPRSTZ")
"""Fields of the header that a score carries as they are written, so that it can become the same tune again."""

CARRIED_PREFIX = "abc-"
"""What stands before the letter of such a field, in the name of a miscellaneous field of MusicXML."""


def to_score(tune: Tune) -> m21.stream.Score:
    """Return the tune as written: a part for each staff, with repeats, endings, beams and signs.

    Raises ScoreError for lengths that no note can show and for whatever music21 refuses.
    """
    with _gate(tune):
        score = m21.stream.Score(id="score")
        score.insert(0, _metadata(tune))
        for part in parts(tune):
            score.insert(0, part)
        return score


def musicxml(score: m21.stream.Score) -> bytes:
    """Return a score of to_score as an uncompressed MusicXML document."""
    with _gate():
        return document(score)


def tune_musicxml(tune: Tune, for_people: bool = True) -> bytes:
    """Return a tune as an uncompressed MusicXML document, indented ``for_people``.

    Raises ScoreError where music21 cannot represent the tune.
    """
    with _collected_after(), _gate(tune):
        return document(to_score(tune), for_people)


@contextmanager
def _collected_after() -> Iterator[None]:
    """Put Python's collection of garbage off until the block ends, and then collect what the block left.

    Nearly all objects of a score die with it, but they refer to each other. Python would look at them many times while
    they live, and now and then at all that the process holds.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.collect(0)


@contextmanager
def _gate(tune: Tune | None = None) -> Iterator[None]:
    """Turn whatever music21 raises into a ScoreError: it raises anything from IndexError to its own."""
    try:
        yield
    except FolkrnnError:
        raise
    except Exception as error:
        what = f"tune {tune.number} {tune.title!r}" if tune else "the score"
        raise ScoreError(f"music21 cannot represent {what}: {type(error).__name__}: {error}") from error


def _metadata(tune: Tune) -> m21.metadata.Metadata:
    """Return title, other titles, composer and origin."""
    data = m21.metadata.Metadata(movementName=printable(shown_title(tune.title)) or "Untitled")
    for title in tune.all_fields("T")[1:]:
        data.add("alternativeTitle", printable(shown_title(title)))
    # music21 names itself as the composer of a piece without one.
    data.composer = printable(tune.field("C")) or "Traditional"
    if tune.origin:
        data.localeOfComposition = printable(tune.origin)
    for letter, text in (*tune.book, *tune.fields):
        if letter in CARRIED_FIELDS:
            data.addCustom(CARRIED_PREFIX + letter, printable(text))
    return data
