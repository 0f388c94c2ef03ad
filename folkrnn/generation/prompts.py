"""What is given of a tune before the model writes: header fields, the beginning of the body, gaps."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING

from folkrnn.errors import GenerationError, NotationError
from folkrnn.generation.titles import TitleWriter
from folkrnn.notation.form import MAX_SIMILARITY, read_build
from folkrnn.notation.grammar import NO_WISH, Grammar, Walk, Wish, form_cost
from folkrnn.notation.grammar.walk import MIN_CHARACTERS
from folkrnn.notation.headers import HEADER_FIELDS, REQUIRED_FIELDS, next_fields

if TYPE_CHECKING:
    from folkrnn.model.vocabulary import Vocabulary

HEADER_ALLOWANCE = 80
"""Given fields of more characters than this leave the music as many characters fewer."""


@dataclass(frozen=True)
class Gap:
    """A stretch that the model writes between given texts; ``then`` is the text after it.

    With ``bars`` the gap is made of whole bars, each given as its length and its bar line; the last bar line
    begins ``then``. Without bars it lasts until ``left`` of a whole note remains of the bar under way.
    """

    then: str
    bars: tuple[tuple[Fraction, str], ...] = ()
    left: Fraction = Fraction(0)

    def open(self, walk: Walk) -> None:
        """Bind a tune to the gap. Raises NotationError where the gap cannot stand."""
        if self.bars:
            walk.hold(self.bars)
        else:
            walk.hold_rest(self.left)


@dataclass(frozen=True)
class Prompt:
    """What is given of a tune: header fields by letter, as in {"R": "jig", "K": "D"}, and how the body begins.

    A form (``I``) of several parts may leave out their similarity, or a plan that the ``wish`` asks for: then the model
    writes it. The ``wish`` is for what the model writes of the form line; the grammar enforces it, and the ``gaps``
    after the body.
    ``titles`` leads a title that the model writes under the grammar. ``keeps_key`` says that the tune shall end on the
    tonic and keep to the scale: then more is written again, and few accidentals are written. ``left_out`` are letters
    of fields that the model does not write: R, O or both.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    wish: Wish = NO_WISH
    gaps: tuple[Gap, ...] = ()
    titles: TitleWriter | None = None
    keeps_key: bool = False
    left_out: str = ""

    def __post_init__(self) -> None:
        for letter, value in self.fields.items():
            if letter not in HEADER_FIELDS or len(letter) != 1:
                raise GenerationError(f"prompt field {letter!r} should be one of: {', '.join(HEADER_FIELDS)}")
            if not value or "\n" in value:
                raise GenerationError(f"prompt {letter}:{value!r} should be one line of text")
        if "\n" in self.body:
            raise GenerationError(f"prompt body {self.body!r} should be one line of text")

    def check(self, vocabulary: "Vocabulary") -> None:
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
        except NotationError as error:
            raise GenerationError(f"the grammar cannot write what is asked for: {error}") from None
        self.check_room(max_characters)

    def check_room(self, max_characters: int) -> None:
        """Raise GenerationError if a tune of the form, below what is given, may take more characters than allowed."""
        form = self.fields.get("I", "")
        told = max(sum(map(len, self.fields.values())) - HEADER_ALLOWANCE, 0)
        given = len(self.body) + sum(len(gap.then) for gap in self.gaps)
        needed = MIN_CHARACTERS + told + max(form_cost(form), given)
        if needed > max_characters:
            what = "a tune does" if not told and not given else "the given texts do"
            if form_cost(form) > max(told, given):
                what = f"the form {' '.join(filter(None, read_build(form)[:2]))} does"
            raise GenerationError(
                f"{what} not fit into {max_characters} characters; expected a max_length of at least {needed}"
            )


class HeaderWriter:
    """The header of one tune, line by line: it says where the prompt speaks instead of the model.

    The given fields come first. Then the model writes the others, in the order that it likes.
    """

    def __init__(self, prompt: Prompt) -> None:
        self._left_out = prompt.left_out
        self.body = prompt.body
        """The given beginning of the music."""
        self._waiting = [
            given_line(letter, prompt.fields[letter], prompt.wish.planned)
            for letter in HEADER_FIELDS
            if letter in prompt.fields
        ]
        if "X" not in prompt.fields:
            self._waiting.insert(0, "X:1\n")
        self._written: list[str] = []

    @property
    def choices(self) -> str:
        """The letters that may begin the next line; none in the body."""
        return "".join(letter for letter in next_fields(self._written) if letter not in self._left_out)

    @property
    def under_way(self) -> str:
        """The letter of the line under way; empty before the first."""
        return self._written[-1] if self._written else ""

    @property
    def in_body(self) -> bool:
        """Whether the header is written."""
        return not self.choices

    def line(self, proposed: str) -> str:
        """Return what is certain at the start of a line for which the model proposed a letter.

        That is a given field, the beginning of a field that the model continues, or the given beginning of the body.
        """
        if self.in_body:
            return self.body
        line = self._waiting.pop(0) if self._waiting else f"{proposed}:"
        self._written.append(line[0])
        return line


def given_line(letter: str, value: str, planned: bool = False) -> str:
    """Return the line of a given field; a form line ends before the similarity or the plan that it lacks."""
    build = read_build(value)
    several = len(re.findall("[:|]", build.form)) > 1
    lacks = letter == "I" and not build.plan and (planned or (several and not build.similarity))
    return f"{letter}:{value}{' ' if lacks else chr(10)}"


def plain_header(fields: Mapping[str, str]) -> str:
    """Return a whole header of some fields, with plain ones in place of those that are missing but for the form."""
    told = {"T": "", "M": "none", "K": "none"} | dict(fields)
    lines = (given_line(letter, told[letter]) for letter in "TROMIK" if letter in told)
    return "".join(
        ["X:1\n", *(line if line.endswith("\n") else f"{line}{MAX_SIMILARITY}\n" for line in lines), "L:1/8\n"]
    )
