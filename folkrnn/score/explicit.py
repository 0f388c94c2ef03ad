"""A tune as programs that play a score need it: what musicians know without a sign is written out.

A page may leave out ``|:`` after ``:|``, show the same sign where one leaves for the coda and where one arrives, and
say D.C. where it means D.C. al Fine. MuseScore 3 goes back to the beginning then, takes both signs for the coda, and
plays to the end.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from folkrnn.notation.bars import ends_section, starts_section
from folkrnn.notation.tune import Bar, Marks, Note, Tune, Voice
from folkrnn.score.jumps import Sounds, read_jump

_ENDS = ("dacapo", "dalsegno", "fine")
"""Signs that end what is played before them."""

_ARRIVALS = ("segno", "coda")
"""Signs at which one goes on."""

_HOLDERS = ("decorations", "chord_symbols", "annotations")
"""Where a note and a bar line may have such a sign."""

_PLACES = "^_<>@"
"""What may stand before an annotation."""

_Holder = TypeVar("_Holder", Note, Marks)
_OtherHolder = TypeVar("_OtherHolder", Note, Marks)


def explicit(tune: Tune) -> Tune:
    """Return a tune with every ``|:`` but the first written, and the signs of jumps in the bars that they are about.

    A coda sign at which one leaves becomes "To Coda", and a plain D.C. or D.S. says where it leads.
    """
    sounds = Sounds(tune)
    return replace(tune, voices=tuple(_explicit(voice, sounds) for voice in tune.voices))


def _explicit(voice: Voice, sounds: Sounds) -> Voice:
    bars = []
    for index, bar in enumerate(voice.bars):
        name = partial(_named, aim=sounds.aim, leaves=index == sounds.leaves_at)
        notes = tuple(_with_names(note, name) for note in bar.notes)
        implied = bar.implied and (not index or bool(bar.ending))
        bars.append(replace(bar, notes=notes, closing=_with_names(bar.closing, name), implied=implied))
    for index in range(1, len(bars)):
        if bars[index].notes:
            bars[index - 1 : index + 1] = _in_their_bars(bars, index, sounds.leaves_at is not None)
    return replace(voice, bars=tuple(bars))


def _has_names(holder: Note | Marks) -> bool:
    return bool(holder.decorations or holder.chord_symbols or holder.annotations)


def _with_names(holder: _Holder, name: Callable[[str, str], str]) -> _Holder:
    """Return a note or a bar line with other names for some signs."""
    if not _has_names(holder):
        return holder
    return holder._replace(**{kind: tuple(name(kind, text) for text in getattr(holder, kind)) for kind in _HOLDERS})


def _named(kind: str, text: str, aim: str, leaves: bool) -> str:
    """Return the name of a sign: of a jump with its ``aim``, of a coda sign at which one ``leaves`` with "To"."""
    jump = read_jump(text)
    if jump is None:
        return text
    if jump.kind == "coda" and leaves:
        sign = text[0] if text[0] in _PLACES else ""
        return "dacoda" if kind == "decorations" else f"{sign}To Coda"
    if jump.kind in ("dacapo", "dalsegno") and aim and not jump.aim:
        if kind == "decorations":
            return f"{'D.C.' if jump.kind == 'dacapo' else 'D.S.'}al{aim}"
        return f"{text.rstrip()} al {aim.title()}"
    return text


def _in_their_bars(bars: Sequence[Bar], index: int, by_sign: bool) -> tuple[Bar, Bar]:
    """Return the bar before one, and the bar, with each sign at the line between them in the bar that it is about.

    The rules are those of ``notation.order``. ``by_sign``: where one leaves for the coda stood a coda sign.
    """
    before, bar = bars[index - 1], bars[index]
    first = bar.notes[0]
    if not (_has_names(first) or _has_names(before.closing)):
        return before, bar
    begins = starts_section(bars, index) and not ends_section(bars, index)
    # One leaves before the note with a coda sign, unless it fills the last bar of its section.
    leads = (len(bar.notes) > 1 or not ends_section(bars, index)) if by_sign else begins
    note, closing = _moved(first, before.closing, _ENDS * begins + ("tocoda",) * leads)
    closing, note = _moved(closing, note, _ARRIVALS)
    return replace(before, closing=closing), replace(bar, notes=(note, *bar.notes[1:]))


def _moved(source: _Holder, target: _OtherHolder, kinds: Sequence[str]) -> tuple[_Holder, _OtherHolder]:
    """Return what signs of some kinds are moved from, and to."""

    def is_moved(text: str) -> bool:
        jump = read_jump(text)
        return jump is not None and jump.kind in kinds

    for holder in _HOLDERS:
        texts: tuple[str, ...] = getattr(source, holder)
        if moved := tuple(filter(is_moved, texts)):
            source = source._replace(**{holder: tuple(text for text in texts if text not in moved)})
            target = target._replace(**{holder: (*getattr(target, holder), *moved)})
    return source, target
