"""What a composer may fix about a tune: header fields, and how its body begins."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from folkrnn.errors import GenerationError, NotationError
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation.grammar import Grammar, Walk, form_cost
from folkrnn.notation.headers import HEADER_FIELDS, REQUIRED_FIELDS, next_fields

USUAL_HEADER = 80
"""More characters than this in the given fields are taken from what the music may have."""


@dataclass(frozen=True)
class Gap:
    """What the model writes between what is given, and the text ``then`` that is given behind it.

    The gap is made of whole ``bars``, the length and the bar line of each, of which the last bar line begins ``then``;
    or without bars it lasts until ``left`` is left of the bar under way.
    """

    then: str
    bars: tuple[tuple[Fraction, str], ...] = ()
    left: Fraction = Fraction(0)

    def open(self, walk: Walk) -> None:
        """Hold a tune to the gap. Raises NotationError where it cannot be there."""
        if self.bars:
            walk.hold(self.bars)
        else:
            walk.hold_rest(self.left)


@dataclass(frozen=True)
class Prompt:
    """Header fields by letter, as in {"R": "jig", "K": "D"}, and the first characters of the body.

    A form (``I``) of several parts may leave out how alike they are: the model then writes that. ``alike``, from 0 to
    10, asks for it where the form is the model's; the grammar sees to it, and to the ``gaps`` behind the body.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    alike: int | None = None
    gaps: tuple[Gap, ...] = ()

    def __post_init__(self) -> None:
        for letter, value in self.fields.items():
            if letter not in HEADER_FIELDS or len(letter) != 1:
                raise GenerationError(f"prompt field {letter!r} should be one of: {', '.join(HEADER_FIELDS)}")
            if not value or "\n" in value:
                raise GenerationError(f"prompt {letter}:{value!r} should be one line of text")
        if "\n" in self.body:
            raise GenerationError(f"prompt body {self.body!r} should be one line of text")

    def check(self, vocabulary: Vocabulary) -> None:
        """Raise GenerationError if the model does not know the prompt's characters, or a header's."""
        missing = [letter for letter in f"{REQUIRED_FIELDS}:" if letter not in vocabulary]
        if missing:
            raise GenerationError(f"the model does not know {missing[0]!r}, so it cannot write ABC headers")
        lines = [f"{letter}:{value}" for letter, value in self.fields.items()]
        for line in (*lines, self.body, *(gap.then.rstrip("\n") for gap in self.gaps)):
            for character in line:
                if character not in vocabulary:
                    raise GenerationError(f"the model does not know the character {character!r} of {line!r}")

    def check_grammar(self, grammar: Grammar, max_characters: int) -> None:
        """Raise GenerationError if no tune of the grammar, within the characters allowed, has these fields."""
        try:
            for letter, value in self.fields.items():
                grammar.header.check(letter, value)
            told = sum(map(len, self.fields.values()))
            grammar.walk(max_characters - max(told - USUAL_HEADER, 0) - form_cost(self.fields.get("I", "")))
        except NotationError as error:
            raise GenerationError(f"the grammar cannot write what is asked for: {error}") from None


class HeaderWriter:
    """Follows the header of one tune line by line and says where the prompt speaks instead of the model.

    The given fields come first; then the model writes the others, in the order that it likes.
    """

    def __init__(self, prompt: Prompt) -> None:
        self.body = prompt.body
        """What the prompt gives of the music."""
        self._waiting = [
            given_line(letter, prompt.fields[letter]) for letter in HEADER_FIELDS if letter in prompt.fields
        ]
        if "X" not in prompt.fields:
            self._waiting.insert(0, "X:1\n")
        self._written: list[str] = []

    @property
    def choices(self) -> str:
        """The letters that may begin the next line; none in the body."""
        return next_fields(self._written)

    @property
    def in_body(self) -> bool:
        """Whether the header is written."""
        return not self.choices

    def line(self, proposed: str) -> str:
        """Give what to write for certain at the start of a line for which a letter was proposed.

        That is a given field, the beginning of a field that the model goes on with, or the given beginning of the body.
        """
        if self.in_body:
            return self.body
        line = self._waiting.pop(0) if self._waiting else f"{proposed}:"
        self._written.append(line[0])
        return line


def given_line(letter: str, value: str) -> str:
    """The line of a given field; that of a form with several parts ends where it would say how alike they are."""
    several = letter == "I" and " " not in value.removeprefix("form ") and len(re.findall("[:|]", value)) > 1
    return f"{letter}:{value}{' ' if several else chr(10)}"
