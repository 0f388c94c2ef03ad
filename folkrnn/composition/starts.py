"""The beginning of the music, as a composer gives it."""

import re
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction
from types import MappingProxyType

from folkrnn.errors import GenerationError, NotationError
from folkrnn.generation.prompts import Gap, Prompt, plain_header
from folkrnn.notation import ERROR, Tune, form, parse_meter, read_tunes, without
from folkrnn.notation.canonical import UNLEARNED_FEATURES, bar_texts, without_inner_ties
from folkrnn.notation.form import USUAL_BARS, Part, read_form
from folkrnn.notation.grammar import Grammar, Wish
from folkrnn.notation.grammar.header import is_hornpipe
from folkrnn.notation.lexer import SYMBOLS, tokens
from folkrnn.notation.rhythms import rhythm_named
from folkrnn.notation.spelling import decoration_text
from folkrnn.notation.tune import NO_MARKS, Marks, Note

_BAR_LINE = re.compile(r"(:*\|[|\]:]*(?:\[?[12])?|::+)")
_USUAL_LINES = {"::": ":||:", ":|:": ":||:", ":||": ":|", "|[1": "|1", ":|[2": ":|2"}
_RESERVED = "#@?;"
"""Characters that ABC reserves, which a reader passes over."""

_NOTE = re.compile(r"(?P<pitch>[_^=]*[A-Ga-g][,']*|z)(?P<length>[\d/]*)")

LEAST_BARS = 2
"""A given part of fewer bars than this is no part: the model hardly ever writes one."""


def read_start(text: str, fields: Mapping[str, str] = MappingProxyType({})) -> tuple[str, tuple[Gap, ...]]:
    """Return the beginning of a body, given in any spelling, and the gaps that ``*`` leaves in it.

    A ``*`` stands for whatever fills its bar; one at the end says nothing. ``fields`` are wishes, by letter. In the
    meter wished, or in those of the rhythm, no bar may be too long, nor in a single one too short between two others.
    Raises GenerationError for that and for what the reader cannot read or would pass over.
    """
    if "\n" in text.strip():
        raise GenerationError("start is several lines; expected one line of music")
    _check_characters(text)
    _check_bars("".join(text.split()), fields)
    key = fields.get("K", "none")
    pieces = [_normal(piece, key) for piece in re.split(r"[*\s]*\*[*\s]*", text)]
    if unlearned := list(dict.fromkeys(_unlearned(text, key))):
        raise GenerationError(
            f"start {text!r}: the model does not write {_or(unlearned)}; expected the notes alone, such as "
            f"{'*'.join(pieces)!r}"
        )
    body, *rest = pieces
    gaps = [Gap(piece, left=_time(_BAR_LINE.split(piece)[0])) for piece in rest]
    if gaps and not gaps[-1].then:
        gaps.pop()
    if not body and not gaps:
        raise GenerationError(f"start {text!r} holds no music; expected some ABC, such as 'DFA d2f'")
    return body, tuple(gaps)


def _check_characters(text: str) -> None:
    """Raise GenerationError where the reader would pass over a character, or cannot read it."""
    unknown = list(dict.fromkeys(_unknown(text)))
    if unknown:
        named = _or(list(map(repr, unknown)))
        sharps = "; a sharp stands before its note, as in ^F" if "#" in unknown else ""
        chords = "; a chord ends with ], as in [DF]" if "[" in unknown else ""
        raise GenerationError(
            f"start {text!r}: ABC knows no {named} there; expected notes from A to G or a to g, such as 'DFA d2f'"
            f"{sharps}{chords}"
        )


def _unknown(text: str) -> Iterator[str]:
    """Yield the characters of some music that are neither notes nor signs, without their lengths."""
    before = ""
    for token in tokens(text):
        character, kind = token[0], token.lastgroup
        unknown = (
            kind in ("unreadable", "overlay", "bracket")
            or (kind == "symbol" and character not in SYMBOLS)
            or (kind == "layout" and character in _RESERVED)
        )
        if unknown and not (before and character.isdigit()):
            yield "[" if kind == "bracket" else character
        before = character if unknown else ""


def _unlearned(text: str, key: str) -> Iterator[str]:
    """Yield in words what some music holds that a model does not learn; hidden rests only look otherwise."""
    for piece in text.split("*"):
        tune = _tune(piece, key)
        learned = without(tune, frozenset(UNLEARNED_FEATURES))
        marks: list[tuple[Note | Marks, Note | Marks]] = list(zip(tune.notes(), learned.notes(), strict=True))
        marks += ((bar.closing, NO_MARKS) for bar in tune.bars)
        for marked, plain in marks:
            yield from (f'the chord symbol "{symbol}"' for symbol in marked.chord_symbols)
            yield from (f'the annotation "{words}"' for words in marked.annotations)
            for name in (name for name in marked.decorations if name not in plain.decorations):
                sign = decoration_text(name)
                yield f"the sign {sign if sign in piece else f'!{name}!'}"
        if any(note.slurs_opened or note.slurs_closed for note in tune.notes()):
            yield "slurs"
        if any(note.tied for note in tune.notes()):
            yield "ties of single notes of a chord"


