"""Settings of a given tune: the same plan and the same cadences, other notes in some of the other bars.

The model reads the tune twice. The first time it stands as it is, and each different bar has a letter of its own in the
plan. The second time some bars are gaps, and the plan says of them that they are varied returns of those letters. So
what the network takes up in a gap is the bar of the given tune. Nothing here loads torch.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from math import comb
from random import Random
from typing import TYPE_CHECKING

from folkrnn.composition.reworking import (
    Reworking,
    completed,
    gaps_in,
    given_melody,
    grammar_for,
    header_fields,
    joined,
    left_out,
    plain_melody,
    rewritten,
)
from folkrnn.errors import GenerationError
from folkrnn.generation.prompts import Prompt, plain_header
from folkrnn.generation.texts import GeneratedText, Refusal
from folkrnn.notation import Tune, form
from folkrnn.notation.bars import number_bars, with_drawn_edges
from folkrnn.notation.canonical import bar_texts
from folkrnn.notation.context import plan_of
from folkrnn.notation.form import counted_bars
from folkrnn.notation.plan import LETTERS, PART_LINE, VARIED_SIGN, bars_heard, is_varied, kinds_of_bars
from folkrnn.notation.ranges import octave_moved
from folkrnn.notation.tune import Bar, Change

if TYPE_CHECKING:
    from folkrnn.model.checkpoint import Checkpoint

MAX_CLOSENESS = 9
"""The greatest closeness; one of 10 tenths would leave nothing to vary."""

DEFAULT_CLOSENESS = 5
"""Half of the bars that may be varied stay."""

HALF_CADENCE_BARS = 8
"""A part of at least this many bars has a half cadence before its middle."""


MAX_NEAR_DRAFTS = 8
"""The drafts of a setting of which one must have no bar that is too far from the given one, before any will do."""


def check_closeness(closeness: int) -> None:
    """Raise GenerationError for what is no closeness."""
    if not isinstance(closeness, int) or isinstance(closeness, bool) or not 0 <= closeness <= MAX_CLOSENESS:
        raise GenerationError(
            f"closeness={closeness!r} should be a whole number from 0, where all but the cadences is varied, "
            f"to {MAX_CLOSENESS}, where hardly anything is"
        )


def check_learned_plans(name: object, learned: bool) -> None:
    """Raise GenerationError for a model (``name``) that has not ``learned`` plans."""
    if not learned:
        raise GenerationError(
            f"{name}: the model has learned no plans, so it cannot vary a tune; expected one that has"
        )


def variation(tune: Tune, closeness: int, seed: int, checkpoint: "Checkpoint") -> Reworking:
    """Return the reworking that makes settings of a tune.

    Cadences stay as they are: the last bar of each part, and that before the middle of a long part. So do pickups,
    second endings, short bars, bars with a new key, and all that sound like one of these. Of the other bars
    ``closeness`` tenths stay, drawn by the seed for each setting; equal bars stay equal.
    Raises GenerationError for a tune that cannot be varied.
    """
    check_closeness(closeness)
    melody, octaves = given_melody(tune, checkpoint)
    plain = plain_melody(melody, checkpoint)
    if plain.meter.bar is None:
        raise GenerationError("the tune has no meter, so nobody can say how long its new bars are")
    short = frozenset(index for index, bar in enumerate(plain.bars) if bar.is_short)
    plain = completed(plain, range(0))
    twice = _Twice(plain.with_bars(with_drawn_edges(plain.bars)), short)
    free = twice.free
    if not free:
        raise GenerationError("every bar of the tune is a cadence or like one, so nothing is left to vary")
    fields = header_fields(twice.tune, checkpoint) | {"I": f"form {form(twice.tune)}"}
    text = joined(bar_texts(twice.tune)) + "\n"
    cautious = grammar_for(fields, text, checkpoint)
    if not plan_of(plain_header(fields) + text):
        raise GenerationError("the bars of the tune cannot be counted; expected parts of full bars, but for pickups")
    kept = _draws(sorted(free), closeness, seed)

    def prompt(setting: int, draft: int = 0) -> Prompt:
        return twice.prompt(fields, free - kept(setting))

    return Reworking(
        prompt(0),
        twice.tune,
        lambda new: _setting(tune, octave_moved(new, -octaves)),
        None,
        cautious,
        tuple(left_out([tune.bars[index] for index in twice.bars_of(free)])),
        prompt,
        (lambda text: twice.refusal(text, free - kept(text.index)),),
        f"closeness {closeness}",
    )


@dataclass(frozen=True)
class _Twice:
    """A melody as the model reads it for a variation; ``once`` is the melody itself.

    ``short`` are the bars (indices) that are short in the given tune, even if rests complete them here.
    """

    once: Tune
    short: frozenset[int]

    @cached_property
    def tune(self) -> Tune:
        """The melody with its bars twice."""
        bars = self.once.bars
        first, last = bars[0], bars[-1]
        (closed,) = _untied([replace(last, edge=last.edge or ("||" if last.plays == 1 else ""))], {0})
        if last.final_key != self.once.key:
            first = replace(first, key=last.final_key, changes=(Change(0, "K", self.once.key), *first.changes))
        return self.once.with_bars(number_bars((*bars[:-1], closed, first, *bars[1:])))

    @cached_property
    def parts(self) -> tuple[range, ...]:
        """The bars (indices) of each part that have a letter."""
        return counted_bars(self.once)

    @cached_property
    def letters(self) -> Mapping[int, str]:
        """The letter of each of these bars, the same for those that sound the same."""
        kinds = kinds_of_bars(self.once)
        if (count := len(set(kinds.values()))) > len(LETTERS):
            raise GenerationError(f"the tune has {count} different bars; expected at most {len(LETTERS)}")
        return {index: LETTERS[kind] for index, kind in kinds.items()}

    @cached_property
    def free(self) -> frozenset[str]:
        """The letters of the bars that may be varied."""
        again, heard = self.tune.bars[len(self.once.bars) :], bars_heard(self.once)
        kept = {
            index for index, bar in enumerate(again) if index not in self.letters or index in self.short or bar.changes
        }.union(*map(_cadences, self.parts))
        sounds = {heard[index].exact for index in kept}
        return frozenset(
            letter
            for letter in self.letters.values()
            if not any(heard[index].exact in sounds for index in self.bars_of({letter}))
        )

    def bars_of(self, letters: Collection[str]) -> list[int]:
        """Return the bars (indices) of some letters."""
        return [index for index, letter in self.letters.items() if letter in letters]

    def prompt(self, fields: Mapping[str, str], varied: Collection[str]) -> Prompt:
        """Return the prompt in which the bars of some letters are to be varied the second time."""
        labels = [[self.letters[index] for index in part] for part in self.parts]
        again = [[letter + VARIED_SIGN * (letter in varied) for letter in part] for part in labels]
        plan = PART_LINE.join(map("".join, (*labels, *again)))
        chosen = [len(self.once.bars) + index for index in self.bars_of(varied)]
        bars = _untied(self.tune.bars, set(chosen))
        before, gaps = gaps_in(bars, list(bar_texts(self.tune.with_bars(bars))), _runs(chosen))
        return Prompt({**fields, "I": f"{fields['I']} {plan}"}, before, gaps=gaps)

    def refusal(self, text: GeneratedText, varied: Collection[str]) -> Refusal | None:
        """Return the refusal of a draft in which some bar is not as the plan says the second time."""
        count = len(self.once.bars)
        heard = bars_heard(text.tune)
        first: dict[str, int] = {}
        for index in self.bars_of(varied):
            given, new, number = heard[index], heard[count + index], self.once.bars[index].number
            earlier = first.setdefault(self.letters[index], index)
            if new.exact != heard[count + earlier].exact:
                return Refusal(f"bar {number} is not the same as bar {self.once.bars[earlier].number}")
            if new.exact == given.exact:
                return Refusal(f"bar {number} is not varied")
            if not is_varied(given, new) and text.draft + 1 < MAX_NEAR_DRAFTS:
                return Refusal(f"bar {number} is too far from the given one", required=False)
        return None


def _cadences(part: range) -> tuple[int, ...]:
    """Return the bars (indices) of a part that are cadences."""
    return (part[-1], part[len(part) // 2 - 1]) if len(part) >= HALF_CADENCE_BARS else (part[-1],)


def _draws(free: Sequence[str], closeness: int, seed: int) -> Callable[[int], frozenset[str]]:
    """Return what gives the letters that stay in a setting, ``closeness`` tenths of those that are free but not all.

    No choice comes twice before all have come.
    """
    count = min(round(len(free) * closeness / (MAX_CLOSENESS + 1)), len(free) - 1)
    rng = Random(seed)
    drawn: list[frozenset[str]] = []
    round_of_draws: set[frozenset[str]] = set()

    def kept(setting: int) -> frozenset[str]:
        while len(drawn) <= setting:
            if len(round_of_draws) == comb(len(free), count):
                round_of_draws.clear()
            chosen = frozenset(rng.sample(free, count))
            if chosen not in round_of_draws:
                round_of_draws.add(chosen)
                drawn.append(chosen)
        return drawn[setting]

    return kept


def _untied(bars: Sequence[Bar], chosen: set[int]) -> tuple[Bar, ...]:
    """Return bars of which the last one of each run of some (indices) is not tied to the next one."""
    return tuple(
        replace(bar, notes=(*bar.notes[:-1], bar.notes[-1]._replace(tie=False)))
        if index in chosen and index + 1 not in chosen
        else bar
        for index, bar in enumerate(bars)
    )


def _runs(indices: Sequence[int]) -> list[range]:
    """Return the runs of successive numbers in a rising sequence."""
    starts = [index for before, index in pairwise([-1, *indices]) if index != before + 1 or before < 0]
    stops = [index + 1 for index, after in pairwise([*indices, -1]) if after != index + 1]
    return [range(start, stop) for start, stop in zip(starts, stops, strict=True)]


def _setting(tune: Tune, new: Tune) -> Tune:
    """Return a tune with those bars of the second copy that are not as in the first."""
    count = len(tune.bars)
    notes = [[note._replace(line=0, column=0) for note in bar.notes] for bar in new.bars]
    changed = [index for index in range(count) if notes[index] != notes[count + index]]
    last = new.bars[count - 1].number
    findings = tuple(each._replace(bar=each.bar - last) for each in new.findings if each.bar > last)
    return rewritten(tune, replace(new.with_bars(new.bars[count:]), findings=findings), _runs(changed))
