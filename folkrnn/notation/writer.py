"""The writer for people: lines of the header as they were, four bars a line, notes beamed by the beat.

Bars that are too wide for a page in fours stand in twos or alone. What a tune holds beside its music (remarks,
directives, comments, text to be printed) is written where it stood. Of several voices the lines for the same bars
stand below each other, as on the page.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import count, zip_longest

from folkrnn import __version__
from folkrnn.errors import NotationError
from folkrnn.notation.bars import completes_measure, is_pickup, starts_section
from folkrnn.notation.beaming import beat_starts
from folkrnn.notation.clef import NO_STAFF, StaffSettings
from folkrnn.notation.key import Key, parse_key
from folkrnn.notation.layout import directives
from folkrnn.notation.meter import EIGHTH, Meter, parse_meter
from folkrnn.notation.repeats import sections
from folkrnn.notation.spelling import NOWHERE, Pen, Style, decoration_text
from folkrnn.notation.tempo import explicit, read_tempo
from folkrnn.notation.text import escaped_lyric, escaped_quoted
from folkrnn.notation.tune import (
    COMMENT,
    DIRECTIVE,
    DOTTED,
    NO_MARKS,
    TEXT_LINE,
    Bar,
    Change,
    Field,
    Tune,
    Voice,
    about_tune,
)

TUNEBOOK_HEADER = f"%abc-2.1\nI:abc-creator folkrnn {__version__}\nI:abc-charset utf-8\n"
"""The beginning of every tunebook; each tune follows after an empty line."""

BARS_A_LINE = 4
LINE_WIDTH = 500
"""The points that a line has for its key signature and bars on A4 or letter paper, as abcm2ps prints."""

BAR_LINE_WIDTH, NOTE_WIDTH, SIGN_WIDTH, FLAG_WIDTH = 16, 10, 9, 8
"""The points that abcm2ps needs for a bar line, a note, an accidental, dot, tie or grace note beside it, and a flag."""

_ADDED = frozenset({"I", "U", "r", COMMENT, DIRECTIVE, TEXT_LINE})
"""Lines of a tune that add to those of the file header, and take the place of none."""

_CHARSET = re.compile(r"(\s*abc-charset\s+)\S.*")
_WORD_GOES_ON = re.compile(r"(?<![\\ ])- (?![*_]( |$))")

_DOTS = {3: 1, 7: 2}  # by the numerator of a length


def write_tunebook(tunes: Sequence[Tune]) -> str:
    """Return a complete ABC file of some tunes; they keep their numbers."""
    return (
        "".join(write_tunebook_part(tune, place) for place, tune in enumerate(as_one_book(tunes), 1)) or TUNEBOOK_HEADER
    )


def as_one_book(tunes: Sequence[Tune]) -> Iterator[Tune]:
    """Yield tunes as the tunes of one tunebook.

    They keep their numbers; one that another tune before it has becomes the next that is free. The first has the lines
    of the file header that all share, and none has others: what not all share stands in each tune's own header, but
    comments only in the first one's.
    """
    alike, taken, first_book = True, set[str](), None
    for tune in tunes:
        first_book = tune.book if first_book is None else first_book
        alike = alike and tune.book == first_book
        taken.add(tune.number)
    free = (str(number) for number in count(1) if str(number) not in taken)
    given: set[str] = set()
    seen: set[tuple[Field, ...]] = set()
    for place, tune in enumerate(tunes):
        number = next(free) if tune.number in given else tune.number
        given.add(number)
        first = not alike and tune.book not in seen
        lines = () if alike else [field for field in _inherited(tune) if first or field[0] != COMMENT]
        seen.add(tune.book)
        shared = tune.book if alike and not place else ()
        yield replace(tune, number=number, fields=(*tune.fields, *lines), book=shared)


def _inherited(tune: Tune) -> Iterator[Field]:
    """Yield the lines of the file header that hold for a tune: fields of its own take the place of others."""
    own = {letter for letter, _ in tune.fields} - _ADDED
    name = ""
    for letter, text in tune.book:
        name = name if letter == "+" else letter
        if name not in own:
            yield letter, text


def write_tunebook_part(tune: Tune, place: int) -> str:
    """Return what a tunebook holds of one of its tunes (``as_one_book``), counted from 1: the first opens the file."""
    opening = TUNEBOOK_HEADER + "".join(f"{_line_of(field)}\n" for field in tune.book) if place == 1 else ""
    return f"{opening}\n{write_tune(replace(tune, book=()), tune.number or place)}"


def write_tune(tune: Tune, number: str | int = "") -> str:
    """Return one tune as ABC for people, under its own number or another; read again, it is the same."""
    after = (_line_of(field, in_music=True) for field in tune.after)
    lines = [*_header(tune, str(number or tune.number or 1)), *_body(tune), *after]
    return "\n".join(lines) + "\n"


def _line_of(field: Field, in_music: bool = False) -> str:
    """Return the line of a field, a directive, a comment, or a line of a text block."""
    letter, text = field
    if letter == TEXT_LINE:
        return text
    if letter in ("I", DIRECTIVE):
        text = _CHARSET.sub(r"\1utf-8", text)
        if text.split()[:1] == ["linebreak"]:
            text = text.replace("!", "$")
    if letter in (COMMENT, DIRECTIVE):
        return f"{letter}{text}"
    apart = " " * (in_music and text[:1] in ("|", ":"))  # there A:| would be a note and a bar line
    return f"{letter}:{apart}{text}"


def _header(tune: Tune, number: str) -> Iterator[str]:
    """Yield the lines of the header, in their order, but K last; M and L stand only once."""
    before = next((place for place, field in enumerate(tune.fields) if field[0] == "X"), 0)
    yield from map(_line_of, tune.fields[:before])
    yield f"X:{number}"
    fields = [*tune.fields[before:], *_inherited(tune)]
    letters = {letter for letter, _ in fields}
    if "T" not in letters:
        yield "T:"
    meter, key = _first_meter_and_key(tune)
    written = set()
    for letter, text in fields:
        if letter in "MLQ" and letter not in written:
            written.add(letter)
            yield {"M": _meter_line(meter, text), "L": "L:1/8", "Q": f"Q:{_tempo(text, tune.unit)}"}[letter]
        elif letter not in ("X", "K", "M", "L"):
            yield _line_of((letter, text))
    if "M" not in letters:
        yield _meter_line(meter, "")
    if "L" not in letters:
        yield "L:1/8"
    yield _key_line(key, tune.staff, next((text for letter, text in fields if letter == "K"), ""))


def _first_meter_and_key(tune: Tune) -> tuple[Meter, Key]:
    """Return what the header must say: what the voices begin with that do not say it themselves."""

    def first(letter: str) -> Bar | None:
        begin = (voice.bars[0] for voice in tune.voices if voice.bars)
        return next((bar for bar in begin if not any(c.field == letter and not c.index for c in bar.changes)), None)

    meter, key = first("M"), first("K")
    return meter.meter if meter else tune.meter, key.key if key else tune.key


def _tempo(text: str, unit: Fraction) -> str:
    """Return a tempo that is written for some unit length so that it says the same for 1/8."""
    return text if read_tempo(text, unit) == read_tempo(text, EIGHTH) else explicit(text, unit)


def _meter_line(meter: Meter, text: str) -> str:
    """Return the M: line: as it is written, if that says the meter."""
    try:
        same = bool(text) and parse_meter(text) == meter
    except NotationError:
        same = False
    return f"M:{text if same else meter.symbol or meter}"


def _key_line(key: Key, staff: StaffSettings, text: str) -> str:
    """Return the K: line: as it is written, if that says the key."""
    try:
        same = bool(text) and parse_key(text, key) == key
    except NotationError:
        same = False
    return f"K:{text if same else _key_text(key, staff)}"


def _key_text(key: Key, staff: StaffSettings = NO_STAFF) -> str:
    return f"{key} {staff}".strip()


def _body(tune: Tune) -> Iterator[str]:
    """Yield the lines of music: for the same bars those of each voice in turn, followed by its lines of words."""
    redefined = {text[0] for letter, text in (*tune.fields, *tune.book) if letter == "U" and text}
    redefined |= {
        str(change.value)[0]
        for voice in tune.voices
        for bar in voice.bars
        for change in bar.changes
        if change.field == "U" and change.value
    }
    voices = _headings_once(tune.voices) if len(tune.voices) > 1 else tune.voices
    writers = [_VoiceWriter(tune, voice, redefined) for voice in voices if voice.bars]
    for start, stop in _systems(writers):
        if len(tune.voices) > 1:
            shared = [change for writer in writers for change in about_tune(writer.changes(start))]
            yield from _own_lines(shared, tune.unit)
        for writer in writers:
            yield from writer.lines(start, stop)


def _headings_once(voices: Sequence[Voice]) -> Iterator[Voice]:
    """Yield voices without the labels, titles and tempos that one before has at the beginning of the same bar.

    abc2midi takes no part that is named twice.
    """
    said: set[tuple[int, str, object]] = set()
    for voice in voices:
        bars = []
        for index, bar in enumerate(voice.bars):
            kept: list[Change] = []
            new = True
            for change in bar.changes:
                if change.field != "+":
                    new = (index, change.field, change.value) not in said
                if new:
                    kept.append(change)
            bars.append(bar if len(kept) == len(bar.changes) else replace(bar, changes=tuple(kept)))
            said |= {(index, each.field, each.value) for each in kept if each.field in "PQT" and not each.index}
        yield replace(voice, bars=tuple(bars))


def _with_label_line(bar: Bar) -> Bar:
    """Return a bar with its label on a line of its own, not in brackets: it is that of all voices.

    abc2midi would take a label that each of them has for as many parts.
    """
    if not any(change.is_label and not change.own_line for change in bar.changes):
        return bar
    return replace(bar, changes=tuple(each._replace(own_line=True) if each.is_label else each for each in bar.changes))


def _systems(writers: Sequence["_VoiceWriter"]) -> Iterator[tuple[int, int]]:
    """Yield which bars of all voices stand together: those of one line of music."""
    if not writers:
        return
    longest = max((writer.bars for writer in writers), key=len)
    breaks = {index for writer in writers for index in range(len(writer.bars)) if writer.begins_line(index)}
    widths = [max(bars) for bars in zip_longest(*(writer.widths for writer in writers), fillvalue=0)]
    for start, stop in _fours(longest, breaks):
        yield from _fitting(widths, min(writer.room for writer in writers), start, stop)


def _fours(bars: Sequence[Bar], breaks: set[int]) -> Iterator[tuple[int, int]]:
    """Yield where the lines of music begin and end: after four bars, or with the section, or at one of the breaks."""
    start = full = 0
    for index, bar in enumerate(bars):
        new_section = starts_section(bars, index) and not bar.ending
        if index and (index in breaks or (full and (new_section or full >= BARS_A_LINE))):
            yield start, index
            start, full = index, 0
        full += not is_pickup(bars, index)
    yield start, len(bars)


def _fitting(widths: Sequence[int], room: int, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yield a line of music if its bars fit into ``room``; else divide it into halves until they do."""
    if stop - start == 1 or sum(widths[start:stop]) <= room:
        yield start, stop
    else:
        middle = (start + stop + 1) // 2
        yield from _fitting(widths, room, start, middle)
        yield from _fitting(widths, room, middle, stop)


