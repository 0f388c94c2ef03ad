"""The words of titles, and which of them follow each other.

Titles are learned by language. A language is a group of origins whose titles share words. It is found from the titles
themselves, so a tune from Germany gets a German title without a list of languages.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

END = "."
"""What follows the last word of a title."""

MAX_WORDS = 6
"""The most words of a title that is not odd: 98 of 100 titles of fiddle tunes have no more."""

SHORT_WORD = 3
"""Words of at most this many letters, such as ``of`` and ``the``, may come twice in a title."""

OWN_LANGUAGE = 300
"""An origin with at least this many titles may be a language of its own; others join the nearest one."""

SHARED = 0.4
"""Origins of which at least this share of the words is in another's titles speak its language."""

RARE = 0.05
"""A word that ends a smaller share of the titles that it is in, such as ``of``, ends none; and none begins with it if
it begins a smaller share."""

ABBREVIATIONS = frozenset({"Do", "Strathspe", "Strathsy"})
"""Last words of titles that are no words: ditto, and strathspey."""

FEWEST_WORDS = 50
"""Titles of a language with fewer words than this could only be said again; such a language is left out."""

_WORD = re.compile(r"(?:[^\W\d_]{2,}|[AIO]|[^\W\d_]+['’][^\W\d_]+)(?:['’-][^\W\d_]+)*['’]?,?")


@dataclass(frozen=True)
class TitleWords:
    """Which words follow each other in the titles of some origins.

    ``following`` maps a word, in small letters, to those that came after it, in their usual spelling; END for the last
    word of a title. What follows the empty word begins a title. The length of all is the number of words.
    """

    origins: tuple[str, ...] = ()
    following: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return max(0, len(self.following) - 1)

    def after(self, word: str) -> tuple[str, ...]:
        """Return the words that may follow a word; END where it may be the last."""
        return self.following.get(word.lower(), (END,))


def oddity(title: str) -> str:
    """Return what is odd about a title that is made of known words; empty if nothing is."""
    words = [word.strip(",").lower() for word in title.split()]
    longer = [word for word in words if len(word) > SHORT_WORD]
    if len(set(longer)) < len(longer):
        return "it says a word twice"
    if any(one == other for one, other in pairwise(words)):
        return "it says a word twice"
    if "of" in words and words[-1].endswith("'s"):
        return "whose it is, it does not say"
    if len("".join(words)) <= SHORT_WORD:
        return "it is too short"
    if len(words) > MAX_WORDS:
        return "it is too long"
    return ""


def title_words(titles: Iterable[tuple[str, str]]) -> tuple[TitleWords, ...]:
    """Return the words of titles by language, from (title, origin) of each tune; the biggest language first.

    A language of fewer than FEWEST_WORDS words is left out.
    """
    by_origin: dict[str, list[list[str]]] = defaultdict(list)
    for title, origin in titles:
        by_origin[origin].append(title.split())
    languages: list[list[str]] = []
    for origin in sorted(by_origin, key=lambda each: (not each, -len(by_origin[each]), each)):
        spoken = Counter(word for title in by_origin[origin] for word in title)
        shares = [_shared(spoken, (title for each in language for title in by_origin[each])) for language in languages]
        nearest = max(range(len(languages)), key=lambda i: shares[i], default=None)
        own = bool(origin) and len(by_origin[origin]) >= OWN_LANGUAGE
        if nearest is None or (own and shares[nearest] < SHARED):
            languages.append([origin])
        else:
            languages[nearest].append(origin)
    found = []
    for language in languages:
        spoken_by = [origin for origin in language if origin] or language  # what names no origin may be in any language
        titles_of = [title for origin in spoken_by for title in by_origin[origin]]
        found.append(_words_of(titles_of, tuple(language)))
    return tuple(words for words in found if len(words) >= FEWEST_WORDS)


def words_for(languages: Iterable[TitleWords], origin: str) -> TitleWords:
    """Return the words of an origin's language; those of the first language for an origin that none has."""
    known = tuple(languages)
    return next((each for each in known if origin in each.origins), known[0] if known else TitleWords())


def _shared(words: Mapping[str, int], titles: Iterable[list[str]]) -> float:
    """Return the share of some words, counted, that titles have too."""
    known = {word for title in titles for word in title}
    return sum(count for word, count in words.items() if word in known) / max(1, sum(words.values()))


def _words_of(titles: list[list[str]], origins: tuple[str, ...]) -> TitleWords:
    """Return the words of titles that are words, each but the first of a title in its commonest spelling."""
    usable = [
        title for title in titles if title and all(map(_WORD.fullmatch, title)) and title[0][:1].isupper()
        and not title[-1].endswith(",") and len(title[-1]) > 1 and title[-1] not in ABBREVIATIONS
    ]  # fmt: skip
    usual: dict[str, str] = {}
    for word, _ in Counter(word for title in usable for word in title[1:]).most_common():
        usual.setdefault(word.lower(), word)
    said = Counter(word.lower() for title in usable for word in title)
    begins = Counter(title[0].lower() for title in usable)
    ends = Counter(title[-1].lower() for title in usable)
    following: dict[str, set[str]] = defaultdict(set)
    for title in usable:
        words = [title[0], *(usual[word.lower()] for word in title[1:])]
        for word, after in zip(["", *words], [*words, END], strict=True):
            rare = (after == END and ends[word.lower()] < RARE * said[word.lower()]) or (
                not word and begins[after.lower()] < RARE * said[after.lower()]
            )
            if not rare:
                following[word.lower()].add(after)
    return TitleWords(origins, {word: tuple(sorted(after)) for word, after in sorted(following.items())})
