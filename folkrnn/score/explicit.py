"""A tune as programs that play a score need it: what musicians know without a sign is written out.

A page may leave out ``|:`` after ``:|``, show the same sign where one leaves for the coda and where one arrives, and
say D.C. where it means D.C. al Coda or al Fine. MuseScore 3 goes back to the beginning then, takes both signs for the
coda, and plays to the end.
"""

from collections.abc import Callable, Iterable, Sequence
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

_AIMS = {
    "D.C.": {"fine": "dacapoalfine", "coda": "D.C.alcoda"},
    "dacapo": {"fine": "dacapoalfine", "coda": "D.C.alcoda"},
    "D.S.": {"fine": "D.S.alfine", "coda": "D.S.alcoda"},
}
"""The decorations that do not say where they lead, and those that do."""

_PLACES = "^_<>@"
"""What may stand before an annotation."""

_Holder = TypeVar("_Holder", Note, Marks)
_OtherHolder = TypeVar("_OtherHolder", Note, Marks)


def explicit(tune: Tune) -> Tune:
    """Return a tune with every ``|:`` but the first written, and the signs of jumps in the bars that they are about.

    A coda sign at which one leaves becomes "To Coda". A plain D.C. or D.S. says where it leads: "al Coda" or "al Fine".
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
        if sounds.leads_back and bars[index].notes:  # else the signs are only looked at
            bars[index - 1 : index + 1] = _in_their_bars(bars, index, sounds.leaves_at is not None)
    return replace(voice, bars=tuple(bars))


def _texts(holder: Note | Marks) -> tuple[tuple[str, ...], ...]:
    """Return the lists of texts in which a note or a bar line may have a sign."""
    return holder.decorations, holder.chord_symbols, holder.annotations


def _with_texts(holder: _Holder, texts: Iterable[tuple[str, ...]]) -> _Holder:
    decorations, chord_symbols, annotations = texts
    return holder._replace(decorations=decorations, chord_symbols=chord_symbols, annotations=annotations)


def _with_names(holder: _Holder, name: Callable[[str], str]) -> _Holder:
    """Return a note or a bar line with other names for some signs."""
    return _with_texts(holder, (tuple(map(name, texts)) for texts in _texts(holder))) if any(_texts(holder)) else holder


def _named(text: str, aim: str, leaves: bool) -> str:
    """Return a sign as it is called: a plain jump with its ``aim``, a coda sign where one ``leaves`` "To Coda"."""
    jump = read_jump(text)
    if jump is None:
        return text
    if jump.kind == "coda" and leaves:
        sign = text[0] if text[0] in _PLACES else ""
        return "dacoda" if text == "coda" else f"{sign}To Coda"
    if jump.kind in ("dacapo", "dalsegno") and aim and not jump.aim:
        return _AIMS[text][aim] if text in _AIMS else f"{text.rstrip()} al {aim.title()}"
    return text


def _in_their_bars(bars: Sequence[Bar], index: int, by_sign: bool) -> tuple[Bar, Bar]:
    """Return the bar before one, and the bar, with each sign at the line between them in the bar that it is about.

    The rules are those of ``notation.order``. ``by_sign``: where one leaves for the coda stood a coda sign.
    """
    before, bar = bars[index - 1], bars[index]
    first = bar.notes[0]
    if not (any(_texts(first)) or any(_texts(before.closing))):
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

    moved = [tuple(filter(is_moved, texts)) for texts in _texts(source)]
    if not any(moved):
        return source, target
    kept = [tuple(text for text in texts if not is_moved(text)) for texts in _texts(source)]
    joined = [texts + more for texts, more in zip(_texts(target), moved, strict=True)]
    return _with_texts(source, kept), _with_texts(target, joined)
