"""A tune as a music21 score, built object by object.

music21's own ABC reader is never used: what folkrnn has read is put into music21's measures, notes and
spanners as it stands, so that MusicXML, engraving and MIDI all show exactly the tune that was validated.
Lengths are fractions of a whole note everywhere in folkrnn and of a quarter note in music21.

    to_score(tune)            the tune as written, each of its staves a part
    to_performed_score(tune)  every bar in the order it is played, with nothing but notes
    musicxml(score)           a score as MusicXML
    midi(score)               a performed score as music21's MIDI
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import music21 as m21
from music21.midi import translate

from folkrnn.errors import FolkrnnError, ScoreError
from folkrnn.notation.articles import shown_title
from folkrnn.notation.bars import completes_measure
from folkrnn.notation.repeats import performed_order
from folkrnn.notation.tune import NO_MARKS, Bar, Note, Tune
from folkrnn.score.document import document
from folkrnn.score.parts import parts
from folkrnn.score.words import printable

__all__ = ["MUSIC21_TICKS", "midi", "musicxml", "printable", "to_performed_score", "to_score", "unfolded"]

MUSIC21_TICKS = 10080
"""music21's MIDI ticks to a quarter note."""


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


def to_performed_score(tune: Tune) -> m21.stream.Score:
    """Return the tune as played: repeats and endings unfolded, with neither grace notes nor signs."""
    return to_score(unfolded(tune))


def unfolded(tune: Tune, order: Sequence[int] | None = None) -> Tune:
    """Return the tune with its bars in performed order, or in another, stripped to notes, ties and changes.

    The bars are numbered as they are played.
    """
    plain = [_plain(bar) for bar in tune.bars]
    played, number = [], 0
    for index in performed_order(tune) if order is None else order:
        number += not completes_measure(tune.bars, index)
        played.append(replace(plain[index], number=number))
    return tune.with_bars(tuple(played))


def musicxml(score: m21.stream.Score) -> bytes:
    """Return a score of to_score as an uncompressed MusicXML document."""
    with _gate():
        return document(score)


def midi(score: m21.stream.Score) -> bytes:
    """Return the notes of a score of to_performed_score as a MIDI file of MUSIC21_TICKS ticks a quarter note."""
    with _gate():
        # Without measures music21 has no repeats to look for, which takes it long.
        notes = m21.stream.Part()
        for measure in score.parts[0].getElementsByClass(m21.stream.Measure):
            for element in measure.notes:
                notes.coreInsert(m21.common.opFrac(measure.offset + element.offset), element)
        notes.coreElementsChanged()
        return bytes(translate.streamToMidiFile(m21.stream.Score([notes])).writestr())


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


def _plain(bar: Bar) -> Bar:
    """Return a bar with notes, ties and changes only."""
    notes = tuple(
        Note(each.pitches, each.duration, each.tie, each.tuplet, line=each.line, column=each.column)
        for each in bar.notes
    )
    return replace(bar, notes=notes, opens=False, plays=1, edge="", ending=(), overlays=(), closing=NO_MARKS)


def _metadata(tune: Tune) -> m21.metadata.Metadata:
    """Return title, other titles, composer and origin."""
    data = m21.metadata.Metadata(movementName=printable(shown_title(tune.title)) or "Untitled")
    for title in tune.all_fields("T")[1:]:
        data.add("alternativeTitle", printable(shown_title(title)))
    # music21 names itself as the composer of a piece without one.
    data.composer = printable(tune.field("C")) or "Traditional"
    if tune.origin:
        data.localeOfComposition = printable(tune.origin)
    return data
