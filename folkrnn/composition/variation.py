"""Settings of a given tune: the same plan and the same cadences, other notes in some of the other bars.

The model reads the tune twice. The first time it stands as it is, and each different bar has a letter of its own in the
plan. The second time some bars are gaps, and the plan says of them that they are varied returns of those letters. So
the bar that the network is told to take up is the bar of the given tune. Nothing here loads torch.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import chain, pairwise
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
from folkrnn.notation import Key, Meter, Tune, form
from folkrnn.notation.bars import number_bars, with_drawn_edges
from folkrnn.notation.canonical import bar_texts
from folkrnn.notation.context import plan_of
from folkrnn.notation.form import counted_bars
from folkrnn.notation.lookback import BarReader, PastBar
from folkrnn.notation.plan import LETTERS, PART_LINE, VARIED_SIGN, is_varied
from folkrnn.notation.ranges import octave_moved
from folkrnn.notation.tune import Bar, Change

if TYPE_CHECKING:
    from folkrnn.model.checkpoint import Checkpoint

MAX_CLOSENESS = 9
"""The greatest closeness; one of 10 tenths would leave nothing to vary."""

DEFAULT_CLOSENESS = 5
"""Half of the bars that may be varied stay."""

HALF_CADENCE_BARS = 8
"""A part of so many bars or more has a half cadence before its middle."""


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

    Cadences stay as they are: the last bar of each part, and the one before the middle of a long part. So do pickups,
    second endings, short bars, bars with a new key, and all that sound like one of these. Of the other bars
    ``closeness`` tenths stay, drawn by the seed for each setting; equal bars stay equal.
    Raises GenerationError for a tune that cannot be varied.
    """
    check_closeness(closeness)
    melody, octaves = given_melody(tune, checkpoint)
    plain = plain_melody(melody, checkpoint)
    if plain.meter.bar is None:
        raise GenerationError("the tune has no meter, so nobody can say how long its new bars are")
    plain = completed(plain, range(0))
    plain = plain.with_bars(with_drawn_edges(plain.bars))
    count = len(plain.bars)
    parts = counted_bars(plain)
    letters = _letters(plain, parts)
    free = _free(plain, parts, letters)
    if not free:
        raise GenerationError("every bar of the tune is a cadence or like one, so nothing is left to vary")
    twice = _doubled(plain)
    fields = header_fields(twice, checkpoint) | {"I": f"form {form(twice)}"}
    whole = joined(bar_texts(twice)) + "\n"
    cautious = grammar_for(fields, whole, checkpoint)
    if not plan_of(plain_header(fields) + whole):
        raise GenerationError("the bars of the tune cannot be counted; expected parts of full bars, but for pickups")
    kept_letters = _draws(sorted(free), closeness, seed)

    def varied(setting: int) -> frozenset[int]:
        """Return the bars (indices) of the tune that are varied in a setting."""
        return frozenset(index for index, letter in letters.items() if letter in free - kept_letters(setting))

    @cache
    def prompt(setting: int) -> Prompt:
        chosen = varied(setting)
        labels = [[letters[index] for index in part] for part in parts]
        again = [[letters[index] + VARIED_SIGN * (index in chosen) for index in part] for part in parts]
        plan = PART_LINE.join("".join(part) for part in (*labels, *again))
        bars = _without_ties_out(twice.bars, {count + index for index in chosen})
        runs = _runs([count + index for index in sorted(chosen)])
        before, gaps = gaps_in(bars, list(bar_texts(twice.with_bars(bars))), runs)
        return Prompt(fields | {"I": f"form {form(twice)} {plan}"}, before, gaps=gaps)

    def refusal(text: GeneratedText) -> Refusal | None:
        return _refusal(text, plain, letters, varied(text.index))

    return Reworking(
        prompt(0),
        melody,
        lambda new: _setting(tune, octave_moved(new, -octaves)),
        None,
        cautious,
        tuple(left_out([tune.bars[index] for index, letter in letters.items() if letter in free])),
        lambda setting, draft: prompt(setting),
        (refusal,),
        f"closeness {closeness}",
    )