def _width(bar: Bar, text: str, breaks: frozenset[int]) -> int:
    """Return about how many points of a staff a bar needs if its signs stand as close as possible."""
    signs = 3 * sum(not each.is_line for each in bar.changes) + sum(map(text.count, "^_="))
    for note in bar.notes:
        signs += _DOTS.get(note.written.numerator, 0) + note.tie + (len(note.pitches) > 1)
        signs += len(note.graces) + bool(note.graces)
    breaks |= {0, len(bar.notes)}
    flags = sum(
        place in breaks and place + 1 in breaks and _has_flag(note.written) for place, note in enumerate(bar.notes)
    )
    return BAR_LINE_WIDTH + NOTE_WIDTH * len(bar.notes) + SIGN_WIDTH * signs + FLAG_WIDTH * flags


def _inline(changes: Sequence[Change]) -> str:
    """Return what stands within a line of music for the changes at one place."""
    parts = []
    key_before = False
    for change, staff in zip(changes, _staffs_after(changes), strict=True):
        value = change.value
        if change.is_line or (change.own_line and not change.index):
            continue
        if change.field == DOTTED:
            parts.append(" .| ")
        elif isinstance(value, Key):
            parts.append(f"[K:{_key_text(value, staff)}]")
            key_before = True
        elif isinstance(value, StaffSettings):
            parts.append("" if key_before else f"[K:{value}]")
        elif isinstance(value, Meter):
            parts.append(f"[M:{value.symbol or value}]")
        else:
            parts.append(f"[{change.field}:{value}]")
    return "".join(parts)


