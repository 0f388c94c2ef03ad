"""Copies within a corpus: the join finds what a comparison of all pairs finds."""

import random
from itertools import combinations

import pytest

from folkrnn.analysis.originality import RUN
from folkrnn.analysis.within import Melodic, Pair, pairs_within
from folkrnn.notation import Tune, read_tunes

pytest.importorskip("duckdb", reason="needs the extra cluster")


def book() -> list[Tune]:
    """Return tunes of which some hold parts of others, some of them twice."""
    rng = random.Random(3)
    phrases = ["|".join("".join(rng.choice("DEFGABcdef") for _ in range(8)) for _ in range(2)) for _ in range(6)]
    texts = [
        "|".join(rng.choice(phrases) for _ in range(rng.randint(1, 4))).join(
            (f"X:{n}\nT:Tune {n}\nL:1/8\nK:D\n", "|]\n")
        )
        for n in range(1, 25)
    ]
    return read_tunes("\n".join([*texts, "X:99\nT:Short\nK:D\nDEF|]\n"]), "book.abc")


def brute_force(melodies: list[Melodic]) -> list[Pair]:
    """Compare all pairs, note by note."""
    found = []
    for one, other in combinations(range(len(melodies)), 2):
        hashes = [melodies[each].hashes.tolist() for each in (one, other)]
        shared = set(hashes[0]) & set(hashes[1])
        shares = []
        for own, each in zip(hashes, (one, other), strict=True):
            notes = {place + step for place, run in enumerate(own) if run in shared for step in range(RUN)}
            shares.append(len(notes) / melodies[each].notes if notes else 0.0)
        if shared:
            found.append(Pair(one, other, len(shared), max(shares)))
    return sorted(found, key=lambda pair: (-pair.copied, pair.one, pair.other))


def test_the_pairs_are_those_of_a_comparison_of_all() -> None:
    melodies = [Melodic.of(tune) for tune in book()]
    expected = brute_force(melodies)
    assert pairs_within(melodies) == expected
    assert len({pair.copied for pair in expected}) > 3
    assert pairs_within(melodies, 0.8) == [pair for pair in expected if pair.copied >= 0.8]
    assert pairs_within([]) == pairs_within(melodies[-1:]) == []


def test_a_copy_in_another_key_is_a_pair() -> None:
    music = "DEFG ABcd|dcBA GFED|FAdA FAdA|"
    one, other = read_tunes(f"X:1\nT:A\nL:1/8\nK:D\n{music}\n\nX:2\nT:B\nL:1/8\nK:E\n{music.translate(UP)}\n")
    [pair] = pairs_within([Melodic.of(one), Melodic.of(other)])
    assert (pair.one, pair.other, pair.copied) == (0, 1, 1.0)


UP = str.maketrans("DEFGABcd", "EFGABcde")
