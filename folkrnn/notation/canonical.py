"""The canonical text of a tune: equal music is equal text.

It has one voice, unit length 1/8, meters as ``n/d``, and keys as ``D``, ``Em``, ``Ador``, ``Gmix``. The body is one
line without layout, and repeats are opened and closed explicitly. An accidental stands only where some reader would
otherwise read another pitch. The inverse is the reader itself.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from folkrnn.notation.bars import with_drawn_edges
from folkrnn.notation.form import form_and_similarity
from folkrnn.notation.spelling import NOWHERE, Pen, decoration_text, plain_key
from folkrnn.notation.text import escaped_text
from folkrnn.notation.tune import NO_MARKS, Bar, Marks, Note, Tune

REMOVABLE = ("graces", "ornaments", "articulation", "slurs", "chord_symbols", "annotations", "hidden_rests")
"""What ``without`` can remove from a tune."""

UNLEARNED_FEATURES = ("articulation", "slurs", "chord_symbols", "annotations", "hidden_rests")
"""What a recipe drops, and so a model does not learn, unless it says otherwise."""

_ORNAMENTS = frozenset({"roll", "trill", "turn", "uppermordent", "lowermordent", "mordent", "pralltriller", "slide"})
_SPACE = re.compile(r"\s+")


ORNAMENT_TEXTS = {name: decoration_text(name) for name in sorted(_ORNAMENTS)}
"""How canonical text writes the ornaments."""


def canonical(tune: Tune) -> str:
    """Return the canonical text of a tune without errors: header lines, one body line, a final newline.

    It leaves out lyrics, part labels, tempo, and all fields but T, R, O, M and K. ``without`` removes more. Where it
    leaves out a line beside which a bar may be short, it has a double bar.
    """
    tune = tune.with_bars(with_drawn_edges(tune.bars))
    lines = ["X:1", f"T:{_one_line(tune.title)}"]
    lines += [f"{letter}:{_one_line(tune.field(letter))}" for letter in "RO" if tune.field(letter).strip()]
    lines += [f"M:{tune.meter}", "L:1/8", f"I:form {form_and_similarity(tune)}", f"K:{plain_key(tune.key)}", body(tune)]
    return "\n".join(lines) + "\n"


def _one_line(text: str) -> str:
    return escaped_text(_SPACE.sub(" ", text).strip())


def body(tune: Tune) -> str:
    """Return the music on one line, without spaces."""
    return "".join(line + text for line, text in bar_texts(tune))


def bar_texts(tune: Tune) -> Iterator[tuple[str, str]]:
    """Yield the bars as (bar line before, music) pairs; the last pair is the closing bar line and no music."""
    before: Bar | None = None
    pen = Pen(tune.key)
    for bar in tune.bars:
        yield bar_line(before, bar), pen.bar(bar, before, NOWHERE)
        before = bar
    yield bar_line(before, None), ""


def bar_line(before: Bar | None, bar: Bar | None) -> str:
    """Return the sign between two bars, or at an end of the tune, with the passes of an ending that begins there."""
    if before is None:
        line = ""
    elif before.plays > 1:
        line = ":" * (before.plays - 1) + "|"
    elif bar is None:
        line = "|]"
    else:
        line = "||" if before.edge and not bar.opens and not bar.ending else "|"
    if bar is not None and bar.opens:
        line = (line if line not in ("", "|") else "") + "|:"
    if bar is not None and bar.ending:
        line = (line or "|") + ",".join(map(str, bar.ending))
    return line


def without(tune: Tune, features: frozenset[str]) -> Tune:
    """Return the tune, in all its voices, without some of REMOVABLE; its bars, notes and lengths stay as they are."""

    def kept(decorations: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(
            name for name in decorations if ("ornaments" if name in _ORNAMENTS else "articulation") not in features
        )

    def strip(note: Note) -> Note:
        if not (
            note.graces or note.decorations or note.slurs_opened or note.slurs_closed or note.chord_symbols
            or note.annotations or note.hidden
        ):  # fmt: skip
            return note  # as most are
        return note._replace(
            graces=() if "graces" in features else note.graces,
            decorations=kept(note.decorations),
            slurs_opened=0 if "slurs" in features else note.slurs_opened,
            slurs_closed=0 if "slurs" in features else note.slurs_closed,
            chord_symbols=() if "chord_symbols" in features else note.chord_symbols,
            annotations=() if "annotations" in features else note.annotations,
            hidden=note.hidden and "hidden_rests" not in features,
        )

    def stripped(bar: Bar) -> Bar:
        notes = tuple(map(strip, bar.notes))
        if notes == bar.notes and not bar.overlays and bar.closing is NO_MARKS:
            return bar
        closing = Marks(
            kept(bar.closing.decorations),
            () if "chord_symbols" in features else bar.closing.chord_symbols,
            () if "annotations" in features else bar.closing.annotations,
        )
        return replace(
            bar, notes=notes, overlays=tuple(tuple(map(strip, layer)) for layer in bar.overlays), closing=closing
        )

    return tune.with_all_bars(stripped)


def without_inner_ties(tune: Tune) -> Tune:
    """Return the tune without the ties that hold some members of a chord and not the others."""

    def plain(bar: Bar) -> Bar:
        if not any(note.tied for layer in bar.layers for note in layer):
            return bar
        notes, *overlays = (
            tuple(note._replace(tie=False, tied=()) if note.tied else note for note in layer) for layer in bar.layers
        )
        return replace(bar, notes=notes, overlays=tuple(overlays))

    return tune.with_all_bars(plain)
