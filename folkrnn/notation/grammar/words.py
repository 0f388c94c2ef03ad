"""Some words, read letter by letter."""

from collections.abc import Iterable


class Words:
    """A set of words, and for each beginning of one the letters that may follow."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(words)
        after: dict[str, set[str]] = {"": set()}
        for word in self._words:
            for end in range(len(word)):
                after.setdefault(word[:end], set()).add(word[end])
        self._after = {beginning: frozenset(letters) for beginning, letters in after.items()}

    def __contains__(self, word: object) -> bool:
        return word in self._words

    def __bool__(self) -> bool:
        return bool(self._words)

    def after(self, beginning: str) -> frozenset[str]:
        """Return the letters that lead from a beginning to some word."""
        return self._after.get(beginning, frozenset())
