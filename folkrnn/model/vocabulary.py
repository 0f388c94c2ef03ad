"""The characters a model knows, in one fixed order."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from folkrnn.errors import ModelError

START = "\n"
"""The start symbol, which the network reads before a tune's first character: a tune follows the end of a line."""


@dataclass(frozen=True)
class Vocabulary:
    """The characters a model knows, in the order of their code points; a character's index is its id."""

    characters: str

    def __post_init__(self) -> None:
        if list(self.characters) != sorted(set(self.characters)) or START not in self.characters:
            raise ModelError(
                f"vocabulary characters={self.characters!r} should be different characters "
                "in the order of their code points, the line end among them"
            )

    @classmethod
    def from_texts(cls, texts: Iterable[str]) -> "Vocabulary":
        """Return the vocabulary of every character of the texts, and the line end."""
        return cls("".join(sorted(set(START).union(*map(set, texts)))))

    def __len__(self) -> int:
        return len(self.characters)

    def __contains__(self, character: str) -> bool:
        return character in self._ids

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {character: i for i, character in enumerate(self.characters)}

    @cached_property
    def _points(self) -> "np.ndarray[tuple[int], np.dtype[np.uint32]]":
        return np.array([ord(character) for character in self.characters], dtype=np.uint32)

    @property
    def start(self) -> int:
        """The id of the start symbol."""
        return self._ids[START]

    def id(self, character: str) -> int:
        """Return the id of one character. Raise ModelError, which names it, for an unknown one."""
        try:
            return self._ids[character]
        except KeyError:
            raise ModelError(f"the model does not know the character {character!r}") from None

    def encode(self, text: str) -> Tensor:
        """Map a text to ids (N,). Raise ModelError, which names the character, for an unknown one."""
        points = np.array([ord(character) for character in text], dtype=np.uint32)
        ids = np.searchsorted(self._points, points).clip(max=len(self) - 1)
        unknown = self._points[ids] != points
        if unknown.any():
            self.id(text[int(unknown.argmax())])
        return torch.from_numpy(ids.astype(np.int64))

    def decode(self, ids: Iterable[int]) -> str:
        """Map ids back to text."""
        return "".join(self.characters[i] for i in ids)
