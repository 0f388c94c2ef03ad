"""How an instrument plays a tune: strings and frets, holes, or buttons.

A note may have several places. One is chosen for each so that the hands have least to do on the whole
(``cheapest``), by dynamic programming over all ways from note to note.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import NamedTuple, TypeVar

from folkrnn.errors import NotationError
from folkrnn.notation.pitch import Pitch
from folkrnn.notation.tune import Bar, Note, Tune
from folkrnn.notation.tunings import REEDS, STRINGED, WHISTLE_HOLES, WHISTLES, Reed, Strings

FINGERED = (*WHISTLES, *REEDS)
"""The names of the instruments that have a fingering under their notes."""

MOVED, HIGH = 4, 1
"""The costs of moving the hand by a fret, and of a note for each fret that the hand is above the first."""

BENT, TURNED, CROSSED, APART = 30, 10, 5, 1
"""The costs of a bend by a semitone, of turning breath or bellows, of another row, and of each button further."""

Way = TypeVar("Way")


def cheapest(ways: Sequence[Sequence[Way]], cost: Callable[[Way | None, Way], int]) -> list[Way]:
    """Return one way to play each note, so that the sum of ``cost(before, way)`` is least; before the first is None.

    Where sums are equal, the way that is named first is taken. No note may be without a way.
    """
    sums: list[int] = []
    origins: list[list[int]] = []
    before: Sequence[Way | None] = [None]
    for here in ways:
        last = sums or [0]
        found = [min((last[at] + cost(old, way), at) for at, old in enumerate(before)) for way in here]
        sums = [total for total, _ in found]
        origins.append([at for _, at in found])
        before = here
    place = sums.index(min(sums)) if sums else 0
    chosen: list[Way] = []
    for here, origin in zip(reversed(ways), reversed(origins), strict=True):
        chosen.append(here[place])
        place = origin[place]
    return chosen[::-1]


# Strings ----------------------------------------------------------------------------------------------


class StringFret(NamedTuple):
    """A place on a fretted instrument: a ``string``, from 1, and a ``fret``, 0 for the open string."""

    string: int
    fret: int


class _Grip(NamedTuple):
    """The places of a note or chord, and the fret of the first finger, whether it is needed or not."""

    hand: int
    places: tuple[StringFret, ...]


def frets(chords: Sequence[tuple[int, ...]], strings: Strings) -> list[tuple[StringFret, ...]]:
    """Return the places of notes and chords, given as MIDI numbers, in the order of their notes.

    Open strings are played wherever there is one. Otherwise the hand moves as little as can be, and it stays low.
    Raises NotationError for what the instrument cannot play.
    """
    known = {chord: _grips(chord, strings) for chord in set(chords)}
    for chord in chords:
        if not known[chord]:
            raise NotationError(f"no hand can play the notes {chord} at once on these strings")

    low = [known[chord][0] for chord in chords]
    if all(grip.hand == 1 for grip in low):
        return [grip.places for grip in low]  # it costs nothing, so no search finds better

    def cost(before: _Grip | None, grip: _Grip) -> int:
        return MOVED * abs(grip.hand - (before.hand if before else 1)) + HIGH * (grip.hand - 1)

    return [grip.places for grip in cheapest([known[chord] for chord in chords], cost)]


def _grips(chord: tuple[int, ...], strings: Strings) -> list[_Grip]:
    """Return the best places of a chord for each place of the hand that can play it."""
    grips = []
    for hand in range(1, strings.frets + 1):
        choices = [_within(note, hand, strings) for note in chord]
        sets = [each for each in product(*choices) if len({place.string for place in each}) == len(each)]
        if sets:
            grips.append(_Grip(hand, min(sets, key=_effort)))
    return grips


def _within(note: int, hand: int, strings: Strings) -> list[StringFret]:
    """Return the places of a note that a hand reaches, open strings among them."""
    last = min(strings.frets, hand + strings.reach - 1)
    found = (StringFret(string, note - start) for string, start in enumerate(strings.open, 1))
    return [place for place in found if place.fret == 0 or hand <= place.fret <= last]


def _effort(places: Sequence[StringFret]) -> tuple[int, int]:
    """Return how many fingers places need, and the sum of their frets."""
    return sum(place.fret > 0 for place in places), sum(place.fret for place in places)


# Holes and buttons ------------------------------------------------------------------------------------


def with_fingering(tune: Tune, instrument: str) -> Tune:
    """Return a tune with a line of words below its melody that says how to play each note, above its other words.

    Of a chord the highest note is shown; a note that is held over has nothing. Raises NotationError for
    an instrument without a fingering, and for the first note that it lacks.
    """
    if instrument not in FINGERED:
        raise NotationError(f"{instrument!r} has no fingering here; expected one of {', '.join(FINGERED)}")
    check_playable(tune, instrument)
    notes, held = [], False
    for _, note in _sounding(tune):
        if not held:
            notes.append(note)
        held = note.top in note.held
    texts = iter(_texts([note.top.midi for note in notes if note.top], instrument))
    shown = {id(note): text for note, text in zip(notes, texts, strict=True)}

    def fingered(note: Note) -> Note:
        text = shown.get(id(note), "")
        return note._replace(lyrics=(text, *note.lyrics)) if text or note.lyrics else note

    return tune.with_bars(tuple(replace(bar, notes=tuple(map(fingered, bar.notes))) for bar in tune.bars))


def _texts(notes: Sequence[int], instrument: str) -> list[str]:
    """Return how to play each note, as it is shown below it."""
    if instrument in WHISTLES:
        return [WHISTLE_HOLES[note - WHISTLES[instrument]] for note in notes]
    return [str(reed) for reed in cheapest([REEDS[instrument][note] for note in notes], _turns)]


def _turns(before: Reed | None, reed: Reed) -> int:
    """Return the cost of a reed after another one."""
    cost = BENT * reed.bends
    if before:
        cost += TURNED * (reed.pull != before.pull) + CROSSED * (reed.row != before.row)
        cost += APART * abs(reed.button - before.button)
    return cost


# What an instrument lacks -----------------------------------------------------------------------------


def check_playable(tune: Tune, instrument: str) -> None:
    """Raise NotationError, naming the note and its bar, if an instrument lacks a note of a tune's melody."""
    for bar, note in _sounding(tune):
        chord = note.pitches if instrument in STRINGED else note.pitches[-1:]
        for pitch in chord:
            if pitch.bend or not _has(instrument, pitch.midi):
                raise NotationError(
                    f"the {instrument} has no {_name(pitch)} (bar {bar.number}); another octave or key may suit it"
                )
        if instrument in STRINGED and not _grips(tuple(pitch.midi for pitch in chord), STRINGED[instrument]):
            names = " ".join(map(_name, chord))
            raise NotationError(
                f"the {instrument} cannot play {names} at once (bar {bar.number}); another key may suit it"
            )


def _has(instrument: str, note: int) -> bool:
    if instrument in STRINGED:
        strings = STRINGED[instrument]
        return any(0 <= note - start <= strings.frets for start in strings.open)
    if instrument in WHISTLES:
        return 0 <= note - WHISTLES[instrument] < len(WHISTLE_HOLES)
    return note in REEDS[instrument]


def _name(pitch: Pitch) -> str:
    """Return the name of a pitch with its octave: ``F#3``; a microtone as ABC writes it."""
    return str(pitch) if pitch.bend else f"{pitch.name}{pitch.octave}"


def _sounding(tune: Tune) -> Iterator[tuple[Bar, Note]]:
    """Yield each note of the melody that is no rest, with its bar."""
    return ((bar, note) for bar in tune.bars for note in bar.notes if note.pitches)
