"""Test the grammar on the default corpus and on random walks.

The grammar must accept every playable tune of the corpus whose pickups are all taken back, character by character.
With the default idiom, which must be that of the corpus, it must accept those that fit. Of tunes that were changed at
random places, it must accept only those that validation, music21 included, finds playable. Every random walk through
the grammar must end in a playable tune with the form of its header.
"""

import argparse
import random
from collections.abc import Sequence

from folkrnn.corpus import build_corpus, load_recipe
from folkrnn.notation import form, read_tunes
from folkrnn.notation.bars import bars_add_up
from folkrnn.notation.grammar import Grammar
from folkrnn.notation.headers import in_canonical_order
from folkrnn.notation.idiom import DEFAULT_IDIOM, Idiom
from folkrnn.processes import processors
from folkrnn.validation import validate_all


def changed(text: str, alphabet: str, rng: random.Random) -> str:
    """Return a text with one to three characters of its body removed, inserted or replaced."""
    begin = text.rindex("\n", 0, -1) + 1
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(begin, len(text) - 1)
        new = rng.choice(["", rng.choice(alphabet), rng.choice(alphabet)])
        text = text[:place] + new + text[place + rng.randint(0, 1) :]
    return text


def random_walk(grammar: Grammar, longest: int, rng: random.Random) -> str:
    """Return the text of a random walk, which prefers bar lines and line ends a little."""
    walk = grammar.walk(longest)
    while not walk.finished:
        choices = sorted(walk.choices)
        ends = [character for character in choices if character in "|\n"]
        walk.advance(rng.choice(ends if ends and rng.random() < 0.3 else choices))
    return in_canonical_order("".join(walk.text))


def unplayable(texts: Sequence[str]) -> list[str]:
    """Return the texts that validation does not find playable, or whose form is not that of their header."""
    tunes = [read_tunes(text)[0] for text in texts]
    pairs = zip(texts, tunes, validate_all(tunes, processors()), strict=True)
    return [text for text, tune, report in pairs if not report.playable or header_form(text) != form(tune)]


def header_form(text: str) -> str:
    """Return the form in the header of a text."""
    return text.split("\nI:form ")[1].split("\n")[0].split(" ")[0]


def main() -> None:
    """Print the counts, and any text that breaks a promise."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--changed", type=int, default=10_000, help="changed tunes to try")
    parser.add_argument("--walks", type=int, default=1_000, help="random walks for each of the grammars")
    options = parser.parse_args()
    corpus = build_corpus(load_recipe("default")).tunes
    texts = [tune.text for tune in corpus if tune.playable and bars_add_up(read_tunes(tune.text)[0].bars)]
    alphabet = frozenset().union(*map(set, texts))
    whole, cautious = Grammar(alphabet, cautious=False), Grammar(alphabet)
    refused = [text for text in texts if not whole.takes(text)]
    print(f"{len(texts) - len(refused)} of {len(texts)} playable tunes are accepted", flush=True)
    few = sum(cautious.takes(text) for text in texts)
    print(f"{few} of them by the cautious grammar", flush=True)
    idiomatic = Grammar(alphabet, cautious=False, idiom=DEFAULT_IDIOM)
    fitting = [text for text in texts if DEFAULT_IDIOM.fits(read_tunes(text)[0])]
    refused += [text for text in fitting if not idiomatic.takes(text)]
    print(f"{len(fitting)} of them fit the default idiom", flush=True)
    same = Idiom.of(read_tunes(tune.text)[0] for tune in corpus) == DEFAULT_IDIOM
    print(f"the default idiom is {'' if same else 'not '}that of the corpus", flush=True)
    rng = random.Random(1)
    signs = "".join(sorted(set("".join(text.split("\n")[-2] for text in texts))))
    tried = [changed(rng.choice(texts), signs, rng) for _ in range(options.changed)]
    taken = [text for text in tried if whole.takes(text)]
    broken = unplayable(taken)
    print(
        f"of {len(tried)} changed tunes {len(taken)} are accepted, and {len(broken)} of those are not playable",
        flush=True,
    )
    hands = Grammar(alphabet, idiom=DEFAULT_IDIOM)
    for name, grammar in (("whole", whole), ("cautious", cautious), ("idiomatic", hands)):
        walks = [random_walk(grammar, rng.choice((400, 700, 1500)), rng) for _ in range(options.walks)]
        lost = unplayable(walks)
        if grammar is hands:
            lost += [text for text in walks if not DEFAULT_IDIOM.fits(read_tunes(text)[0])]
        print(
            f"{name} grammar: {len(walks) - len(lost)} of {len(walks)} random walks end in a playable tune", flush=True
        )
        broken += lost
    for text in (*refused, *broken):
        print(text)
    raise SystemExit(bool(refused or broken) or not same)


if __name__ == "__main__":
    main()
