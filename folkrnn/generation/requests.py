"""What a composer asks for: read, checked against what the model has learned, and held against the tune that comes.

The model writes a tune knowing what is asked for, the grammar sees to the meter, the bars and the repeats; whether the
music is in the key, and its parts as alike as asked, is heard only when it is there. A draft that fails is
written anew.
"""

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from folkrnn.errors import GenerationError
from folkrnn.generation.generator import ONE_DRAFT, Drafts, GeneratedText
from folkrnn.generation.prompts import Gap, Prompt
from folkrnn.generation.reworking import read_start
from folkrnn.model.checkpoint import Checkpoint
from folkrnn.notation import Key, Tune, form, likeness, parse_key, parse_meter, read_tunes
from folkrnn.notation.form import MOST_ALIKE, parse_form
from folkrnn.notation.learned import split_header

FIELDS = {"title": "T", "rhythm": "R", "origin": "O", "meter": "M", "key": "K", "form": "I"}
"""The fields that can be asked for, by name, with their letters."""

IN_SCALE = 0.85
"""At least this share of the notes belongs to the scale of a key that is asked for: 98 of 100 fiddle tunes keep it."""

USUAL_BITS = 2.9
"""Bits per note of unseen tunes, for models whose file does not tell them."""

START_DRAFTS = 8
"""So many drafts are written, each with its own meter and key, before one is chosen for a given beginning."""

ALIKE_BY = 1
"""The parts may be so many tenths more or less alike than asked."""


