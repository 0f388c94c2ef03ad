"""Where the systems of a tune begin, before it is drawn.

Lengths are in verovio's units, of which a staff is 72 high.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, chain, pairwise
from math import ceil

from folkrnn.export.verses import text_width
from folkrnn.notation import Bar, Change, Key, Note, Tune, sections
from folkrnn.notation.articles import shown_title
from folkrnn.notation.bars import completes_measure
from folkrnn.notation.tune import NO_MARKS
from folkrnn.score.build import printable
from folkrnn.score.measures import frames

BARS_PER_SYSTEM = 4
SYSTEM_WIDTH = 2000
"""The usual width of a system. On A4 it makes a staff of 6.3 mm."""

LABEL_SHARE = 0.25
"""The share of a system's width from which on the label of a part needs a line of its own."""

SYSTEM_CAPACITY = 60
"""The most notes, with bar lines counted as one and a half, that a system holds without crowding."""

TEXT_SIZE = 42
"""The height of the type of words."""

SYLLABLE_GAP, CLEF_WIDTH = 24, 250
"""About how wide what parts two syllables and what stands before the first note of a system are."""

QUARTER_WIDTH = 69
"""How wide verovio makes a quarter note; it takes the power 0.6 of the length of others."""

SURELY_ENOUGH = 0.9
"""The share of a system that words and notes may fill, by this module's rough widths, without being measured."""

CUT_FROM = 1.25
"""How many times as wide as a system a bar is that is cut; music less wide is drawn a little smaller."""

NOTE_WIDTH = (SYSTEM_WIDTH - CLEF_WIDTH) / SYSTEM_CAPACITY
"""How wide a note without words is at least."""


def system_starts(bars: Sequence[Bar], scale: float = 1) -> set[int]:
    """Return the indices of the bars that begin a system, ``scale`` times as wide as usual.

    A system holds about four full bars, of one section. Crowded bars are spread over more systems;
    sections of one or two bars join their neighbours, but not below a title or a long label.
    """
    starts: set[int] = set()
    for measures in _divided(_parts(bars), _own_line(bars, scale)):
        place = 0
        for length in _shares(len(measures)):
            line = measures[place : place + length]
            place += length
            starts |= {part[0] for part in _uncrowded(bars, line, SYSTEM_CAPACITY * scale)}
    return starts


def _labels(bar: Bar) -> list[str]:
    """Return the labels of the parts that begin with a bar."""
    return [*bar.texts("P")]


def _own_line(bars: Sequence[Bar], scale: float) -> set[int]:
    """Return the indices of the bars that begin a system in any case: those below a title or a long label."""
    room = LABEL_SHARE * SYSTEM_WIDTH * scale / TEXT_SIZE
    return {*body_titles(bars)} | {
        index for index, bar in enumerate(bars) if any(text_width(label) > room for label in _labels(bar))
    }


def _divided(parts: Sequence[list[int]], places: set[int]) -> Iterator[list[int]]:
    """Yield parts, given as in ``_parts``, cut before the bars of these indices, which may be pickups."""
    before = -1
    for measures in parts:
        line: list[int] = []
        for index in measures:
            found = [place for place in places if before < place <= index]
            if found and line:
                yield line
                line = []
            line.append(min(found, default=index))
            before = index
        yield line


def _parts(bars: Sequence[Bar]) -> list[list[int]]:
    """Return the tune's parts as the bars (indices) that begin their measures; each part begins a system."""
    parts: list[list[int]] = []
    first = 0
    labelled = {index - 1 for index, bar in enumerate(bars) if index and _labels(bar)}
    for last in sorted({section.last for section in sections(bars)} | labelled):
        measures = [index for index in range(first, last + 1) if not completes_measure(bars, index)]
        if not measures:
            # Nothing but a pickup before the sign: it leads the next section.
            continue
        measures[0] = first
        first = last + 1
        sizes = [len(measures), len(parts[-1])] if parts else []
        # A label begins a system, unless the parts on both sides of it are that short.
        if sizes and (max(sizes) if _labels(bars[measures[0]]) else min(sizes)) <= 2:
            parts[-1] += measures
        else:
            parts.append(measures)
    return parts


