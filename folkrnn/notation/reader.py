"""The reader: ABC text of any origin to tunes, with findings and without exceptions."""

import re
from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import ClassVar

from folkrnn.errors import NotationError
from folkrnn.notation.bars import check_bars, number_bars
from folkrnn.notation.findings import ERROR, NOTE, WARNING, Finding
from folkrnn.notation.key import Key, parse_key
from folkrnn.notation.lexer import SYMBOLS, TOKEN, Line, classify, split_lines, tokens
from folkrnn.notation.meter import FREE, Meter, parse_meter
from folkrnn.notation.pitch import ACCIDENTALS, Pitch, staff_position
from folkrnn.notation.repeats import balance_repeats
from folkrnn.notation.text import SYLLABLE, lyric_text, plain_text
from folkrnn.notation.tune import USUAL_TUPLETS, Bar, Change, Grace, Note, Tune, Tuplet, total

MAX_LENGTH = Fraction(16)
"""The longest note, in whole notes; a longer one is not music."""

MIN_LENGTH = Fraction(1, 512)
"""The shortest note that can be drawn, in whole notes."""

MAX_BAR_RESTS = 100
"""The longest rest, in bars."""

_CHORD_SYMBOL = re.compile(
    r"\(?[A-G][#b♯♭]?(?:maj|min|mi|ma|m|dim|aug|sus|add|M|\+|°|ø|-)?\d*(?:(?:maj|sus|add|dim|aug|[#b+-])\d*)*"
    r"(?:/[A-Ga-g][#b♯♭]?)?\)?"
)
_UNIT_LENGTH = re.compile(r"1\s*/\s*(\d+)")
_USER_SYMBOL = re.compile(r"([H-Wh-w~.])\s*=\s*([!+]?)([^!+|\s]*)\2\s*")
_PASSES = re.compile(r"(\d{1,2})(?:-(\d{1,2}))?")


def read_tunes(text: str, source: str = "") -> list[Tune]:
    """Read every tune of a tunebook.

    Tunes begin at ``X:`` and end at an empty line or the next ``X:``; fields before the first of
    them are the file header and hold for all. A text without any ``X:`` but with a ``K:`` is one
    tune. Whatever cannot be read becomes a finding of its tune; nothing is raised.
    """
    lines = split_lines(text)
    numbered = any(line.startswith("X:") for line in lines)
    shared: list[Line] = []
    tunes: list[Tune] = []
    reader: _TuneReader | None = None
    skipping = False
    for number, raw in enumerate(lines, 1):
        line = classify(number, raw, reader is not None and reader.in_music)
        if line.kind == "directive":
            word = line.text.split(" ", 1)[0].strip()
            skipping = word.startswith("begin") or (skipping and not word.startswith("end"))
            if reader is not None:
                reader.directive(line.text)
            elif not tunes:
                shared.append(line)
            continue
        if skipping:
            continue
        starts = line.kind == "field" and (
            line.letter == "X" or (not numbered and reader is None and line.letter in "TKMLR")
        )
        if starts or line.kind == "blank":
            if reader is not None:
                tunes.append(reader.finish())
                reader = None
            if starts:
                reader = _TuneReader(source, line, shared)
        elif reader is not None:
            reader.read(line)
        elif line.kind == "field" and not tunes and line.letter in "LMQRUABCDFGHINOSZm":
            shared.append(line)
    if reader is not None:
        tunes.append(reader.finish())
    return tunes


@lru_cache(maxsize=4096)
def parse_length(text: str) -> Fraction | None:
    """Read a note length in units: ``2``, ``3/2``, ``/``, ``//``; None for one without meaning, such as ``/0``."""
    if len(text) > 12:
        return None
    head, slash, tail = text.partition("/")
    numerator = int(head or 1)
    if not slash:
        return Fraction(numerator) if numerator else None
    denominator = int(tail) if tail.isdigit() else 2 ** (len(tail) + 1)
    if (tail.strip("/") and not tail.isdigit()) or not denominator or not numerator:
        return None
    return Fraction(numerator, denominator)