def _check_bars(text: str, fields: Mapping[str, str]) -> None:
    """Raise GenerationError for a bar that cannot stand in the meter that is wished, or follows from the rhythm."""
    rhythm = None if "M" in fields else rhythm_named(fields.get("R", ""))
    meters = rhythm.meters if rhythm else (fields.get("M", "none"),)
    bars = [parse_meter(meter).bar for meter in meters]
    if None in bars or "[M:" in text:
        return
    full = max(filter(None, bars))
    meter = meters[bars.index(full)]
    parts = _BAR_LINE.split(text)
    number = 0
    for place in range(0, len(parts), 2):
        music = parts[place]
        if not music:
            continue
        number += 1
        held = sum(map(_time, music.split("*")), Fraction(0))
        between = (
            len(meters) == 1 and number > 1 and parts[place - 1 : place + 2 : 2] == ["|", "|"] and "*" not in music
        )
        if held > full or (between and held < full):
            longest = "the longest meter" if len(meters) > 1 else "the meter"
            origin = "" if rhythm is None else f", {longest} of a {rhythm.name},"
            raise GenerationError(
                f"start: bar {number}, {music!r}, holds {_eighths(held)}, but a bar of {meter}{origin} has "
                f"{_eighths(full)}"
            )


def _eighths(length: Fraction) -> str:
    """Return a length in words, as ``L:1/8`` counts it."""
    return f"{length * 8} eighth{'s' * (length * 8 != 1)}"


def _normal(piece: str, key: str) -> str:
    """Return some music in the spelling of canonical text."""
    parts = _BAR_LINE.split("".join(piece.split()))
    for place, part in enumerate(parts):
        if place % 2:
            parts[place] = _USUAL_LINES.get(part, part)
        elif part:
            (_, music), *_ = bar_texts(_read(part, key))
            parts[place] = music
    return "".join(parts)


def _read(music: str, key: str = "none") -> Tune:
    tune = _tune(music, key)
    for finding in tune.findings:
        if finding.level == ERROR:
            raise GenerationError(f"start {music!r}: {finding.message}")
    if not tune.bars:
        raise GenerationError(f"start {music!r} holds no music; expected some ABC, such as 'DFA d2f'")
    return without_inner_ties(without(tune, frozenset(UNLEARNED_FEATURES)))


def _tune(music: str, key: str) -> Tune:
    tunes = read_tunes(f"%abc-2.1\nX:1\nT:start\nM:none\nL:1/8\nK:{key}\n{music}\n")
    if len(tunes) != 1:
        raise GenerationError(f"start {music!r:.60} begins a tune of its own; expected some music, such as 'DFA d2f'")
    return tunes[0]


def _time(music: str) -> Fraction:
    return sum((note.duration for note in _read(music).notes()), Fraction(0)) if music else Fraction(0)


# ── whether a tune can begin so ─────────────────────────────────────────────────────────────────


def check_start(start: str, prompts: Iterable[Prompt], grammar: Grammar) -> None:
    """Raise GenerationError if none of the prompts that begin with a given start can be met under the grammar.

    ``start`` is the text as it was given. Where a prompt has no form, those are tried that the start may be of.
    """
    meters: dict[str, None] = {}
    tried: set[object] = set()
    furthest: tuple[int, str, Prompt] | None = None
    for prompt in prompts:
        for each in (prompt.body, *(gap.then for gap in prompt.gaps)):
            _check_signs(start, each)
        meters[prompt.fields.get("M", "none")] = None
        alike = prompt.fields.get("M"), prompt.fields.get("I"), is_hornpipe(prompt.fields.get("R", ""))
        if alike in tried:
            continue
        tried.add(alike)
        failures = [_failure(prompt, shape, grammar) for shape in _forms(prompt)]
        if None in failures:
            return
        place, reason = max(filter(None, failures))
        if furthest is None or place > furthest[0]:
            furthest = place, reason, prompt
    if furthest is not None:
        place, reason, prompt = furthest
        body = prompt.body
        told = reason if place >= len(body) else _in_words(body, place, prompt, list(meters), grammar)
        raise GenerationError(f"start {start!r}: {told}")