@dataclass(frozen=True)
class Request:
    """Fields by letter, as a tune text writes them; how alike the parts are, 0 to 10; how the music begins.

    ``body`` is the beginning, ``gaps`` what the model shall write within it.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    alike: int | None = None
    body: str = ""
    gaps: tuple[Gap, ...] = ()

    @property
    def prompt(self) -> Prompt:
        """What the model is given."""
        fields = dict(self.fields)
        if "I" in fields and self.alike is not None:
            fields["I"] += f" {self.alike}"
        if "I" in fields:
            fields["I"] = f"form {fields['I']}"
        return Prompt(fields, self.body, None if "I" in fields else self.alike, self.gaps)

    def broken(self, tune: Tune) -> str:
        """What of the request the music does not keep; empty if it keeps all."""
        for letter in "TRO":
            if letter in self.fields and tune.field(letter) != self.fields[letter]:
                return f"{letter}:{tune.field(letter)} is not {self.fields[letter]}"
        if "M" in self.fields and str(tune.meter) != self.fields["M"]:
            return f"the meter is {tune.meter}"
        if "I" in self.fields and form(tune) != self.fields["I"]:
            return f"the form is {form(tune)}"
        if self.alike is not None:
            heard = likeness(tune)
            if heard is None or abs(heard - self.alike) > ALIKE_BY:
                return f"the parts are {heard} of {MOST_ALIKE} alike"
        if "K" in self.fields:
            return _out_of_key(tune, parse_key(self.fields["K"]))
        return ""


def _out_of_key(tune: Tune, key: Key) -> str:
    """How the music of a tune leaves a key; empty if it ends on the tonic and keeps to the scale."""
    if tune.key != key:
        return f"the key is {tune.key}"
    if not key.tonic:
        return ""
    heard = [note.pitches[-1].midi % 12 for note in tune.notes() if note.pitches]
    if not heard or heard[-1] != key.tonic_class:
        return f"the last note is not {key.tonic}"
    share = sum(pitch in key.scale for pitch in heard) / len(heard)
    return "" if share >= IN_SCALE else f"only {share:.0%} of the notes belong to {key}"


def read_request(
    wishes: Mapping[str, str | None],
    values: Mapping[str, Sequence[str]],
    alike: int | None = None,
    start: str | None = None,
) -> Request:
    """A request for the fields named, those that are None left to the model, and for a beginning of the music.

    ``values`` holds those that the model has learned, by letter, as its file tells them; a letter that it lacks is not
    checked. Raises GenerationError, or NotationError for what is no meter, key or form, with what would be right.
    """
    fields = {}
    for name, wish in wishes.items():
        if wish is None:
            continue
        text = " ".join(wish.split())
        if not text:
            raise GenerationError(f"--{name} is empty; leave it out to let the model choose")
        letter = FIELDS[name]
        if letter in "RO":
            text = _learned_value(name, text, values.get(letter, ()))
        fields[letter] = {"M": _meter, "K": _key, "I": parse_form}.get(letter, str)(text)
    if alike is not None and "I" in fields and len(fields["I"].replace("|", ":").split(":")) < 3:
        raise GenerationError(f"--alike {alike} needs several parts, but --form {fields['I']} has one")
    return Request(fields, alike, *(read_start(start, fields.get("K", "none")) if start is not None else ()))


def unlearned(request: Request, values: Mapping[str, Sequence[str]]) -> list[str]:
    """One sentence for each meter or key that is asked for and that the model has never met."""
    sentences = []
    for name, letter in (("meter", "M"), ("key", "K")):
        wish, known = request.fields.get(letter), values.get(letter, ())
        if wish and known and wish not in known:
            sentences.append(f"the model has learned no tune with the {name} {wish}; it knows {_some(known)}")
    return sentences


def _meter(text: str) -> str:
    return str(parse_meter(text))


def _key(text: str) -> str:
    key = parse_key(text[:1].upper() + text[1:])
    if not key.standard:
        raise GenerationError(
            f"--key {text} has accidentals of its own; expected a tonic and a mode, such as Ador or Em"
        )
    return str(Key(key.tonic, key.mode))


def _learned_value(name: str, text: str, known: Sequence[str]) -> str:
    """The value as the model has learned it, whatever its capitals."""
    by_lower = {value.lower(): value for value in reversed(known)}
    if not known or text.lower() in by_lower:
        return by_lower.get(text.lower(), text)
    near = difflib.get_close_matches(text.lower(), by_lower, n=3, cutoff=0.5)
    expected = ", ".join(by_lower[value] for value in near) if near else _some(known)
    raise GenerationError(f"the model has learned no {name} {text!r}; expected one such as {expected}")


def _some(values: Sequence[str]) -> str:
    return ", ".join(values[:8])


def drafts_for(request: Request, checkpoint: Checkpoint, best_of: int = 1, *, obey: bool = True) -> Drafts:
    """Drafts that keep a request, if they shall ``obey``; of ``best_of`` of them ``most_typical`` chooses one.

    Where the music begins as given and its key or meter is the model's, some drafts are written, and that one is taken
    which finds the beginning likeliest.
    """

    def accept(text: GeneratedText) -> bool:
        return not request.broken(_tune(text))

    def fits_start(text: GeneratedText) -> float:
        start = len(text.written) - len(split_header(text.written)[1])
        return -float(text.bits[start : start + len(request.body)].sum())

    asked = obey and (request.fields or request.alike is not None)
    score = most_typical(checkpoint) if best_of > 1 else ONE_DRAFT.score
    if request.body and not {"M", "K"}.issubset(request.fields):
        best_of, score = max(best_of, START_DRAFTS), fits_start
    return Drafts(accept if asked else ONE_DRAFT.accept, best_of, score)


def most_typical(checkpoint: Checkpoint) -> Callable[[GeneratedText], float]:
    """A score that is highest for the tune that surprises the model most nearly as much as real tunes do.

    Those are tunes that it has not learned, and the measure is bits per note: what is likelier is dull, what is less
    likely is wild (Meister et al., 2023, on typical sampling).
    """
    usual = checkpoint.validation.bits_per_note() or USUAL_BITS

    def typical(text: GeneratedText) -> float:
        notes = sum(1 for _ in _tune(text).notes())
        return -abs(text.body_bits / max(1, notes) - usual)

    return typical


def _tune(text: GeneratedText) -> Tune:
    return read_tunes(text.text)[0]
