"""Many tunes at once, each independent of the others.

Draft d of tune i under seed s depends on (s, i, d) and its prompt alone. Its random numbers are drawn from these
three, and the arithmetic is exact (``model.stepper``). So it does not matter which drafts stand beside it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from folkrnn.errors import GenerationError, NotationError
from folkrnn.generation.beam import BeamSearch
from folkrnn.generation.drafts import SINGLE_DRAFT, DraftPolicy
from folkrnn.generation.prompts import Prompt
from folkrnn.generation.rows import Block
from folkrnn.generation.sampling import DEFAULT_SAMPLING, SamplingParameters
from folkrnn.generation.schedule import Schedule, Watch
from folkrnn.generation.texts import GeneratedText
from folkrnn.generation.writing import RETRIES, Writing
from folkrnn.model.network import CharNetwork
from folkrnn.model.stepper import Stepper
from folkrnn.model.threads import thread_map
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation.grammar import Grammar
from folkrnn.notation.idiom import Idiom

BATCH = 256
"""The most drafts that are written side by side."""

ANOTHER_TITLE = 1_000_000
"""Titles that are written alone have random numbers as drafts from this number on."""


class TextWriter:
    """Writes ``count`` tunes, at most ``batch`` drafts at once.

    ``prompt_of`` gives the prompt of a draft, by the numbers of the tune and the draft, both from 0; ``check`` says
    whether one can be met. Characters are drawn by ``sampling``, those of the music by ``music_sampling`` and those
    of titles by ``title_sampling`` if they are given; with a ``beam`` width the music is found by a search. So that
    tunes of the same header differ, the first bar, or the rest of a bar that the prompt begins, is drawn by
    ``opening_sampling``: without it as the music is, but at temperature 1 in place of 0. Constrained tunes keep the
    grammar (``folkrnn.notation.grammar``, ``cautious`` and ``idiom`` as defined there), so that each comes to a
    playable end. Raises GenerationError for options that cannot be met.
    """

    def __init__(
        self,
        stepper: Stepper,
        vocabulary: Vocabulary,
        prompt_of: Callable[[int, int], Prompt],
        count: int,
        *,
        sampling: SamplingParameters = DEFAULT_SAMPLING,
        music_sampling: SamplingParameters | None = None,
        title_sampling: SamplingParameters | None = None,
        opening_sampling: SamplingParameters | None = None,
        seed: int = 0,
        max_characters: int = 3000,
        batch: int = BATCH,
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
        grammar = _checked_grammar(vocabulary, max_characters, cautious, idiom) if constrained else None
        self._prompt_of = prompt_of
        self._count = count
        self._batch = batch
        self._writing = Writing(
            stepper=stepper,
            vocabulary=vocabulary,
            header_sampling=sampling,
            music_sampling=music_sampling or sampling,
            title_sampling=title_sampling or sampling,
            max_characters=max_characters,
            seed=seed,
            grammar=grammar,
            retries=retries,
            opening_sampling=opening_sampling or _by_chance(music_sampling or sampling),
            opening_only=beam > 0,
        )
        self._search = _search(self._writing, beam) if beam else None

    def write(
        self,
        policy: DraftPolicy = SINGLE_DRAFT,
        stop: Callable[[], bool] = lambda: False,
        watch: Watch | None = None,
        tunes: Sequence[int] | None = None,
    ) -> Iterator[GeneratedText]:
        """Yield the tunes in order, each the draft that the policy chooses; with ``tunes`` only those of these numbers.

        ``stop`` is asked before each step; once it is true, the tunes that are over are yielded and no others.
        ``watch`` is called several times a second. Raises GenerationError for given music that cannot begin a tune.
        """
        writing = replace(self._writing, critics=policy.critics)
        tunes = range(self._count) if tunes is None else tunes
        schedule = Schedule(self._prompt_of, tunes, self._batch, writing, policy, self._complete)
        return schedule.run(stop, watch)

    def check(self, prompt: Prompt) -> None:
        """Raise GenerationError for a prompt that cannot be met."""
        grammar = self._writing.grammar
        prompt.check(self._writing.vocabulary)
        if prompt.gaps and (grammar is None or self._search):
            raise GenerationError("gaps are filled at random and under the grammar; expected no other sampler")
        if grammar:
            prompt.check_grammar(grammar, self._writing.max_characters)

    def title(self, text: GeneratedText, attempt: int) -> str:
        """Return another title for a text; empty if its prompt leads none. The same attempt gives the same title."""
        prompt = self._prompt_of(text.index, text.draft)
        if not (prompt.titles and self._writing.grammar):
            return ""
        return Block(self._writing, 1).title(text.index, ANOTHER_TITLE + attempt, prompt)

    def _complete(self, text: GeneratedText) -> GeneratedText:
        """Return the whole tune for what a row has written."""
        search = self._search
        if search is None or text.finished or text.impossible:
            return text
        wish = self._prompt_of(text.index, text.draft).wish
        (whole,) = thread_map(lambda opening: search.write(opening, wish), [text])
        return whole


def generate_texts(
    network: CharNetwork,
    vocabulary: Vocabulary,
    prompts: Sequence[Prompt],
    *,
    policy: DraftPolicy = SINGLE_DRAFT,
    stop: Callable[[], bool] = lambda: False,
    **options: Any,
) -> Iterator[GeneratedText]:
    """Write a tune for each prompt and yield them in order; see ``TextWriter``, whose ``options`` are taken.

    Raises GenerationError, at once, for options and prompts that cannot be met.
    """
    writer = TextWriter(Stepper(network), vocabulary, lambda tune, draft: prompts[tune], len(prompts), **options)
    for prompt in {id(prompt): prompt for prompt in prompts}.values():
        writer.check(prompt)
    return writer.write(policy, stop)


def _by_chance(sampling: SamplingParameters) -> SamplingParameters:
    """Return the same sampling, at temperature 1 if it would be 0."""
    return replace(sampling, temperature=sampling.temperature or 1.0)


@lru_cache(maxsize=4)
def _grammar(characters: str, cautious: bool, idiom: Idiom | None) -> Grammar:
    """Return the grammar of some characters, which remembers what it has worked out."""
    return Grammar(characters, cautious, idiom)


def _checked_grammar(vocabulary: Vocabulary, max_characters: int, cautious: bool, idiom: Idiom | None) -> Grammar:
    """Return the grammar of a vocabulary. Raises GenerationError if its characters do not suffice."""
    try:
        grammar = _grammar(vocabulary.characters, cautious, idiom)
        grammar.walk(max_characters)
    except NotationError as error:
        raise GenerationError(f"{error}; without the grammar (unconstrained) the model may still write") from None
    return grammar


def _search(writing: Writing, width: int) -> BeamSearch:
    """Return the beam search that finds music. Raises GenerationError without a grammar."""
    if writing.grammar is None:
        raise GenerationError("a beam search needs the grammar; expected constrained writing")
    return BeamSearch(writing.stepper, writing.vocabulary, writing.grammar, writing.max_characters, width)
