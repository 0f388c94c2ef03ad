"""Many tunes at once, each independent of the others.

Tune i under seed s depends on (s, i) alone. Its random numbers are drawn from that pair. Its arithmetic is
the same each time too. Matrix kernels may round differently for another number of rows, or at another row.
So tunes are written in blocks of BLOCK rows, full or not, and tune i always has row i mod BLOCK. Draft d of
a tune has its own random numbers, from (s, i, d), and row i + d mod BLOCK.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from folkrnn.errors import GenerationError, NotationError
from folkrnn.generation.beam import BeamSearch
from folkrnn.generation.drafts import SINGLE_DRAFT, DraftPolicy
from folkrnn.generation.prompts import Prompt
from folkrnn.generation.rows import BLOCK, RETRIES, Block, Writing
from folkrnn.generation.sampling import DEFAULT_SAMPLING, SamplingParameters
from folkrnn.generation.texts import GeneratedText
from folkrnn.model.network import CharNetwork, Stepper, fast_dtype
from folkrnn.model.threads import thread_map
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation.grammar import Grammar
from folkrnn.notation.idiom import Idiom

Watch = Callable[[int, float, int], None]
"""A watcher of progress: it gets how many tunes are finished, and of the next one the share written and the drafts."""

WATCH_INTERVAL = 0.1
"""Seconds between two calls of a watcher: more often nobody can see."""


class TextWriter:
    """Writes a tune for each prompt, at most ``batch`` drafts at once.

    Characters are drawn by ``sampling``, those of the music by ``music_sampling`` if it is given; with a ``beam``
    width the music is found by a search. Constrained tunes keep the grammar (``folkrnn.notation.grammar``,
    ``cautious`` and ``idiom`` as defined there), so that each comes to a playable end. Raises GenerationError for
    options and prompts that cannot be met.
    """

    def __init__(
        self,
        network: CharNetwork,
        vocabulary: Vocabulary,
        prompts: Sequence[Prompt],
        *,
        sampling: SamplingParameters = DEFAULT_SAMPLING,
        music_sampling: SamplingParameters | None = None,
        seed: int = 0,
        max_characters: int = 3000,
        batch: int = 256,
        dtype: torch.dtype | None = None,
        constrained: bool = True,
        cautious: bool = True,
        idiom: Idiom | None = None,
        retries: int = RETRIES,
        beam: int = 0,
    ) -> None:
        for name, value in (("max_characters", max_characters), ("batch", batch)):
            if value < 1:
                raise GenerationError(f"{name}={value!r} should be at least 1")
        for name, value in (("seed", seed), ("retries", retries)):
            if value < 0:
                raise GenerationError(f"{name}={value!r} should be at least 0")
        grammar = _grammar(vocabulary, max_characters, cautious, idiom) if constrained else None
        for prompt in {id(prompt): prompt for prompt in prompts}.values():
            prompt.check(vocabulary)
            if prompt.gaps and (grammar is None or beam):
                raise GenerationError("gaps are filled at random and under the grammar; expected no other sampler")
            if grammar:
                prompt.check_grammar(grammar, max_characters)
        self._prompts = prompts
        self._batch = batch
        self._writing = Writing(
            stepper=Stepper(network, fast_dtype() if dtype is None else dtype),
            vocabulary=vocabulary,
            header_sampling=sampling,
            music_sampling=music_sampling or sampling,
            max_characters=max_characters,
            seed=seed,
            grammar=grammar,
            retries=retries,
            headers_only=beam > 0,
            inputs=network.reads,
        )
        self._search = _search(self._writing, beam) if beam else None

    def write(
        self, policy: DraftPolicy = SINGLE_DRAFT, stop: Callable[[], bool] = lambda: False, watch: Watch | None = None
    ) -> Iterator[GeneratedText]:
        """Yield the tunes in order, each the draft that the policy chooses.

        ``stop`` is asked before each step; once it is true, the tunes that are over are yielded and no others.
        ``watch`` is called several times a second. Raises GenerationError for given music that cannot begin a tune.
        """
        return _Schedule(self._prompts, self._batch, self._writing, policy, self._search).run(stop, watch)


def generate_texts(
    network: CharNetwork,
    vocabulary: Vocabulary,
    prompts: Sequence[Prompt],
    *,
    policy: DraftPolicy = SINGLE_DRAFT,
    stop: Callable[[], bool] = lambda: False,
    **options: Any,
) -> Iterator[GeneratedText]:
    """Write a tune for each prompt and yield them in order; see ``TextWriter``, whose ``options`` are taken."""
    return TextWriter(network, vocabulary, prompts, **options).write(policy, stop)


def _grammar(vocabulary: Vocabulary, max_characters: int, cautious: bool, idiom: Idiom | None) -> Grammar:
    """Return the grammar of a vocabulary. Raises GenerationError if its characters do not suffice."""
    try:
        grammar = Grammar(vocabulary.characters, cautious, idiom)
        grammar.walk(max_characters)
    except NotationError as error:
        raise GenerationError(f"{error}; without the grammar (unconstrained) the model may still write") from None
    return grammar


def _search(writing: Writing, width: int) -> BeamSearch:
    """Return the beam search that finds music. Raises GenerationError without a grammar."""
    if writing.grammar is None:
        raise GenerationError("a beam search needs the grammar; expected constrained writing")
    return BeamSearch(writing.stepper, writing.vocabulary, writing.grammar, writing.max_characters, width)


@dataclass
class _Tally:
    """How far the drafts of one tune have come."""

    begun: int
    written: int = 0
    accepted: list[GeneratedText] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)


class _Schedule:
    """The blocks, and the drafts that wait for a row."""

    def __init__(
        self,
        prompts: Sequence[Prompt],
        batch: int,
        writing: Writing,
        policy: DraftPolicy,
        search: BeamSearch | None,
    ) -> None:
        self._prompts = prompts
        self._batch = batch
        self._writing = writing
        self._policy = policy
        self._search = search
        self._tallies: dict[int, _Tally] = {}
        self._waiting: list[deque[tuple[int, int]]] = [deque() for _ in range(BLOCK)]  # (tune, draft) by row
        for index in range(len(prompts)):
            for draft in range(policy.best_of):
                self._waiting[(index + draft) % BLOCK].append((index, draft))

    def run(self, stop: Callable[[], bool], watch: Watch | None = None) -> Iterator[GeneratedText]:
        """Write all tunes and yield them in order; when told to stop, yield those that are over."""
        blocks: list[Block] = []
        done: dict[int, GeneratedText] = {}
        due = 0.0
        for index in range(len(self._prompts)):
            while index not in done:
                if stop():
                    yield from (done[each] for each in sorted(done))
                    return
                self._seat(blocks)
                for texts in thread_map(Block.step, blocks):
                    for text in map(self._whole, texts):
                        if delivered := self._judge(text):
                            done[text.index] = delivered
                blocks = [block for block in blocks if len(block)]
                if watch and time.monotonic() >= due:
                    due = time.monotonic() + WATCH_INTERVAL
                    tally = self._tallies.get(index)
                    written = max((block.share_written(index) for block in blocks), default=0.0)
                    watch(index + len(done), written, tally.written if tally else 0)
            yield done.pop(index)

    def _whole(self, text: GeneratedText) -> GeneratedText:
        """Return the whole tune for what the blocks have written."""
        return self._search.write(text, self._prompts[text.index]) if self._search else text

    def _judge(self, text: GeneratedText) -> GeneratedText | None:
        """Return the draft to deliver of this one's tune, if this was the last."""
        policy = self._policy
        tally = self._tallies.setdefault(text.index, _Tally(policy.best_of))
        tally.written += 1
        if text.impossible:
            tally.refusals.append(text.impossible)
        elif refusal := policy.refusal(text):
            tally.refusals.append(refusal.reason)
        else:
            tally.accepted.append(text)
        if tally.written < tally.begun:
            return None
        more = min(2 * tally.begun, policy.best_of * policy.max_factor) - tally.begun
        if more and len(tally.accepted) < policy.best_of:
            for draft in range(tally.begun, tally.begun + more):
                self._waiting[(text.index + draft) % BLOCK].appendleft((text.index, draft))
            tally.begun += more
            return None
        del self._tallies[text.index]
        candidates = sorted(tally.accepted, key=lambda each: each.draft)[: policy.best_of]
        best = max(candidates, key=policy.score, default=text)
        if best.impossible:
            raise GenerationError(f"the music given cannot begin this tune: {best.impossible}")
        return best.delivered(
            drafts=tally.begun,
            refusals=tuple(tally.refusals),
            accepted=bool(candidates),
            violation="" if candidates else policy.violation(best),
        )

    def _seat(self, blocks: list[Block]) -> None:
        """Begin as many drafts as there is room for, first come first seated."""
        waiting = self._waiting
        free = self._batch - sum(map(len, blocks))
        while free and any(waiting):
            seats = [(waiting[row][0], row, block) for block in blocks for row in block.free_rows if waiting[row]]
            if not seats:
                if len(blocks) * BLOCK >= self._batch:
                    return
                blocks.append(Block(self._writing))
                continue
            seated = set()
            for draft, row, block in sorted(seats, key=lambda seat: seat[0])[:free]:
                if draft not in seated:
                    seated.add(draft)
                    waiting[row].popleft()
                    block.begin(row, *draft, self._prompts[draft[0]])
            free -= len(seated)