class _Draft:
    """A bar in the making."""

    __slots__ = ("changes", "column", "edge", "ending", "key", "line", "meter", "notes", "opens", "plays")

    def __init__(self, meter: Meter, key: Key, line: int, column: int) -> None:
        self.notes: list[Note] = []
        self.changes: list[Change] = []
        self.meter, self.key = meter, key
        self.opens, self.plays, self.edge = False, 1, ""
        self.ending: tuple[int, ...] = ()
        self.line, self.column = line, column

    def bar(self) -> Bar:
        return Bar(
            tuple(self.notes), self.meter, self.key, tuple(self.changes), self.opens, self.plays,
            self.edge, self.ending, 0, self.line, self.column,
        )  # fmt: skip


class _TuneReader:
    """A reader of one tune, line by line and token by token."""

    def __init__(self, source: str, first: Line, shared: list[Line]) -> None:
        self.source, self.first_line = source, first.number
        self.fields: list[tuple[str, str]] = []
        self.findings: list[Finding] = []
        self.symbols = dict(SYMBOLS)
        self.in_music = False
        self.number = ""
        self.meter, self.key = FREE, Key()
        self.unit: Fraction | None = None
        self.first_unit: Fraction | None = None
        self.voices: list[str] = []
        self.voice_muted = False
        self.propagation = "pitch"  # how far an accidental holds: the standard's default (11.3)
        self.line, self.column = first.number, 1
        self._last_field = ""

        self.bars: list[_Draft] = []
        self.bar = _Draft(self.meter, self.key, first.number, 1)
        self.full_at_line_end = False
        self.overlay = False
        self.altered: dict[tuple[int, int], int] = {}
        self.plain: dict[str, Pitch] = {}
        self.durations: dict[str, Fraction] = {}
        self.signature: dict[int, int] = {}

        self.tie: Note | None = None
        self.broken = 0
        self.broken_factor: Fraction | None = None
        self.tuplet: tuple[int, int, int] | None = None
        self.tuplet_index = 0
        self._clear_pending()
        self.spaced = True
        self.open_slurs = 0
        self.line_start = (0, 0)  # the numbers of bars, and of notes of the bar under way, before the line of music
        self.continued = False  # whether a backslash joins the next line of music to the last
        self.verse = 0
        for line in shared:
            if line.kind == "directive":
                self.directive(line.text)
            else:
                self._header_field(line)
        self.inherited = len(self.fields)
        self.read(first)

    # ── findings ────────────────────────────────────────────────────────────────────────────

    def find(self, code: str, level: str, message: str) -> None:
        self.findings.append(Finding(code, level, self.line, self.column, len(self.bars), message))

    # ── lines ───────────────────────────────────────────────────────────────────────────────

    def read(self, line: Line) -> None:
        self.line, self.column = line.number, 1
        if line.kind == "field":
            if self.in_music:
                self._body_field(line.letter, line.text)
            else:
                self._header_field(line)
        elif line.kind == "music":
            if self.in_music:
                self._music_line(line.text)
            elif self._last_field:
                message = f"the header holds {_shown(line.text)}; expected a field such as T: or K:"
                self.find("not-a-field", NOTE, message)

    def directive(self, text: str) -> None:
        words = text.replace("=", " ").split()
        if len(words) == 2 and words[0] == "propagate-accidentals":
            self.propagation = words[1]

    def _header_field(self, line: Line) -> None:
        letter, value = line.letter, line.text
        self.line, self.column = line.number, 1
        if letter == "+" and self.fields:
            name, before = self.fields[-1]
            self.fields[-1] = (name, f"{before} {value}")
            return
        if letter == "+":
            self.find("not-a-field", ERROR, f"{_shown(letter + ':')} is no field; fields have one letter")
            return
        self._last_field = letter
        self.fields.append((letter, value))
        if letter == "X":
            self.number = value.strip()
            if not self.number.isdigit():
                self.find("bad-number", NOTE, f"X:{_shown(value)} is no number")
        elif letter == "M":
            self._set_meter(value)
        elif letter == "L":
            self._set_unit(value)
        elif letter == "U":
            self._user_symbol(value)
        elif letter == "V":
            self._voice(value)
        elif letter == "I":
            self.directive(value)
        elif letter == "K":
            self._set_key(value)
            self._begin_music()

    def _begin_music(self) -> None:
        self.in_music = True
        if self.unit is None:
            self.unit = self.meter.default_unit_length
        self.first_unit = self.unit
        self.bar = _Draft(self.meter, self.key, self.line, 1)

    def _body_field(self, letter: str, value: str) -> None:
        if letter in ("w", "W", "s", "+"):
            if letter == "w" and not self.voice_muted:
                self._words(value)
            elif letter == "W":
                self.fields.append((letter, value))
            return
        if letter == "V":
            self._voice(value)
        elif self.voice_muted:
            return
        elif letter == "K":
            self._set_key(value)
            self._change("K", self.key)
        elif letter == "M":
            self._set_meter(value)
            self._change("M", self.meter)
        elif letter == "L":
            self._set_unit(value)
        elif letter == "U":
            self._user_symbol(value)
        elif letter == "I":
            self.directive(value)
        elif letter in ("P", "Q", "R", "T"):
            self._change(letter, value.strip())
        elif letter not in "ABCDFGHNOSZmr":
            self.find("not-a-field", WARNING, f"{_shown(letter + ':')} is no field of the music")

    def _change(self, field: str, value: Meter | Key | str) -> None:
        if not self.bar.notes and field == "K":
            self.bar.key = self.key
        if not self.bar.notes and field == "M":
            self.bar.meter = self.meter
        self.bar.changes.append(Change(len(self.bar.notes), field, value))

    # ── fields ──────────────────────────────────────────────────────────────────────────────

    def _set_meter(self, value: str) -> None:
        try:
            self.meter = parse_meter(value)
        except NotationError as error:
            self.find("bad-meter", ERROR, str(error))

    def _set_unit(self, value: str) -> None:
        match = _UNIT_LENGTH.fullmatch(value.strip())
        denominator = int(match[1]) if match and len(match[1]) < 5 else 1 if value.strip() == "1" else 0
        if denominator in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512):
            self.unit = Fraction(1, denominator)
            self.durations = {}
        else:
            self.find("bad-unit-length", ERROR, f"{_shown(value)} is no unit length; expected one such as 1/8")

    def _set_key(self, value: str) -> None:
        try:
            self.key = parse_key(value, self.key)
        except NotationError as error:
            self.find("bad-key", ERROR, str(error))
        self.signature = self.key.signature
        self.plain = {}

    def _user_symbol(self, value: str) -> None:
        match = _USER_SYMBOL.fullmatch(value)
        if match:
            self.symbols[match[1]] = SYMBOLS.get(match[3], match[3])
        else:
            self.find("bad-symbol", NOTE, f"{_shown(value)} defines no symbol; expected one such as T = !trill!")

    def _voice(self, value: str) -> None:
        name = value.split()[0] if value.split() else ""
        if name and name not in self.voices:
            self.voices.append(name)
            if len(self.voices) > 1:
                self.find("more-voices", NOTE, f"voice {_shown(name)} is left out: only the first voice is read")
        if self.in_music:
            self.voice_muted = bool(self.voices) and name != self.voices[0]

    # ── music ───────────────────────────────────────────────────────────────────────────────

    def _music_line(self, text: str) -> None:
        if self.voice_muted and "[V:" not in text:
            return
        if self.full_at_line_end:
            first = TOKEN.match(text.lstrip())
            if first is None or first.lastgroup not in ("bar", "ending"):
                self.find("unwritten-bar-line", NOTE, "the bar is full at the end of the line: a bar line is read here")
                self._close_bar()
            self.full_at_line_end = False
        if not self.continued:
            self.verse = 0
            self.line_start = len(self.bars), len(self.bar.notes)
        self.spaced = True
        handlers = self._HANDLERS
        for match in tokens(text):
            kind = match.lastgroup
            if kind == "space":
                self.spaced = True
            elif (self.voice_muted and kind != "field") or (self.overlay and kind not in ("field", "bar", "ending")):
                continue
            elif kind == "note":
                self.column = match.start() + 1
                _, accidental, letter, octave, length = match.group("note", "accidental", "letter", "octave", "length")
                self._add(self._pitch(accidental, letter, octave), length)
            else:
                self.column = match.start() + 1
                handlers[kind](self, match)  # type: ignore[index]
        self.continued = text.rstrip().endswith("\\")
        if not self.continued and self.bar.notes and not self.tuplet and self.broken_factor is None:
            full = self.meter.bar
            self.full_at_line_end = full is not None and total(self.bar.notes) == full

    def _pitch(self, accidental: str | None, letter: str, octave: str, grace: bool = False) -> tuple[Pitch, ...]:
        name = letter + octave
        pitch = self.plain.get(name)
        if pitch is None:
            step, height = staff_position(letter, octave)
            pitch = self.plain[name] = Pitch(step, height, self.signature.get(step, 0))
        if accidental is not None:
            alter = ACCIDENTALS[accidental] or 0
            if self.propagation != "not":
                self.altered[self._place(pitch)] = alter
            return (pitch._replace(alter=alter),)
        if self.altered:
            known = self.altered.get(self._place(pitch))
            if known is not None:
                return (pitch._replace(alter=known),)
        if self.tie is not None and not self.bar.notes and not grace:
            # A tied note keeps its accidental across the bar line.
            for tied in self.tie.pitches:
                if tied[:2] == pitch[:2]:
                    return (tied,)
        return (pitch,)

    def _place(self, pitch: Pitch) -> tuple[int, int]:
        return (pitch.step, pitch.octave if self.propagation == "octave" else 0)

    def _duration(self, length: str) -> Fraction:
        duration = self.durations.get(length)
        if duration is None:
            count = parse_length(length)
            if count is None:
                self.find("bad-length", ERROR, f"{_shown(length)} is no note length; expected one such as 2, 3/2 or /")
                count = Fraction(1)
            assert self.unit is not None
            duration = count * self.unit
            if duration.denominator > MIN_LENGTH.denominator:
                self.find(
                    "bad-length", ERROR, f"the length {_shown(length)} is too fine; the shortest note is {MIN_LENGTH}"
                )
                return MIN_LENGTH
            if duration > MAX_LENGTH:
                message = f"the note is {_shown(str(duration))} whole notes long; at most {MAX_LENGTH} can be"
                self.find("bad-length", ERROR, message)
                return MAX_LENGTH
            self.durations[length] = duration
        return duration

    def _add(self, pitches: tuple[Pitch, ...], length: str, hidden: bool = False) -> None:
        """Add a note, a chord or a rest with everything that stood before it."""
        duration = self._duration(length)
        if self.broken_factor is not None:
            duration *= self.broken_factor
            self.broken_factor = None
        place = None
        if self.tuplet is not None:
            actual, normal, size = self.tuplet
            duration = _scaled(duration, actual, normal)
            place = Tuplet(actual, normal, size, self.tuplet_index)
            self.tuplet_index += 1
            if self.tuplet_index == size:
                self.tuplet = None
        if not self.bar.notes:
            self.bar.line, self.bar.column = self.line, self.column
        tie = self.tie
        if tie is not None:
            if not set(tie.pitches) & set(pitches) and not self.crossed_edge:
                self.find("tie-between-pitches", WARNING, "the tie leads to another pitch")
            self.tie = None
        note = Note(
            pitches, duration, False, place, self.graces, self.decorations, self.chord_symbols,
            self.annotations, self.slurs, 0, self.spaced, hidden, (), self.line, self.column,
        )  # fmt: skip
        self.bar.notes.append(note)
        self.spaced = False
        if self.pending:
            self._clear_pending()

    def _clear_pending(self) -> None:
        self.pending = False
        self.graces: tuple[Grace, ...] = ()
        self.decorations: tuple[str, ...] = ()
        self.chord_symbols: tuple[str, ...] = ()
        self.annotations: tuple[str, ...] = ()
        self.slurs = 0
        self.crossed_edge = False

    # ── tokens ──────────────────────────────────────────────────────────────────────────────

    def _rest(self, match: re.Match[str]) -> None:
        self._add((), match["rest_length"], match["rest_letter"] == "x")

    def _bar_rest(self, match: re.Match[str]) -> None:
        full, hidden = self.meter.bar, match["bar_rest_letter"] == "X"
        if full is None:
            self.find("bar-rest-without-meter", ERROR, "a bar's rest needs a meter")
            return
        count = int(match["bar_rest_count"][:4] or 1)
        if not 1 <= count <= MAX_BAR_RESTS:
            self.find("bad-length", ERROR, f"{match[0]} rests for {count} bars; expected 1 to {MAX_BAR_RESTS}")
            return
        for rest in range(count):
            if rest:
                self._close_bar()
            self._add((), "", hidden)
            self.bar.notes[-1] = self.bar.notes[-1]._replace(duration=full)

    def _chord(self, match: re.Match[str]) -> None:
        pitches: list[Pitch] = []
        lengths: list[str] = []
        tied = False
        column = self.column
        for member in tokens(match["members"]):
            kind = member.lastgroup
            self.column = column + member.start() + 1
            if kind == "note":
                pitches += self._pitch(member["accidental"], member["letter"], member["octave"])
                lengths.append(member["length"])
            elif kind == "tie":
                tied = True
            elif kind in ("text", "decoration", "symbol"):
                self._HANDLERS[kind](self, member)
            elif kind not in ("space", "layout", "slur_open", "slur_close"):
                self.find("unreadable", ERROR, f"{_shown(member[0])} cannot stand in a chord")
        self.column = column
        if not pitches:
            self.find("empty-chord", ERROR, "the chord holds no note")
            return
        # The standard lets the first note's length stand for the chord's (4.17).
        inner, outer = parse_length(lengths[0]), parse_length(match["chord_length"])
        if inner is None or outer is None:
            self.find("bad-length", ERROR, f"{_shown(match[0])} has a length that means nothing")
            return
        product = inner * outer
        text = f"{product.numerator}/{product.denominator}" if product.denominator > 1 else str(product)
        self._add(tuple(sorted(set(pitches), key=lambda pitch: (pitch.midi, pitch))), text)
        if tied:
            self._tie(match)

    def _broken(self, match: re.Match[str]) -> None:
        if not self.bar.notes or self.broken_factor is not None:
            self.find("broken-rhythm", ERROR, f"{match[0]} needs a note before and after it in the same bar")
            return
        if len(match[0]) > 3:
            self.find("broken-rhythm", ERROR, f"{match[0]} is deeper than any rhythm; expected at most >>>")
            return
        short = Fraction(1, 2 ** len(match[0]))
        before = self.bar.notes[-1]
        first, second = (2 - short, short) if match[0][0] == ">" else (short, 2 - short)
        self.bar.notes[-1] = before._replace(duration=before.duration * first)
        self.broken_factor = second

    def _tuplet(self, match: re.Match[str]) -> None:
        if self.tuplet is not None:
            self.find("unfinished-tuplet", ERROR, "a tuplet begins before the one before it has all its notes")
        actual = int(match["p"][:3])
        group = 3 if self.meter.compound else 2
        normal = USUAL_TUPLETS.get(actual, group)
        if match["q"]:
            normal = int(match["q"][:3])
        size = int(match["r"][:3]) if match["r"] else actual
        if not (2 <= actual <= 64 and 1 <= normal <= 64 and 1 <= size <= 64):
            self.find("bad-tuplet", ERROR, f"{_shown(match[0])} is no tuplet; expected one such as (3 or (5:4:5")
            return
        self.tuplet, self.tuplet_index = (actual, normal, size), 0

    def _slur_open(self, match: re.Match[str]) -> None:
        self.slurs += 1
        self.open_slurs += 1
        self.pending = True

    def _slur_close(self, match: re.Match[str]) -> None:
        if self.open_slurs == self.slurs:  # what is open has no note yet
            self.find("slur", NOTE, "a slur ends that never began")
            return
        self.open_slurs -= 1
        last = self._last_note()
        if last is not None:
            draft, note = last
            draft.notes[-1] = note._replace(slurs_closed=note.slurs_closed + 1)

    def _last_note(self) -> tuple[_Draft, Note] | None:
        draft = self.bar if self.bar.notes else self.bars[-1] if self.bars else None
        return (draft, draft.notes[-1]) if draft is not None else None

    def _tie(self, match: re.Match[str]) -> None:
        last = self._last_note()
        if last is None or last[1].is_rest:
            self.find("tie-without-note", WARNING, "a tie needs a note before it")
            return
        draft, note = last
        draft.notes[-1] = self.tie = note._replace(tie=True)
        self.tie_place = self.line, self.column

    def _grace(self, match: re.Match[str]) -> None:
        graces: list[Grace] = []
        for member in tokens(match["graces"]):
            if member.lastgroup == "note":
                (pitch,) = self._pitch(member["accidental"], member["letter"], member["octave"], grace=True)
                graces.append(Grace(pitch, parse_length(member["length"]) or Fraction(1)))
            elif member.lastgroup == "chord":
                for note in tokens(member["members"]):
                    if note.lastgroup == "note":
                        (pitch,) = self._pitch(note["accidental"], note["letter"], note["octave"], grace=True)
                        graces.append(Grace(pitch, Fraction(1)))
            elif member.lastgroup == "unreadable":
                self.find("unreadable", ERROR, f"{_shown(member[0])} cannot stand among grace notes")
        self.graces += tuple(graces)
        self.pending = True

    def _text(self, match: re.Match[str]) -> None:
        text = plain_text(match["quoted"])
        if _CHORD_SYMBOL.fullmatch(text.strip()):
            self.chord_symbols += (text.strip(),)
        elif text.strip():
            self.annotations += (text,)
        self.pending = True

    def _decoration(self, match: re.Match[str]) -> None:
        self.decorations += (match["decoration_name"] or match["old_decoration"],)
        self.pending = True

    def _symbol(self, match: re.Match[str]) -> None:
        name = self.symbols.get(match[0])
        if name is None:
            message = f"the symbol {match[0]} is not defined; a U: field could say what it means"
            self.find("undefined-symbol", NOTE, message)
        elif name not in ("nil", "none", ""):
            self.decorations += (name,)
            self.pending = True

    def _field(self, match: re.Match[str]) -> None:
        self._body_field(match["field_name"], match["field_value"])

    def _overlay(self, match: re.Match[str]) -> None:
        self.find("more-voices", NOTE, "the voice after & is left out: only the first voice is read")
        self.overlay = True

    def _layout(self, match: re.Match[str]) -> None:
        pass

    def _unreadable(self, match: re.Match[str]) -> None:
        character = match[0]
        if character in "^_=":
            self.find("unreadable", ERROR, f"{character} is an accidental without a note")
        elif character in "[{":
            self.find("unclosed-bracket", ERROR, f"{character} is not closed")
        elif character in "]}":
            self.find("unclosed-bracket", ERROR, f"{character} closes what was never opened")
        elif character == '"':
            self.find("unclosed-quote", ERROR, 'a " is not closed')
        else:
            self.find("unreadable", ERROR, f"{_shown(character)} means nothing in the music")

    def _bar_line(self, match: re.Match[str]) -> None:
        text = match["bar_line"].strip(".").replace("[|]", "|")  # [|] is an invisible bar line
        signs = text.replace("[", "").replace("]", "")
        if "|" not in signs and len(signs) == 1 and "]" not in text:
            self.find("unreadable", ERROR, "a colon alone is no bar line; expected :| or |:")
            return
        if "|" in signs:
            closing = len(signs) - len(signs.lstrip(":"))
            opening = len(signs) - len(signs.rstrip(":"))
        else:
            closing, opening = len(signs) // 2, len(signs) - len(signs) // 2
        edge = "|]" if "]" in text else "||" if "||" in signs or "[" in text else ""
        self._close_bar(1 + closing if closing else 1, edge)
        if opening:
            self.bar.opens = True
        if match["bar_passes"]:
            self._begin_ending(match["bar_passes"])

    def _ending(self, match: re.Match[str]) -> None:
        self._begin_ending(match["passes"])

    def _begin_ending(self, passes: str) -> None:
        if self.bar.notes:
            self._close_bar()
        parts = [_PASSES.fullmatch(part) for part in passes.split(",")]
        numbers = {number for part in parts if part for number in range(int(part[1]), int(part[2] or part[1]) + 1)}
        if not numbers or not all(parts) or not all(0 < number < 20 for number in numbers):
            self.find("bad-ending", ERROR, f"{_shown(passes)} is no list of endings; expected one such as 1 or 1,3")
            return
        self.bar.ending = tuple(sorted(numbers))

    def _close_bar(self, plays: int = 1, edge: str = "") -> None:
        """End the bar at a bar line; a bar line after a bar line only adds to the first."""
        self.overlay = False
        if self.broken_factor is not None:
            self.find("broken-rhythm", ERROR, "a broken rhythm needs a second note before the bar line")
            self.broken_factor = None
        if self.tuplet is not None:
            self.find("unfinished-tuplet", ERROR, f"the tuplet has {self.tuplet_index} of its {self.tuplet[2]} notes")
            self.tuplet = None
        draft = self.bar
        if draft.notes:
            draft.plays, draft.edge = plays, edge
            self.bars.append(draft)
            self.bar = _Draft(self.meter, self.key, self.line, self.column)
            # A field between the last note and the bar line holds for the bar after it.
            while draft.changes and draft.changes[-1].index == len(draft.notes):
                self.bar.changes.insert(0, draft.changes.pop()._replace(index=0))
            self.altered.clear()
            self.spaced = True
        else:
            if self.bars:
                before = self.bars[-1]
                before.plays = max(before.plays, plays)
                before.edge = edge or before.edge
            draft.line, draft.column = self.line, self.column
        if plays > 1 or edge:
            self._cross_edge()

    def _cross_edge(self) -> None:
        # What a tie before a repeat sign or a double bar leads to depends on the pass.
        self.crossed_edge = self.pending = True

    _HANDLERS: ClassVar[dict[str, Callable[["_TuneReader", re.Match[str]], None]]] = {
        "rest": _rest, "bar_rest": _bar_rest, "chord": _chord, "broken": _broken, "tuplet": _tuplet,
        "slur_open": _slur_open, "slur_close": _slur_close, "tie": _tie, "grace": _grace, "text": _text,
        "decoration": _decoration, "symbol": _symbol, "field": _field, "overlay": _overlay, "layout": _layout,
        "unreadable": _unreadable, "bar": _bar_line, "ending": _ending,
    }  # fmt: skip

    # ── lyrics ──────────────────────────────────────────────────────────────────────────────

    def _words(self, text: str) -> None:
        """Give the syllables of a ``w:`` line to the notes of the music line before it (ABC 2.1, 5.1)."""
        self.continued = False
        self.verse += 1
        first, skip = self.line_start
        places = [
            (number, draft, index)
            for number, draft in enumerate([*self.bars[first:], self.bar])
            for index, note in enumerate(draft.notes)
            if note.pitches and (number or index >= skip)
        ]
        position = 0
        # A hyphen ends a syllable; a hyphen after a space or another hyphen stands for a note of its own.
        for syllable in SYLLABLE.findall(text):
            if position >= len(places):
                break
            if syllable == "|":
                if position:
                    here = places[position - 1][0]
                    while position < len(places) and places[position][0] == here:
                        position += 1
                continue
            _, draft, index = places[position]
            word = "" if syllable in ("*", "_", "-") else lyric_text(syllable)
            note = draft.notes[index]
            padding = ("",) * (self.verse - 1 - len(note.lyrics))
            draft.notes[index] = note._replace(lyrics=note.lyrics + padding + (word,))
            position += 1

    # ── the end ─────────────────────────────────────────────────────────────────────────────

    def finish(self) -> Tune:
        self._close_bar()
        if self.tie is not None:
            self.line, self.column = self.tie_place
            self.find("tie-without-end", WARNING, "the tie leads to no note")
        if not self.in_music:
            self.find("no-key", ERROR, "the tune has no K: field, so no music; expected one such as K:D")
        elif not self.bars:
            self.find("no-notes", ERROR, "the tune has no notes")
        bars, repeat_findings = balance_repeats(tuple(draft.bar() for draft in self.bars))
        bars = number_bars(bars)
        findings = self.findings + repeat_findings + check_bars(bars)
        findings = [
            finding if finding.code in _BAR_CODES else finding._replace(bar=_number_of(bars, finding.bar))
            for finding in findings
        ]
        findings.sort(key=lambda finding: (finding.line, finding.column))
        meter, key = (bars[0].meter, bars[0].key) if bars else (self.meter, self.key)
        own = {letter for letter, _ in self.fields[self.inherited :]}
        inherited = [field for field in self.fields[: self.inherited] if field[0] not in own]
        return Tune(
            (*inherited, *self.fields[self.inherited :]), meter, key, self.first_unit or Fraction(1, 8), bars,
            tuple(findings), self.number, self.source, self.first_line,
        )  # fmt: skip


_BAR_CODES = frozenset({"bar-too-long", "bar-too-short", "pickup-mismatch"})


def _number_of(bars: tuple[Bar, ...], index: int) -> int:
    return bars[min(index, len(bars) - 1)].number if bars else 0


@lru_cache(maxsize=4096)
def _scaled(duration: Fraction, actual: int, normal: int) -> Fraction:
    return duration * normal / actual


def _shown(text: str) -> str:
    """Return a text for use in a finding: short and on one line."""
    return repr(text if len(text) <= 40 else text[:37] + "...")
