"""A composer's wishes: read, checked against what the model has learned, and held against the tune.

The model writes a tune knowing what is wanted, and the grammar enforces the meter, the bars and the repeats.
Whether the music is in the key, and its parts as similar as wanted, can be heard only once it is there: a
draft that breaks a wish is refused. Nothing here loads torch.
"""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypedDict

from folkrnn.composition.settings import GenerationOptions, GenerationSettings, check_names
from folkrnn.composition.starts import read_start
from folkrnn.errors import GenerationError
from folkrnn.generation.prompts import Gap, Prompt
from folkrnn.notation import Key, Meter, Tune, ends_on, form, parse_key, parse_meter, similarity
from folkrnn.notation.form import MAX_SIMILARITY, parse_form

LETTERS = {"title": "T", "rhythm": "R", "origin": "O", "meter": "M", "key": "K", "form": "I"}
"""The wishes for header fields, by name, with the fields' letters."""

MIN_IN_SCALE = 0.85
"""The smallest share of notes in the scale of a requested key: 98 of 100 fiddle tunes keep it."""

SIMILARITY_TOLERANCE = 1
"""The parts may be this much more or less similar than requested."""

SHOWN_VALUES = 8
"""The most values that a message lists."""


class Wishes(TypedDict, total=False):
    """What may be wished of a tune; None leaves it to the model."""

    title: str | None
    rhythm: str | None
    origin: str | None
    meter: str | Meter | None
    key: str | Key | None
    form: str | None
    similarity: int | None
    start: str | None


class RequestOptions(Wishes, GenerationOptions, total=False):
    """The keyword arguments of ``Composer.generate`` but for ``progress`` and ``stop``."""

    max_copied: float | None
    critic: bool


