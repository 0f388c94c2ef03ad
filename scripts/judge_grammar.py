"""Hold the grammar against the default corpus and against random ways through it.

Every playable tune of the corpus must be taken, character for character; tunes changed at random places must not be
taken if validation, music21 included, does not find them playable; and whatever random way is taken through the
grammar, a playable tune with the form of its header must come out.
"""

import argparse
import random
from collections.abc import Sequence

from folkrnn.corpus import build_corpus, load_recipe
from folkrnn.notation import form, read_tunes
from folkrnn.notation.grammar import Grammar
from folkrnn.notation.headers import in_canonical_order
from folkrnn.processes import processors
from folkrnn.validation import validate_all


def changed(text: str, alphabet: str, rng: random.Random) -> str:
    """A text with one to three characters of its body left out, put in or exchanged."""
    begin = text.rindex("\n", 0, -1) + 1
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(begin, len(text) - 1)
        new = rng.choice(["", rng.choice(alphabet), rng.choice(alphabet)])
        text = text[:place] + new + text[place + rng.randint(0, 1) :]
    return text


def wandered(grammar: Grammar, longest: int, rng: random.Random) -> str:
    """A text that takes any way, ends a little more often than others."""
    walk = grammar.walk(longest)
    while not walk.finished:
        choices = sorted(walk.choices)
        ends = [character for character in choices if character in "|\n"]
        walk.advance(rng.choice(ends if ends and rng.random() < 0.3 else choices))
    return in_canonical_order("".join(walk.text))


def unplayable(texts: Sequence[str]) -> list[str]:
    """The texts that validation does not find playable, or that have another form than they say."""
    tunes = [read_tunes(text)[0] for text in texts]
    pairs = zip(texts, tunes, validate_all(tunes, processors()), strict=True)
    return [text for text, tune, report in pairs if not report.playable or told_form(text) != form(tune)]


def told_form(text: str) -> str:
    """The form that the header of a text tells."""
    return text.split("\nI:form ")[1].split("\n")[0].split(" ")[0]


def main() -> None:
    """Print the counts, and any text that breaks a promise."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--changed", type=int, default=10_000, help="changed tunes to try")
    parser.add_argument("--ways", type=int, default=1_000, help="random ways to take, for each of the two grammars")
    options = parser.parse_args()
    texts = [tune.text for tune in build_corpus(load_recipe("default")).tunes if tune.playable]
    alphabet = frozenset().union(*map(set, texts))
    whole, cautious = Grammar(alphabet, cautious=False), Grammar(alphabet)
    refused = [text for text in texts if not whole.takes(text)]
    print(f"{len(texts) - len(refused)} of {len(texts)} playable tunes are taken", flush=True)
    few = sum(cautious.takes(text) for text in texts)
    print(f"{few} of them by the cautious grammar", flush=True)
    rng = random.Random(1)
    signs = "".join(sorted(set("".join(text.split("\n")[-2] for text in texts))))
    tried = [changed(rng.choice(texts), signs, rng) for _ in range(options.changed)]
    taken = [text for text in tried if whole.takes(text)]
    broken = unplayable(taken)
    print(f"of {len(tried)} changed tunes {len(taken)} are taken, {len(broken)} of those are not playable", flush=True)
    for name, grammar in (("whole", whole), ("cautious", cautious)):
        ways = [wandered(grammar, rng.choice((400, 700, 1500)), rng) for _ in range(options.ways)]
        lost = unplayable(ways)
        print(f"{name} grammar: {len(ways) - len(lost)} of {len(ways)} random ways end in a playable tune", flush=True)
        broken += lost
    for text in (*refused, *broken):
        print(text)
    raise SystemExit(bool(refused or broken))


if __name__ == "__main__":
    main()
