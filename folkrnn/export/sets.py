"""Sets: several tunes played as one, as dancers want them.

    perform_set(…)    the performances of the tunes as one; perform_tunes(…) makes these too
    beats_a_minute(…) the tempo that a tune begins with, to which a whole set may be played
    set_name(…)       what a set is called; set_heading(…) adds how often the tunes are played

Where one tune follows another the beat goes on. A pickup takes its time from the end of the last bar. If that bar has
none left, its last note is cut short; if other notes stand there, or a whole bar is missing, the players wait.
"""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from folkrnn.export.performance import VOICE, Part, Passage, Performance, Piece, PlayedNote, opening_tempo, perform
from folkrnn.export.rendering import PlaybackSettings, to_ticks
from folkrnn.export.settings import SetSettings
from folkrnn.notation import Tune
from folkrnn.notation.articles import shown_title
from folkrnn.notation.text import escaped_text


def set_name(titles: Sequence[str]) -> str:
    """Return what a set is called after the titles of its tunes."""
    return " / ".join(dict.fromkeys(shown_title(title) or "Untitled" for title in titles))


def set_heading(plan: SetSettings, titles: Sequence[str], playback: PlaybackSettings) -> tuple[str, ...]:
    """Return what stands above the tunes of a set: its name, and how often each is played, if not once."""
    times = [plan.played(number, playback).times for number in range(1, len(titles) + 1)]
    name = plan.name or set_name(titles)
    if len(set(times)) > 1:
        return name, f"{', '.join(map(str, times[:-1]))} and {times[-1]} times"
    return (name, f"{times[0]} times each") if times[0] > 1 else (name,)


def beats_a_minute(tune: Tune) -> Fraction:
    """Return the tempo with which a tune begins, in beats of its meter a minute."""
    beat = tune.meter.pulse[0] if tune.meter.pulse else Fraction(1, 4)
    return opening_tempo(tune).quarters / (beat * 4)


def perform_tunes(tunes: Sequence[Tune], plan: SetSettings, playback: PlaybackSettings) -> Performance:
    """Return tunes as one performance, each as ``plan.played`` says."""
    performances = [perform(tune, plan.played(number, playback)) for number, tune in enumerate(tunes, 1)]
    return perform_set(performances, plan.name)


def perform_set(performances: Sequence[Performance], name: str = "") -> Performance:
    """Return the performances of at least one tune as one; only the first may have a count-in.

    Parts of one kind and channel are one part.
    """
    first = performances[0]
    offsets = [0]
    for before, after in pairwise(performances):
        offsets.append(offsets[-1] + before.end + _gap(before, after))
    pieces = tuple(map(Piece, offsets, performances))
    ends = [*offsets[1:], offsets[-1] + performances[-1].end]
    tempos = [
        (piece.offset + tick, tempo)
        for piece, end in zip(pieces, ends, strict=True)
        for tick, tempo in piece.performance.tempos
        if piece.offset + tick < end
    ]
    changes = [tempos[0], *(after for before, after in pairwise(tempos) if before[1] != after[1])]
    parts, places = _parts(pieces)
    whole = Performance(
        _named(performances, name), first.playback, parts, (), (), tuple(changes), (), (), first.shift, ends[-1], pieces
    )
    return _with_notes(whole, ends, places)


def _gap(before: Performance, after: Performance) -> int:
    """Return the ticks between the end of a tune and the beginning of the next; negative if that begins sooner."""
    if not (before.columns and after.columns):
        return 0
    last, first = before.columns[-1], after.columns[0]
    bar = to_ticks(last.bar.meter.bar or Fraction(0))
    filled = before.end - before.shift - to_ticks(last.measure_onset)
    pickup = to_ticks(first.bar.duration) if first.completes_measure else 0
    if not filled <= bar:  # in free time, or where the last bar is too long
        return 0
    gap = bar - filled - pickup
    begin = before.end + gap
    is_free = all(note.start < begin for note in before.notes if before.parts[note.part].kind == VOICE)
    return gap if is_free else gap + bar


def _named(performances: Sequence[Performance], name: str) -> Tune:
    """Return a tune without music that has the name of a set, and the composer if all are by one."""
    tunes = [each.tune for each in performances]
    composers = {tune.field("C") for tune in tunes}
    fields = [("T", escaped_text(name or set_name([tune.title for tune in tunes])))]
    if len(composers) == 1 and (composer := composers.pop()):
        fields.append(("C", escaped_text(composer)))
    silent = replace(tunes[0].melody, bars=())
    return replace(tunes[0], fields=tuple(fields), voices=(silent,), findings=(), after=())


def _parts(pieces: Sequence[Piece]) -> tuple[tuple[Part, ...], list[list[int]]]:
    """Return the parts of a set, and for each piece which of them its own are."""
    found: dict[tuple[str, int], Part] = {}
    places: list[list[int]] = []
    sounding: dict[int, int] = {}  # the program of each channel
    for piece in pieces:
        places.append([])
        for part in piece.performance.parts:
            key = part.kind, part.channel
            known = found.get(key, part._replace(programs=()))
            programs = list(known.programs)
            for tick, program in part.programs:
                if sounding.get(part.channel) != program:
                    programs.append((piece.offset + tick, program))
                    sounding[part.channel] = program
            found[key] = known._replace(programs=tuple(programs))
            places[-1].append(list(found).index(key))
    return tuple(found.values()), places


def _with_notes(whole: Performance, ends: Sequence[int], places: Sequence[Sequence[int]]) -> Performance:
    """Return the performance of a set with the notes and passages of its pieces, which last until given ticks."""
    notes: list[PlayedNote] = []
    passages: list[Passage] = []
    for piece, end, parts in zip(whole.pieces, ends, places, strict=True):
        for note in piece.performance.notes:
            start, stop = note.start + piece.offset, min(note.end + piece.offset, end)
            if start < stop:
                onset = whole.seconds_at(start)
                length = whole.seconds_at(stop) - onset
                passage = note.passage + len(passages) if note.passage >= 0 else -1
                notes.append(
                    note._replace(
                        start=start, end=stop, onset=onset, length=length, part=parts[note.part], passage=passage
                    )
                )
        delay, last = whole.delay(piece), whole.seconds_at(end)
        for each in piece.performance.passages:
            onset = each.onset + delay
            passages.append(each._replace(onset=onset, length=min(each.length, last - onset)))
    notes.sort(key=lambda note: (note.start, note.part))
    return replace(whole, notes=tuple(notes), passages=tuple(passages))
