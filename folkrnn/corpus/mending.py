"""Mending: what a recipe may put right in tunes before it judges them."""

from dataclasses import replace
from itertools import pairwise

from folkrnn.notation import Note, Tune

MENDABLE = ("slurs",)
"""What a recipe may mend. ``slurs``: ties between two pitches, which were meant as slurs."""


def with_slurs(tune: Tune) -> Tune:
    """Return a tune with a slur in place of every tie that leads to another pitch, and without the warning about it.

    A tie to a rest stays as it is, for no slur leads there.
    """
    warned = {(finding.line, finding.column) for finding in tune.findings if finding.code == "tie-between-pitches"}
    if not warned:
        return tune
    bars = [list(bar.notes) for bar in tune.bars]
    places = [(notes, index) for notes in bars for index in range(len(notes))]
    for (notes, index), (next_notes, next_index) in pairwise(places):
        first, second = notes[index], next_notes[next_index]
        place = second.line, second.column
        if place in warned and _meant_as_slur(first, second):
            notes[index] = first._replace(tie=False, slurs_opened=first.slurs_opened + 1)
            next_notes[next_index] = second._replace(slurs_closed=second.slurs_closed + 1)
            warned.remove(place)
    findings = [
        finding
        for finding in tune.findings
        if finding.code != "tie-between-pitches" or (finding.line, finding.column) in warned
    ]
    mended = tuple(replace(bar, notes=tuple(notes)) for bar, notes in zip(tune.bars, bars, strict=True))
    return replace(tune.with_bars(mended), findings=tuple(findings))


def _meant_as_slur(first: Note, second: Note) -> bool:
    return first.tie and bool(second.pitches) and not set(first.pitches) & set(second.pitches)