def _own_lines(changes: Sequence[Change], unit: Fraction) -> Iterator[str]:
    """Yield the lines before a bar: for the changes at its start, and for those in it that cannot stand in a line."""
    key_before = False
    for change, staff in zip(changes, _staffs_after(changes), strict=True):
        value = change.value
        if not (change.is_line if change.index else change.own_line):
            continue
        if isinstance(value, Key):
            yield f"K:{_key_text(value, staff)}"
            key_before = True
        elif isinstance(value, Meter):
            yield f"M:{value.symbol or value}"
        elif isinstance(value, StaffSettings):
            if not key_before:
                yield f"K:{value}"
        else:
            yield _line_of((change.field, _tempo(value, unit) if change.field == "Q" else value), in_music=True)


def _staffs_after(changes: Sequence[Change]) -> list[StaffSettings]:
    """Return for each change the next settings of a staff after it."""
    staff, found = NO_STAFF, []
    for change in reversed(changes):
        found.append(staff)
        if isinstance(change.value, StaffSettings):
            staff = change.value
    return found[::-1]


def _end_of_line(changes: Sequence[Change]) -> str:
    """Return the comments before a bar that stand at the end of the line before."""
    return "".join(f" %{each.value}" for each in changes if each.field == COMMENT and not each.index | each.own_line)


