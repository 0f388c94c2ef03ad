"""A composer's wishes: read, checked against what the model has learned, and held against the tune.

The model writes a tune knowing what is wanted, and the grammar enforces the meter, the bars and the repeats.
Whether the music is in the key, and its parts as similar as wanted, can be heard only once it is there: a
draft that breaks a wish is refused. Nothing here loads torch.
"""

import difflib
import math
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypedDict

from folkrnn.composition.sets import set_rhythms
from folkrnn.composition.settings import GenerationOptions, GenerationSettings, check_names
from folkrnn.composition.starts import read_start
from folkrnn.errors import GenerationError, NotationError
from folkrnn.generation.prompts import Gap, Prompt
from folkrnn.model.repertoire import Repertoire, bar_of
from folkrnn.notation import Key, Meter, Tune, canonical, ends_on, form, parse_key, parse_meter, read_tunes, similarity
from folkrnn.notation.context import plan_of
from folkrnn.notation.form import MAX_SIMILARITY, parse_form, read_form, returning_parts
from folkrnn.notation.grammar import Wish
from folkrnn.notation.idiom import Idiom
from folkrnn.notation.key import divide_key
from folkrnn.notation.pitch import SEMITONES, Pitch
from folkrnn.notation.plan import PART_LINE, broken_plan, parse_plan, read_plan, shown_plan
from folkrnn.notation.ranges import DEFAULT_INSTRUMENT, instrument_range
from folkrnn.notation.rhythms import RHYTHMS, rhythm_named, suggestions, usual_meters
from folkrnn.notation.titles import words_for

LETTERS = {"title": "T", "rhythm": "R", "origin": "O", "meter": "M", "key": "K", "form": "I"}
"""The wishes for header fields, by name, with the fields' letters."""

_VALUES: dict[str, type] = {"meter": Meter, "key": Key}

BIDIRECTIONAL = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
"""Characters that turn the direction of writing, so that a text does not look like what it is."""

MIN_IN_SCALE = 0.85
"""The smallest share of notes in the scale of a requested key: 98 of 100 fiddle tunes keep it."""

SIMILARITY_TOLERANCE = 1
"""The parts may be this much more or less similar than requested."""

SHOWN_VALUES = 8
"""The most values that a message lists."""

SHOWN_METERS = 3
"""The most meters of a rhythm that a message lists."""

PERCENT_ROUNDING = 1
"""Percentages may add up to this much more or less than 100."""

ADJECTIVES = {
    "irish": "ireland", "scottish": "scotland", "scots": "scotland", "english": "england", "american": "usa",
    "us": "usa", "united states": "usa", "america": "usa", "german": "germany", "austrian": "austria",
    "swiss": "switzerland", "dutch": "netherlands", "french": "france", "swedish": "sweden", "danish": "denmark",
    "polish": "poland", "russian": "russia", "hungarian": "hungary", "italian": "italy", "chinese": "china",
}  # fmt: skip
"""Other words for origins."""

_MIX_ENTRY = re.compile(r"(?P<rhythm>[^=:%\d]*[^=:%\d\s])\s*(?:[=: ]\s*(?P<weight>\d+(?:\.\d+)?)\s*%?)?")


class Wishes(TypedDict, total=False):
    """What may be wished of a tune; None leaves it open."""

    title: str | None
    rhythm: str | None
    origin: str | None
    meter: str | Meter | None
    key: str | Key | None
    form: str | None
    plan: str | Tune | None
    similarity: int | None
    start: str | None


class RequestOptions(Wishes, GenerationOptions, total=False):
    """The keyword arguments of ``Composer.generate`` but for ``progress`` and ``stop``."""

    mix: str | Mapping[str, float] | None
    set: str | Sequence[str] | None
    fit: str | None
    max_copied: float | None
    critic: bool