@dataclass(frozen=True)
class Request:
    """Wishes for a tune: fields by letter as a tune text writes them, similarity of the parts 0–10, the beginning.

    ``body`` is the given beginning of the music, ``gaps`` are what the model fills within it.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    similarity: int | None = None
    body: str = ""
    gaps: tuple[Gap, ...] = ()

    @property
    def prompt(self) -> Prompt:
        """The prompt for the model."""
        fields = dict(self.fields)
        if "I" in fields and self.similarity is not None:
            fields["I"] += f" {self.similarity}"
        if "I" in fields:
            fields["I"] = f"form {fields['I']}"
        return Prompt(fields, self.body, None if "I" in fields else self.similarity, self.gaps)

    @property
    def demands(self) -> bool:
        """Whether anything is wanted that a tune can break."""
        return bool(self.fields) or self.similarity is not None

    def violation(self, tune: Tune) -> str:
        """Return the first wish that a tune breaks; empty if it keeps all."""
        for letter in "TRO":
            if letter in self.fields and tune.field(letter) != self.fields[letter]:
                return f"{letter}:{tune.field(letter)} is not {self.fields[letter]}"
        if "M" in self.fields and str(tune.meter) != self.fields["M"]:
            return f"the meter is {tune.meter}"
        if "I" in self.fields and form(tune) != self.fields["I"]:
            return f"the form is {form(tune)}"
        if self.similarity is not None:
            heard = similarity(tune)
            if heard is None or abs(heard - self.similarity) > SIMILARITY_TOLERANCE:
                return f"the similarity of the parts is {heard} of {MAX_SIMILARITY}"
        if "K" in self.fields:
            return _key_violation(tune, parse_key(self.fields["K"]))
        return ""


def _key_violation(tune: Tune, key: Key) -> str:
    """Return how a tune leaves a key; empty if it ends on the tonic and keeps to the scale."""
    if tune.key != key:
        return f"the key is {tune.key}"
    if not key.tonic:
        return ""
    heard = [note.top.midi % 12 for note in tune.notes() if note.top]
    if not ends_on(tune.bars, key.tonic_class):
        return f"the last note is not {key.tonic}"
    share = sum(pitch in key.scale for pitch in heard) / len(heard)
    return "" if share >= MIN_IN_SCALE else f"only {share:.0%} of the notes belong to {key}"


def read_options(options: Mapping[str, Any], values: Mapping[str, Sequence[str]]) -> tuple[GenerationSettings, Request]:
    """Read ``RequestOptions``: how tunes are written, and what is wanted of them, as ``read_request`` reads it.

    Raises FolkrnnError for what cannot be met.
    """
    check_names(options, list(RequestOptions.__annotations__))
    settings = GenerationSettings.of(
        {name: value for name, value in options.items() if name in GenerationOptions.__annotations__}
    )
    if settings.unconstrained and options.get("similarity") is not None:
        raise GenerationError("similarity needs the grammar; leave out unconstrained")
    share = options.get("max_copied")
    if share is not None and not (isinstance(share, int | float) and 0 <= share <= 1):
        raise GenerationError(f"max_copied={share!r} should be from 0 to 1, a share of the notes")
    return settings, read_request(options, values)


def read_request(wishes: Mapping[str, Any], values: Mapping[str, Sequence[str]]) -> Request:
    """Read ``Wishes``; other names are passed over.

    ``values`` holds what the model has learned, by letter, as its file lists it; a letter that it lacks is not
    checked. Raises GenerationError, or NotationError for what is no meter, key or form, with what would be right.
    """
    fields = {}
    for name, letter in LETTERS.items():
        wish = wishes.get(name)
        if wish is None:
            continue
        text = " ".join(str(wish).split())  # a tune's own key or meter will do too
        if not text:
            raise GenerationError(f"{name} is empty; leave it out to let the model choose")
        if letter in "RO":
            text = _learned_value(name, text, values.get(letter, ()))
        fields[letter] = {"M": _meter, "K": _key, "I": parse_form}.get(letter, str)(text)
    similarity, start = wishes.get("similarity"), wishes.get("start")
    if start is not None and not isinstance(start, str):
        raise GenerationError(f"start={start!r} should be music in ABC, such as 'DFA d2f'")
    if similarity is not None and "I" in fields and len(fields["I"].replace("|", ":").split(":")) < 3:
        raise GenerationError(f"similarity {similarity} needs several parts, but the form {fields['I']} has one")
    return Request(fields, similarity, *(read_start(start, fields) if start is not None else ()))


def unlearned(request: Request, values: Mapping[str, Sequence[str]]) -> list[str]:
    """Return one sentence for each requested meter or key that the model has never met."""
    sentences = []
    for name, letter in (("meter", "M"), ("key", "K")):
        wish, known = request.fields.get(letter), values.get(letter, ())
        if wish and known and wish not in known:
            sentences.append(f"the model has learned no tune with the {name} {wish}; it knows {_listed(known)}")
    return sentences


def _meter(text: str) -> str:
    return str(parse_meter(text))


def _key(text: str) -> str:
    key = parse_key(text[:1].upper() + text[1:])
    if not key.standard:
        raise GenerationError(f"key {text} has accidentals of its own; expected a tonic and a mode, such as Ador or Em")
    return str(Key(key.tonic, key.mode))


def _learned_value(name: str, text: str, known: Sequence[str]) -> str:
    """Return a value as the model has learned it, whatever its capitals. Raises GenerationError for an unknown one."""
    by_lower = {value.lower(): value for value in reversed(known)}
    if not known or text.lower() in by_lower:
        return by_lower.get(text.lower(), text)
    near = difflib.get_close_matches(text.lower(), by_lower, n=3, cutoff=0.5)
    expected = ", ".join(by_lower[value] for value in near) if near else _listed(known)
    raise GenerationError(f"the model has learned no {name} {text!r}; expected one such as {expected}")


def _listed(values: Sequence[str]) -> str:
    return ", ".join(values[:SHOWN_VALUES])