class _VoiceWriter:
    """Writes the lines of one voice; ``redefined`` are the letters that a U: field gives another meaning."""

    def __init__(self, tune: Tune, voice: Voice, redefined: set[str]) -> None:
        self.several = len(tune.voices) > 1
        self.id, self.unit = voice.id, tune.unit
        self.bars = tuple(map(_with_label_line, voice.bars)) if self.several else voice.bars
        self.margin = max(len(each.id) for each in tune.voices if each.bars) + len("[V:] ")
        declared = any(letter == "V" and text.split()[:1] == [voice.id] for letter, text in tune.fields)
        first_line = voice.id and (voice.words or not (self.several or declared))
        self.first_line = f"V:{voice.id} {voice.words}".strip() if first_line else ""

        def decoration(name: str) -> str:
            text = decoration_text(name)
            return f"!{name}!" if text in redefined else text

        self.pen = Pen(
            self.bars[0].key, voice.staff.octaves, Style(lambda key: key, _inline, decoration, EIGHTH, all_signs=True)
        )
        self.passes = {each.first: each.passes for each in sections(self.bars) if not each.endings}
        self.breaks = [spaces(self.bars, index) for index in range(len(self.bars))]
        self.texts = [self._bar(index) for index in range(len(self.bars))]
        self.widths = list(map(_width, self.bars, self.texts, self.breaks))
        self.room = LINE_WIDTH - SIGN_WIDTH * len(self.bars[0].key.signature)
        self.line_break = "$" if _breaks_at_signs(tune) else ""
        self.sung = max(
            (index for index, bar in enumerate(self.bars) if any(note.lyrics for note in bar.notes)), default=-1
        )

    def changes(self, index: int) -> tuple[Change, ...]:
        """Return what stands in a bar and is no note; of a bar that the voice lacks nothing."""
        return self.bars[index].changes if index < len(self.bars) else ()

    def begins_line(self, index: int) -> bool:
        """Whether what stands before a bar ends the line of music before it."""
        changes = self.changes(index)
        return bool(changes) and (any(_own_lines(changes, EIGHTH)) or _end_of_line(changes) != "")

    def _bar(self, index: int) -> str:
        """Return the music of a bar with its overlays and with what hangs on its bar line."""
        bar = self.bars[index]
        before = self.bars[index - 1] if index else None
        overlays = [self.pen.overlay(bar, notes, spaces([replace(bar, notes=notes)], 0)) for notes in bar.overlays]
        text = self.pen.bar(bar, before, self.breaks[index])
        text = " & ".join([text, *overlays])
        # What stood before an overlay would hang on its first note.
        return f"{text} {self.pen.marks(bar.closing)}" if bar.closing != NO_MARKS else text

    def lines(self, start: int, stop: int) -> Iterator[str]:
        """Yield the lines for some bars: those before the music, the music, the words."""
        if start >= len(self.bars):
            return
        before = self.bars[start].changes
        if self.several:
            shared = set(about_tune(before))
            before = tuple(change for change in before if change not in shared)
        own = list(_own_lines(before, self.unit)) if before else []
        music = list(self._line(start, min(stop, len(self.bars))))
        if start == 0 and self.first_line:
            yield self.first_line
        elif self.several and not own:
            music[0] = f"[V:{self.id}] ".ljust(self.margin) + music[0]
        elif self.several and not own[0].startswith("V:"):
            yield f"V:{self.id}"
        yield from (*own, *music)

    def _line(self, start: int, stop: int) -> Iterator[str]:
        """Yield one line of music with its closing bar line, then its lines of words."""
        opening = self._opening(start)
        parts = [f"{opening} " if opening else ""]
        for index in range(start, stop):
            parts.append(self.texts[index])
            closing = self._closing(index)
            if index + 1 < stop:
                parts.append(f" {_joined(closing, self._opening(index + 1))} ")
            else:
                # The section before a repeat may end with a short bar, which a double bar explains.
                repeat = closing == "|" and self._opening(stop).startswith("|:") if stop < len(self.bars) else False
                parts.append(f" {'||' if repeat else closing}{self.line_break}")
        music = "".join(parts) + _end_of_line(self.changes(stop))
        # Some readers take a lone letter and a colon for a field. A length of 1 after the letter prevents this.
        yield f"{music[0]}1{music[1:]}" if music[1:3] == " :" else music
        if start > self.sung:
            return
        notes = [note for bar in self.bars[start:stop] for note in bar.notes if note.pitches]
        # Each line up to the last that is sung has words, for words begin where the last ones ended.
        verses = max((len(note.lyrics) for note in notes), default=0)
        for verse in range(max(1, verses)):
            words = (note.lyrics[verse] if verse < len(note.lyrics) else "" for note in notes)
            text = _WORD_GOES_ON.sub("-", " ".join(map(_syllable, words)))
            yield f"w: {text.rstrip('* ') or '*'}"

    def _closing(self, index: int) -> str:
        """Return the bar line at the end of a bar."""
        bar = self.bars[index]
        if bar.plays > 1:
            return ":" * (bar.plays - 1) + "|"
        if index + 1 == len(self.bars):
            return bar.edge or "|]"
        return bar.edge or bar.drawn or "|"

    def _opening(self, index: int) -> str:
        """Return what begins with a bar: a repeat, an ending, a bracket."""
        bar = self.bars[index]
        text = ""
        implied = bar.implied and (not index or self.bars[index - 1].plays > 1)
        if bar.opens and not implied:
            text = "|" + ":" * max(1, self.passes.get(index, 2) - 1)
        if bar.ending:
            text += "[" + ",".join(map(str, bar.ending))
        if bar.bracket:
            text += f'["{escaped_quoted(bar.bracket)}"'
        return text


