"""Many tunes at once, each the same whatever company it is written in.

Tune i under seed s depends on (s, i) alone. Its random numbers are drawn from that pair. Its
arithmetic is also the same each time: matrix kernels may round differently for another number
of rows, or at another row, so tunes are written in blocks of BLOCK rows, full or not, and
tune i always has row i mod BLOCK. Where several drafts of a tune are wanted, draft d has its own random
numbers, from (s, i, d), and row i + d mod BLOCK.

Under the grammar the model chooses first, closer to what is likely where a bar takes up an earlier one (FOLLOWING).
Where its choice is impossible, the tune goes back to the last bar line and the bar is written again: the bars that come
of it are distributed as the model's own possible ones, where mere masking would favour what leads into corners. After
RETRIES attempts, and in the header, the choice is made again among the possible characters alone.
"""

import math
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from folkrnn.errors import GenerationError, NotationError
from folkrnn.generation.prompts import Gap, HeaderWriter, Prompt
from folkrnn.generation.sampling import Choice, next_characters
from folkrnn.model.network import CharNetwork, Stepper, fast_dtype
from folkrnn.model.threads import thread_map
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation.grammar import Grammar, Walk
from folkrnn.notation.learned import in_canonical_order, split_header
from folkrnn.notation.place import FormPlace

BLOCK = 64
"""Rows of one block: enough to keep the matrix products busy, few enough for a single tune."""

MOST_MASKS = 4096
"""So many sets of choices have their mask kept for use again."""

RETRIES = 3
"""How often a bar that has come to something impossible is written again before the grammar steers it."""


@dataclass(frozen=True)
class GeneratedText:
    """A tune as the model wrote it; unfinished where it had not ended it within the characters allowed.

    Under the grammar every tune is finished. ``steered`` counts the characters that the model would have chosen
    otherwise, ``rewritten`` the bars that were written again. ``bits`` holds what each character cost the model, at
    temperature 1 and without the grammar. Of so many ``drafts`` this is number ``draft``, from 0; ``accepted`` is
    false where none of them was what was asked for; ``refused`` says why the tune ended where what was given cannot
    stand.
    """

    index: int
    written: str
    finished: bool
    steered: int = 0
    rewritten: int = 0
    bits: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32), compare=False, repr=False)
    draft: int = 0
    drafts: int = 1
    accepted: bool = True
    refused: str = ""

    @property
    def text(self) -> str:
        """The tune with its header in the usual order."""
        return in_canonical_order(self.written)

    @property
    def body_bits(self) -> float:
        """What the music cost the model."""
        return float(self.bits[len(self.written) - len(split_header(self.written)[1]) :].sum())


@dataclass(frozen=True)
class Drafts:
    """Which drafts of a tune will do, and which of several is the best.

    First ``best_of`` drafts are written. As long as ``accept`` refuses too many of them, as many again follow, for rows
    that rest cost nothing; but never more than ``most`` times ``best_of``. Of the first ``best_of`` that will do, the
    one with the highest ``score`` is taken, the first of equal ones; the last draft if none will do.
    """

    accept: Callable[[GeneratedText], bool] = lambda text: True
    best_of: int = 1
    score: Callable[[GeneratedText], float] = lambda text: 0.0
    most: int = 64

    def __post_init__(self) -> None:
        for name in ("best_of", "most"):
            if getattr(self, name) < 1:
                raise GenerationError(f"{name}={getattr(self, name)!r} should be at least 1")


CADENCES = 3
"""The last bar of a part is written again so often if it does not end on the tonic.

Three parts of four end there, but of those that the model writes fewer: it knows how real tunes close, yet seldom leads
up to it by itself.
"""

FOLLOWING = 0.6
"""So much lower is the temperature of the music while a bar follows an earlier one note for note.

Left alone, a model repeats half as many bars as people do: where one draw in ten goes astray a bar of eight notes
seldom comes back whole, and a text in which bars do not come back tells it that here they do not.
"""

ONE_DRAFT = Drafts()
PLAIN = Choice()


