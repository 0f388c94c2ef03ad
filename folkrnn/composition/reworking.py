"""Working on a given tune: extending its melody, and rewriting some bars of it.

The model reads the melody as canonical text, without what it has not learned. The delivered tune is the given one,
but for the notes that are new. Nothing here loads torch.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from folkrnn.errors import FolkrnnError, GenerationError, NotationError
from folkrnn.generation.prompts import Gap, Prompt, plain_header
from folkrnn.generation.texts import Refusal
from folkrnn.notation import ERROR, Tune, canonical, form, is_pickup, sections, without
from folkrnn.notation.bars import bars_add_up, completes_measure, number_bars
from folkrnn.notation.canonical import UNLEARNED_FEATURES, bar_line, bar_texts, without_inner_ties
from folkrnn.notation.form import Part, read_form
from folkrnn.notation.grammar import Grammar, form_cost
from folkrnn.notation.headers import split_header
from folkrnn.notation.order import sign_of
from folkrnn.notation.plan import plan_of_equal_bars
from folkrnn.notation.ranges import octave_moved
from folkrnn.notation.tune import DOTTED, Bar, Note, Voice
from folkrnn.notation.voices import VOICE_CODES, check_voices

if TYPE_CHECKING:
    from folkrnn.generation.drafts import Acceptor
    from folkrnn.generation.texts import GeneratedText
    from folkrnn.model.checkpoint import Checkpoint

BARS_AHEAD = 4
"""The number of bars after the new ones by which those are scored."""

MOST_OUTSIDE = 0.25
"""The model gets a melody in another octave if a greater share of its notes lies outside the range that it writes."""

MOST_OCTAVES = 4
"""By how many octaves a melody is moved for the model at most."""


@dataclass(frozen=True)
class Reworking:
    """A prompt made of a tune, and the way back from what the model writes.

    ``given`` is the melody as the model reads it. ``finish`` puts the new bars into the given tune.
    ``score`` is higher for drafts that lead better into the following bars, None where none follow. ``cautious`` says
    which grammar takes the tune. ``remarks`` are sentences about what becomes of all that is no melody. ``prompts``
    gives that of each tune and draft, where they differ. ``acceptors`` refuse drafts. ``note`` says more of how the
    tune is made.
    """

    prompt: Prompt
    given: Tune
    finish: Callable[[Tune], Tune]
    score: "Callable[[GeneratedText], float] | None"
    cautious: bool
    remarks: tuple[str, ...] = ()
    prompts: Callable[[int, int], Prompt] | None = None
    acceptors: "tuple[Acceptor, ...]" = ()
    note: str = ""

    @property
    def room(self) -> int:
        """The characters that the given texts and the shortest bars of the form may take."""
        given = len(self.prompt.body) + sum(len(gap.then) for gap in self.prompt.gaps)
        return max(given, form_cost(self.prompt.fields["I"].removeprefix("form ")))


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
        asked = f"bars {first}-{last} are" if first != last else f"bar {first} is"
        raise GenerationError(f"{asked} not in the tune; expected some of 1-{tune.bar_count}")


def extension(tune: Tune, bars: int, checkpoint: "Checkpoint") -> Reworking:
    """Return the reworking that adds bars: a new part if the last one is closed, else a longer last part.

    Raises GenerationError for a tune that cannot be extended.
    """
    check_count("bars", bars)
    given, octaves = given_melody(tune, checkpoint)
    plain = plain_melody(given, checkpoint)
    last = plain.bars[-1]
    closed = _is_closed(last)
    if not closed:
        plain = _reopened(plain)
    plain = completed(plain, range(len(plain.bars) - 1, len(plain.bars) - closed))
    *_, section = sections(plain.bars)
    *parts, part = read_form(form(plain))[0]
    if closed:
        parts += [part, part._replace(bars=bars)]
        closing = bar_line(last, replace(last, opens=part.repeated, ending=()))
    else:
        parts.append(Part(part.bars + bars, plain.bars[section.first].opens))
        closing = ""
    *texts, _ = bar_texts(plain)
    body = joined(texts) + closing
    fields = header_fields(plain, checkpoint) | {"I": f"form {''.join(map(str, parts))}"}
    cautious = grammar_for(fields, body, checkpoint)
    return Reworking(
        Prompt(fields, body),
        plain,
        lambda new: _extended(tune, octave_moved(new, -octaves)),
        None,
        cautious,
        tuple(_voices_at_rest(tune)),
    )


def _is_closed(bar: Bar) -> bool:
    """Whether a part ends with a bar."""
    return bar.plays > 1 or bool(bar.edge)


def replacement(tune: Tune, first: int, last: int, checkpoint: "Checkpoint") -> Reworking:
    """Return the reworking of the bars ``first`` to ``last``, as numbered in print; their lengths stay.

    Raises GenerationError if there are no such bars, or the model cannot write them.
    """
    given, octaves = given_melody(tune, checkpoint)
    plain = plain_melody(given, checkpoint)
    check_range(tune, first, last)
    chosen = [index for index, bar in enumerate(plain.bars) if first <= bar.number <= last]
    while len(chosen) > 1 and is_pickup(plain.bars, chosen[-1]):
        chosen.pop()  # it has the number of the bar before it, but leads into the next
    if any(plain.bars[index].changes for index in chosen):
        raise GenerationError(f"bars {first}-{last} change the key or the meter; expected bars without a change")
    if plain.meter.bar is None:
        raise GenerationError("the tune has no meter, so nobody can say how long its new bars are")
    begin, end = chosen[0], chosen[-1] + 1
    plain = completed(plain, range(begin, end))
    texts = list(bar_texts(plain))
    before, gaps = gaps_in(plain.bars, texts, [range(begin, end)])
    told = split_header(canonical(plain))[0]
    build = next(line[2:] for line in told if line.startswith("I:"))
    if checkpoint.network.settings.plans and (plan := plan_of_equal_bars(plain, range(begin, end))):
        build += f" {plan}"
    fields = header_fields(plain, checkpoint) | {"I": build}
    cautious = grammar_for(fields, joined(texts) + "\n", checkpoint)
    heard = len(joined(texts[end : end + BARS_AHEAD])) if end < len(plain.bars) else 0

    def score(text: "GeneratedText") -> float:
        start = len(text.written) - len(gaps[-1].then)
        return -float(text.bits[start : start + heard].sum())

    return Reworking(
        Prompt(fields, before, gaps=gaps),
        plain,
        lambda new: rewritten(tune, octave_moved(new, -octaves), [range(begin, end)]),
        score if heard else None,
        cautious,
        tuple(left_out(tune.bars[begin:end])),
        acceptors=(_HasChanged(plain.bars[begin:end], begin),),
    )


@dataclass(frozen=True)
class _HasChanged:
    """Refuses drafts in which the bars from an index on are those that shall be replaced."""

    bars: Sequence[Bar]
    begin: int

    def __call__(self, text: "GeneratedText") -> Refusal | None:
        new = text.tune.bars[self.begin : self.begin + len(self.bars)]
        return Refusal("the bars are as they were") if list(map(_heard, new)) == list(map(_heard, self.bars)) else None


def _heard(bar: Bar) -> list[object]:
    return [(note.pitches, note.duration) for note in bar.notes]


def joined(texts: Iterable[tuple[str, str]]) -> str:
    """Return bars, each with the bar line before it, as one text."""
    return "".join(line + text for line, text in texts)


def gaps_in(
    bars: Sequence[Bar], texts: Sequence[tuple[str, str]], runs: Sequence[range]
) -> tuple[str, tuple[Gap, ...]]:
    """Return the music before the first of some runs of bars (indices), and a gap for each run.

    ``texts`` are those of the bars, as ``bar_texts`` yields them.
    """
    stops = [*(run.start for run in runs[1:]), len(texts)]
    after = [
        joined(texts[run.stop : stop]) + (texts[stop][0] if stop < len(texts) else "\n")
        for run, stop in zip(runs, stops, strict=True)
    ]
    gaps = (
        Gap(then, tuple((bars[index].duration, texts[index + 1][0]) for index in run))
        for run, then in zip(runs, after, strict=True)
    )
    first = runs[0].start
    return joined(texts[:first]) + texts[first][0], tuple(gaps)


def given_melody(tune: Tune, checkpoint: "Checkpoint") -> tuple[Tune, int]:
    """Return the melody of a tune as the model gets it, and by how many octaves it is moved up.

    A melody in its usual range is not moved, nor one of which only a few notes lie outside. Raises GenerationError as
    ``check_tune`` does.
    """
    check_tune(tune)
    melody = tune.alone(tune.melody)
    idiom = checkpoint.corpus.learned.idiom
    numbers = [pitch.midi for note in melody.notes() for pitch in note.pitches]

    def outside(octaves: int) -> int:
        return sum(not idiom.lowest <= number + 12 * octaves <= idiom.highest for number in numbers)

    if outside(0) <= MOST_OUTSIDE * len(numbers):
        return melody, 0
    octaves = min(range(-MOST_OCTAVES, MOST_OCTAVES + 1), key=lambda octaves: (outside(octaves), abs(octaves)))
    return octave_moved(melody, octaves), octaves


def plain_melody(melody: Tune, checkpoint: "Checkpoint") -> Tune:
    """Return a melody without what the model has not learned, and without changes that change neither key nor meter."""
    drop = checkpoint.corpus.recipe.get("drop", UNLEARNED_FEATURES)
    plain = without_inner_ties(without(melody, frozenset(drop)))
    now: dict[str, object] = {"K": melody.key, "M": melody.meter}
    bars = []
    for bar in plain.bars:
        changes = []
        for change in bar.changes:
            if change.field in now and change.value != now[change.field]:
                now[change.field] = change.value
                changes.append(change)
        bars.append(replace(bar, changes=tuple(changes)))
    return plain.with_bars(tuple(bars))


def completed(melody: Tune, but: range) -> Tune:
    """Return a melody with rests in its short bars, ``but`` for some (indices), where they do not make full ones.

    The model takes back every upbeat, and reads no tune in which nothing does.
    """
    bars = melody.bars
    if bars_add_up(bars):
        return melody
    full = []
    for index, bar in enumerate(bars):
        if bar.is_short and index not in but and bar.meter.bar is not None:
            rest = Note((), bar.meter.bar - bar.duration)
            leads_in = completes_measure(bars, index)
            changes = tuple(each._replace(index=each.index + (leads_in and each.index > 0)) for each in bar.changes)
            notes = (rest, *bar.notes) if leads_in else (*bar.notes, rest)
            bar = replace(bar, notes=notes, changes=changes)
        full.append(bar)
    return melody.with_bars(number_bars(full))


def _reopened(tune: Tune) -> Tune:
    """Return the tune with its endless repeat open: the reader closed it, but its end is still to come."""
    open_at = [(finding.line, finding.column) for finding in tune.findings if finding.code == "unbalanced-repeat"]
    bars = tuple(replace(bar, opens=bar.opens or (bar.line, bar.column) in open_at) for bar in tune.bars)
    return tune.with_bars(bars)


def header_fields(tune: Tune, checkpoint: "Checkpoint") -> dict[str, str]:
    """Return the header fields for the prompt, in characters that the model knows."""
    known = checkpoint.vocabulary
    told = {}
    for line in split_header(canonical(tune))[0]:
        value = "".join(character for character in line[2:] if character in known).strip()
        if line[0] in "TROMK" and value:
            told[line[0]] = value
    return told


def grammar_for(fields: dict[str, str], body: str, checkpoint: "Checkpoint") -> bool:
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


# ── from what the model wrote to the delivered tune ──────────────────────────────────────────────────────────


def rewritten(old: Tune, new: Tune, runs: Iterable[range]) -> Tune:
    """Return the old tune with the notes of the new one in some runs of bars (indices)."""
    bars = list(old.bars)
    for run in runs:
        for index in run:
            bars[index] = _with_new_notes(bars[index], new.bars[index].notes)
        _keep_slurs(bars, old.bars, run.start, run.stop)
    return delivered(old.with_bars(tuple(bars)), new)


def _with_new_notes(bar: Bar, notes: tuple[Note, ...]) -> Bar:
    """Return a bar with other notes; its signs of jumps, and the lines within it, stay."""
    *before, last = bar.notes
    first = tuple(name for note in before for name in note.decorations if sign_of(name))
    closing = tuple(name for name in last.decorations if sign_of(name))
    if first:
        notes = (notes[0]._replace(decorations=(*first, *notes[0].decorations)), *notes[1:])
    if closing:
        notes = (*notes[:-1], notes[-1]._replace(decorations=(*closing, *notes[-1].decorations)))
    changes = tuple(change._replace(index=0) for change in bar.changes if change.field != DOTTED)
    return replace(bar, notes=notes, changes=changes)


def _keep_slurs(bars: list[Bar], old: Sequence[Bar], begin: int, end: int) -> None:
    """Let slurs that led into the new bars, or out of them, end at their first note, or begin at their last."""
    ended = opened = 0
    for note in (note for bar in old[begin:end] for note in bar.notes):
        opened += note.slurs_opened
        ended += max(0, note.slurs_closed - opened)
        opened = max(0, opened - note.slurs_closed)
    first, *rest = bars[begin].notes
    bars[begin] = replace(bars[begin], notes=(first._replace(slurs_closed=first.slurs_closed + ended), *rest))
    *rest, last = bars[end - 1].notes
    bars[end - 1] = replace(bars[end - 1], notes=(*rest, last._replace(slurs_opened=last.slurs_opened + opened)))


def left_out(bars: Sequence[Bar]) -> Iterator[str]:
    """Yield a sentence about what belonged to the old notes of bars, and has no place above new ones."""
    notes = [note for bar in bars for note in bar.notes]
    names = [
        name
        for name, there in (
            ("chord symbols", any(note.chord_symbols for note in notes)),
            ("annotations", any(note.annotations for note in notes)),
            ("words", any(any(note.lyrics) for note in notes)),
        )
        if there
    ]
    if names:
        yield f"the new bars are without the {' and '.join(names)} of the old ones"


def _extended(old: Tune, new: Tune) -> Tune:
    """Return the old tune with its melody longer; all other voices rest in the new bars."""
    count = len(old.bars)
    last = old.bars[-1]
    goes_on = not _is_closed(last)
    melody = [
        _continued(before, after, before is last, goes_on) for before, after in zip(old.bars, new.bars, strict=False)
    ]
    key, meter = new.bars[count - 1].final_key, new.bars[count - 1].meter
    for bar in new.bars[count:]:  # in the key as it was written, such as one with accidentals of its own
        bar = replace(bar, key=last.final_key) if bar.key == key else bar
        melody.append(replace(bar, meter=last.meter) if bar.meter == meter else bar)
    melody = list(number_bars(melody))  # the model may have counted an upbeat
    voices = tuple(
        voice if voice is old.melody or not voice.bars else replace(voice, bars=_at_rest(voice, old.bars, melody))
        for voice in old.voices
    )
    return delivered(replace(old, voices=voices).with_bars(tuple(melody)), new)


def _continued(before: Bar, after: Bar, is_last: bool, goes_on: bool) -> Bar:
    """Return a bar of the old melody; the last one with its new bar line, and if it ``goes_on`` with what fills it."""
    bar = replace(before, opens=after.opens)
    if not is_last:
        return bar
    notes = (*before.notes, *after.notes[len(before.notes) :]) if goes_on else before.notes
    drawn = "" if after.plays > 1 or after.edge else before.drawn
    return replace(bar, notes=notes, plays=after.plays, edge=after.edge, drawn=drawn)


def _at_rest(voice: Voice, old: Sequence[Bar], melody: Sequence[Bar]) -> tuple[Bar, ...]:
    """Return the bars of a voice, with rests up to the end of the longer melody, and the melody's bar lines."""
    bars = [
        replace(bar, opens=after.opens, plays=after.plays, edge=after.edge)
        if (after.opens, after.plays, after.edge) != (before.opens, before.plays, before.edge)
        else bar
        for bar, before, after in zip(voice.bars, old, melody, strict=False)
    ]
    bars += voice.bars[len(bars) :]
    key = bars[-1].final_key
    place = len(old) - 1
    if place < len(bars) and (missing := melody[place].duration - old[place].duration):
        bars[place] = replace(bars[place], notes=(*bars[place].notes, Note((), missing, hidden=not voice.sounds)))
    for bar in melody[len(bars) :]:
        rest = Note((), bar.duration, hidden=not voice.sounds)
        bars.append(Bar((rest,), bar.meter, key, (), bar.opens, bar.plays, bar.edge, bar.ending, bar.number))
    return tuple(bars)


def _voices_at_rest(tune: Tune) -> Iterator[str]:
    """Yield a sentence about the voices that rest while the melody goes on."""
    names = [voice.name or voice.id for voice in tune.voices if voice is not tune.melody and voice.bars]
    if names:
        yield f"{' and '.join(names)} {'rests' if len(names) == 1 else 'rest'} in the new bars"


def delivered(tune: Tune, new: Tune) -> Tune:
    """Return a reworked tune with the note of how it was made, and with findings about all its voices."""
    melody = tune.melody.id
    found = [each._replace(voice=melody) if len(tune.voices) > 1 else each for each in new.findings]
    found += [each for each in tune.findings if each.voice not in ("", melody) and each.code not in VOICE_CODES]
    made = tuple(field for field in new.fields if field[0] == "N")
    return replace(
        tune,
        fields=(*tune.fields, *made),
        findings=(*found, *check_voices(tune.voices)),
        source=new.source,
        line=new.line,
    )