def _joined(closing: str, opening: str) -> str:
    """Return a bar line and what begins there, on one line of music."""
    if opening.startswith("[") and opening[1:2].isdigit() and closing in ("|", ":|"):
        return closing + opening[1:]
    if opening.startswith("|:"):
        return opening if closing == "|" else closing + opening if closing == ":|" else f"{closing} {opening}"
    return f"{closing} {opening}".rstrip()


def _syllable(word: str) -> str:
    """Return a syllable as it stands in a line of words; a hyphen at its end joins it to the next."""
    if not word or word == "_":
        return word or "*"
    return escaped_lyric(word)


def _breaks_at_signs(tune: Tune) -> bool:
    """Whether an instruction says that lines of the score end at ``$`` or ``!``, not where lines of the text end.

    Then ``$`` is written: some readers take an exclamation mark for the beginning of a decoration.
    """
    instructions = directives((*tune.fields, *tune.book))
    return any(text.split()[:1] == ["linebreak"] and {"$", "!"} & {*text} for text in instructions)


def spaces(bars: Sequence[Bar], index: int) -> frozenset[int]:
    """Return the indices of the notes of a bar before which the beam breaks."""
    bar = bars[index]
    if len(bar.notes) < 2:
        return NOWHERE
    full = bar.meter.bar
    start = full - bar.duration if full and completes_measure(bars, index) else Fraction(0)
    places = list(bar.timed_notes(start))
    starts = beat_starts(bar.meter, (place for place, note in places if note.tuplet or note.written < EIGHTH))
    group = [bisect_right(starts, place) for place, _ in places]
    beamed = [_has_flag(note.written) for _, note in places]
    return frozenset(
        place
        for place in range(1, len(places))
        if group[place] != group[place - 1] or not (beamed[place - 1] and beamed[place])
    )


def _has_flag(length: Fraction) -> bool:
    """Whether a note that is drawn with this length has a flag, or a beam in place of it."""
    numerator, denominator = length.as_integer_ratio()
    return 4 * numerator < denominator
