"""Working on a given tune: extending it, and rewriting some of its bars.

The model reads the tune as canonical text, without what it has not learned. In the delivered tune the kept
bars stand as their writer had them. Nothing here loads torch.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from folkrnn.errors import FolkrnnError, GenerationError, NotationError
from folkrnn.generation.prompts import Gap, Prompt, plain_header
from folkrnn.notation import ERROR, Tune, canonical, form, is_pickup, sections, without
from folkrnn.notation.canonical import UNLEARNED_FEATURES, bar_line, bar_texts
from folkrnn.notation.form import Part, read_form
from folkrnn.notation.grammar import Grammar
from folkrnn.notation.headers import split_header

if TYPE_CHECKING:
    from folkrnn.generation.texts import GeneratedText
    from folkrnn.model.checkpoint import Checkpoint

BARS_AHEAD = 4
"""The number of bars after the new ones by which those are scored."""


@dataclass(frozen=True)
class Reworking:
    """A prompt made of a tune, and the way back from what the model writes.

    ``finish`` puts the new bars into the given tune. ``score`` is higher for drafts that lead better into the
    following bars, None where none follow. ``cautious`` says which grammar takes the tune.
    """

    prompt: Prompt
    finish: Callable[[Tune], Tune]
    score: "Callable[[GeneratedText], float] | None"
    cautious: bool


@contextmanager
def naming(tune: Tune) -> Iterator[None]:
    """Name the tune in whatever goes wrong with it."""
    try:
        yield
    except FolkrnnError as error:
        raise GenerationError(f"{tune.source or 'tune'}:{tune.line}: {tune.title}: {error}") from None


def check_count(name: str, count: int) -> None:
    """Raise GenerationError for a number of tunes or bars that nobody can write."""
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        raise GenerationError(f"{name}={count!r} should be a whole number from 1 up")


def check_tune(tune: Tune) -> None:
    """Raise GenerationError for a tune that no model can work on, because it is not readable or holds no music."""
    for finding in tune.findings:
        if finding.level == ERROR:
            raise GenerationError(f"{finding.code}: {finding.message}; expected a tune that folkrnn validate can read")
    if not tune.bars:
        raise GenerationError("the tune holds no music; expected at least some notes")


def bar_range(bars: int | tuple[int, int]) -> tuple[int, int]:
    """Return the first and the last of the bars. Raises GenerationError for what is no number, or pair of them."""
    pair = (bars, bars) if isinstance(bars, int) else bars
    if isinstance(pair, tuple | list) and [type(bar) for bar in pair] == [int, int]:
        return (pair[0], pair[1])
    raise GenerationError(f"bars={bars!r} should be the number of a bar, or the first and the last, such as (9, 16)")


def check_range(tune: Tune, first: int, last: int) -> None:
    """Raise GenerationError unless the tune has the bars from ``first`` to ``last``, as numbered in print."""
    if first > last:
        raise GenerationError(f"bars {first}-{last} run backwards; expected {last}-{first}")
    if not any(first <= bar.number <= last for bar in tune.bars) or last > tune.bar_count:
        raise GenerationError(f"bars {first}-{last} are not in the tune; expected some of 1-{tune.bar_count}")


def extension(tune: Tune, bars: int, checkpoint: "Checkpoint") -> Reworking:
    """Return the reworking that adds bars: a new part if the last one is closed, else a longer last part.

    Raises GenerationError for a tune that cannot be extended.
    """
    check_count("bars", bars)
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


def replacement(tune: Tune, first: int, last: int, checkpoint: "Checkpoint") -> Reworking:
    """Return the reworking of the bars ``first`` to ``last``, as numbered in print; their lengths stay.

    Raises GenerationError if there are no such bars, or the model cannot write them.
    """
    plain = _plain(tune, checkpoint)
    check_range(tune, first, last)
    chosen = [index for index, bar in enumerate(plain.bars) if first <= bar.number <= last]
    while len(chosen) > 1 and is_pickup(plain.bars, chosen[-1]):
        chosen.pop()  # it has the number of the bar before it, but leads into the next
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

    def score(text: "GeneratedText") -> float:
        start = len(text.written) - len(after)
        return -float(text.bits[start : start + heard].sum())

    kept = [index for index in range(len(tune.bars)) if index not in range(begin, end)]
    return Reworking(
        Prompt(fields, before, gaps=(Gap(after, bars),)),
        lambda new: _spliced(tune, new, kept),
        score if heard else None,
        cautious,
    )


def _plain(tune: Tune, checkpoint: "Checkpoint") -> Tune:
    """Return the tune without what the model has not learned. Raises GenerationError as ``check_tune`` does."""
    check_tune(tune)
    drop = checkpoint.corpus.recipe.get("drop", UNLEARNED_FEATURES)
    return without(tune, frozenset(drop))


def _reopened(tune: Tune) -> Tune:
    """Return the tune with its endless repeat open: the reader closed it, but its end is still to come."""
    open_at = [(finding.line, finding.column) for finding in tune.findings if finding.code == "unbalanced-repeat"]
    bars = tuple(replace(bar, opens=bar.opens or (bar.line, bar.column) in open_at) for bar in tune.bars)
    return tune.with_bars(bars)


def _fields(tune: Tune, checkpoint: "Checkpoint") -> dict[str, str]:
    """Return the header fields for the prompt, in characters that the model knows."""
    known = checkpoint.vocabulary
    told = {}
    for line in split_header(canonical(tune))[0]:
        value = "".join(character for character in line[2:] if character in known).strip()
        if line[0] in "TROMK" and value:
            told[line[0]] = value
    return told


def _grammar_for(fields: dict[str, str], body: str, checkpoint: "Checkpoint") -> bool:
    """Return whether the cautious grammar takes the music, or else the other. Raises GenerationError if neither."""
    text = plain_header(fields) + body
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
    """Return the new tune with the fields of the old one, and with all that stood in the kept bars."""
    bars = list(new.bars)
    for index in kept:
        notes = (*old.bars[index].notes, *bars[index].notes[len(old.bars[index].notes) :])
        bars[index] = replace(bars[index], notes=notes, changes=old.bars[index].changes)
    made = tuple(field for field in new.fields if field[0] == "N")
    return replace(new, bars=tuple(bars), fields=(*old.fields, *made))
