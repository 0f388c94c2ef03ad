"""Tunes that are written side by side, a character of each at a time.

Under the grammar the model chooses first. Where its choice is impossible, the tune goes back to the last
bar line and the bar is written again. So the bars follow the model's own distribution over possible bars;
mere masking would favour whatever leads into a corner. After RETRIES attempts, and in the header, the
choice is repeated among the possible characters alone: the grammar steers.
"""

import math
from collections import defaultdict, deque
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from folkrnn.errors import NotationError
from folkrnn.generation.copying import NO_CHARACTERS, copy_choices
from folkrnn.generation.ngram_critics import NgramCritic
from folkrnn.generation.prompts import Gap, HeaderWriter, Prompt
from folkrnn.generation.sampling import SamplingParameters, probabilities, sample, sample_next
from folkrnn.generation.texts import GeneratedText
from folkrnn.generation.titles import TitleWriter
from folkrnn.generation.writing import (
    ACCIDENTAL_SIGNS,
    CADENCE_RETRIES,
    FIRST_BAR_RETRIES,
    GUARD_RETRIES,
    KEY_ACCIDENTALS,
    KEY_RETRIES,
    NOTE_LETTERS,
    PLAN_RETRIES,
    TITLE_RETRIES,
    Writing,
)
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation.context import ContextReader
from folkrnn.notation.grammar import Walk

STRIDE = 8
"""The characters that a block writes before anybody looks at its drafts."""

MAX_MASKS = 4096
"""The most sets of choices whose masks are kept for reuse."""


@dataclass(frozen=True)
class Snapshot:
    """All that is needed to go back to a bar line: ``state`` (L, H) twice, the ``last`` input (R,), the length."""

    walk: Walk
    context: ContextReader
    state: tuple[Tensor, ...]
    last: Tensor
    length: int


@dataclass(frozen=True)
class Candidate:
    """A bar or plan that a critic refused, and what is needed to take it after all.

    ``ended`` is how the draft stood after its last note or label; ``written`` and ``bits`` are of the bar or plan,
    ``end`` is the id that ends it, and ``costs`` are the bits of each id there.
    """

    log_odds: float
    ended: Snapshot
    written: NDArray[np.int64]
    bits: NDArray[np.float32]
    end: int
    costs: NDArray[np.float32]


@dataclass
class Row:
    """One draft under way."""

    index: int
    draft: int
    header: HeaderWriter
    rng: np.random.Generator
    walk: Walk | None
    gaps: deque[Gap]
    gap: Gap | None = None  # the one being filled
    forced: list[int] = field(default_factory=list)  # ids that must come next, the next one last
    at_line_start: bool = True
    in_body: bool = False
    certain: bool = True  # whether nothing was left to chance so far
    impossible: str = ""
    context: ContextReader = field(default_factory=ContextReader)
    keeps_key: bool = False
    notes: int = 0  # of the music so far
    accidentals: int = 0
    titles: TitleWriter | None = None
    title: str | None = None  # the one under way, if it is led by ``titles``
    whole_title: str = ""
    title_start: Snapshot | None = None
    titles_refused: int = 0
    start: Snapshot | None = None  # of the bar or plan under way, to which the draft may go back
    attempts: int = 0  # at it
    best: Candidate | None = None  # of what the critic refused here
    refused: int = 0  # of them
    opening: bool = True  # whether the first bar is under way
    before_opening: tuple[int, ...] | None = None  # what Walk.counted was
    steered: int = 0
    rewritten: int = 0


