"""Working on a tune that is there: going on with it, writing some of its bars anew, beginning with what is given.

What is given reaches the model as canonical text, without what it has not learned; in the tune that is delivered it
stands again as its writer had it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from folkrnn.errors import GenerationError, NotationError
from folkrnn.generation.generator import GeneratedText
from folkrnn.generation.prompts import Gap, Prompt, given_line
from folkrnn.model.checkpoint import Checkpoint
from folkrnn.notation import ERROR, Tune, canonical, form, is_pickup, read_tunes, sections, without
from folkrnn.notation.canonical import bar_line, bar_texts
from folkrnn.notation.form import MOST_ALIKE, Part, read_form
from folkrnn.notation.grammar import Grammar
from folkrnn.notation.learned import split_header

UNLEARNED = ("articulation", "slurs", "chord_symbols", "annotations", "hidden_rests")
"""What a model does not learn whose file does not tell."""

BARS_AHEAD = 4
"""So many bars behind the new ones tell how well these lead on."""

_BAR_LINE = re.compile(r"(:*\|[|\]:]*(?:\[?[12])?|::+)")
_USUAL_LINES = {"::": ":||:", ":|:": ":||:", ":||": ":|", "|[1": "|1", ":|[2": ":|2"}


@dataclass(frozen=True)
class Reworking:
    """What the model is given of a tune, and what becomes of what it writes.

    ``finished`` puts the new bars into the tune as it was; ``score`` is higher for drafts that lead better into what
    follows, None where nothing does; ``cautious`` says which grammar takes the tune.
    """

    prompt: Prompt
    finished: Callable[[Tune], Tune]
    score: Callable[[GeneratedText], float] | None
    cautious: bool


def continuation(tune: Tune, bars: int, checkpoint: Checkpoint) -> Reworking:
    """A tune with so many more bars: a new part where the last one is closed, else a longer last part.

    Raises GenerationError for a tune that cannot be gone on with.
    """
    plain = _plain(tune, checkpoint)
    last = plain.bars[-1]
    closed = last.plays > 1 or bool(last.edge)
    if not closed:
        plain = _reopened(plain)
    *_, section = sections(plain.bars)
    *parts, part = read_form(form(plain))[0]
    if closed:
        parts += [part, part._replace(bars=bars)]
        closing = bar_line(last, replace(last, opens=part.repeated, ending=()))
    else:
        parts.append(Part(part.bars + bars, plain.bars[section.first].opens))
        closing = ""
    *given, _ = bar_texts(plain)
    body = "".join(line + text for line, text in given) + closing
    fields = _fields(plain, checkpoint) | {"I": f"form {''.join(map(str, parts))}"}
    cautious = _grammar_for(fields, body, checkpoint)
    return Reworking(Prompt(fields, body), lambda new: _spliced(tune, new, range(len(tune.bars))), None, cautious)


def rewriting(tune: Tune, first: int, last: int, checkpoint: Checkpoint) -> Reworking:
    """A tune whose bars ``first`` to ``last``, as they are numbered in print, are written anew, as long as they were.

    Raises GenerationError where there are no such bars, or the model cannot write them.
    """
    plain = _plain(tune, checkpoint)
    chosen = [index for index, bar in enumerate(plain.bars) if first <= bar.number <= last]
    while len(chosen) > 1 and is_pickup(plain.bars, chosen[-1]):
        chosen.pop()  # it has the number of the bar before it, but leads into the next
    if not chosen or last > tune.bar_count or first > last:
        raise GenerationError(f"bars {first}-{last} are not in the tune; expected some of 1-{tune.bar_count}")
    if any(plain.bars[index].changes for index in chosen):
        raise GenerationError(f"bars {first}-{last} change the key or the meter; expected bars without a change")
    if plain.meter.bar is None:
        raise GenerationError("the tune has no meter, so nobody can say how long its new bars are")
    texts = list(bar_texts(plain))
    begin, end = chosen[0], chosen[-1] + 1
    before = "".join(line + text for line, text in texts[:begin]) + texts[begin][0]
    after = "".join(line + text for line, text in texts[end:]) + "\n"
    bars = tuple((plain.bars[index].duration, texts[index + 1][0]) for index in range(begin, end))
    told = split_header(canonical(plain))[0]
    fields = _fields(plain, checkpoint) | {"I": next(line[2:] for line in told if line.startswith("I:"))}
    whole = "".join(line + text for line, text in texts) + "\n"
    cautious = _grammar_for(fields, whole, checkpoint)
    heard = len("".join(line + text for line, text in texts[end : end + BARS_AHEAD])) if end < len(plain.bars) else 0

    def leads_on(text: GeneratedText) -> float:
        start = len(text.written) - len(after)
        return -float(text.bits[start : start + heard].sum())

    kept = [index for index in range(len(tune.bars)) if index not in range(begin, end)]
    return Reworking(
        Prompt(fields, before, gaps=(Gap(after, bars),)),
        lambda new: _spliced(tune, new, kept),
        leads_on if heard else None,
        cautious,
    )


def read_start(text: str, key: str = "none") -> tuple[str, tuple[Gap, ...]]:
    """The beginning of a body that a composer gives, in any spelling, and the gaps that ``*`` leaves in it.

    A ``*`` stands for whatever makes its bar full; one at the end says nothing. Raises GenerationError for what the
    reader cannot read.
    """
    if "\n" in text.strip():
        raise GenerationError("--start is several lines; expected one line of music")
    pieces = [_normal(piece, key) for piece in re.split(r"[*\s]*\*[*\s]*", text)]
    body, *rest = pieces
    gaps = [Gap(piece, left=_time(_BAR_LINE.split(piece)[0])) for piece in rest]
    if gaps and not gaps[-1].then:
        gaps.pop()
    if not body and not gaps:
        raise GenerationError(f"--start {text!r} holds no music; expected some ABC, such as 'DFA d2f'")
    return body, tuple(gaps)


def _normal(piece: str, key: str) -> str:
    """Some music in the spelling of canonical text."""
    parts = _BAR_LINE.split("".join(piece.split()))
    for place, part in enumerate(parts):
        if place % 2:
            parts[place] = _USUAL_LINES.get(part, part)
        elif part:
            (_, music), *_ = bar_texts(_read(part, key))
            parts[place] = music
    return "".join(parts)


def _read(music: str, key: str = "none") -> Tune:
    (tune,) = read_tunes(f"%abc-2.1\nX:1\nT:start\nM:none\nL:1/8\nK:{key}\n{music}\n")
    for finding in tune.findings:
        if finding.level == ERROR:
            raise GenerationError(f"--start {music!r}: {finding.message}")
    if not tune.bars:
        raise GenerationError(f"--start {music!r} holds no music; expected some ABC, such as 'DFA d2f'")
    return without(tune, frozenset(UNLEARNED))


def _time(music: str) -> Fraction:
    return sum((note.duration for note in _read(music).notes()), Fraction(0)) if music else Fraction(0)


def _plain(tune: Tune, checkpoint: Checkpoint) -> Tune:
    """The tune without what the model has not learned. Raises GenerationError for one that cannot be read."""
    for finding in tune.findings:
        if finding.level == ERROR:
            raise GenerationError(f"{finding.code}: {finding.message}; expected a tune that folkrnn validate can read")
    if not tune.bars:
        raise GenerationError("the tune holds no music; expected at least some notes")
    drop = checkpoint.corpus.recipe.get("drop", UNLEARNED)
    return without(tune, frozenset(drop))


def _reopened(tune: Tune) -> Tune:
    """The tune with the repeat open that has no end yet: to the reader it is none, but its end is still to come."""
    open_at = [(finding.line, finding.column) for finding in tune.findings if finding.code == "unbalanced-repeat"]
    bars = tuple(replace(bar, opens=bar.opens or (bar.line, bar.column) in open_at) for bar in tune.bars)
    return replace(tune, bars=bars)


def _fields(tune: Tune, checkpoint: Checkpoint) -> dict[str, str]:
    """The header fields that the model is told, in characters that it knows."""
    known = checkpoint.vocabulary
    told = {}
    for line in split_header(canonical(tune))[0]:
        value = "".join(character for character in line[2:] if character in known).strip()
        if line[0] in "TROMK" and value:
            told[line[0]] = value
    return told


def _grammar_for(fields: dict[str, str], body: str, checkpoint: Checkpoint) -> bool:
    """Whether the cautious grammar takes the music, or only the other. Raises GenerationError where neither does."""
    lines = [given_line(letter, value) for letter, value in ({"T": ""} | fields).items()]
    header = "".join(line if line.endswith("\n") else f"{line}{MOST_ALIKE}\n" for line in lines)
    text = f"X:1\n{header}L:1/8\n{body}"
    problem = ""
    for cautious in (True, False):
        walk = Grammar(checkpoint.vocabulary.characters, cautious).walk(len(text) + 10_000)
        try:
            for character in text:
                walk.advance(character, given=True)
        except NotationError as error:
            bar = "".join(walk.text).rpartition("\n")[2].count("|") + 1
            problem = f"near bar {bar} of the tune is something that the model does not write: {error}"
        else:
            return cautious
    raise GenerationError(problem)


def _spliced(old: Tune, new: Tune, kept: "range | list[int]") -> Tune:
    """The new tune with the fields of the old one, and in the bars that are kept all that stood there."""
    bars = list(new.bars)
    for index in kept:
        notes = (*old.bars[index].notes, *bars[index].notes[len(old.bars[index].notes) :])
        bars[index] = replace(bars[index], notes=notes, changes=old.bars[index].changes)
    made = tuple(field for field in new.fields if field[0] == "N")
    return replace(new, bars=tuple(bars), fields=(*old.fields, *made))
