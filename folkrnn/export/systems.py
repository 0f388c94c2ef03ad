"""Where the systems of a tune begin, before it is drawn.

Lengths are in verovio's units, of which a staff is 72 high.
"""

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from math import ceil

from folkrnn.export.spacing import TEXT_SIZE, WORD_GAP, Extent, extents, has_words, head, natural_width
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

MOST_MEASURES = 12
"""The most measures in a system."""

COLLISION = 1000.0
"""How bad it is that signs of a system collide, which is worse than any other fault of it."""

TOO_FULL = 1.2
"""How much worse a system is that is too full than one that is too empty."""

TWO_BARS, ODD_BARS = 0.5, 1.2
"""How bad a break is that does not end a phrase of four bars: after two of them, and after one or three."""

SURELY_ENOUGH = 0.9
"""The share of a system that words and notes may fill, by rough widths, without being measured."""

CUT_FROM = 1.25
"""How many times as wide as a system a bar is that is cut; music less wide is drawn a little smaller."""

NOTE_WIDTH, CLEF_WIDTH = 29, 250
"""How wide a note without words is at least, and what stands before the first note of a system at most."""

PRESSED = 0.75
"""The share of their natural width to which the notes of a long bar are pressed; long ones look crowded beyond."""

UNEVEN, EMPTIEST = 1.8, 0.45
"""How many times as full as another system one looks crowded beside it, and how full a system of few bars must be."""


def system_starts(
    bars: Sequence[Bar], scale: float = 1, room: Sequence[Extent] = (), forced: Set[int] = frozenset()
) -> set[int]:
    """Return the indices of the bars that begin a system, ``scale`` times as wide as usual.

    The breaks of a part are chosen together: systems hold about four full bars, are filled evenly, end where phrases
    are likely to end, and none is so full that anything in it collides, if fewer bars help. Sections of one or two
    bars join their neighbours, but not below a title or a long label. ``room`` is what the bars need, if it has been
    measured. Bars of ``forced`` begin a system in any case.
    """
    parts = [*_divided(_parts(bars), _own_line(bars, scale) | forced)]
    if not any(parts):
        return set()
    lines = _Lines(bars, room or extents(bars), SYSTEM_WIDTH * scale)
    ends = [*(part[0] for part in parts[1:]), len(bars)]
    ideal = BARS_PER_SYSTEM * sum(lines.widths) / sum(map(len, parts))

    def starts(ideal: float) -> set[int]:
        return {first for part, end in zip(parts, ends, strict=True) for first in lines.best(part, end, ideal)}

    chosen = starts(ideal)
    if ideal > lines.free(0) and (full := lines.fullness(chosen)) and max(full) > UNEVEN * min(full):
        # Where four bars hardly fit, one part may have them in a system and another two.
        even = starts(ideal / 2)
        half = lines.fullness(even)
        if min(half) > EMPTIEST and max(half) / min(half) < max(full) / min(full):
            return even
    return chosen


@dataclass(frozen=True)
class _Lines:
    """The systems that bars may make: what each needs, and how good it is."""

    bars: Sequence[Bar]
    room: Sequence[Extent]
    width: float

    @property
    def widths(self) -> list[float]:
        """The widths of the bars where nothing presses them."""
        return [extent.width for extent in self.room]

    def free(self, first: int) -> float:
        """Return how much of the width is left for notes in a system that begins with a bar."""
        return max(1.0, self.width - head(self.bars[first].key, first == 0))

    def fullness(self, starts: Set[int]) -> list[float]:
        """Return the share of its room that the music of each system fills where nothing presses it."""
        return [sum(self.widths[first:end]) / self.free(first) for first, end in _systems(self.bars, starts)]

    def best(self, measures: Sequence[int], end: int, ideal: float) -> list[int]:
        """Return the bars that begin the systems of a part.

        The part's measures begin with the bars ``measures``, and it ends before the bar ``end``. A system holds
        music of the width ``ideal`` if it has so much room. Of all ways to divide the part, that with the least
        sum of badnesses is found. This goes measure by measure, as Knuth and Plass (1981) break a paragraph.
        """
        begins = [*measures, end]
        best: list[tuple[float, int]] = [(0.0, 0)]
        for last in range(1, len(begins)):
            ways = (
                (best[first][0] + self._badness(begins[first], begins[last], ideal), first)
                for first in range(max(0, last - MOST_MEASURES), last)
            )
            badness, first = min(ways)
            best.append((badness + (_break_badness(last) if last < len(measures) else 0.0), first))
        starts, place = [], len(measures)
        while place:
            place = best[place][1]
            starts.append(begins[place])
        return starts

    def _badness(self, first: int, end: int, ideal: float) -> float:
        """Return how bad a system of these bars is: how far from the ideal, how much pressed, how much cut off."""
        free = self.free(first)
        width = sum(extent.width for extent in self.room[first:end])
        aim = min(ideal, free)
        off = (width - aim) / aim
        badness = BARS_PER_SYSTEM**2 * off**2 * (TOO_FULL if off > 0 else 1.0)
        collides = max(extent.least for extent in self.room[first:end]) * width / free - 1
        if collides > 0:
            badness += COLLISION * (1 + collides)
        return badness + COLLISION * self._labels_cut_off(first, end, free / width)

    def _labels_cut_off(self, first: int, end: int, stretch: float) -> int:
        """Return how many labels of parts reach beyond the end of a system that is stretched so much."""
        left, cut_off = 0.0, 0
        for place in reversed(range(first, end)):
            left += self.room[place].width * stretch
            cut_off += any(TEXT_SIZE * text_width(label) > left for label in _labels(self.bars[place]))
        return cut_off


def _break_badness(measures: int) -> float:
    """Return how bad a break after some measures of a part is: phrases are likely to have four of them, or two."""
    return 0.0 if measures % 4 == 0 else TWO_BARS if measures % 2 == 0 else ODD_BARS


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


def words_may_crowd(bars: Sequence[Bar], starts: Set[int], room: Sequence[Extent], scale: float = 1) -> bool:
    """Return whether the words of a system may need more room than it has; False where there is plenty."""
    lines = _Lines(bars, room, SURELY_ENOUGH * SYSTEM_WIDTH * scale)
    return any(
        sum(lines.widths[first:end]) > lines.free(first)
        for first, end in _systems(bars, starts)
        if any(map(has_words, bars[first:end]))
    )


def least_width(bars: Sequence[Bar], starts: Set[int], room: Sequence[Extent]) -> float:
    """Return how wide the widest system must be at least, so that nothing in it collides."""
    return max(
        head(bars[first].key, first == 0)
        + sum(extent.width for extent in room[first:end]) * max(extent.least for extent in room[first:end])
        for first, end in _systems(bars, starts)
    )


def _systems(bars: Sequence[Bar], starts: Set[int]) -> Iterator[tuple[int, int]]:
    """Yield the first bar of each system, and the bar before which it ends."""
    return pairwise([*sorted({0, *starts}), len(bars)])


def _note_width(note: Note, least: float = PRESSED) -> float:
    """Return about how wide a note is, with the syllables under it and the chord symbols above it.

    ``least`` is the share of its natural width to which it may be pressed.
    """
    words = (*note.lyrics, *note.chord_symbols)
    room = max((TEXT_SIZE * text_width(text) + WORD_GAP for text in words), default=0.0)
    return max(room, NOTE_WIDTH, least * natural_width(note.duration))


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
    # verovio does not press notes that have words.
    least = 1.0 if has_words(bar) else PRESSED
    ends = [*accumulate(_note_width(note, least) for note in bar.notes)]
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