@dataclass(frozen=True)
class Request:
    """Wishes for a tune: fields by letter as a tune text writes them, similarity of the parts 0–10, the beginning.

    ``body`` is the given beginning of the music, ``gaps`` are what the model fills within it. ``plan`` has a label for
    each bar (``notation.plan``), ``pattern`` a letter for each section of the form, if one comes back. ``set`` holds
    the rhythm of each tune of a set.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    similarity: int | None = None
    body: str = ""
    gaps: tuple[Gap, ...] = ()
    plan: str = ""
    pattern: str = ""
    set: tuple[str, ...] = ()

    @property
    def prompt(self) -> Prompt:
        """The prompt for the model."""
        fields = dict(self.fields)
        if "I" in fields and self.similarity is not None:
            fields["I"] += f" {self.similarity}"
        if "I" in fields:
            fields["I"] = f"form {fields['I']}{self.plan and ' '}{self.plan}"
        wish = Wish(None if "I" in fields else self.similarity, bool(self.plan or self.pattern), self.pattern)
        return Prompt(fields, self.body, wish, self.gaps, keeps_key=self.fields.get("K", "none") != "none")

    @property
    def given(self) -> Tune | None:
        """The given music as a tune; None if there is none."""
        music = " ".join([self.body, *(gap.then for gap in self.gaps)]).strip()
        key = self.fields.get("K", "none")
        return read_tunes(f"X:1\nL:1/8\nK:{key}\n{music}\n")[0] if music else None

    def idiom(self, repertoire: Repertoire, fit: str | None = None) -> Idiom:
        """Return the idiom of tunes for an instrument, a fiddle if none is named, widened by the given music."""
        idiom = repertoire.idiom.for_instrument(fit or DEFAULT_INSTRUMENT)
        return idiom.with_tune(self.given) if self.given else idiom

    @property
    def demands(self) -> bool:
        """Whether anything is wanted that a tune can break."""
        return bool(self.fields) or self.similarity is not None

    def violation(self, tune: Tune) -> str:
        """Return the first wish that a tune breaks; empty if it keeps all. Title, rhythm and origin are given to it."""
        if "M" in self.fields:
            bars = bar_of(self.fields["M"])  # a draft may be in another meter with the same bars
            other = next((meter for meter in _meters(tune) if bar_of(str(meter)) != bars), None)
            if other is not None:
                return f"the meter is {other}"
        if "I" in self.fields and form(tune) != self.fields["I"]:
            return f"the form is {form(tune)}"
        if (self.plan or self.pattern) and (broken := self._broken_plan(tune)):
            return broken
        if self.similarity is not None:
            heard = similarity(tune)
            if heard is None or abs(heard - self.similarity) > SIMILARITY_TOLERANCE:
                return f"the similarity of the parts is {heard} of {MAX_SIMILARITY}"
        if "K" in self.fields:
            return _key_violation(tune, parse_key(self.fields["K"]))
        return ""

    def _broken_plan(self, tune: Tune) -> str:
        """Return how a tune breaks the plan, or the order of its parts; empty if it does not."""
        found = plan_of(canonical(tune))
        if self.plan:
            return broken_plan(self.plan, found)
        parts = found.split(PART_LINE)
        first = (
            [parts[self.pattern.index(letter)] for letter in self.pattern] if len(parts) == len(self.pattern) else []
        )
        return "" if parts == first else f"its parts are not {self.pattern}"


def _meters(tune: Tune) -> list[Meter]:
    """Return the meter of a tune and those of its bars."""
    return list(dict.fromkeys([tune.meter, *(bar.meter for bar in tune.bars)]))


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


def read_options(
    options: Mapping[str, Any], repertoire: Repertoire | None
) -> tuple[GenerationSettings, Request, dict[str, float]]:
    """Read ``RequestOptions``: how tunes are written, what is wanted of them (``read_request``), and the mix.

    Raises FolkrnnError for what cannot be met.
    """
    check_names(options, list(RequestOptions.__annotations__))
    settings = GenerationSettings.of(
        {name: value for name, value in options.items() if name in GenerationOptions.__annotations__}
    )
    for name in ("similarity", "mix", "set", "fit"):
        if settings.unconstrained and options.get(name) is not None:
            raise GenerationError(f"{name} needs the grammar; leave out unconstrained")
    share = options.get("max_copied")
    if share is not None and not (isinstance(share, int | float) and 0 <= share <= 1):
        raise GenerationError(f"max_copied={share!r} should be from 0 to 1, a share of the notes")
    if type(options.get("critic", True)) is not bool:
        raise GenerationError(f"critic={options['critic']!r} should be True or False")
    request, mix = read_request(options, repertoire), options.get("mix")
    if mix is not None and "R" in request.fields:
        raise GenerationError("rhythm and mix are both given; expected one of them")
    if options.get("set") is not None:
        for name in ("title", "rhythm", "mix", "start"):
            if options.get(name) is not None:
                raise GenerationError(f"set and {name} are both given; expected one of them")
        request = replace(request, set=_read_set(options["set"], repertoire))
    if options.get("fit") is not None:
        _check_fit(request, str(options["fit"]))
    return settings, request, {} if mix is None else read_mix(mix, repertoire)


def _read_set(given: Any, repertoire: Repertoire | None) -> tuple[str, ...]:
    """Return the rhythms of a set as the model writes them. Raises GenerationError for an unknown one."""
    names = set_rhythms(given, repertoire.rhythms if repertoire else ())
    return tuple(names if repertoire is None else [_rhythm(name, repertoire) for name in names])


def _check_fit(request: Request, fit: str) -> None:
    """Raise GenerationError for given notes beyond the range of an instrument, NotationError for an unknown one."""
    lowest, highest = instrument_range(fit)
    given = request.given
    for note in given.notes() if given else ():
        for pitch in (*note.pitches, *(grace.pitch for grace in note.graces)):
            if not lowest <= pitch.midi <= highest:
                outer = "lower" if pitch.midi < lowest else "higher"
                raise GenerationError(
                    f"start: {pitch} is {outer} than a {fit} goes; expected notes from "
                    f"{_natural(lowest)} to {_natural(highest)}, or no fit"
                )


def _natural(midi: int) -> str:
    """Return the MIDI number of a natural note as a note of ABC."""
    octave, step = divmod(midi, 12)
    return Pitch(SEMITONES.index(step), octave - 1, 0).letters


def read_request(wishes: Mapping[str, Any], repertoire: Repertoire | None = None) -> Request:
    """Read ``Wishes``; other names are passed over.

    A title that ends with a rhythm asks for it. Rhythm and origin must be known: in the ``repertoire`` of the model,
    or a rhythm in the table of rhythms. Without a repertoire they are not checked. Raises GenerationError, or
    NotationError for what is no meter, key or form, with what would be right.
    """
    fields = {}
    for name, letter in LETTERS.items():
        wish = wishes.get(name)
        if wish is None:
            continue
        if not isinstance(wish, str) and not isinstance(wish, _VALUES.get(name, ())):
            raise GenerationError(f"{name}={wish!r} should be a text")
        text = " ".join(str(wish).split())  # a tune's own key or meter will do too
        _check_text(name, text)
        if letter in "RO" and repertoire is not None:
            text = _rhythm(text, repertoire) if letter == "R" else _origin(text, repertoire)
        fields[letter] = {"M": _meter, "K": _key, "I": parse_form}.get(letter, str)(text)
    if "R" not in fields and wishes.get("mix") is None and (named := _rhythm_of(fields.get("T", ""))):
        fields["R"] = named if repertoire is None else _rhythm(named, repertoire)
    plan, pattern = _read_plan(wishes, fields)
    similarity, start = wishes.get("similarity"), wishes.get("start")
    if start is not None and not isinstance(start, str):
        raise GenerationError(f"start={start!r} should be music in ABC, such as 'DFA d2f'")
    whole = isinstance(similarity, int) and not isinstance(similarity, bool)
    if similarity is not None and not (whole and 0 <= similarity <= MAX_SIMILARITY):
        raise GenerationError(f"similarity={similarity!r} should be a whole number from 0 to {MAX_SIMILARITY}")
    if similarity is not None and "I" in fields and len(fields["I"].replace("|", ":").split(":")) < 3:
        raise GenerationError(f"similarity {similarity} needs several parts, but the form {fields['I']} has one")
    body, gaps = read_start(start, fields) if start is not None else ("", ())
    return Request(fields, similarity, body, gaps, plan, pattern)


def _read_plan(wishes: Mapping[str, Any], fields: dict[str, str]) -> tuple[str, str]:
    """Return the plan that is wished, and the letters of parts that come back; give the fields the form of the plan.

    The parts of a plan are repeated if no form says otherwise; the plan of a tune comes with its form. Raises
    GenerationError for a plan that does not go with the form, or NotationError for what is no plan.
    """
    plan, named = wishes.get("plan"), wishes.get("form")
    pattern = returning_parts(named) if isinstance(named, str) else ""
    if plan is None:
        return "", pattern
    if isinstance(plan, Tune):
        shape, text = form(plan), plan_of(canonical(plan))
        if not text:
            raise GenerationError(f"{plan.title or 'the tune'} has no plan: its bars are not counted as in a form")
    elif isinstance(plan, str):
        text = parse_plan(plan)
        shape = "".join(f"{len(part)}:" for part in read_plan(text))
    else:
        raise GenerationError(f"plan={plan!r} should be a text such as 'abac abad | efeg efad', or a tune")
    wanted = [part.bars for part in read_form(fields.setdefault("I", shape))[0]]
    if wanted != [len(part) for part in read_plan(text)]:
        raise GenerationError(f"the plan {shown_plan(text)} has other parts than the form {fields['I']}")
    return text, ""


def _check_text(name: str, text: str) -> None:
    """Raise GenerationError for a text that nobody can read, or that no file can hold."""
    for character in text:
        category = unicodedata.category(character)
        kind = {"Cc": "a control character", "Cs": "half a character"}.get(category, "")
        if kind or character in BIDIRECTIONAL:
            kind = kind or "a sign that turns the direction of writing"
            raise GenerationError(f"{name}={text!r} holds {kind}; expected plain text")
    if all(unicodedata.category(character)[0] in "CZ" for character in text):
        raise GenerationError(f"{name} is empty; leave it out to let the model choose")


def read_mix(mix: str | Mapping[str, float], repertoire: Repertoire | None = None) -> dict[str, float]:
    """Read a mix: weights by rhythm, or a text such as ``reel=3,jig=2`` or ``reel 60%, jig 40%``.

    Raises GenerationError for an unknown rhythm, and for weights that are none or that do not add up.
    """
    if not isinstance(mix, str | Mapping):
        raise GenerationError(f"mix={mix!r} should be weights by rhythm, or a text such as 'reel=3,jig=2'")
    pairs = dict(_mix_entries(mix)) if isinstance(mix, str) else mix
    weights: dict[str, float] = {}
    for name, weight in pairs.items():
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight < math.inf:
            raise GenerationError(f"mix={mix!r}: the weight of {name} should be a number from 0 up")
        rhythm = str(name) if repertoire is None else _rhythm(str(name), repertoire)
        weights[rhythm] = weights.get(rhythm, 0) + weight
    if not sum(weights.values()) > 0:
        raise GenerationError(f"mix={mix!r} holds no rhythm; expected weights such as 'reel=3,jig=2'")
    if isinstance(mix, str) and "%" in mix and abs(sum(weights.values()) - 100) > PERCENT_ROUNDING:
        raise GenerationError(f"mix={mix!r} adds up to {sum(weights.values()):g} %; expected 100 %")
    return weights


def _mix_entries(text: str) -> Iterator[tuple[str, float]]:
    """Yield the rhythms of a mix in words, each with its weight."""
    percent = text.count("%")
    entries = [entry.strip() for entry in text.split(",") if entry.strip()]
    if percent not in (0, len(entries)):
        raise GenerationError(f"mix={text!r} has weights and percentages; expected all of one kind")
    for entry in entries:
        found = _MIX_ENTRY.fullmatch(entry)
        if not found:
            raise GenerationError(f"mix={text!r}: {entry!r} should be a rhythm and its weight, such as reel=3")
        yield found["rhythm"], float(found["weight"] or 1)


def unusual_wishes(request: Request, repertoire: Repertoire) -> list[str]:
    """Return one sentence for each wish that can be met but is unusual.

    That is a meter that the rhythm never has, a meter or key of no tune that the model has learned, and a title in the
    language of another origin.
    """
    sentences = []
    rhythm, meter = request.fields.get("R", ""), request.fields.get("M")
    usual = repertoire.usual_meters(rhythm)
    fits = repertoire.has_meter(rhythm, meter or "") or meter in usual_meters(rhythm)
    if rhythm and meter and usual and not fits:
        sentences.append(f"rhythm {rhythm} is not in {meter}; usual is {' or '.join(usual[:SHOWN_METERS])}")
    for name, letter in (("meter", "M"), ("key", "K")):
        wish, known = request.fields.get(letter), repertoire.values(letter)
        if wish and known and wish not in known:
            sentences.append(f"the model has learned no tune with the {name} {wish}; it knows {_listed(known)}")
    return [*sentences, *_foreign_title(request, repertoire)]


def _foreign_title(request: Request, repertoire: Repertoire) -> Iterator[str]:
    """Yield a sentence if a requested title speaks another language than the titles of the requested origin."""
    words = [word.lower() for word in request.fields.get("T", "").split()]
    origin = request.fields.get("O", "")
    own = words_for(repertoire.titles, origin).following
    if not words or not origin or any(word in own for word in words):
        return
    for language in repertoire.titles:
        if sum(word in language.following for word in words) * 2 > len(words):
            yield f"the title is in another language than the titles from {origin}"
            return


def _meter(text: str) -> str:
    return str(parse_meter(text))


def _key(text: str) -> str:
    value = text[:1].upper() + text[1:]
    try:
        key = parse_key(value)
    except NotationError:
        key = None
    if key is None or divide_key(value)[1]:  # a clef, say
        raise GenerationError(f"{text!r} is no key; expected one such as D, Em, Ador, Gmix or none")
    if not key.standard:
        raise GenerationError(f"key {text} has accidentals of its own; expected a tonic and a mode, such as Ador or Em")
    return str(Key(key.tonic, key.mode))


def _rhythm_of(title: str) -> str:
    """Return the rhythm that a title ends with, as that of The Laptop Reel does; empty if it ends with none."""
    words = title.split()
    found = (rhythm_named(" ".join(words[-count:])) for count in (2, 1) if len(words) > count)
    return next((rhythm.name for rhythm in found if rhythm), "")


def _rhythm(text: str, repertoire: Repertoire) -> str:
    """Return a rhythm as the model writes it: one that it has learned, or one of the table.

    Raises GenerationError for another, with names of the same meaning.
    """
    learned = repertoire.rhythms
    known = rhythm_named(text)
    for name in learned:
        if name.lower() == text.lower() or (known and rhythm_named(name) is known):
            return name
    if known:
        return known.name
    names = list(dict.fromkeys([*learned, *(rhythm.name for rhythm in RHYTHMS)]))
    raise GenerationError(
        f"there is no rhythm {text!r}; expected one such as {', '.join(suggestions(text, names))}"
        "; 'folkrnn model' lists all"
    )


def _origin(text: str, repertoire: Repertoire) -> str:
    """Return an origin as the model has learned it. Raises GenerationError for one that it has not."""
    known = repertoire.values("O")
    by_lower = {value.lower(): value for value in reversed(known)}
    found = by_lower.get(text.lower()) or by_lower.get(ADJECTIVES.get(text.lower(), ""))
    if found or not known:
        return found or text
    near = difflib.get_close_matches(text.lower(), by_lower, n=3, cutoff=0.7)
    expected = ", ".join(by_lower[value] for value in near) if near else _listed(known)
    raise GenerationError(f"the model has learned no origin {text!r}; expected one such as {expected}")


def _listed(values: Sequence[str]) -> str:
    return ", ".join(values[:SHOWN_VALUES])
