"""The rule of titles: words that titles have, and neither known nor odd nor the name of another dance."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cache

from folkrnn.notation.rhythms import RHYTHMS, rhythm_named
from folkrnn.notation.titles import FEWEST_WORDS, TitleWords, oddity, words_for

_NO_DANCE = frozenset({"dance", "highland"})
"""Last words of the names of rhythms that name none by themselves."""

_QUICK_STEP = frozenset({"quick", "step"})


@dataclass(frozen=True)
class TitleWriter:
    """What may come next in the title of one tune, and whether a whole title will do."""

    words: TitleWords
    known: Callable[[str], bool] = lambda title: False

    def after(self, text: str) -> frozenset[str]:
        """Return the characters that may follow the beginning of a title; the line end where it may be over."""
        return self.words.after(text)

    def refusal(self, title: str) -> str:
        """Return why a title will not do; empty if it will."""
        return oddity(title) or ("it is known" if self.known(title) else "")


class TitleRule:
    """The rule of titles of a model: its words by language, as far as its characters suffice, and the known titles."""

    def __init__(
        self, languages: Iterable[TitleWords], alphabet: Collection[str], known: Callable[[str], bool] | None = None
    ) -> None:
        self._languages = tuple(languages)
        self._alphabet = frozenset(alphabet)
        self._known = known or (lambda title: False)
        self.for_tune = cache(self._for_tune)

    def _for_tune(self, origin: str, rhythm: str) -> TitleWriter | None:
        """Return the rule for a tune's title; None where the model brings no words for it."""
        words = words_for(self._languages, origin).written_with(self._alphabet, other_dances(rhythm))
        return TitleWriter(words, self._known) if len(words) >= FEWEST_WORDS else None


def other_dances(rhythm: str) -> frozenset[str]:
    """Return the words, in lower case, that say that a tune is of another rhythm."""
    own = rhythm_named(rhythm)
    words = {each.name.split()[-1] for each in RHYTHMS}
    spoken = {word for name in (own.name, *own.aliases) for word in name.split()} if own else set[str]()
    if own and own.name == "quickstep":
        spoken |= _QUICK_STEP
    return frozenset((words | _QUICK_STEP) - _NO_DANCE - spoken)