def generate_texts(
    network: CharNetwork,
    vocabulary: Vocabulary,
    prompts: Sequence[Prompt],
    *,
    choice: Choice = PLAIN,
    music: Choice | None = None,
    seed: int = 0,
    max_characters: int = 3000,
    batch: int = 256,
    dtype: torch.dtype | None = None,
    constrained: bool = True,
    cautious: bool = True,
    retries: int = RETRIES,
    drafts: Drafts = ONE_DRAFT,
    beam: int = 0,
    stop: Callable[[], bool] = lambda: False,
) -> Iterator[GeneratedText]:
    """Write a tune for each prompt, at most `batch` drafts at once, and yield them in order.

    Characters are drawn by ``choice``, those of the music by ``music`` where that is given; or the music is found by a
    search with a ``beam`` of that width.
    When `stop`, which is asked before each step, says so, the tunes that are over are yielded and no other.
    Constrained tunes obey the grammar (``folkrnn.notation.grammar``, ``cautious`` as it says), so that each comes to a
    playable end.
    Raises GenerationError for options and prompts that cannot be obeyed.
    """
    for name, value in (("max_characters", max_characters), ("batch", batch)):
        if value < 1:
            raise GenerationError(f"{name}={value!r} should be at least 1")
    for name, value in (("seed", seed), ("retries", retries)):
        if value < 0:
            raise GenerationError(f"{name}={value!r} should be at least 0")
    grammar = _grammar(vocabulary, max_characters, cautious) if constrained else None
    for prompt in {id(prompt): prompt for prompt in prompts}.values():
        prompt.check(vocabulary)
        if prompt.gaps and (grammar is None or beam):
            raise GenerationError("gaps are filled at random and under the grammar; expected no other way of writing")
        if grammar:
            prompt.check_grammar(grammar, max_characters)
    stepper = Stepper(network, fast_dtype() if dtype is None else dtype)
    sampling = _Sampling(
        stepper=stepper,
        vocabulary=vocabulary,
        choice=choice,
        music=music or choice,
        max_characters=max_characters,
        seed=seed,
        grammar=grammar,
        retries=retries,
        headers_only=beam > 0,
        read=network.reads,
    )
    generator = _Generator(prompts, batch, sampling, drafts)
    if beam:
        from folkrnn.generation.beam import BeamSearch  # which needs the texts of this module

        if grammar is None:
            raise GenerationError("a beam search needs the grammar; leave out --unconstrained")
        search = BeamSearch(stepper, vocabulary, grammar, max_characters, beam)
        generator.finish = lambda text: search.write(text, prompts[text.index])
    return generator.run(stop)


def _grammar(vocabulary: Vocabulary, max_characters: int, cautious: bool) -> Grammar:
    try:
        grammar = Grammar(vocabulary.characters, cautious)
        grammar.walk(max_characters)
    except NotationError as error:
        raise GenerationError(f"{error}; without the grammar (--unconstrained) the model may still write") from None
    return grammar


@dataclass(frozen=True)
class _Sampling:
    """How characters are chosen, the same for all tunes."""

    stepper: Stepper
    vocabulary: Vocabulary
    choice: Choice
    music: Choice
    max_characters: int
    seed: int
    grammar: Grammar | None
    retries: int
    headers_only: bool
    read: int  # how many numbers the network reads of each character

    @cached_property  # asked for with every character
    def following(self) -> Choice:
        """How music is chosen while a bar follows an earlier one."""
        return replace(self.music, temperature=FOLLOWING * self.music.temperature)


@dataclass
class _Progress:
    """How far the drafts of one tune have come."""

    begun: int
    written: int = 0
    accepted: list[GeneratedText] = field(default_factory=list)


