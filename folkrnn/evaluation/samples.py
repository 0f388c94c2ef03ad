"""What is measured: real tunes, and those that a model writes in their rhythms."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from folkrnn.corpus import CorpusTune
from folkrnn.generation import Prompt, generate_texts
from folkrnn.generation.generator import GeneratedText
from folkrnn.generation.sampling import Choice
from folkrnn.model import Checkpoint
from folkrnn.notation import Tune

LONGEST = 2000
"""Characters that a tune may have."""


def distinct(tunes: Iterable[CorpusTune]) -> Iterator[CorpusTune]:
    """Those that are playable, as what the grammar writes is, and of settings of one tune the first."""
    families = set()
    for tune in tunes:
        if tune.playable and tune.family not in families:
            families.add(tune.family)
            yield tune


def composed_like(
    tunes: Sequence[Tune], checkpoint: Checkpoint, choice: Choice, seed: int, **how: Any
) -> list[GeneratedText]:
    """A text for each tune, asked for in its rhythm where the model knows that; ``how`` as for ``generate_texts``."""
    known = checkpoint.corpus.values.get("R")
    asked = [tune.rhythm if known is None or tune.rhythm in known else "" for tune in tunes]
    prompts = {rhythm: Prompt({"R": rhythm} if rhythm else {}) for rhythm in asked}
    return list(
        generate_texts(
            checkpoint.network, checkpoint.vocabulary, [prompts[rhythm] for rhythm in asked],
            choice=choice, music=choice, seed=seed, max_characters=LONGEST, **how,
        )
    )  # fmt: skip
