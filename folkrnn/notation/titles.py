"""The words of titles: a title under way, and what may come next so that it is made of words that titles have.

Titles are learned by language. A language is a group of origins whose titles share words, found from the titles
themselves, so that a tune from Germany gets a German title without a list of languages.
"""

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

MAX_WORDS = 6
"""The most words of a title: 98 of 100 titles of fiddle tunes have no more."""

MAX_TITLE = 44
"""After this many characters no further word begins."""

SHORT_WORD = 3
"""Words of at most this many letters, such as ``of`` and ``the``, may come twice in a title."""

OWN_LANGUAGE = 300
"""An origin with at least this many titles may be a language of its own; others join the nearest one."""

SHARED = 0.4
"""Origins of which at least this share of the words is in another's titles speak its language."""

FEWEST_WORDS = 50
"""Titles of a language with fewer words than this could only be said again; such a language is left out."""

_WORD = re.compile(r"(?:[^\W\d_]{2,}|[AIO]|[^\W\d_]+['’][^\W\d_]+)(?:['’-][^\W\d_]+)*['’]?,?")


@dataclass(frozen=True)
class TitleWords:
    """The words of the titles of some origins, by their places: the ``first`` one, those ``between``, the ``last``.

    A word that can be followed is in ``first`` or ``between``; one that can end a title is in ``last``. A title of
    one word is made of a word that was one.
    """

    origins: tuple[str, ...] = ()
    first: tuple[str, ...] = ()
    between: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    single: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len({*self.first, *self.between, *self.last, *self.single})

    def written_with(self, alphabet: Collection[str], never: Collection[str] = ()) -> "TitleWords":
        """Return those of the words that the characters suffice for, and that are not among ``never`` (lower case)."""
        letters, banned = frozenset(alphabet), frozenset(never)

        def kept(words: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(word for word in words if letters.issuperset(word) and not banned.intersection(_parts(word)))

        return replace(
            self,
            first=kept(self.first),
            between=kept(self.between),
            last=kept(self.last),
            single=kept(self.single),
        )

    @cached_property
    def _sorted(self) -> dict[str, list[str]]:
        return {
            "first": sorted({*self.first, *self.single}),
            "next": sorted({*self.between, *self.last}),
            "last": sorted(self.last),
        }

    @cached_property
    def _sets(self) -> dict[str, frozenset[str]]:
        return {name: frozenset(getattr(self, name)) for name in ("first", "between", "last", "single")}

    @cached_property
    def _known(self) -> dict[tuple[str, str], frozenset[str]]:
        return {}

    def after(self, text: str) -> frozenset[str]:
        """Return the characters that may follow the beginning of a title; the line end where it may be over."""
        *before, word = text.split(" ")
        full = len(before) + 1 >= MAX_WORDS or len(text) - len(word) >= MAX_TITLE
        place = "first" if not before else "last" if full else "next"
        choices = self._letters(place, word)
        if before:
            ends = word in self._sets["last"]
            goes_on = word in self._sets["between"] and not full
        else:
            ends = word in self._sets["single"]
            goes_on = word in self._sets["first"] and bool(self.last)
        return choices | frozenset("\n" * ends + " " * goes_on)

    def _letters(self, place: str, beginning: str) -> frozenset[str]:
        """Return the letters that lead from the beginning of a word to a longer word of a place."""
        found = self._known.get((place, beginning))
        if found is None:
            words, size = self._sorted[place], len(beginning)
            letters = set()
            at = bisect_left(words, beginning)
            while at < len(words) and words[at].startswith(beginning):
                if len(words[at]) > size:
                    letters.add(words[at][size])
                    at = bisect_left(words, beginning + chr(ord(words[at][size]) + 1), at)
                else:
                    at += 1
            found = self._known[place, beginning] = frozenset(letters)
        return found


def oddity(title: str) -> str:
    """Return what is odd about a title that is made of known words; empty if nothing is."""
    words = [word.strip(",").lower() for word in title.split()]
    longer = [word for word in words if len(word) > SHORT_WORD]
    if len(set(longer)) < len(longer):
        return "it says a word twice"
    if any(one == other for one, other in pairwise(words)):
        return "it says a word twice"
    if len("".join(words)) <= SHORT_WORD:
        return "it is too short"
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


def _parts(word: str) -> set[str]:
    """Return a word in lower case as it stands, and without its possessive ending, plural or comma."""
    plain = word.lower().rstrip(",'’")
    bare = re.sub(r"['’]s$", "", plain)
    return {plain, bare, bare.removesuffix("s"), *re.split("[-'’]", bare)}


def _shared(words: Mapping[str, int], titles: Iterable[list[str]]) -> float:
    """Return the share of some words, counted, that titles have too."""
    known = {word for title in titles for word in title}
    return sum(count for word, count in words.items() if word in known) / max(1, sum(words.values()))


def _words_of(titles: list[list[str]], origins: tuple[str, ...]) -> TitleWords:
    """Return the words of titles that are words, in their commonest spelling at their place."""
    places: dict[str, Counter[str]] = {name: Counter() for name in ("first", "between", "last", "single")}
    for title in titles:
        if not title or not all(map(_WORD.fullmatch, title)) or not title[0][:1].isupper():
            continue
        if len(title) == 1:
            places["single"][title[0]] += 1
            continue
        places["first"][title[0]] += 1
        places["between"].update(title[1:-1])
        places["last"][title[-1]] += 1
    inner = places["between"] + places["last"]
    usual: dict[str, str] = {}
    for word, _ in inner.most_common():
        usual.setdefault(word.lower(), word)
    return TitleWords(
        origins,
        tuple(sorted(word for word in places["first"] if not word.endswith(","))),
        tuple(sorted({usual[word.lower()] for word in places["between"]})),
        tuple(sorted({usual[word.lower()] for word in places["last"] if len(word) > 1 and not word.endswith(",")})),
        tuple(sorted(word for word in places["single"] if len(word) > 1 and not word.endswith(","))),
    )
