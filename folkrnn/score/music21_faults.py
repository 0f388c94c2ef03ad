"""What music21's ABC reader misreads, and what it is given instead, so that its reading can still be compared.

Each fault is known by name. A tune that it concerns is given to music21 as the same notes in other writing. No note is
left out and none is taken on trust: what music21 reads must still be what we read.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from folkrnn.notation.canonical import without_inner_ties
from folkrnn.notation.findings import NOTE, Finding
from folkrnn.notation.key import Key
from folkrnn.notation.microtones import has_microtones, in_semitones
from folkrnn.notation.repeats import order_of
from folkrnn.notation.spelling import plain_key
from folkrnn.notation.tune import Bar, Change, Tune

MAX_SIGNS = 7
"""The most sharps or flats of a signature that music21 reads: of more, it alters each step only once."""

MAX_TUPLET = 9
"""The largest tuplet that music21 reads: it takes one digit."""

UNKNOWN_TONICS = ("B#", "Fb")
"""The tonics that music21 reads as others: it takes the sign for the beginning of a mode."""

_MAJORS = ("Cb", "Gb", "Db", "Ab", "Eb", "Bb", "F", "C", "G", "D", "A", "E", "B", "F#", "C#")
"""The major keys from seven flats to seven sharps."""


class Fault(NamedTuple):
    """A fault of music21: the code and the sentence of its note, the bars that it concerns, and another writing.

    ``loses`` says that the other writing sounds otherwise, so that only that can be compared.
    """

    code: str
    sentence: str
    concerns: Callable[[Bar], bool]
    rewritten: Callable[[Tune], Tune]
    loses: bool = False


def for_music21(tune: Tune) -> tuple[Tune, Tune, list[Finding]]:
    """Return a tune without what music21 misreads, what it must sound like, and a note for each fault that it met."""
    findings = []
    compared = tune
    heads = _key_heads(tune.bars)
    for fault in FAULTS:
        bar = next(filter(fault.concerns, heads if fault.code == "key-misread" else tune.bars), None)
        if bar is not None:
            findings.append(Finding(fault.code, NOTE, bar.line, bar.column, bar.number, fault.sentence))
            tune = fault.rewritten(tune)
            compared = fault.rewritten(compared) if fault.loses else compared
            heads = _key_heads(tune.bars)
    # In a tune of one bar music21 may see no repeat; that says nothing about the tune.
    return (_written_out(tune) if len(tune.bars) == 1 else tune), compared, findings


def _key_heads(bars: Sequence[Bar]) -> list[Bar]:
    """Return the bars in which a key may begin: most have that of the bar before."""
    return [bar for place, bar in enumerate(bars) if not place or bar.changes or bar.key is not bars[place - 1].key]


def _many_passes(bar: Bar) -> bool:
    return bar.plays > 2 or bar.ending not in ((), (1,), (2,))


def _written_out(tune: Tune) -> Tune:
    """Return the tune with every bar in the order of playing, without repeats and endings."""
    bars: list[Bar] = []
    for index in order_of(tune.bars):
        bar = replace(tune.bars[index], opens=False, plays=1, edge="", ending=())
        if bar.key != (bars[-1].final_key if bars else tune.key):
            bar = replace(bar, changes=(Change(0, "K", bar.key), *bar.changes))
        bars.append(bar)
    return tune.with_bars(tuple(bars))


def _keys(bar: Bar) -> list[Key]:
    return [bar.key, *(change.value for change in bar.changes if isinstance(change.value, Key))]


def _in_locrian(bar: Bar) -> bool:
    return any(plain_key(key).mode == "loc" for key in _keys(bar))


def _on_unknown_tonic(bar: Bar) -> bool:
    return any(key.tonic in UNKNOWN_TONICS for key in _keys(bar))


def _with_many_signs(bar: Bar) -> bool:
    return any(abs(key.fifths) > MAX_SIGNS for key in _keys(bar))


def _in_major(key: Key) -> Key:
    """Return the major key of the same signature, or C if there is none; the notes then carry what it lacks."""
    fifths = plain_key(key).fifths
    return Key(_MAJORS[fifths + MAX_SIGNS]) if abs(fifths) <= MAX_SIGNS else Key("C")


def _all_in_major(tune: Tune) -> Tune:
    bars = [
        replace(
            bar,
            key=_in_major(bar.key),
            changes=tuple(
                change._replace(value=_in_major(change.value)) if isinstance(change.value, Key) else change
                for change in bar.changes
            ),
        )
        for bar in tune.bars
    ]
    return replace(tune.with_bars(tuple(bars)), key=_in_major(tune.key))


def _with_large_tuplet(bar: Bar) -> bool:
    return any(note.tuplet is not None and note.tuplet.actual > MAX_TUPLET for note in bar.notes)


def _without_tuplets(tune: Tune) -> Tune:
    """Return the tune with every note of a tuplet written with the length that it has, such as 8/11."""
    bars = [replace(bar, notes=tuple(note._replace(tuplet=None) for note in bar.notes)) for bar in tune.bars]
    return tune.with_bars(tuple(bars))


def _with_inner_tie(bar: Bar) -> bool:
    return any(note.tied for note in bar.notes)


_OTHER_KEY = "so it was given the same notes in the major key of that signature, or with an accidental at each note"

FAULTS = (
    Fault(
        "repeats-unread",
        "music21 reads only two passes and two endings, so it was given this tune with its repeats written out",
        _many_passes,
        _written_out,
    ),
    Fault("key-misread", f"music21 does not know the locrian mode, {_OTHER_KEY}", _in_locrian, _all_in_major),
    Fault("key-misread", f"music21 knows no key on B# or Fb, {_OTHER_KEY}", _on_unknown_tonic, _all_in_major),
    Fault(
        "key-misread",
        f"music21 misreads a signature with double sharps or flats, {_OTHER_KEY}",
        _with_many_signs,
        _all_in_major,
    ),
    Fault(
        "tuplet-misread",
        "music21 reads no tuplet of more than nine, so it was given its notes with the lengths that they have",
        _with_large_tuplet,
        _without_tuplets,
    ),
    Fault(
        "microtones-unread",
        "music21 reads no microtones, so it was given the nearest semitones",
        has_microtones,
        in_semitones,
        loses=True,
    ),
    Fault(
        "ties-unread",
        "music21 reads no ties of single notes of a chord, so it was given the chords without them",
        _with_inner_tie,
        without_inner_ties,
        loses=True,
    ),
)
"""The faults of music21 10.5, in the order in which they are dealt with."""
