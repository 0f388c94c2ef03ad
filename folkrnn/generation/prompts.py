"""What a composer may fix about a tune: header fields, and how its body begins."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from folkrnn.errors import GenerationError, NotationError
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation.grammar import Grammar, form_cost

FIELDS = "XTROMLIK"
"""Header fields in the order in which a tune text writes them; K ends the header."""

REQUIRED = "XTMLK"
"""The fields that no header lacks."""

USUAL_HEADER = 80
"""More characters than this in the given fields are taken from what the music may have."""


@dataclass(frozen=True)
class Prompt:
    """Header fields by letter, as in {"R": "jig", "K": "D"}, and the first characters of the body."""

    fields: Mapping[str, str] = field(default_factory=dict)
    body: str = ""

    def __post_init__(self) -> None:
        for letter, value in self.fields.items():
            if letter not in FIELDS or len(letter) != 1:
                raise GenerationError(f"prompt field {letter!r} should be one of: {', '.join(FIELDS)}")
            if not value or "\n" in value:
                raise GenerationError(f"prompt {letter}:{value!r} should be one line of text")
        if "\n" in self.body:
            raise GenerationError(f"prompt body {self.body!r} should be one line of text")

    def check(self, vocabulary: Vocabulary) -> None:
        """Raise GenerationError if the model does not know the prompt's characters, or a header's."""
        missing = [letter for letter in f"{REQUIRED}:" if letter not in vocabulary]
        if missing:
            raise GenerationError(f"the model does not know {missing[0]!r}, so it cannot write ABC headers")
        lines = [f"{letter}:{value}" for letter, value in self.fields.items()]
        for line in (*lines, self.body):
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
    """Follows one tune line by line and says where the prompt speaks instead of the model.

    The model proposes each header line by its first letter, among those that may come next. A
    given field takes the place of the first line proposed at or after the field's own place,
    so what comes before it is still the model's choice.
    """

    def __init__(self, prompt: Prompt) -> None:
        self._prompt = prompt
        self._waiting = [letter for letter in FIELDS if letter in prompt.fields]
        self._next = 0

    @property
    def choices(self) -> str:
        """The letters that may begin the next line: up to the next required one; none in the body."""
        rest = FIELDS[self._next :]
        required = next((place for place, letter in enumerate(rest) if letter in REQUIRED), -1)
        return rest[: required + 1]

    @property
    def body(self) -> str:
        """What the prompt gives of the body, once the header is written."""
        return self._prompt.body if self.in_body else ""

    @property
    def in_body(self) -> bool:
        """Whether the key, the header's last line, is written."""
        return self._next == len(FIELDS)

    def line(self, proposed: str) -> str:
        """Give what to write for certain at the start of a line for which a letter was proposed.

        That is a whole given field, the beginning of a field that the model goes on with,
        or the given beginning of the body.
        """
        if self.in_body:
            return self.body
        given = self._waiting[:1]
        if given and FIELDS.index(proposed) >= FIELDS.index(given[0]):
            proposed = self._waiting.pop(0)
            text = f"{proposed}:{self._prompt.fields[proposed]}\n"
        else:
            text = f"{proposed}:"
        self._next = FIELDS.index(proposed) + 1
        return text