class _Generator:
    """The blocks, and the drafts that wait for a row."""

    def __init__(self, prompts: Sequence[Prompt], batch: int, sampling: _Sampling, drafts: Drafts) -> None:
        self._prompts = prompts
        self._batch = batch
        self._sampling = sampling
        self._drafts = drafts
        self.finish: Callable[[GeneratedText], GeneratedText] = lambda text: text
        """What makes a whole tune of what the blocks write."""
        self._progress: dict[int, _Progress] = {}
        self._waiting: list[deque[tuple[int, int]]] = [deque() for _ in range(BLOCK)]  # (tune, draft) by row
        for index in range(len(prompts)):
            for draft in range(drafts.best_of):
                self._waiting[(index + draft) % BLOCK].append((index, draft))

    def run(self, stop: Callable[[], bool]) -> Iterator[GeneratedText]:
        """Write all tunes and yield them in order; when told to stop, yield those that are over."""
        blocks: list[_Block] = []
        done: dict[int, GeneratedText] = {}
        for following in range(len(self._prompts)):
            while following not in done:
                if stop():
                    yield from (done[index] for index in sorted(done))
                    return
                self._seat(blocks)
                for texts in thread_map(_Block.step, blocks):
                    done |= {text.index: kept for text in texts if (kept := self._judge(self.finish(text)))}
                blocks = [block for block in blocks if len(block)]
            yield done.pop(following)

    def _judge(self, text: GeneratedText) -> GeneratedText | None:
        """The draft to keep of this one's tune, if this was the last."""
        drafts = self._drafts
        place = self._progress.setdefault(text.index, _Progress(drafts.best_of))
        place.written += 1
        if not text.refused and drafts.accept(text):
            place.accepted.append(text)
        if place.written < place.begun:
            return None
        more = min(2 * place.begun, drafts.best_of * drafts.most) - place.begun
        if more and len(place.accepted) < drafts.best_of:
            for draft in range(place.begun, place.begun + more):
                self._waiting[(text.index + draft) % BLOCK].appendleft((text.index, draft))
            place.begun += more
            return None
        del self._progress[text.index]
        chosen = sorted(place.accepted, key=lambda each: each.draft)[: drafts.best_of]
        best = max(chosen, key=drafts.score, default=text)
        if best.refused:
            raise GenerationError(f"the music given cannot begin this tune: {best.refused}")
        return replace(best, drafts=place.begun, accepted=bool(chosen))

    def _seat(self, blocks: list["_Block"]) -> None:
        """Begin as many drafts as there is room for, first come first seated."""
        waiting = self._waiting
        free = self._batch - sum(map(len, blocks))
        while free and any(waiting):
            seats = [(waiting[row][0], row, block) for block in blocks for row in block.free_rows if waiting[row]]
            if not seats:
                if len(blocks) * BLOCK >= self._batch:
                    return
                blocks.append(_Block(self._sampling))
                continue
            seated = set()
            for draft, row, block in sorted(seats, key=lambda seat: seat[0])[:free]:
                if draft not in seated:
                    seated.add(draft)
                    waiting[row].popleft()
                    block.begin(row, *draft, self._prompts[draft[0]])
            free -= len(seated)


@dataclass
class _Tune:
    """One draft on its way: the prompt's say in it, what must be written next, and its place in the grammar."""

    index: int
    draft: int
    header: HeaderWriter
    rng: np.random.Generator
    walk: Walk | None
    gaps: deque[Gap]
    forced: list[int] = field(default_factory=list)
    in_body: bool = False
    gap: Gap | None = None  # the one under way
    refused: str = ""
    place: FormPlace = field(default_factory=FormPlace)
    bar: Walk | None = None  # the last bar line, to which the tune may go back, and the place there
    bar_place: FormPlace | None = None
    attempts: int = 0
    steered: int = 0
    rewritten: int = 0


