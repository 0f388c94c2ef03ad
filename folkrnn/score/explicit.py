"""A tune as programs that play a score need it: what musicians know without a sign is written out.

A page may leave out ``|:`` after ``:|``, and show the same sign where one leaves for the coda and where one arrives.
Programs go back to the beginning then, and take both signs for the coda. MuseScore 3 is one of them.
"""

from collections.abc import Sequence
from dataclasses import replace

from folkrnn.notation.bars import ends_section, starts_section
from folkrnn.notation.tune import Bar, Tune, Voice
from folkrnn.score.jumps import Sounds, read_jump

TO_CODA = "dacoda"
"""The decoration that is printed as "To Coda"."""

_ENDS = ("dacapo", "dalsegno", "fine", "tocoda")
"""Signs that end what is played before them."""


def explicit(tune: Tune) -> Tune:
    """Return a tune with every ``|:`` but the first written, and the signs of jumps in the bars that they end.

    A coda sign at which one leaves becomes "To Coda", and a plain D.C. or D.S. says where it leads.
    """
    sounds = Sounds(tune)
    aims = {name: f"{name}al{sounds.aim}" if sounds.aim else name for name in ("D.C.", "D.S.")}
    names = {**aims, "dacapo": aims["D.C."]}
    return replace(tune, voices=tuple(_explicit(voice, names, sounds.leaves_at) for voice in tune.voices))


def _explicit(voice: Voice, names: dict[str, str], leaves: int | None) -> Voice:
    bars = list(voice.bars)
    for index, bar in enumerate(bars):
        written = replace(bar, implied=bar.implied and (not index or bool(bar.ending)))
        bars[index] = _renamed(written, {**names, "coda": TO_CODA} if index == leaves else names)
    for index in range(1, len(bars)):
        if ends := _misplaced(bars, index):
            first, *others = bars[index].notes
            kept = tuple(name for name in first.decorations if name not in ends)
            bars[index] = replace(bars[index], notes=(first._replace(decorations=kept), *others))
            closing = bars[index - 1].closing
            closing = closing._replace(decorations=(*closing.decorations, *ends))
            bars[index - 1] = replace(bars[index - 1], closing=closing)
    return replace(voice, bars=tuple(bars))


def _renamed(bar: Bar, names: dict[str, str]) -> Bar:
    """Return a bar with other names for some decorations."""

    def renamed(decorations: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(names.get(name, name) for name in decorations)

    notes = tuple(
        note._replace(decorations=renamed(note.decorations)) if note.decorations else note for note in bar.notes
    )
    return replace(bar, notes=notes, closing=bar.closing._replace(decorations=renamed(bar.closing.decorations)))


def _misplaced(bars: Sequence[Bar], index: int) -> list[str]:
    """Return the decorations of the first note of a bar that end the bar before it, as ``notation.order`` reads them."""
    bar = bars[index]
    if not bar.notes:
        return []
    begins = starts_section(bars, index) and not ends_section(bars, index)
    # One leaves for the coda before the note that bears the sign, unless it fills the last bar of its section.
    leads = len(bar.notes) > 1 or not ends_section(bars, index)
    return [
        name
        for name in bar.notes[0].decorations
        if (jump := read_jump(name)) and jump.kind in _ENDS and (leads if name == TO_CODA else begins)
    ]
