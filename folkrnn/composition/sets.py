"""Sets to compose: the rhythms of their tunes, and keys that follow each other well.

A set changes its key from tune to tune, so that dancers feel a lift, but not far, so that most fingers stay where they
are. The next key is drawn from those that the rhythm has, as often as its tunes have them, times a weight:

- by how many accidentals the two signatures differ, which is how far they lie apart on the circle of fifths
  (``CLOSE``): one is best, as from D to G; with more than three a key does not come;
- twice that if the tonic goes up a tone, a fourth or a fifth (``RISES``).

The same key comes twice in a row only if the rhythm has no other that may come. Nothing here loads torch.
"""

from collections.abc import Sequence
from typing import Any

from folkrnn.errors import GenerationError, NotationError
from folkrnn.notation import Key, parse_key
from folkrnn.notation.rhythms import rhythm_named

CLOSE = {0: 3, 1: 4, 2: 2, 3: 1}
"""The weight of a next key by the number of accidentals by which its signature differs."""

RISES = (2, 5, 7)
"""The steps up from one tonic to the next, in semitones, that players like."""

MAX_SET = 20
"""The most tunes of a set."""

_MOST_WORDS = 3


def set_rhythms(given: Any, learned: Sequence[str] = ()) -> list[str]:
    """Return the names of rhythms in a text such as ``jig jig, slip jig``, or in a sequence of names.

    A name in words may be one of the table of rhythms, or ``learned``; any other word is a name of its own. Raises
    GenerationError for what holds no name, or more than MAX_SET.
    """
    if isinstance(given, str):
        parts = given.split(",")
    elif isinstance(given, Sequence) and all(isinstance(each, str) for each in given):
        parts = list(given)
    else:
        raise GenerationError(f"set={given!r} should be rhythms, such as 'jig jig reel'")
    known = {name.lower() for name in learned}
    names = [name for part in parts for name in _names(part.split(), known)]
    if not 1 <= len(names) <= MAX_SET:
        raise GenerationError(
            f"set={given!r} names {len(names)} rhythms; expected 1 to {MAX_SET}, such as 'jig jig reel'"
        )
    return names


def _names(words: Sequence[str], known: set[str]) -> list[str]:
    """Return the names in a row of words, of which each is as long as it can be."""
    found = []
    first = 0
    while first < len(words):
        ends = range(min(len(words), first + _MOST_WORDS), first, -1)
        texts = {end: " ".join(words[first:end]) for end in ends}
        end = next((end for end in ends if texts[end].lower() in known or rhythm_named(texts[end])), first + 1)
        found.append(texts[end])
        first = end
    return found


def key_weight(before: str, after: str) -> float:
    """Return how well a key follows another in a set, from 0; both as ``K:`` writes them."""
    one, other = _key(before), _key(after)
    if before == after or not (one and other and one.tonic and other.tonic):
        return 0.0
    weight = CLOSE.get(_difference(one, other), 0)
    rise = ((other.tonic_class or 0) - (one.tonic_class or 0)) % 12
    return 2.0 * weight if rise in RISES else float(weight)


def _key(text: str) -> Key | None:
    try:
        return parse_key(text)
    except NotationError:
        return None


def _difference(one: Key, other: Key) -> int:
    """Return by how many accidentals two signatures differ."""
    return abs(sum(one.semitones.values()) - sum(other.semitones.values()))
