"""Tunes that a model writes in the rhythms of real ones, to be compared with them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from folkrnn.corpus import CorpusTune
from folkrnn.generation.generator import generate_texts
from folkrnn.generation.prompts import Prompt
from folkrnn.generation.sampling import SamplingParameters
from folkrnn.generation.texts import GeneratedText
from folkrnn.model.checkpoint import Checkpoint
from folkrnn.notation import Tune

MAX_CHARACTERS = 2000
"""The most characters of a tune."""


def distinct(tunes: Iterable[CorpusTune]) -> Iterator[CorpusTune]:
    """Yield the playable tunes, as the grammar writes no others, and of each family only the first."""
    families = set()
    for tune in tunes:
        if tune.playable and tune.family not in families:
            families.add(tune.family)
            yield tune


def imitate(
    tunes: Sequence[Tune], checkpoint: Checkpoint, sampling: SamplingParameters, seed: int, **options: Any
) -> list[GeneratedText]:
    """Return a text for each tune, in its rhythm where the model knows it; ``options`` as for ``generate_texts``."""
    known = checkpoint.corpus.values.get("R")
    asked = [tune.rhythm if known is None or tune.rhythm in known else "" for tune in tunes]
    prompts = {rhythm: Prompt({"R": rhythm} if rhythm else {}) for rhythm in asked}
    return list(
        generate_texts(
            checkpoint.network, checkpoint.vocabulary, [prompts[rhythm] for rhythm in asked],
            sampling=sampling, seed=seed, max_characters=MAX_CHARACTERS, **options,
        )
    )  # fmt: skip