class _Block:
    """BLOCK rows that step together; each holds a tune or rests."""

    def __init__(self, sampling: _Sampling) -> None:
        self._sampling = sampling
        self._stepper = sampling.stepper
        self._vocabulary = sampling.vocabulary
        self._state = self._stepper.zero_state(BLOCK)
        self._nothing_read = torch.tensor([self._vocabulary.start, *FormPlace().values][: sampling.read])
        self._last = self._nothing_read.repeat(BLOCK, 1)
        self._tunes: dict[int, _Tune] = {}  # by row
        self._line_starts: set[int] = set()  # rows
        self._masks: dict[frozenset[str], Tensor] = {}
        width = sampling.max_characters
        self._uniforms: NDArray[np.float64] = np.zeros((BLOCK, width))
        self._drawn: NDArray[np.int64] = np.zeros(BLOCK, dtype=np.int64)  # how many of the uniforms are spent
        self._written: NDArray[np.int64] = np.zeros((BLOCK, width), dtype=np.int64)
        self._bits: NDArray[np.float32] = np.zeros((BLOCK, width), dtype=np.float32)
        self._lengths: NDArray[np.int64] = np.zeros(BLOCK, dtype=np.int64)
        self._bar_state = tuple(part.clone() for part in self._state)
        self._bar_last = self._last.clone()
        self._bar_lengths = self._lengths.copy()

    def __len__(self) -> int:
        return len(self._tunes)

    @property
    def free_rows(self) -> list[int]:
        """The rows that rest."""
        return [row for row in range(BLOCK) if row not in self._tunes]

    def begin(self, row: int, index: int, draft: int, prompt: Prompt) -> None:
        """Put a draft on its row, which rests, before its first character."""
        grammar = self._sampling.grammar
        rng = np.random.default_rng((self._sampling.seed, index, *([draft] if draft else [])))
        walk = grammar.walk(self._sampling.max_characters, prompt.alike) if grammar else None
        self._tunes[row] = _Tune(index, draft, HeaderWriter(prompt), rng, walk, deque(prompt.gaps))
        self._line_starts.add(row)
        self._draw(row)
        self._lengths[row] = 0
        self._last[row] = self._nothing_read
        for part in self._state:
            part[:, row] = 0

    def _draw(self, row: int) -> None:
        """Draw the row's next random numbers."""
        self._uniforms[row] = self._tunes[row].rng.random(self._uniforms.shape[1])
        self._drawn[row] = 0

    def step(self) -> list[GeneratedText]:
        """Write one character of every tune, or go back to its last bar line; give the tunes that are over."""
        logits, self._state = self._stepper(self._last, self._state)
        costs = logits.log_softmax(1).numpy() / -math.log(2)  # of the plain model, whatever is chosen
        for row in self._line_starts:
            choices = self._tunes[row].header.choices
            if choices:
                logits[row] += self._only(frozenset(choices))
        rows = np.arange(BLOCK)
        ids = self._choose(logits, torch.from_numpy(self._uniforms[rows, self._drawn]))
        self._spend(list(self._tunes))
        back = self._steer(logits, ids)
        given = self._apply_prompts(ids)
        self._written[rows, self._lengths] = ids
        self._bits[rows, self._lengths] = costs[rows, ids]
        live = [row for row in self._tunes if row not in back]
        self._lengths[live] += 1
        self._read(ids, live)
        for row in back:
            self._go_back(row)
        self._advance(ids, live, given)
        return self._collect(ids, live)

    def _read(self, ids: NDArray[np.int64], live: list[int]) -> None:
        """Let the network read what was written, and the places behind it if it is told them."""
        self._last[live, 0] = torch.from_numpy(ids[live])
        told = self._sampling.read > 1
        if told or self._sampling.grammar:
            for row in live:
                self._tunes[row].place.advance(self._vocabulary.characters[ids[row]])
        if told and live:
            values = [self._tunes[row].place.values[: self._sampling.read - 1] for row in live]
            self._last[live, 1:] = torch.tensor(values)

    def _choice(self, tune: _Tune) -> Choice:
        """How the next character of a tune is chosen.

        A bar that is written again no longer follows an earlier one, or it would come out as before.
        """
        if not tune.in_body:
            return self._sampling.choice
        follows = self._sampling.grammar and not tune.attempts and tune.place.follows
        return self._sampling.following if follows else self._sampling.music

    def _choose(self, logits: Tensor, uniforms: Tensor) -> NDArray[np.int64]:
        """Choose the next ids (BLOCK,)."""
        ids = np.zeros(BLOCK, np.int64)
        rows_of: dict[Choice, list[int]] = defaultdict(list)
        for row, tune in self._tunes.items():
            rows_of[self._choice(tune)].append(row)
        for choice, rows in rows_of.items():
            ids[rows] = next_characters(logits[rows], choice, uniforms[rows]).numpy()
        return ids

    def _spend(self, rows: list[int]) -> None:
        """Count one random number of each row as used."""
        self._drawn[rows] += 1
        for row in np.flatnonzero(self._drawn == self._uniforms.shape[1]).tolist():
            if row in self._tunes:
                self._draw(row)
            else:
                self._drawn[row] = 0

    def _only(self, choices: frozenset[str]) -> Tensor:
        """Give what to add to logits (V,) so that nothing but the choices is left."""
        if choices not in self._masks:
            if len(self._masks) == MOST_MASKS:
                self._masks.clear()
            mask = torch.full((len(self._vocabulary),), -torch.inf)
            mask[[self._vocabulary.id(letter) for letter in choices if letter in self._vocabulary]] = 0
            self._masks[choices] = mask
        return self._masks[choices]

    # ── the grammar ─────────────────────────────────────────────────────────────────────────────

    def _steer(self, logits: Tensor, ids: NDArray[np.int64]) -> set[int]:
        """See to it that every id is one the grammar allows; give the rows that go back to their last bar line."""
        back: set[int] = set()
        if self._sampling.grammar is None:
            return back
        characters = self._vocabulary.characters
        for row, tune in self._tunes.items():
            assert tune.walk is not None
            again = tune.bar is not None and tune.attempts < self._sampling.retries and not tune.forced
            if again and tune.attempts < CADENCES and tune.place.ends_off_tonic(characters[ids[row]]):
                back.add(row)
                continue
            if (
                characters[ids[row]] in tune.walk.choices
                or tune.forced
                or (row in self._line_starts and tune.header.in_body and tune.header.body)
            ):
                continue
            if again:
                back.add(row)
                continue
            allowed = logits[row : row + 1] + self._only(tune.walk.choices)
            uniform = torch.from_numpy(self._uniforms[row : row + 1, self._drawn[row]])
            ids[row] = int(next_characters(allowed, self._choice(tune), uniform))
            tune.steered += 1
            self._spend([row])
        return back

    def _go_back(self, row: int) -> None:
        """Stand at the last bar line again."""
        tune = self._tunes[row]
        assert tune.bar is not None
        assert tune.bar_place is not None
        tune.walk, tune.place = tune.bar.copy(), tune.bar_place.copy()
        tune.attempts += 1
        tune.rewritten += 1
        self._last[row] = self._bar_last[row]
        self._lengths[row] = self._bar_lengths[row]
        for part, kept in zip(self._state, self._bar_state, strict=True):
            part[:, row] = kept[:, row]

    def _advance(self, ids: NDArray[np.int64], rows: list[int], given: set[int]) -> None:
        """Tell the grammar what was written, or given by a prompt, and keep the places of bar lines."""
        if self._sampling.grammar is None:
            return
        characters = self._vocabulary.characters
        for row in rows:
            tune = self._tunes[row]
            assert tune.walk is not None
            try:
                tune.walk.advance(characters[ids[row]], given=row in given)
                if row in given:
                    tune.bar = None  # what was given stays
                    if tune.in_body and not tune.forced:
                        tune.walk.settle()
                if not tune.forced and tune.walk.in_music and (tune.in_body or not tune.header.body):
                    self._open_gap(tune, tune.walk)
            except NotationError as error:
                tune.refused = str(error)
                continue
            if tune.walk.at_bar_line and not tune.forced:
                tune.bar, tune.bar_place, tune.attempts = tune.walk.copy(), tune.place.copy(), 0
                self._bar_last[row] = self._last[row]
                self._bar_lengths[row] = self._lengths[row]
                for part, kept in zip(self._state, self._bar_state, strict=True):
                    kept[:, row] = part[:, row]

    def _open_gap(self, tune: _Tune, walk: Walk) -> None:
        """Begin the next gap where all that comes before it is written."""
        if tune.gap is None and tune.gaps:
            tune.gap = tune.gaps.popleft()
            tune.gap.open(walk)

    def _close_gaps(self, ids: NDArray[np.int64]) -> None:
        """Where the model has filled a gap, expect what stands behind it."""
        for row, tune in self._tunes.items():
            if tune.gap is not None and tune.walk and tune.walk.ends_gap(self._vocabulary.characters[ids[row]]):
                tune.walk.release()
                tune.forced = self._vocabulary.encode(tune.gap.then).tolist()[::-1]
                tune.gap = None

    # ── prompts, and the end ────────────────────────────────────────────────────────────────────

    def _apply_prompts(self, ids: NDArray[np.int64]) -> set[int]:
        """Write what the prompts say in place of what the model chose; give the rows where they do."""
        for row in self._line_starts:
            tune = self._tunes[row]
            tune.in_body = tune.header.in_body
            line = tune.header.line(self._vocabulary.characters[ids[row]])
            if tune.in_body and line and tune.walk is not None:
                line = tune.walk.opened(line)
            tune.forced = self._vocabulary.encode(line).tolist()[::-1]
        self._line_starts.clear()
        self._close_gaps(ids)
        given = {row for row, tune in self._tunes.items() if tune.forced}
        for row in given:
            ids[row] = self._tunes[row].forced.pop()
        return given

    def _collect(self, ids: NDArray[np.int64], live: list[int]) -> list[GeneratedText]:
        ended = ids == self._vocabulary.start
        over = []
        refused = np.isin(np.arange(BLOCK), [row for row, tune in self._tunes.items() if tune.refused])
        for row in np.flatnonzero(ended | refused | (self._lengths == self._written.shape[1])).tolist():
            tune = self._tunes.get(row)
            if tune is None or row not in live:
                continue
            finished = tune.walk.finished if tune.walk is not None else bool(ended[row]) and tune.in_body
            finished = finished or (self._sampling.headers_only and tune.header.in_body and not tune.forced)
            if finished or tune.refused or self._lengths[row] == self._written.shape[1]:
                length = self._lengths[row]
                text = self._vocabulary.decode(self._written[row, :length].tolist())
                bits = self._bits[row, :length].copy()
                written = GeneratedText(tune.index, text, finished, tune.steered, tune.rewritten, bits, tune.draft)
                over.append(replace(written, refused=tune.refused))
                del self._tunes[row]
                self._lengths[row] = 0
            else:
                self._line_starts.add(row)
        return over
