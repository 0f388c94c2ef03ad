"""Tunes that a model writes in the rhythms and meters of real ones, to be compared with them."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from folkrnn.composition.programme import Programme
from folkrnn.composition.requests import Request
from folkrnn.composition.settings import GenerationSettings
from folkrnn.corpus import CorpusTune
from folkrnn.generation.generator import generate_texts
from folkrnn.generation.prompts import Prompt
from folkrnn.generation.sampling import SamplingParameters
from folkrnn.generation.texts import GeneratedText
from folkrnn.generation.titles import TitleRule
from folkrnn.model.checkpoint import Checkpoint
from folkrnn.notation import Tune, read_tunes
from folkrnn.notation.bars import bars_add_up
from folkrnn.notation.grammar import Wish

MAX_CHARACTERS = 2000
"""The most characters of a tune."""


def distinct(tunes: Iterable[CorpusTune]) -> Iterator[CorpusTune]:
    """Yield the tunes that the grammar could write, and of each family only the first.

    They are playable, and all their pickups are taken back.
    """
    families = set()
    for tune in tunes:
        if tune.family not in families and tune.playable and bars_add_up(read_tunes(tune.text)[0].bars):
            families.add(tune.family)
            yield tune


def imitate(
    tunes: Sequence[Tune], checkpoint: Checkpoint, sampling: SamplingParameters, seed: int, **options: Any
) -> list[GeneratedText]:
    """Return a text for each tune, in its rhythm and meter where the model has learned them.

    Headers, titles and idiom are those of the tunes that a composer writes; ``options`` are for ``generate_texts``.
    """
    repertoire, titles = checkpoint.corpus.learned, _titles(checkpoint)
    unnamed = Prompt(titles=titles.for_tune("", ""), wish=Wish(planned=checkpoint.network.settings.plans))

    @cache
    def programme(rhythm: str, meter: str) -> Programme:
        return _programme(Request({"R": rhythm, "M": meter}), checkpoint, titles, seed)

    prompts = [
        programme(tune.rhythm, str(tune.meter)).prompt(number)
        if repertoire.meters(tune.rhythm).get(str(tune.meter)) and tune.rhythm
        else unnamed
        for number, tune in enumerate(tunes)
    ]
    return _write(prompts, checkpoint, sampling, seed, options)


def write_unasked(
    count: int, checkpoint: Checkpoint, sampling: SamplingParameters, seed: int, **options: Any
) -> list[GeneratedText]:
    """Return texts of which nothing is asked: rhythms, headers, titles and idiom are those that a composer draws."""
    programme = _programme(Request(), checkpoint, _titles(checkpoint), seed)
    return _write([programme.prompt(number) for number in range(count)], checkpoint, sampling, seed, options)


def _titles(checkpoint: Checkpoint) -> TitleRule:
    return TitleRule(checkpoint.corpus.learned.titles, checkpoint.vocabulary.characters)


def _programme(request: Request, checkpoint: Checkpoint, titles: TitleRule, seed: int) -> Programme:
    return Programme(
        request, checkpoint.corpus.learned, seed=seed, titles=titles, alphabet=checkpoint.vocabulary.characters,
        plans=checkpoint.network.settings.plans,
    )  # fmt: skip


def _write(
    prompts: Sequence[Prompt], checkpoint: Checkpoint, sampling: SamplingParameters, seed: int, options: dict[str, Any]
) -> list[GeneratedText]:
    return list(
        generate_texts(
            checkpoint.network, checkpoint.vocabulary, prompts,
            music_sampling=sampling, title_sampling=GenerationSettings().title_sampling, seed=seed,
            max_characters=MAX_CHARACTERS, idiom=checkpoint.corpus.learned.idiom, **options,
        )
    )  # fmt: skip