def _forms(prompt: Prompt) -> Iterator[str]:
    """Yield the form of a prompt, or those that its beginning may be of; the usual ones first."""
    if "I" in prompt.fields:
        yield prompt.fields["I"]
        return
    similarity = 5 if prompt.wish.similarity is None else prompt.wish.similarity
    yield from (f"form {shape} {similarity}" for shape in ("8:8:", "8|8|", "8|8:", "8:8|"))
    fields = {"M": "none", "K": "none"} | dict(prompt.fields)
    (tune,) = read_tunes(f"X:1\nT:start\nM:{fields['M']}\nL:1/8\nK:{fields['K']}\n{prompt.body}\n")
    parts = read_form(form(tune))[0] if tune.bars else ()
    if not parts or any(part.bars < LEAST_BARS for part in parts[:-1]):
        return
    *closed, last = parts
    for repeated in (True, False):
        rest = Part(max(last.bars, USUAL_BARS), repeated)
        yield f"form {''.join(map(str, [*closed, rest, rest]))} {similarity}"
        if last.bars >= LEAST_BARS:
            yield f"form {''.join(map(str, [*parts, Part(USUAL_BARS, repeated)]))} {similarity}"


def _failure(prompt: Prompt, shape: str, grammar: Grammar) -> tuple[int, str] | None:
    """Return at which character of a prompt's body a tune of a form fails, and why; None if it does not."""
    walk = grammar.walk(len(prompt.body) + 10_000, Wish(prompt.wish.similarity))
    header = plain_header({**prompt.fields, "I": shape})
    for character in header:
        walk.advance(character, given=True)
    music = walk.opened(prompt.body)
    added = len(music) - len(prompt.body)
    for place, character in enumerate(music):
        try:
            walk.advance(character, given=True)
        except NotationError as error:
            return place - added, str(error)
    try:
        walk.settle()
        if prompt.gaps:
            prompt.gaps[0].open(walk)
    except NotationError as error:
        return len(prompt.body), str(error)
    return None


def _check_signs(start: str, music: str) -> None:
    """Raise GenerationError for what no tune of the grammar holds, wherever it stands."""
    if "[M:" in music:
        raise GenerationError(f"start {start!r}: the model writes no change of meter; expected one meter for all")
    for note in _NOTE.finditer(music):
        pitch = note["pitch"]
        for mark, outer, bound in (("'", "higher", "highest note, b''"), (",", "lower", "lowest note, C,,")):
            if pitch.count(mark) > 2:
                raise GenerationError(f"start {start!r}: {pitch} is {outer} than the grammar's {bound}")


def _in_words(body: str, place: int, prompt: Prompt, meters: list[str], grammar: Grammar) -> str:
    """Return what is wrong with a character of a start, as far as that is known."""
    before, character = body[:place], body[place]
    music = re.split(r"[|:\]]", re.sub(r"\[K:[^]]*\]", "", before))[-1]
    general = f"{character!r} cannot come after {before[-12:]!r}" if before else f"{character!r} cannot come first"
    shape = prompt.fields.get("I", "").removeprefix("form ")
    if before.endswith("-"):
        return f"{general}; a tie leads to a note of the same pitch"
    if body.startswith("|:") and place < 2:
        return f"{general}; the first part is not repeated in the form {shape}"
    if character in "|:" and not _NOTE.search(before):
        return f"{general}; expected music before a bar line"
    note = next((note for note in _NOTE.finditer(body) if note.start() < place <= note.end()), None)
    if note and note["length"] and note["length"] not in grammar.bar.lengths:
        return f"{note[0]} has a length that the tunes of the corpus do not have; expected one such as {note['pitch']}2"
    if character in "|:]" or before.endswith(("|", ":")):
        return f"{general}; {_bar_fault(before, music, character, shape, meters)}"
    longest = max((parse_meter(meter).bar or Fraction(0) for meter in meters), default=Fraction(0))
    whole = music + re.split(r"[|:*]", body[place:])[0]
    if longest and "[" not in whole and _time(whole) > longest:
        return f"the bar {whole!r} holds {_eighths(_time(whole))}, too many for {_or(meters)}"
    return f"{general}; expected music that can begin a playable tune"


def _bar_fault(before: str, music: str, character: str, shape: str, meters: list[str]) -> str:
    """Return what is wrong with a bar line of a start, or with the bar before it."""
    if character == ":" or before.endswith((":", "|:")) or character == "]":
        return f"the form {shape} has no such sign there" if shape else "a part that ends there is too short"
    length = _time(music) if music else Fraction(0)
    if length and all(length != parse_meter(meter).bar for meter in meters):
        return f"the bar {music!r} holds {_eighths(length)}, and is full in no {_or(meters)}"
    return f"the form {shape} has no such bar line there" if shape else "a bar line of that kind cannot come there"


def _or(values: list[str]) -> str:
    return " or ".join(filter(None, (", ".join(values[:-1]), values[-1])))