def _heard(tune: Tune) -> list[PastBar]:
    """Return the bars of a tune as the model compares them."""
    heard = []
    for _, text in bar_texts(tune):
        reader = BarReader()
        for character in text:
            reader.advance(character)
        heard.append(reader.past_bar())
    return heard[:-1]


def _letters(plain: Tune, parts: Sequence[range]) -> dict[int, str]:
    """Return the letter of each bar (index) that the form counts. Raises GenerationError if there are too many."""
    heard = _heard(plain)
    counted = list(chain(*parts))
    kinds = list(dict.fromkeys(heard[index].exact for index in counted))
    if len(kinds) > len(LETTERS):
        raise GenerationError(f"the tune has {len(kinds)} different bars; expected at most {len(LETTERS)}")
    return {index: LETTERS[kinds.index(heard[index].exact)] for index in counted}


def _free(plain: Tune, parts: Sequence[range], letters: Mapping[int, str]) -> frozenset[str]:
    """Return the letters of the bars that may be varied."""
    bars, heard = plain.bars, _heard(plain)
    kept = {
        index for index in range(len(bars)) if index not in letters or bars[index].is_short or _changes(bars[index])
    }
    kept |= {index for part in parts for index in _cadences(part)}
    sounds = {heard[index].exact for index in kept}
    return frozenset(letters.values()) - {letter for index, letter in letters.items() if heard[index].exact in sounds}


def _cadences(part: range) -> tuple[int, ...]:
    """Return the bars (indices) of a part that are cadences."""
    return (part[-1], part[len(part) // 2 - 1]) if len(part) >= HALF_CADENCE_BARS else (part[-1],)


def _changes(bar: Bar) -> bool:
    """Whether a bar changes the key or the meter."""
    return any(isinstance(change.value, Key | Meter) for change in bar.changes)


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


def _doubled(plain: Tune) -> Tune:
    """Return a tune with its bars twice."""
    last = plain.bars[-1]
    closed = _without_ties_out((replace(last, edge=last.edge or ("||" if last.plays == 1 else "")),), {0})
    first = plain.bars[0]
    if last.final_key != plain.key:
        first = replace(first, key=last.final_key, changes=(Change(0, "K", plain.key), *first.changes))
    return plain.with_bars(number_bars((*plain.bars[:-1], *closed, first, *plain.bars[1:])))


def _without_ties_out(bars: Sequence[Bar], chosen: set[int]) -> tuple[Bar, ...]:
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


def _refusal(text: GeneratedText, plain: Tune, letters: Mapping[int, str], varied: frozenset[int]) -> Refusal | None:
    """Return the refusal of a draft in which some bar of the second copy is not as the plan says."""
    count = len(plain.bars)
    heard = _heard(text.tune)
    first: dict[str, int] = {}
    for index in sorted(varied):
        given, new, number = heard[index], heard[count + index], plain.bars[index].number
        earlier = first.setdefault(letters[index], index)
        if new.exact != heard[count + earlier].exact:
            return Refusal(f"bar {number} is not the same as bar {plain.bars[earlier].number}")
        if new.exact == given.exact:
            return Refusal(f"bar {number} is not varied")
        if not is_varied(given, new) and text.draft + 1 < MAX_NEAR_DRAFTS:
            return Refusal(f"bar {number} is too far from the given one", required=False)
    return None


def _setting(tune: Tune, new: Tune) -> Tune:
    """Return a tune with those bars of the second copy that are not as in the first."""
    count = len(tune.bars)
    notes = [[note._replace(line=0, column=0) for note in bar.notes] for bar in new.bars]
    changed = [index for index in range(count) if notes[index] != notes[count + index]]
    last = new.bars[count - 1].number
    findings = tuple(each._replace(bar=each.bar - last) for each in new.findings if each.bar > last)
    return rewritten(tune, replace(new.with_bars(new.bars[count:]), findings=findings), _runs(changed))
