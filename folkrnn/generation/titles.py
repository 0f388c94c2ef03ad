"""A title under way: it is made of words that titles have, and is neither known nor odd nor names another dance."""

import re
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable
from functools import cache

from folkrnn.notation.rhythms import RHYTHMS, rhythm_named
from folkrnn.notation.titles import END, FEWEST_WORDS, TitleWords, oddity, words_for

_NO_DANCE = frozenset({"dance", "highland"})
"""Last words of the names of rhythms that name none by themselves."""

_QUICK_STEP = frozenset({"quick", "step"})


class TitleWriter:
    """What may come next in the title of one tune, and whether a whole title will do.

    ``alphabet`` are the characters that may be used, ``never`` the words (in small letters) that may not, and ``known``
    says whether a title is known.
    """

    def __init__(
        self,
        words: TitleWords,
        alphabet: Collection[str],
        never: Collection[str] = (),
        known: Callable[[str], bool] = lambda title: False,
    ) -> None:
        self._words = words
        self._alphabet = frozenset(alphabet)
        self._never = frozenset(never)
        self._known = known
        self._following = cache(self._allowed)
        self._choices = cache(self._letters)

    def after(self, text: str) -> frozenset[str]:
        """Return the characters that may follow the beginning of a title; the line end where it may be over."""
        *before, word = text.split(" ")
        return self._choices(before[-1] if before else "", word)

    def refusal(self, title: str) -> str:
        """Return why a title will not do; empty if it will."""
        return oddity(title) or ("it is known" if self._known(title) else "")

    def _letters(self, before: str, beginning: str) -> frozenset[str]:
        """Return what may follow the beginning of a word after another word."""
        size = len(beginning)
        words = self._following(before)
        found: set[str] = set()
        for place in range(bisect_left(words, beginning), len(words)):
            if not words[place].startswith(beginning):
                break
            found.add(words[place][size : size + 1])
        found.discard(END)
        if "" in found:  # the word is whole
            found.remove("")
            after = self._following(beginning)
            found |= {"\n"} if END in after or not after else set()
            found |= {" "} if set(after) - {END} else set()
        return frozenset(found)

    def _allowed(self, word: str) -> tuple[str, ...]:
        """Return those of the words after a word that may be used, sorted."""
        return tuple(
            sorted(
                each
                for each in self._words.after(word)
                if each == END or (self._alphabet.issuperset(each) and not self._never.intersection(_parts(each)))
            )
        )


class TitleRule:
    """What makes a ``TitleWriter`` for each tune: ``for_tune(origin, rhythm)``.

    ``languages`` are the words of titles, ``alphabet`` the characters that a model knows, and ``known`` says whether a
    title is known.
    """

    def __init__(
        self,
        languages: Iterable[TitleWords],
        alphabet: Collection[str],
        known: Callable[[str], bool] = lambda title: False,
    ) -> None:
        self._languages = tuple(languages)
        self._alphabet = alphabet
        self._known = known
        self.for_tune = cache(self._for_tune)

    def _for_tune(self, origin: str, rhythm: str) -> TitleWriter | None:
        """Return the writer of a tune's title; None where the model brings no words for it."""
        words = words_for(self._languages, origin)
        if len(words) < FEWEST_WORDS:
            return None
        return TitleWriter(words, self._alphabet, other_dances(rhythm), self._known)


def other_dances(rhythm: str) -> frozenset[str]:
    """Return the words, in small letters, that say that a tune is of another rhythm."""
    own = rhythm_named(rhythm)
    words = {each.name.split()[-1] for each in RHYTHMS}
    spoken = set(own.name.split()) if own else set[str]()
    if own and own.name == "quickstep":
        spoken |= {*_QUICK_STEP, "march"}
    return frozenset((words | _QUICK_STEP) - _NO_DANCE - spoken)


def _parts(word: str) -> set[str]:
    """Return a word in small letters as it stands, without its ending, and its parts."""
    plain = re.sub(r"['’]s?$", "", word.lower().rstrip(","))
    return {plain, plain.removesuffix("s"), *re.split("[-'’]", plain)}
