"""Habits of a tune: features that the critic never sees, for a judge of its own.

Each habit is a number of a whole tune, in any key. The habits are where things stand in the bar and in the tune, how
phrases end, which figures come, and how well the music can be foretold. What the critic sees is listed in
``composition.critic.CRITIC_SEES``. It may not import this module.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from folkrnn.analysis.features import entropy
from folkrnn.analysis.structure import Measure, parts_of
from folkrnn.corpus.melody import melody_of
from folkrnn.notation import Tune

PLACES = 24
"""Places of a bar at which a note may begin."""

SAMPLES = 12
"""Points of a bar at which the contour is sampled."""

LEAP = 5
"""An interval of at least this many semitones is a leap."""


class _Line:
    """The melody of a tune as lists: pitches, steps between them, and for each note its bar and its place in it."""

    def __init__(self, tune: Tune) -> None:
        self.tune = tune
        melody = melody_of(tune)
        whole = 960 * float(tune.meter.bar or 1)
        self.pitches: list[int] = melody.pitches.tolist()
        self.lengths: list[float] = (melody.lengths / whole).tolist()  # in bars
        self.onsets: list[float] = melody.onsets.tolist()
        self.steps = [after - before for before, after in pairwise(self.pitches)]
        self.bars = [int(onset) for onset in self.onsets]
        self.places = [round(PLACES * (onset % 1)) % PLACES for onset in self.onsets]
        self.tonic = tune.key.tonic_class or 0
        self.beat = PLACES // beats_of(tune)
        self.parts = parts_of(tune)
        self.measures = [measure for part in self.parts for measure in part]

    @cached_property
    def on_beats(self) -> list[int]:
        """The pitches of the notes that begin on a beat."""
        return [pitch for pitch, place in zip(self.pitches, self.places, strict=True) if place % self.beat == 0]

    @cached_property
    def by_bar(self) -> list[list[int]]:
        """The pitches of each written bar with two notes or more."""
        found: dict[int, list[int]] = defaultdict(list)
        for bar, pitch in zip(self.bars, self.pitches, strict=True):
            found[bar].append(pitch)
        return [pitches for pitches in found.values() if len(pitches) > 1]

    @cached_property
    def halves(self) -> list[list[int]]:
        """The pitches of each half of a bar, in order."""
        found: dict[tuple[int, int], list[int]] = defaultdict(list)
        for bar, place, pitch in zip(self.bars, self.places, self.pitches, strict=True):
            found[bar, 2 * place // PLACES].append(pitch)
        return list(found.values())

    @cached_property
    def contour(self) -> NDArray[np.float64]:
        """The pitch that sounds at SAMPLES points of each measure, (measures, SAMPLES)."""
        rows, last = [], float(self.pitches[0])
        for measure in self.measures:
            row = _sampled(measure, last)
            last = row[-1]
            rows.append(row)
        return np.array(rows).reshape(len(rows), SAMPLES)

    def phrases(self, count: int) -> Iterator[list[int]]:
        """Yield the pitches of each phrase of ``count`` whole measures in a part."""
        for part in self.parts:
            for first in range(0, len(part) - count + 1, count):
                if pitches := _pitches(part[first : first + count]):
                    yield pitches

    def phrase_ends(self, bar: int) -> list[int]:
        """Return the last pitch of this measure, counted from 1, of each part that has it."""
        found = (_pitches(part[bar - 1 : bar]) for part in self.parts)
        return [pitches[-1] for pitches in found if pitches]


def beats_of(tune: Tune) -> int:
    """Return in how many beats the bar of a tune is felt: 2 in 6/8, 3 in 9/8 and 3/4, 4 in 4/4 and in 2/4."""
    meter = tune.meter
    if meter.compound:
        return min(4, meter.beats // 3)
    return 3 if meter.beats % 3 == 0 and meter.beats else 4


def _sampled(measure: Measure, last: float) -> list[float]:
    """Return the pitch at SAMPLES points of a measure; a rest holds the last one."""
    whole = sum(length for _, length in measure) or 1
    points: list[float] = []
    time = 0
    for midi, length in measure:
        time += length  # type: ignore[assignment]
        last = last if midi is None else float(midi)
        points += [last] * (int(-(-SAMPLES * time // whole)) - len(points))
    return points or [last] * SAMPLES


def _pitches(measures: Iterable[Measure]) -> list[int]:
    return [midi for measure in measures for midi, _ in measure if midi is not None]


def _mean(numbers: Iterable[float]) -> float:
    held = list(numbers)
    return float(sum(held)) / len(held) if held else 0.0


def _spread(numbers: Sequence[float]) -> float:
    return float(np.std(numbers)) if numbers else 0.0


def _place_of(extreme: Callable[[Sequence[int]], int]) -> Callable[[_Line], float]:
    """Return how far into the tune its highest or lowest note first comes, from 0 to 1."""
    return lambda line: line.pitches.index(extreme(line.pitches)) / len(line.pitches)


def _place_in_bar(extreme: Callable[[Sequence[int]], int]) -> Callable[[_Line], float]:
    """Return how far into its bar the highest or lowest note comes, from 0 to 1, on average."""
    return lambda line: _mean(bar.index(extreme(bar)) / (len(bar) - 1) for bar in line.by_bar)


def _likeness(lag: int) -> Callable[[_Line], float]:
    """Return the correlation of the contour with itself ``lag`` bars later."""

    def habit(line: _Line) -> float:
        one, other = line.contour[:-lag].ravel(), line.contour[lag:].ravel()
        if len(one) < 2 or not one.std() or not other.std():
            return 0.0
        return float(np.corrcoef(one, other)[0, 1])

    return habit


def _end_above_tonic(bar: int) -> Callable[[_Line], float]:
    """Return how far above the tonic the phrase ends with this bar of a part, as a step of the circle of fifths."""
    return lambda line: _mean(((pitch - line.tonic) * 7 + 5) % 12 - 5 for pitch in line.phrase_ends(bar))


def _end_height(bar: int) -> Callable[[_Line], float]:
    """Return how high the phrase ends with this bar of a part, over the mean pitch of the tune, in semitones."""
    return lambda line: _mean(pitch - _mean(line.pitches) for pitch in line.phrase_ends(bar))


def _beats_on(root: int) -> Callable[[_Line], float]:
    """Return the share of beats on a triad of the scale whose root is ``root`` semitones above the tonic."""

    def habit(line: _Line) -> float:
        triad = {(root + step) % 12 for step in (0, 3, 4, 7)}
        return _mean((pitch - line.tonic) % 12 in triad for pitch in line.on_beats)

    return habit


_TRIADS = [frozenset((root + step) % 12 for step in (0, third, 7)) for root in range(12) for third in (3, 4)]


def _half_bars_of_one_triad(line: _Line) -> float:
    return _mean(
        any(triad.issuperset(pitch % 12 for pitch in half) for triad in _TRIADS)
        for half in line.halves
        if len(set(half)) > 1
    )


def _runs(steps: Sequence[int], belongs: Callable[[int], bool]) -> list[int]:
    """Return the lengths of the runs of steps in one direction that all belong."""
    runs, before = [0], 0
    for step in steps:
        if not belongs(abs(step)):
            runs.append(0)
        elif step * before > 0:
            runs[-1] += 1
        else:
            runs.append(1)
        before = step
    return [run for run in runs if run]


def _scale_runs(line: _Line) -> list[int]:
    return _runs(line.steps, lambda size: 1 <= size <= 2)


def _chord_runs(line: _Line) -> list[int]:
    return _runs(line.steps, lambda size: 3 <= size <= LEAP)


def _novelty(items: Sequence[Hashable]) -> float:
    """Return the phrases of the LZ78 parse of items over their number (Ziv and Lempel, 1978)."""
    phrases: set[tuple[Hashable, ...]] = set()
    phrase: tuple[Hashable, ...] = ()
    for item in items:
        phrase = (*phrase, item)
        if phrase not in phrases:
            phrases.add(phrase)
            phrase = ()
    return len(phrases) / len(items) if items else 0.0


def _turns(line: _Line) -> float:
    moved = [step for step in line.steps if step]
    turns = sum(one * other < 0 for one, other in pairwise(moved))
    return float(turns / max(1, len(line.measures)))


def _windows(items: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    return zip(*(items[first:] for first in range(size)), strict=False)


def _there_and_back(line: _Line) -> float:
    return _mean(a == c and b == d and a != b for a, b, c, d in _windows(line.pitches, 4))


def _neighbours(line: _Line) -> float:
    return _mean(a == c and 1 <= abs(b - a) <= 2 for a, b, c in _windows(line.pitches, 3))


def _pedals(line: _Line) -> float:
    return _mean(a == c == e and len({a, b, d}) == 3 for a, b, c, d, e in _windows(line.pitches, 5))


def _motif_distances(line: _Line) -> list[float]:
    """Return how many bars later each figure of three steps comes again."""
    seen: dict[Sequence[int], float] = {}
    distances = []
    for motif, onset in zip(_windows(line.steps, 3), line.onsets, strict=False):
        if motif in seen:
            distances.append(onset - seen[motif])
        seen[motif] = onset
    return distances


def _motifs_once(line: _Line) -> float:
    counts = Counter(_windows(line.steps, 3))
    return _mean(count == 1 for count in counts.values())


def _moved_bars(line: _Line) -> float:
    """Return the share of measures that repeat the last one at another pitch, by scale steps up to a semitone."""

    def moved(one: Measure, other: Measure) -> bool:
        if [length for _, length in one] != [length for _, length in other]:
            return False
        apart = [after - before for before, after in zip(_pitches([one]), _pitches([other]), strict=False)]
        return bool(apart) and max(apart) - min(apart) <= 1 and (min(apart) > 0 or max(apart) < 0)

    return _mean(moved(one, other) for one, other in pairwise(line.measures))


def _joins(line: _Line) -> float:
    ends = [pitches for part in line.parts if (pitches := _pitches(part))]
    return _mean(abs(after[0] - before[-1]) for before, after in pairwise(ends))


def _range(pitches: Sequence[int]) -> int:
    return max(pitches) - min(pitches) if pitches else 0


def _part_ranges(line: _Line) -> float:
    """Return how much wider the range of the second part is than that of the first, in semitones."""
    ranges = [_range(_pitches(part)) for part in line.parts[:2]]
    return float(ranges[1] - ranges[0]) if len(ranges) == 2 else 0.0


def _syncopation(line: _Line) -> float:
    """Return the share of notes that begin off the beat and sound on through the next beat."""
    return _mean(
        place % line.beat != 0 and place % line.beat + PLACES * length > line.beat + 0.5
        for place, length in zip(line.places, line.lengths, strict=True)
    )


def _firsts(line: _Line, half: int) -> list[int]:
    """Return the pitch classes of the first notes of all bars, or of their second halves (1)."""
    at = half * PLACES // 2
    return [pitch % 12 for pitch, place in zip(line.pitches, line.places, strict=True) if place == at]


def _onto_beats(line: _Line, wanted: Callable[[int], bool]) -> float:
    """Return the share of wanted steps that lead onto a beat."""
    return _mean(
        place % line.beat == 0 for step, place in zip(line.steps, line.places[1:], strict=True) if wanted(abs(step))
    )


def _given(items: Sequence[Hashable], known: Sequence[Hashable]) -> float:
    """Return the entropy of items when what is known of each is given, in bits."""
    return entropy(zip(items, known, strict=False)) - entropy(known[: len(items)]) if items else 0.0


def _pickup(line: _Line) -> float:
    """Return the length of the pickup, in bars."""
    bars = line.tune.bars
    full = line.tune.meter.bar
    return float(bars[0].duration / full) if bars and full and bars[0].number == 0 else 0.0


def _longest_rest(line: _Line) -> float:
    full = line.tune.meter.bar or 1
    longest = max((note.duration for note in line.tune.notes() if note.is_rest), default=0)
    return float(longest / full)


def _last_bar(line: _Line) -> list[int]:
    return _pitches(line.measures[-1:])


def _a_bar(count: Callable[[_Line], int]) -> Callable[[_Line], float]:
    return lambda line: count(line) / max(1, len(line.measures))


_HABITS: dict[str, Callable[[_Line], float]] = {
    "place of the highest note": _place_of(max),
    "place of the lowest note": _place_of(min),
    "highest note in its bar": _place_in_bar(max),
    "lowest note in its bar": _place_in_bar(min),
    "how often the highest note comes": lambda line: line.pitches.count(max(line.pitches)),
    "contour like 1 bar before": _likeness(1),
    "contour like 3 bars before": _likeness(3),
    "contour like 4 bars before": _likeness(4),
    "contour like 8 bars before": _likeness(8),
    "range of two bars": lambda line: _mean(map(_range, line.phrases(2))),
    "spread of the ranges of two bars": lambda line: _spread(list(map(_range, line.phrases(2)))),
    "range of a bar": lambda line: _mean(map(_range, line.by_bar)),
    "end of bar 4 above the tonic": _end_above_tonic(4),
    "end of bar 8 above the tonic": _end_above_tonic(8),
    "height of the end of bar 4": _end_height(4),
    "height of the end of bar 8": _end_height(8),
    "beats on the fourth's chord": _beats_on(5),
    "beats on the fifth's chord": _beats_on(7),
    "beats on the chord below the tonic": _beats_on(10),
    "half bars of one triad": _half_bars_of_one_triad,
    "longest scale": lambda line: max(_scale_runs(line), default=0),
    "mean scale": lambda line: _mean(_scale_runs(line)),
    "longest broken chord": lambda line: max(_chord_runs(line), default=0),
    "mean broken chord": lambda line: _mean(_chord_runs(line)),
    "novelty of steps": lambda line: _novelty(line.steps),
    "novelty of lengths": lambda line: _novelty(line.lengths),
    "novelty of pitches by place": lambda line: _novelty(list(zip(line.pitches, line.places, strict=True))),
    "turns a bar": _turns,
    "there and back twice": _there_and_back,
    "neighbours": _neighbours,
    "pedals": _pedals,
    "bars until a figure returns": lambda line: float(np.median(_motif_distances(line) or [0])),
    "figures that come once": _motifs_once,
    "bars moved from the one before": _moved_bars,
    "step between parts": _joins,
    "range of B over that of A": _part_ranges,
    "grace notes a bar": _a_bar(lambda line: sum(len(note.graces) for note in line.tune.notes())),
    "ornaments a bar": _a_bar(lambda line: sum(len(note.decorations) for note in line.tune.notes())),
    "chords a bar": _a_bar(lambda line: sum(len(note.pitches) > 1 for note in line.tune.notes())),
    "longest rest": _longest_rest,
    "length of the first note": lambda line: line.lengths[0],
    "length of the pickup": _pickup,
    "syncopation": _syncopation,
    "entropy of first notes of bars": lambda line: entropy(_firsts(line, 0)),
    "entropy of first notes of second halves": lambda line: entropy(_firsts(line, 1)),
    "step from beat to beat": lambda line: _mean(abs(b - a) for a, b in pairwise(line.on_beats)),
    "beats on the pitch of the last": lambda line: _mean(a == b for a, b in pairwise(line.on_beats)),
    "leaps onto a beat": lambda line: _onto_beats(line, lambda size: size >= LEAP),
    "repeated notes onto a beat": lambda line: _onto_beats(line, lambda size: size == 0),
    "semitones onto a beat": lambda line: _onto_beats(line, lambda size: size == 1),
    "rise within a bar": lambda line: _mean(bar[-1] - bar[0] for bar in line.by_bar),
    "spread of the rise within a bar": lambda line: _spread([bar[-1] - bar[0] for bar in line.by_bar]),
    "pitches a bar": lambda line: _mean(len(set(bar)) for bar in line.by_bar),
    "notes of the last bar": lambda line: len(_last_bar(line)),
    "fall within the last bar": lambda line: _mean(b - a for a, b in pairwise(_last_bar(line))),
    "thirds in a row": lambda line: _mean(a * b > 0 and abs(a) in (3, 4) and abs(b) in (3, 4)
                                          for a, b in pairwise(line.steps)),
    "steps foretold by the last two": lambda line: _given(line.steps[2:], list(pairwise(line.steps))),
    "pitches foretold by their place": lambda line: _given(line.pitches, line.places),
    "lengths foretold by their place": lambda line: _given(line.lengths, line.places),
}  # fmt: skip

JUDGED = tuple(_HABITS)
"""The names of the habits, in the order of the vectors."""


def habits_of(tune: Tune) -> NDArray[np.float64]:
    """Return the habits of a tune, (len(JUDGED),); zeros for a tune without a note."""
    line = _Line(tune)
    if not line.pitches:
        return np.zeros(len(JUDGED))
    return np.array([float(habit(line)) for habit in _HABITS.values()])