class Block:
    """Up to ``size`` drafts whose rows step together: row n of each array belongs to draft n of ``_rows``."""

    def __init__(self, writing: Writing, size: int) -> None:
        self.size = size
        self._writing = writing
        self._state = writing.stepper.zero_state(size)
        self._before_text = torch.tensor([writing.vocabulary.start, *ContextReader().values][: writing.inputs])
        self._last = self._before_text.repeat(size, 1)
        self._rows: list[Row] = []
        self._masks: dict[frozenset[str], Tensor] = {}
        width = writing.max_characters
        self._uniforms: NDArray[np.float64] = np.zeros((size, width))
        self._spent: NDArray[np.int64] = np.zeros(size, dtype=np.int64)  # of the uniforms
        self._written: NDArray[np.int64] = np.zeros((size, width), dtype=np.int64)
        self._bits: NDArray[np.float32] = np.zeros((size, width), dtype=np.float32)
        self._lengths: NDArray[np.int64] = np.zeros(size, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._rows)

    def furthest(self, index: int) -> tuple[float, str]:
        """Return the largest share of the form that a draft of a tune has written, from 0 to 1, and that draft."""
        found = [(row.context.share_written, place) for place, row in enumerate(self._rows) if row.index == index]
        if not found:
            return 0.0, ""
        share, place = max(found)
        return share, self._text(place, self._rows[place], False).written

    def begin(self, index: int, draft: int, prompt: Prompt) -> None:
        """Put a draft on a row that rests, before its first character."""
        writing = self._writing
        rng = np.random.default_rng((writing.seed, index, *([draft] if draft else [])))
        walk = writing.grammar.walk(writing.max_characters, prompt.wish) if writing.grammar else None
        number = len(self._rows)
        row = Row(index, draft, HeaderWriter(prompt), rng, walk, deque(prompt.gaps))
        row.titles = prompt.titles if walk and "T" not in prompt.fields else None
        row.keeps_key = prompt.keeps_key and walk is not None
        self._rows.append(row)
        self._draw(number)
        self._lengths[number] = 0
        self._last[number] = self._before_text
        for part in self._state:
            part[:, number] = 0

    def title(self, index: int, draft: int, prompt: Prompt) -> str:
        """Write a draft until its title is there, and return that; the block must be empty."""
        self.begin(index, draft, prompt)
        self._rows[0].titles_refused = 1  # it takes the place of one that will not do
        while self._rows and not self._rows[0].whole_title:
            self._step()
        title = self._rows[0].whole_title if self._rows else ""
        self.drop(index)
        return title

    def drop(self, index: int) -> None:
        """Give up the drafts of a tune."""
        for number in reversed(range(len(self._rows))):
            if self._rows[number].index == index:
                self._remove(number)

    def _remove(self, number: int) -> None:
        """Let a row rest; the last one takes its place."""
        last = len(self._rows) - 1
        self._rows[number] = self._rows[last]
        del self._rows[last]
        for array in (self._uniforms, self._spent, self._written, self._bits, self._lengths):
            array[number] = array[last]
        self._last[number] = self._last[last]
        for part in self._state:
            part[:, number] = part[:, last]

    def write(self) -> list[GeneratedText]:
        """Write STRIDE characters of every draft and return the drafts that are over."""
        over = []
        for _ in range(STRIDE):
            if self._rows:
                over += self._step()
        return over

    def _step(self) -> list[GeneratedText]:
        """Write one character of every draft, or go back to its last bar line; return the drafts that are over."""
        every = np.arange(len(self._rows))
        hidden, cell = self._state
        logits, after = self._writing.stepper(
            self._last[: len(every)], (hidden[:, : len(every)], cell[:, : len(every)])
        )
        for part, new in zip(self._state, after, strict=True):
            part[:, : len(every)] = new
        costs = (logits.log_softmax(1) / -math.log(2)).numpy()  # of the plain model, whatever is chosen
        for number, row in enumerate(self._rows):
            if row.at_line_start and row.header.choices:
                logits[number] += self._mask(frozenset(row.header.choices))
            elif row.title is not None and row.titles and row.walk:
                words = row.titles.after(row.title) & row.walk.choices
                logits[number] += self._mask(words or row.walk.choices)
            elif row.in_body and row.walk and (copied := self._copied(row)):
                logits[number] += self._mask(copied)
            elif row.keeps_key and row.in_body and row.accidentals > KEY_ACCIDENTALS * row.notes and row.walk:
                plain = row.walk.choices - ACCIDENTAL_SIGNS
                logits[number] += self._mask(plain or row.walk.choices)
        ids = self._choose(logits, torch.from_numpy(self._uniforms[every, self._spent[every]]))
        self._spend(every)
        back = self._steer(logits, ids, costs)
        live = [number for number in range(len(every)) if number not in back]
        given = self._apply_prompts(ids, live)
        self._written[every, self._lengths[every]] = ids
        self._bits[every, self._lengths[every]] = costs[every, ids]
        self._lengths[live] += 1
        self._read(ids, live)
        for number in back:
            row = self._rows[number]
            if row.title is not None:
                self._begin_title_again(number)
            else:
                self._go_back(number)
        self._advance(ids, live, given)
        return self._collect(ids, live)

    def _read(self, ids: NDArray[np.int64], live: list[int]) -> None:
        """Prepare what the network reads next: the ids, and the context features if it has any."""
        writing = self._writing
        self._last[live, 0] = torch.from_numpy(ids[live])
        if writing.inputs > 1 or writing.grammar:
            for row in live:
                self._rows[row].context.advance(writing.vocabulary.characters[ids[row]])
        if writing.inputs > 1 and live:
            values = b"".join(bytes(self._rows[row].context.values[: writing.inputs - 1]) for row in live)
            self._last[live, 1:] = torch.from_numpy(
                np.frombuffer(values, np.uint8).reshape(len(live), -1).astype(np.int64)
            )

    # ── choosing ────────────────────────────────────────────────────────────────────────────────

    def _sampling(self, row: Row) -> SamplingParameters:
        """Return how a row's next character is chosen.

        A bar that is written again no longer follows an earlier one, or it would come out as before.
        """
        if row.title is not None:
            again = bool(row.titles_refused)
            return self._writing.title_again_sampling if again else self._writing.title_sampling
        if not row.in_body:
            return self._writing.plan_sampling if row.context.in_plan else self._writing.header_sampling
        if self._writing.grammar is None:
            return self._writing.music_sampling
        if row.opening:
            return self._writing.opening_sampling
        if row.attempts:
            return self._writing.again_sampling
        follows = not row.context.planned and row.context.follows
        return self._writing.following_sampling if follows else self._writing.music_sampling

    def _choose(self, logits: Tensor, uniforms: Tensor) -> NDArray[np.int64]:
        """Choose the next ids (B,) from logits (B, V) with uniforms (B,)."""
        every = [self._sampling(row) for row in self._rows]
        if all(sampling.plain for sampling in every):
            temperatures = torch.tensor([sampling.temperature for sampling in every], dtype=torch.float64)
            return sample(probabilities(logits, temperatures.unsqueeze(1)), uniforms).numpy()
        groups: dict[SamplingParameters, list[int]] = defaultdict(list)
        for number, sampling in enumerate(every):
            groups[sampling].append(number)
        ids = np.zeros(len(every), np.int64)
        for sampling, numbers in groups.items():
            ids[numbers] = sample_next(logits[numbers], sampling, uniforms[numbers]).numpy()
        return ids

    def _draw(self, row: int) -> None:
        """Draw a row's next random numbers."""
        self._uniforms[row] = self._rows[row].rng.random(self._uniforms.shape[1])
        self._spent[row] = 0

    def _spend(self, rows: NDArray[np.int64]) -> None:
        """Count one random number of each row as used."""
        self._spent[rows] += 1
        for number in rows[self._spent[rows] == self._uniforms.shape[1]].tolist():
            self._draw(number)

    def _mask(self, choices: frozenset[str]) -> Tensor:
        """Return what to add to logits (V,) so that only the choices are left."""
        if choices not in self._masks:
            if len(self._masks) == MAX_MASKS:
                self._masks.clear()
            vocabulary = self._writing.vocabulary
            mask = torch.full((len(vocabulary),), -torch.inf)
            mask[[vocabulary.id(letter) for letter in choices if letter in vocabulary]] = 0
            self._masks[choices] = mask
        return self._masks[choices]

    # ── the grammar ─────────────────────────────────────────────────────────────────────────────

    def _steer(self, logits: Tensor, ids: NDArray[np.int64], costs: NDArray[np.float32]) -> set[int]:
        """Replace ids that the grammar does not allow; return the rows that go back to their last bar line.

        Where the critic of bars takes an earlier bar after all, its costs replace those of the ids, (B, V).
        """
        back: set[int] = set()
        writing = self._writing
        if writing.grammar is None:
            return back
        characters = writing.vocabulary.characters
        for number, row in enumerate(self._rows):
            assert row.walk is not None
            if row.title is not None and characters[ids[number]] == "\n" and self._refuses_title(row):
                back.add(number)
                continue
            free = row.start is not None and not row.forced
            again = free and row.attempts < writing.retries and not row.context.in_plan
            if free and self._refuses_bar(row, characters[ids[number]]):
                back.add(number)
                continue
            possible = characters[ids[number]] in row.walk.choices
            if not (possible or row.forced or (row.at_line_start and row.header.in_body and row.header.body)):
                if again:
                    back.add(number)
                    continue
                allowed = logits[number : number + 1] + self._mask(row.walk.choices)
                uniform = torch.from_numpy(self._uniforms[number : number + 1, self._spent[number]])
                ids[number] = int(sample_next(allowed, self._sampling(row), uniform))
                row.steered += 1
                self._spend(np.array([number]))
            if free and self._critic_refuses(number, ids, costs):
                back.add(number)
        return back

    def _copied(self, row: Row) -> frozenset[str]:
        """Return what may come next in a bar that is copied; nothing if all may."""
        if row.forced or row.walk is None:
            return NO_CHARACTERS
        return copy_choices(row.context, row.walk, first_bars=row.attempts >= FIRST_BAR_RETRIES)

    def _refuses_bar(self, row: Row, character: str) -> bool:
        """Whether a character would end a bar that will not do and is written again."""
        context = row.context
        if not context.ends_bar(character):
            return False
        if context.ends_off_plan(character):
            return row.attempts < PLAN_RETRIES
        if context.shall_return:
            return False
        last = row.keeps_key and context.decides_end
        tries = KEY_RETRIES if last else min(CADENCE_RETRIES, self._writing.retries)
        if row.attempts < tries and context.ends_off_tonic(character):
            return True
        return row.attempts < GUARD_RETRIES and context.ends_worn_out(character)

    def _critic_refuses(self, number: int, ids: NDArray[np.int64], costs: NDArray[np.float32]) -> bool:
        """Whether an id would end a bar or plan that its critic refuses; the best of some refused ones is taken.

        This is discriminator rejection sampling (Azadi et al., 2019), piece by piece.
        """
        row = self._rows[number]
        critic, log_odds = self._judged(row.context, self._writing.vocabulary.characters[ids[number]])
        if critic is None or row.attempts >= PLAN_RETRIES:  # one that all but failed may pass
            return False
        if row.rng.random() * critic.RATIO < math.exp(-log_odds):
            return False
        best = row.best
        if best is None or log_odds < best.log_odds:
            assert row.start is not None
            piece = slice(row.start.length, self._lengths[number])
            written, bits = self._written[number, piece].copy(), self._bits[number, piece].copy()
            ended = self._snapshot(number, row)
            row.best = best = Candidate(log_odds, ended, written, bits, int(ids[number]), costs[number].copy())
        row.refused += 1
        if row.refused < critic.TRIES:
            row.attempts = 0
            return True
        row.attempts = max(row.attempts, self._writing.retries)  # from here on the grammar steers
        self._restore(number, best.ended)
        piece = slice(self._lengths[number] - len(best.written), self._lengths[number])
        self._written[number, piece], self._bits[number, piece] = best.written, best.bits
        ids[number], costs[number] = best.end, best.costs
        return False

    def _judged(self, context: ContextReader, character: str) -> tuple[NgramCritic | None, float]:
        """Return the critic of what a character would end, and what it says of that; None if nobody judges it."""
        critics = self._writing.critics
        if critics.bars and context.ends_new_bar(character):
            return critics.bars, critics.bars.log_odds(context.placed_bar)
        if critics.plans and context.ends_plan(character):
            return critics.plans, critics.plans.log_odds(context.plan_under_way, context.style)
        return None, 0.0

    def _refuses_title(self, row: Row) -> bool:
        """Whether the title under way will not do and is written again."""
        if row.titles is None or row.titles_refused == TITLE_RETRIES:
            return False
        return bool(row.titles.refusal(row.title or ""))

    def _begin_title_again(self, number: int) -> None:
        """Stand before the title again."""
        row = self._rows[number]
        assert row.title_start is not None
        row.title = ""
        row.titles_refused += 1
        self._restore(number, row.title_start)

    def _snapshot(self, number: int, row: Row) -> Snapshot:
        """Return what is needed to come back to where a row stands."""
        assert row.walk is not None
        state = tuple(part[:, number].clone() for part in self._state)
        return Snapshot(
            row.walk.copy(), row.context.copy(), state, self._last[number].clone(), int(self._lengths[number])
        )

    def _go_back(self, number: int) -> None:
        """Stand at the start of the bar or plan again."""
        row = self._rows[number]
        assert row.start is not None
        row.attempts += 1
        row.rewritten += not row.context.in_plan
        self._restore(number, row.start)

    def _restore(self, number: int, kept: Snapshot) -> None:
        """Stand where a snapshot was taken."""
        row = self._rows[number]
        row.walk, row.context = kept.walk.copy(), kept.context.copy()
        self._last[number] = kept.last
        self._lengths[number] = kept.length
        for part, old in zip(self._state, kept.state, strict=True):
            part[:, number] = old

    def _advance(self, ids: NDArray[np.int64], rows: list[int], given: set[int]) -> None:
        """Let the grammar read what was written or given, and take snapshots before bars and plans."""
        if self._writing.grammar is None:
            return
        characters = self._writing.vocabulary.characters
        for number in rows:
            row = self._rows[number]
            assert row.walk is not None
            was_at_line = row.walk.at_bar_line
            try:
                row.walk.advance(characters[ids[number]], given=number in given)
                if number in given:
                    row.start = None  # what was given stays
                    if row.in_body and not row.forced:
                        row.walk.settle()
                if not row.forced and row.walk.in_music and (row.in_body or not row.header.body):
                    _open_gap(row, row.walk)
            except NotationError as error:
                row.impossible = str(error)
                continue
            if row.in_body:
                row.notes += characters[ids[number]] in NOTE_LETTERS
                row.accidentals += characters[ids[number]] in ACCIDENTAL_SIGNS
            if row.titles is not None:
                self._follow_title(number, row, characters[ids[number]])
            if row.walk.at_bar_line and not row.forced:
                self._end_opening(row, row.walk)
                if row.context.next.shall_return:
                    row.walk.free_leap()
                # The "1" of an ending belongs to the bar after it. If it stayed while that is written again, each
                # attempt would be one more chance for an ending to begin.
                if row.start is None or not was_at_line:
                    row.attempts = row.refused = 0
                    row.best = None
                    row.start = self._snapshot(number, row)
            elif not row.in_body and not row.context.in_plan:
                row.start = None
            elif not row.in_body and row.start is None and not row.forced and self._writing.critics.plans:
                row.start = self._snapshot(number, row)

    def _follow_title(self, number: int, row: Row, character: str) -> None:
        """Keep in mind where the title begins, and what of it is written."""
        if row.title is not None:
            if character == "\n":
                row.whole_title, row.title, row.titles = row.title, None, None
            else:
                row.title += character
        elif character == ":" and row.header.under_way == "T" and not row.forced:
            row.title = ""
            row.title_start = self._snapshot(number, row)

    def _end_opening(self, row: Row, walk: Walk) -> None:
        """At a bar line, end the opening after its first whole bar, or after the bar that the prompt begins."""
        if row.header.body:
            row.opening = row.opening and not row.in_body
        elif row.before_opening is None:
            row.before_opening = walk.counted
        elif walk.counted > row.before_opening:
            row.opening = False

    # ── prompts, and the end ────────────────────────────────────────────────────────────────────

    def _apply_prompts(self, ids: NDArray[np.int64], rows: list[int]) -> set[int]:
        """Replace the model's choice where the prompt speaks in some rows; return the rows where it does."""
        vocabulary = self._writing.vocabulary
        given = set()
        for number in rows:
            row = self._rows[number]
            character = vocabulary.characters[ids[number]]
            if row.at_line_start:
                row.at_line_start = False
                row.in_body = row.header.in_body
                line = row.header.line(character)
                if row.in_body and line and row.walk is not None:
                    line = row.walk.opened(line)
                row.forced = vocabulary.encode(line).tolist()[::-1]
            _close_gap(row, vocabulary, character)
            if row.forced:
                given.add(number)
                ids[number] = row.forced.pop()
            else:
                row.certain = row.certain and self._sampling(row).certain
        return given

    def _collect(self, ids: NDArray[np.int64], live: list[int]) -> list[GeneratedText]:
        """Return the drafts that are over, and let their rows rest."""
        start, width = self._writing.vocabulary.start, self._written.shape[1]
        over = []
        for number in reversed(live):  # so that a row that takes another's place has had its turn
            row, cut = self._rows[number], self._lengths[number] == width
            opened = self._writing.opening_only and not row.opening
            if not (ids[number] == start or cut or row.impossible or opened):
                continue
            finished = row.walk.finished if row.walk is not None else bool(ids[number] == start) and row.in_body
            if finished or row.impossible or cut or opened:
                over.append(self._text(number, row, finished))
                self._remove(number)
            else:
                row.at_line_start = True
        return over

    def _text(self, number: int, row: Row, finished: bool) -> GeneratedText:
        length = self._lengths[number]
        written = self._writing.vocabulary.decode(self._written[number, :length].tolist())
        bits = self._bits[number, :length].copy()
        return GeneratedText(
            row.index, written, finished, row.steered, row.rewritten, bits, row.draft, row.impossible, row.certain
        )


def _open_gap(row: Row, walk: Walk) -> None:
    """Begin the next gap where all that comes before it is written."""
    if row.gap is None and row.gaps:
        row.gap = row.gaps.popleft()
        row.gap.open(walk)


def _close_gap(row: Row, vocabulary: Vocabulary, character: str) -> None:
    """Where a character closes the gap, expect what is given after it."""
    if row.gap is not None and row.walk and row.walk.ends_gap(character):
        row.walk.release()
        row.forced = vocabulary.encode(row.gap.then).tolist()[::-1]
        row.gap = None