def _shares(measures: int) -> list[int]:
    """Return how many measures each system of a part holds: four, or three or five where that evens out."""
    systems = max(1, (measures + 2) // BARS_PER_SYSTEM)
    shares = [BARS_PER_SYSTEM] * systems
    over = measures - sum(shares)
    step = 1 if over > 0 else -1
    for place in range(abs(over)):
        shares[-1 - place % systems] += step
    return shares


def _uncrowded(bars: Sequence[Bar], line: list[int], capacity: float) -> list[list[int]]:
    """Return a system's measures as they are, or in halves where they would be crowded."""
    weight = sum(len(bars[index].notes) + 1.5 for index in range(line[0], line[-1] + 1)) if line else 0
    if weight <= capacity or len(line) < 2:
        return [line] if line else []
    middle = (len(line) + 1) // 2
    return _uncrowded(bars, line[:middle], capacity) + _uncrowded(bars, line[middle:], capacity)


def planned_bars(tune: Tune) -> tuple[Bar, ...]:
    """Return the measures of a tune, each as a bar that holds the line of notes that needs the most room there.

    They have the titles and labels that any voice has at the beginning of the bar.
    """
    bars = []
    for index, frame in enumerate(frames(tune.voices)):
        there = [voice.bars[index] for voice in tune.voices if index < len(voice.bars)]
        headings = [
            change for bar in there for change in bar.changes if change.field in ("T", "P") and not change.index
        ]
        new = tuple(change for change in dict.fromkeys(headings) if change not in frame.bar.changes)
        notes = max((layer for bar in there for layer in bar.layers), key=_room)
        bars.append(replace(frame.bar, notes=notes, changes=new + frame.bar.changes))
    return tuple(bars)


def _room(notes: Sequence[Note]) -> float:
    return sum(map(_note_width, notes))


def body_titles(bars: Sequence[Bar]) -> dict[int, list[str]]:
    """Return the titles that stand in the music, by the index of the bar above which they are shown."""
    titles: dict[int, list[str]] = {}
    for index, bar in enumerate(bars):
        for inside in (False, True):
            place = min(index + inside, len(bars) - 1)
            for title in filter(str.strip, bar.texts("T", inside)):
                titles.setdefault(place, []).append(printable(shown_title(title)))
    return titles


# Words among the notes --------------------------------------------------------------------------------


def words_may_crowd(bars: Sequence[Bar], starts: set[int], scale: float = 1) -> bool:
    """Return whether the words of a system may need more room than it has; False where there is plenty."""
    room = SURELY_ENOUGH * SYSTEM_WIDTH * scale - CLEF_WIDTH
    begins = sorted({0, *starts})
    lines = ([*chain(*(bar.notes for bar in bars[first:end]))] for first, end in pairwise([*begins, len(bars)]))
    return any(
        sum(max(_note_width(note), QUARTER_WIDTH * float(4 * note.duration) ** 0.6) for note in notes) > room
        for notes in lines
        if any(note.lyrics or note.chord_symbols for note in notes)
    )


def _note_width(note: Note) -> float:
    """Return about how wide a note is at least, with the syllables under it and the chord symbols above it."""
    words = (*note.lyrics, *note.chord_symbols)
    return max((TEXT_SIZE * text_width(text) + SYLLABLE_GAP for text in words), default=NOTE_WIDTH)


# Long bars --------------------------------------------------------------------------------------------


def cut_long(bars: Sequence[Bar], scale: float = 1) -> tuple[tuple[Bar, ...], set[int]]:
    """Return bars of which those wider than a system are cut, and the indices of those that go on with such a bar.

    Chants and psalms have such bars, and long words in narrow columns. Bars with overlays stay whole.
    """
    room = SYSTEM_WIDTH * scale - CLEF_WIDTH
    found: list[Bar] = []
    cuts: set[int] = set()
    for bar in bars:
        pieces = _cut(bar, room)
        cuts |= set(range(len(found) + 1, len(found) + len(pieces)))
        found += pieces
    return tuple(found), cuts


def _cut(bar: Bar, room: float) -> list[Bar]:
    """Return a bar in pieces of about the same width, none much wider than there is room for."""
    ends = [*accumulate(map(_note_width, bar.notes))]
    if not ends or ends[-1] <= CUT_FROM * room or bar.overlays:
        return [bar]
    each = ends[-1] / ceil(ends[-1] / room)
    places = [0]
    for place in range(1, len(ends)):
        tuplet = bar.notes[place].tuplet
        if ends[place - 1] + ends[place] > 2 * each * len(places) and not (tuplet and tuplet.index):
            places.append(place)
    return [
        replace(
            bar,
            notes=bar.notes[first:end],
            key=_key_at(bar, first),
            changes=_changes(bar, first, end),
            opens=bar.opens and not first,
            ending=() if first else bar.ending,
            plays=bar.plays if end == len(ends) else 1,
            edge=bar.edge if end == len(ends) else "",
            bracket="" if first else bar.bracket,
            closing=bar.closing if end == len(ends) else NO_MARKS,
            drawn=bar.drawn if end == len(ends) else "",
        )
        for first, end in zip(places, [*places[1:], len(ends)], strict=True)
    ]


def _key_at(bar: Bar, place: int) -> Key:
    """Return the key in force before the changes at a note."""
    keys = [change.value for change in bar.changes if change.index < place and isinstance(change.value, Key)]
    return keys[-1] if keys else bar.key


def _changes(bar: Bar, first: int, end: int) -> tuple[Change, ...]:
    """Return the changes at the notes from ``first`` to before ``end``, as those of a bar of these notes."""
    last = end == len(bar.notes)
    found = (change for change in bar.changes if first <= change.index and (change.index < end or last))
    return tuple(change._replace(index=change.index - first) for change in found)
