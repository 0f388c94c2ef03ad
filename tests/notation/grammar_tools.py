"""Ways through the grammar, and texts of the default corpus to send through it."""

import random
from functools import lru_cache

from folkrnn.corpus.build import clean, reason_to_drop
from folkrnn.corpus.recipe import load_recipe
from folkrnn.corpus.sources import source_texts
from folkrnn.notation import canonical, is_playable, read_tunes
from folkrnn.notation.bars import bars_add_up
from folkrnn.notation.grammar import Grammar, Walk
from folkrnn.notation.headers import in_canonical_order

LATIN = frozenset(map(chr, [10, *range(32, 127), *range(192, 256)]))


def walked(grammar: Grammar, text: str, longest: int = 5000) -> Walk:
    """The place after a text. Raises NotationError where the grammar does not take it."""
    walk = grammar.walk(longest)
    for character in text:
        walk.advance(character)
    return walk


def wander(grammar: Grammar, longest: int, rng: random.Random, header: str = "") -> str:
    """A text that takes any of the characters that may come next, bar lines and line ends a little more often."""
    walk = walked(grammar, header, longest)
    while not walk.finished:
        choices = sorted(walk.choices)
        ends = [character for character in choices if character in "|\n"]
        walk.advance(rng.choice(ends if ends and rng.random() < 0.3 else choices))
    return in_canonical_order("".join(walk.text))


@lru_cache
def corpus_texts() -> list[str]:
    """Every twelfth playable tune of the default corpus, if all its pickups are taken back."""
    recipe = load_recipe("default")
    texts = []
    for source in recipe.sources:
        tunes = (tune for name, text in source_texts(source) for tune in read_tunes(text, name))
        for number, read in enumerate(tunes):
            cleaned = clean(read, recipe, source) if number % 12 == 0 else None
            if (
                cleaned
                and not reason_to_drop(cleaned, recipe)
                and is_playable(cleaned.findings)
                and bars_add_up(cleaned.bars)
            ):
                texts.append(canonical(cleaned))
    return texts
