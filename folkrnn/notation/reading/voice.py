"""The reader of one voice: lines of music, token by token, to bars."""

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import lru_cache
from typing import ClassVar

from folkrnn.notation.chords import is_like_chord
from folkrnn.notation.clef import StaffSettings
from folkrnn.notation.findings import ERROR, NOTE, WARNING, Finding
from folkrnn.notation.key import Key
from folkrnn.notation.lexer import PASSES, TOKEN, tokens
from folkrnn.notation.limits import MOST_OVERLAYS, MOST_PASSES, MOST_SIGNS, MOST_SYMBOL_LINES, Growth
from folkrnn.notation.meter import Meter
from folkrnn.notation.note_values import LONGEST, SHORTEST, is_printable
from folkrnn.notation.pitch import Pitch
from folkrnn.notation.reading.accidentals import Accidentals
from folkrnn.notation.reading.drafts import DraftBar
from folkrnn.notation.reading.lengths import MAX_BAR_RESTS, parse_length, scaled, shown
from folkrnn.notation.reading.lyrics import MAX_VERSES, Place, decorate, places_of, sing
from folkrnn.notation.reading.macros import Macro, expanded
from folkrnn.notation.reading.quoted import marked
from folkrnn.notation.text import plain_text
from folkrnn.notation.tune import (
    DOTTED,
    NO_MARKS,
    STAFF,
    USUAL_TUPLETS,
    Bar,
    Change,
    Grace,
    Marks,
    Note,
    Tuplet,
    about_tune,
    total,
)

_PASSES = re.compile(r"(\d{1,2})(?:-(\d{1,2}))?")
_NUMBERED = re.compile(rf"\s*({PASSES})(?:st|nd|rd|th)?\.?(?: time)?\s*")


@lru_cache(maxsize=256)
def _repeats_of(bar_line: str) -> tuple[int, int]:
    """Return how many colons of a bar line close a repeat, and how many open one; those within it do both."""
    signs = bar_line.replace("[", "|").replace("]", "|")
    strokes = signs.strip(":")
    if not strokes:
        return len(signs) // 2, len(signs) - len(signs) // 2
    inside = strokes.count(":")
    closing, opening = len(signs) - len(signs.lstrip(":")), len(signs) - len(signs.rstrip(":"))
    return closing + inside // 2, opening + inside - inside // 2


class VoiceReader:
    """The bars of one voice, as far as they are read, and what is under way.

    ``symbols`` are the letters for decorations (``U:``) and ``macros`` the macros (``m:``) of the tune, which all its
    voices share, and ``growth`` what the file may still become. ``field`` is called with the letter and the text of a
    field in brackets. ``strict`` says that words are aligned as ABC 2.1 has it.
    """

    def __init__(
        self, id: str, meter: Meter, key: Key, unit: Fraction, staff: StaffSettings, line: int,
        symbols: dict[str, str], macros: list[Macro], growth: Growth, field: Callable[[str, str], None],
    ) -> None:  # fmt: skip
        self.id = id
        self.name = self.short_name = self.words = ""
        self.meter, self.key, self.unit, self.staff = meter, key, unit, staff
        self.first_staff = staff
        self.symbols, self.macros, self._growth, self._inline_field = symbols, macros, growth, field
        self.findings: list[Finding] = []
        self.line, self.column = line, 1
        self.strict = False
        self.own_line = False  # whether what is read stands on a line of its own

        self.bars: list[DraftBar] = []
        self.bar = DraftBar(meter, key, line, 1)
        self.notes = self.bar.notes  # those under way: of the bar, or of an overlay
        self.accidentals = Accidentals(key, staff.octaves, self._bad_accidental)
        self.durations: dict[str, Fraction] = {}
        self.full_at_line_end = False
        self._counted = 0, Fraction(0)  # of the first notes of the bar: how many, and how long they are together
        self._span: list[DraftBar] = []  # the bars of an overlay under way, and those of them that are done
        self._filled = 0
        self._group: int | None = None  # the number of the bar where a group of overlays began

        self.tie: Note | None = None
        self.tie_place = line, 1
        self.broken_factor: Fraction | None = None
        self.tuplet: tuple[int, int, int] | None = None
        self.tuplet_index = 0
        self._colon: tuple[int, int, int] | None = None  # a colon alone: the notes before it, its line and column
        self._clear_pending()
        self.spaced = True
        self.open_slurs = 0
        self.slur_place = line, 1  # that of the last one

        self._words_from = (0, 0)  # the numbers of the bar and of the note where the next words begin
        self._words_done = True
        self._symbol_lines = 0  # those under the last line of music
        self.continued = False  # whether a backslash joins the next line of music to the last
        self._verses: list[
            tuple[int, list[str]]
        ] = []  # the lines of words, with their numbers, under the last line of music

    def find(self, code: str, level: str, message: str) -> None:
        """Add a finding at the place that is being read."""
        self.findings.append(Finding(code, level, self.line, self.column, len(self.bars), message))

    def _bad_accidental(self, accidental: str) -> None:
        self.find("bad-accidental", ERROR, f"{shown(accidental)} is no accidental; expected one such as ^ or ^/")

    # ── fields and lines ────────────────────────────────────────────────────────────────────

    def change(self, field: str, value: Meter | Key | StaffSettings | str) -> None:
        """Put a field, or a line to be kept, before the next note; ``own_line`` says which of both."""
        bar = self.bar
        if not bar.notes and field == "K" and isinstance(value, Key):
            bar.key = value
        if not bar.notes and field == "M" and isinstance(value, Meter):
            bar.meter = value
        bar.changes.append(Change(len(bar.notes), field, value, self.own_line))

    def pass_on(self, following: "VoiceReader") -> None:
        """Give the lines about the whole tune that stand between the music of this voice and the next to the next."""
        here = len(self.bar.notes)
        passed = about_tune([change for change in self.bar.changes if change.index == here])
        if not passed:
            return
        apart = set(passed)
        self.bar.changes = [change for change in self.bar.changes if change not in apart]
        following.bar.changes += [change._replace(index=len(following.bar.notes)) for change in passed]

    def set_meter(self, meter: Meter) -> None:
        """Begin a meter."""
        self.meter = meter
        self.change("M", meter)

    def set_key(self, key: Key, staff: StaffSettings) -> None:
        """Begin a key, and whatever else the words of its field say."""
        self.key = key
        self.change("K", key)
        self.set_staff(staff)
        self.accidentals.set_key(key, self.staff.octaves)

    def set_staff(self, staff: StaffSettings) -> None:
        """Begin a clef, an octave, a transposition; what is not named stays."""
        before = self.staff
        self.staff = staff.over(before)
        if self.staff.applied != before.applied:
            self.accidentals.set_key(self.key, self.staff.octaves)
            self.change(STAFF, self.staff)

    def describe(self, name: str, short_name: str, staff: StaffSettings) -> None:
        """Take what a V: field says: before the music it holds from the start."""
        self.name, self.short_name = name or self.name, short_name or self.short_name
        if self.bars or self.bar.notes:
            self.set_staff(staff)
            return
        self.staff = self.first_staff = staff.over(self.staff)
        self.accidentals.set_key(self.key, self.staff.octaves)

    def set_unit(self, unit: Fraction) -> None:
        """Begin a unit length."""
        self.unit = unit
        self.durations = {}

    # ── music ───────────────────────────────────────────────────────────────────────────────

    def read(self, text: str, line: int, before: int = 0) -> None:
        """Read a line of music, or what stands in it after ``before`` characters."""
        self.line, self.column = line, 1
        self.own_line = False
        self.end_words()
        if self.macros:
            text = self._expanded(text)
        if self.bar.notes:
            self._end_line_before(text)
        if not self.continued and (self._words_done or not self.strict):
            self._words_from = len(self.bars), len(self.bar.notes)
            self._words_done = False
            self._symbol_lines = 0
        self.spaced = True
        handlers = self._HANDLERS
        accidentals = self.accidentals
        if before:  # a space keeps what follows from being the beginning of a line
            text = f" {text}"
        first_column = before or 1
        for match in tokens(text):
            kind = match.lastgroup
            if kind == "space":
                self.spaced = True
            elif kind == "note":
                self.column = match.start() + first_column
                _, accidental, letter, octave, length = match.group("note", "accidental", "letter", "octave", "length")
                tied = self.tie.held if self.tie is not None and not self.notes else ()
                self._add((accidentals.pitch(accidental, letter, octave, tied),), length)
            else:
                self.column = match.start() + first_column
                handlers[kind](self, match)  # type: ignore[index]
        self.continued = text.rstrip().endswith("\\")
        if not self.continued and self.bar.notes and not self._span and not self.tuplet and self.broken_factor is None:
            full = self.meter.bar
            self.full_at_line_end = full is not None and self._length() == full

    def _expanded(self, text: str) -> str:
        """Return a line with its macros written out, or as it is where that would be too long."""
        found = expanded(text, self.macros, self._growth.characters)
        if found is None:
            self.find("too-long", ERROR, "the macros of this line make too much music of it; they are left out")
            return text
        self._growth.characters -= max(0, len(found) - len(text))
        return found

    def _end_line_before(self, text: str) -> None:
        """End the bar with the line before, where it is full or a part begins, unless ``text`` begins with its end."""
        labelled = any(change.field == "P" and change.own_line for change in self.bar.changes[-1:])
        if not (self.full_at_line_end or labelled):
            return
        first = TOKEN.match(text.lstrip())
        if first is None or first.lastgroup not in ("bar", "ending", "bracket", "overlay"):
            if self.full_at_line_end:
                self.find("unwritten-bar-line", NOTE, "the bar is full at the end of the line: a bar line is read here")
                self._close_bar(written=labelled)
            else:
                self.find("unwritten-bar-line", NOTE, "a part begins within a bar: a double bar is read before it")
                self._close_bar(edge="||")
        self.full_at_line_end = False

    def _duration(self, length: str) -> Fraction:
        duration = self.durations.get(length)
        if duration is None:
            count = parse_length(length)
            if count is None:
                self.find("bad-length", ERROR, f"{shown(length)} is no note length; expected one such as 2, 3/2 or /")
                count = Fraction(1)
            duration = count * self.unit
            if duration.denominator > SHORTEST.denominator:
                self.find(
                    "bad-length", ERROR, f"the length {shown(length)} is too fine; the shortest note is {SHORTEST}"
                )
                return SHORTEST
            if duration > LONGEST:
                message = f"the note is {shown(str(duration))} whole notes long; at most {LONGEST} can be"
                self.find("bad-length", ERROR, message)
                return LONGEST
            self.durations[length] = duration
        return duration

    def _add(self, pitches: tuple[Pitch, ...], length: str, hidden: bool = False) -> None:
        """Add a note, a chord or a rest with everything that stood before it."""
        duration = self._duration(length)
        place = None
        if self.broken_factor is not None or self.tuplet is not None:
            duration, place = self._within_group(duration)
        if not self.bar.notes:
            self.bar.line, self.bar.column = self.line, self.column
        tie = self.tie
        if tie is not None:
            if not set(tie.held) & set(pitches) and not self.crossed_edge:
                self.find("tie-between-pitches", WARNING, "the tie leads to another pitch")
            self.tie = None
        marks = self.marks
        note = Note(
            pitches, duration, False, place, self.graces, marks.decorations, marks.chord_symbols,
            marks.annotations, self.slurs, 0, self.spaced, hidden, (), self.line, self.column,
        )  # fmt: skip
        self.notes.append(note)
        self.spaced = False
        if self.pending:
            self._clear_pending()

    def _within_group(self, plain: Fraction) -> tuple[Fraction, Tuplet | None]:
        """Return the length of the next note after broken rhythm and in its tuplet, and its place there."""
        duration, place = plain, None
        if self.broken_factor is not None:
            duration *= self.broken_factor
            self.broken_factor = None
        if self.tuplet is not None:
            actual, normal, size = self.tuplet
            duration = scaled(duration, actual, normal)
            place = Tuplet(actual, normal, size, self.tuplet_index)
            self.tuplet_index += 1
            if self.tuplet_index == size:
                self.tuplet = None
        if is_printable(duration, place[:2] if place else (1, 1)):
            return duration, place
        self._no_such_value(duration)
        return plain, None

    def _no_such_value(self, duration: Fraction) -> None:
        """Say that broken rhythm or a tuplet makes a note of a length that cannot be written."""
        limit = f"at most {LONGEST} can be" if duration > LONGEST else f"the shortest note is {SHORTEST}"
        self.find("bad-length", ERROR, f"the note becomes {shown(str(duration))} of a whole note long; {limit}")

    def _clear_pending(self) -> None:
        self.pending = False
        self.graces: tuple[Grace, ...] = ()
        self.marks = NO_MARKS
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
        if count > self._growth.bars:
            self.find("too-long", ERROR, f"{match[0]} makes too many bars of rest in one file; it is left out")
            return
        self._growth.bars -= count
        self._end_layer()
        for rest in range(count):
            if rest:
                self._close_bar()
            self._add((), "", hidden)
            self.notes[-1] = self.notes[-1]._replace(duration=full)

    def _old_chord(self, match: re.Match[str]) -> None:
        """Read a chord between plus signs, as it was written before ABC 1.6."""
        chord = TOKEN.match(f"[{match['old_members']}]{match['old_length']}")
        assert chord is not None
        self._chord(chord)

    def _chord(self, match: re.Match[str]) -> None:
        pitches: list[Pitch] = []
        lengths: list[str] = []
        tied: list[Pitch] = []
        column = self.column
        before = self.tie.held if self.tie is not None and not self.notes else ()
        for member in tokens(match["members"]):
            kind = member.lastgroup
            self.column = column + member.start() + 1
            if kind == "note":
                pitches.append(self.accidentals.pitch(member["accidental"], member["letter"], member["octave"], before))
                lengths.append(member["length"])
            elif kind == "tie":
                tied += pitches[-1:]
            elif kind in ("text", "decoration", "symbol"):
                self._HANDLERS[kind](self, member)
            elif kind not in ("space", "layout", "slur_open", "slur_close"):
                self.find("unreadable", ERROR, f"{shown(member[0])} cannot stand in a chord")
        self.column = column
        if not pitches:
            self.find("empty-chord", ERROR, "the chord holds no note")
            return
        # The standard lets the first note's length stand for the chord's (4.17).
        inner, outer = parse_length(lengths[0]), parse_length(match["chord_length"])
        if inner is None or outer is None:
            self.find("bad-length", ERROR, f"{shown(match[0])} has a length that means nothing")
            return
        if any(length != lengths[0] and parse_length(length) != inner for length in lengths):
            message = f"the notes of {shown(match[0])} are not equally long: the chord is as long as its first note"
            self.find("unequal-chord", NOTE, message)
        product = inner * outer
        text = f"{product.numerator}/{product.denominator}" if product.denominator > 1 else str(product)
        sounding = tuple(sorted(set(pitches), key=lambda pitch: (pitch.midi, pitch)))
        self._add(sounding, text)
        if tied:
            self._tie(match)
            held = set(tied)
            if held != set(sounding):
                self.notes[-1] = self.tie = self.notes[-1]._replace(
                    tied=tuple(pitch for pitch in sounding if pitch in held)
                )

    def _broken(self, match: re.Match[str]) -> None:
        if not self.notes or self.broken_factor is not None:
            self.find("broken-rhythm", ERROR, f"{match[0]} needs a note before and after it in the same bar")
            return
        if len(match[0]) > 3:
            self.find("broken-rhythm", ERROR, f"{match[0]} is deeper than any rhythm; expected at most >>>")
            return
        short = Fraction(1, 2 ** len(match[0]))
        before = self.notes[-1]
        first, second = (2 - short, short) if match[0][0] == ">" else (short, 2 - short)
        duration = before.duration * first
        if not is_printable(duration, before.tuplet[:2] if before.tuplet else (1, 1)):
            self._no_such_value(duration)
            return
        self.notes[-1] = before._replace(duration=duration)
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
            self.find("bad-tuplet", ERROR, f"{shown(match[0])} is no tuplet; expected one such as (3 or (5:4:5")
            return
        self.tuplet, self.tuplet_index = (actual, normal, size), 0

    def _slur_open(self, match: re.Match[str]) -> None:
        self.slurs += 1
        self.open_slurs += 1
        self.slur_place = self.line, self.column
        self.pending = True

    def _slur_close(self, match: re.Match[str]) -> None:
        if self.open_slurs == self.slurs:  # what is open has no note yet
            self.find("slur", NOTE, "a slur ends that never began")
            if self.slurs:
                self.slurs -= 1
                self.open_slurs -= 1
            return
        self.open_slurs -= 1
        notes = self._last_notes()
        if notes:
            notes[-1] = notes[-1]._replace(slurs_closed=notes[-1].slurs_closed + 1)

    def _last_notes(self) -> list[Note]:
        """Return the notes of which the last is the last one read; none before the first note."""
        if self.notes or not self.bars or self._span:
            return self.notes
        return self.bars[-1].notes

    def _tie(self, match: re.Match[str]) -> None:
        notes = self._last_notes()
        if not notes or notes[-1].is_rest:
            self.find("tie-without-note", WARNING, "a tie needs a note before it")
            return
        notes[-1] = self.tie = notes[-1]._replace(tie=True)
        self.tie_place = self.line, self.column

    def _grace(self, match: re.Match[str]) -> None:
        slashed = match["slash"] is not None
        graces: list[Grace] = []

        def add(member: re.Match[str], length: str, with_last: bool = False) -> None:
            pitch = self.accidentals.pitch(member["accidental"], member["letter"], member["octave"])
            graces.append(Grace(pitch, parse_length(length) or Fraction(1), slashed, with_last))

        for member in tokens(match["graces"]):
            if member.lastgroup == "note":
                add(member, member["length"])
            elif member.lastgroup == "chord":
                inner = [note for note in tokens(member["members"]) if note.lastgroup == "note"]
                for place, note in enumerate(inner):
                    add(note, note["length"] or member["chord_length"], place > 0)
            elif member.lastgroup in ("unreadable", "ending"):
                self.find("unreadable", ERROR, f"{shown(member[0])} cannot stand among grace notes")
            elif member.lastgroup not in ("space", "layout", "slur_open", "slur_close", "tie"):
                self.find("among-graces", NOTE, f"{shown(member[0])} among grace notes is left out")
        if not graces:
            self.find("no-graces", NOTE, "the braces hold no grace note")
            return
        if not self._has_room(len(graces)):
            return
        self.graces += tuple(graces)
        self.pending = True

    def _text(self, match: re.Match[str]) -> None:
        text = match["quoted"]
        if not text.strip():
            self.find("empty-text", NOTE, "the quoted text is empty")
        if not self._has_room():
            return
        before = self.marks
        self.marks = marked(before, text)
        if self.marks.annotations != before.annotations and is_like_chord(text):
            message = f"{shown(text)} is no chord, so it stays as it is; a chord is written like Em7 or D/F#"
            self.find("doubtful-chord", NOTE, message)
        self.pending = True

    def _decoration(self, match: re.Match[str]) -> None:
        self._decorate(match["decoration_name"] or match["old_decoration"])

    def _symbol(self, match: re.Match[str]) -> None:
        name = self.symbols.get(match[0])
        if name is None:
            message = f"the symbol {match[0]} is not defined; a U: field could say what it means"
            self.find("undefined-symbol", NOTE, message)
        elif name[:1] == '"':
            if self._has_room():
                self.marks = marked(self.marks, name.strip('"'))
                self.pending = True
        elif name not in ("nil", "none", ""):
            self._decorate(name)

    def _decorate(self, name: str) -> None:
        if self._has_room():
            self.marks = self.marks._replace(decorations=(*self.marks.decorations, name))
            self.pending = True

    def _has_room(self, count: int = 1) -> bool:
        """Return whether the next note can take ``count`` more signs; complain if it cannot."""
        if len(self.graces) + sum(map(len, self.marks)) + count <= MOST_SIGNS:
            return True
        self.find("too-many-signs", ERROR, f"more than {MOST_SIGNS} signs stand before a note; the others are left out")
        return False

    def _field(self, match: re.Match[str]) -> None:
        self._inline_field(match["field_name"], match["field_value"])

    def _layout(self, match: re.Match[str]) -> None:
        if match[0] in "*;?@#":
            self.find("reserved-sign", NOTE, f"{match[0]} has no meaning yet, and is left out")

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
            self.find("unreadable", ERROR, f"{shown(character)} means nothing in the music")

    # ── overlays ────────────────────────────────────────────────────────────────────────────

    def _overlay(self, match: re.Match[str]) -> None:
        sign = match[0]
        if sign == "(&":
            self._group = len(self.bars)
            return
        if sign == "&)":
            self._group = None
            return
        start = self._group if self._group is not None else len(self.bars) + 1 - len(sign)
        bars = [*self.bars[start:], self.bar] if start >= 0 else []
        if not self.bar.notes or not bars:
            self.find("overlay-without-voice", NOTE, f"{sign} needs a bar of music before it")
            return
        if max(len(bar.overlays) for bar in bars) >= MOST_OVERLAYS:
            self.find("too-many-overlays", ERROR, f"a bar has more than {MOST_OVERLAYS} overlays; expected fewer &")
            return
        self._end_layer()
        self._span, self._filled = bars, 0
        self._begin_layer()

    def _begin_layer(self) -> None:
        self.notes = []
        self._span[self._filled].overlays.append(self.notes)
        self.accidentals.end_bar()
        self.spaced = True

    def _end_layer(self) -> None:
        """Say what the end of a bar, of a voice within it, or a bar's rest leaves unfinished."""
        if self.broken_factor is not None:
            self.find("broken-rhythm", ERROR, "a broken rhythm needs a second note before the bar line")
            self.broken_factor = None
        if self.tuplet is not None:
            self.find("unfinished-tuplet", ERROR, f"the tuplet has {self.tuplet_index} of its {self.tuplet[2]} notes")
            self.tuplet = None

    # ── bar lines ───────────────────────────────────────────────────────────────────────────

    def _bar_line(self, match: re.Match[str]) -> None:
        text = match["bar_line"]
        if text == "|" and self._colon is None and not self._span:  # as most are
            self._close_bar()
            if match["bar_passes"]:
                self._begin_ending(match["bar_passes"])
            return
        dotted = text[0] == "."
        if dotted and self.bar.notes and text == ".|" and not self._is_full():
            self.change(DOTTED, "")  # it divides a long bar
            self.spaced = True
            return
        text = text.strip(".")
        drawn = ".|" if dotted else "[|]" if text in ("[|]", "[]") else ""
        text = "|" if text == "[]" else text.replace("[|]", "|")  # an invisible bar line
        if text == ":":
            if self.bar.notes:
                self._colon = len(self.bar.notes), self.line, self.column  # perhaps the sign goes on after a space
            else:
                self.bar.opens = True
            return
        closing, opening = _repeats_of(text)
        closing += self._colon_before()
        if closing >= MOST_PASSES:
            passes = f"plays a part {closing + 1} times; expected {MOST_PASSES} times at most"
            self.find("bad-repeat", ERROR, f"{shown(text)} {passes}")
            closing = 1
        edge = "|]" if "]" in text[1:] else "||" if "||" in text or "[" in text else ""
        if self._span and self._filled + 1 < len(self._span):
            self._end_layer()
            self._filled += 1
            self._begin_layer()
            return
        self._close_bar(1 + closing if closing else 1, edge, drawn)
        if opening:
            self.bar.opens = True
        if match["bar_passes"]:
            self._begin_ending(match["bar_passes"])

    def _colon_before(self) -> bool:
        """Return whether a colon stands just before a bar line, as in ``: |``; complain of one elsewhere."""
        if self._colon is None:
            return False
        notes, line, column = self._colon
        self._colon = None
        if notes == len(self.bar.notes):
            return True
        message = "a colon alone is no bar line; expected :| or |:"
        self.findings.append(Finding("unreadable", ERROR, line, column, len(self.bars), message))
        return False

    def _is_full(self) -> bool:
        full = self.meter.bar
        return full is None or self._length() >= full

    def _length(self) -> Fraction:
        """Return the length of the bar so far, which has notes. Only its last note may still change."""
        counted, length = self._counted
        notes = self.bar.notes
        length += total(notes[counted:-1])
        self._counted = len(notes) - 1, length
        return length + notes[-1].duration

    def _ending(self, match: re.Match[str]) -> None:
        if match[0][0] != "[" and self.bar.notes:  # at the beginning of a line it belongs to the bar line before
            self.find("unreadable", ERROR, f"{shown(match[0])} means nothing in the music")
            return
        self._begin_ending(match["passes"])

    def _bracket(self, match: re.Match[str]) -> None:
        text = match["bracket_text"]
        if numbers := _NUMBERED.fullmatch(text):
            self._begin_ending(numbers[1])
            return
        if self.bar.notes:
            self._close_bar()
        self.bar.bracket = plain_text(text.strip())

    def _begin_ending(self, passes: str) -> None:
        if self.bar.notes:
            self._close_bar()
        parts = [_PASSES.fullmatch(part.strip()) for part in passes.rstrip(".").replace(".", ",").split(",")]
        numbers = {number for part in parts if part for number in range(int(part[1]), int(part[2] or part[1]) + 1)}
        if not numbers or not all(parts) or not all(0 < number < 20 for number in numbers):
            self.find("bad-ending", ERROR, f"{shown(passes)} is no list of endings; expected one such as 1 or 1,3")
            return
        self.bar.ending = tuple(sorted(numbers))

    def _close_bar(self, plays: int = 1, edge: str = "", drawn: str = "", written: bool = True) -> None:
        """End the bar at a bar line; a bar line after a bar line only adds to the first.

        Accidentals hold until a bar line that is ``written``.
        """
        self._colon_before()
        self._end_layer()
        self._span = []
        draft = self.bar
        if draft.notes:
            draft.plays, draft.edge, draft.drawn = plays, edge, drawn
            if self.marks != NO_MARKS:
                draft.closing = self.marks
                self.marks = NO_MARKS
            self.bars.append(draft)
            self.bar = DraftBar(self.meter, self.key, self.line, self.column)
            self._counted = 0, Fraction(0)
            # A field between the last note and the bar line holds for the bar after it; a dotted line is nothing there.
            behind: list[Change] = []
            while draft.changes and draft.changes[-1].index == len(draft.notes):
                behind.append(draft.changes.pop())
            self.bar.changes = [change._replace(index=0) for change in reversed(behind) if change.field != DOTTED]
            self.notes = self.bar.notes
            if written:
                self.accidentals.end_bar()
            self.spaced = True
        else:
            if self.bars:
                before = self.bars[-1]
                before.plays = max(before.plays, plays)
                before.edge = edge or before.edge
            draft.line, draft.column = self.line, self.column
        if plays > 1 or edge:
            # What a tie before a repeat sign or a double bar leads to depends on the pass.
            self.crossed_edge = self.pending = True

    _HANDLERS: ClassVar[dict[str, Callable[["VoiceReader", re.Match[str]], None]]] = {
        "rest": _rest, "bar_rest": _bar_rest, "chord": _chord, "old_chord": _old_chord, "broken": _broken,
        "tuplet": _tuplet, "slur_open": _slur_open, "slur_close": _slur_close, "tie": _tie, "grace": _grace,
        "text": _text, "decoration": _decoration, "symbol": _symbol, "field": _field, "overlay": _overlay,
        "layout": _layout, "unreadable": _unreadable, "bar": _bar_line, "ending": _ending, "bracket": _bracket,
    }  # fmt: skip

    # ── words and symbols below the music ───────────────────────────────────────────────────

    def add_words(self, text: str, line: int) -> None:
        """Take a line of words for the music before it; further ones are its other verses."""
        self.continued = False
        self._verses.append((line, [text]))

    def continue_words(self, text: str) -> bool:
        """Add to the last line of words; return whether there is one."""
        if not self._verses:
            return False
        self._verses[-1][1].append(text)
        return True

    def end_words(self) -> None:
        """Give the lines of words, if there are any, to the notes."""
        if not self._verses:
            return
        places = self._places()
        for verse, (line, texts) in enumerate(self._verses[:MAX_VERSES]):
            left = sing(places, " ".join(texts), verse)
            if left:
                self.line, self.column = line, 1
                what = "no notes for the words" if not places else "no note left for"
                self.find("words-without-notes", NOTE, f"there is {what} {shown(' '.join(left))}")
        if len(self._verses) > MAX_VERSES:
            self.line, self.column = self._verses[MAX_VERSES][0], 1
            self.find("too-many-verses", NOTE, f"only the first {MAX_VERSES} verses are read")
        self._verses = []
        self._words_done = True

    def add_symbols(self, text: str, line: int) -> None:
        """Give the decorations of a symbol line to the notes before it."""
        self.line, self.column = line, 1
        self.continued = False
        self._symbol_lines += 1
        if self._symbol_lines > MOST_SYMBOL_LINES:
            if self._symbol_lines == MOST_SYMBOL_LINES + 1:
                self.find("too-many-symbols", NOTE, f"only the first {MOST_SYMBOL_LINES} lines of symbols are read")
            return
        left = decorate(
            places_of([*self.bars[self._words_from[0] :], self.bar], self._words_from[1]), text, self.symbols
        )
        if left:
            self.find("symbols-without-notes", NOTE, f"there is no note left for {shown(' '.join(left))}")

    def _places(self) -> list[Place]:
        """Return the notes that the lines below the music are for."""
        bar, note = self._words_from
        return places_of([*self.bars[bar:], self.bar], note)

    # ── the end ─────────────────────────────────────────────────────────────────────────────

    def finish(self) -> list[Change]:
        """End the last bar; return what stands after that bar."""
        self.end_words()
        self._close_bar()
        if self.bar.ending or self.bar.bracket:
            self.line, self.column = self.bar.line, self.bar.column
            self.find("empty-ending", NOTE, "the last ending has no notes, and is left out")
        if self.open_slurs:
            self.line, self.column = self.slur_place
            self.find("slur", NOTE, "a slur begins that never ends")
        if self.tie is not None:
            self.line, self.column = self.tie_place
            self.find("tie-without-end", WARNING, "the tie leads to no note")
        if self.bars and self.pending and (self.marks != NO_MARKS or self.graces):
            closing = self.bars[-1].closing
            self.bars[-1].closing = Marks(*(old + new for old, new in zip(closing, self.marks, strict=True)))
            if self.graces:
                self.find("graces-without-note", NOTE, "the grace notes at the end lead to no note")
        return self.bar.changes

    def finished_bars(self) -> Iterator[Bar]:
        """Yield the bars; their numbers are right where no bar is short but the first."""
        first = self.bars[0] if self.bars else self.bar
        full = first.meter.bar
        start = 0 if full is not None and total(first.notes) < full else 1
        for number, draft in enumerate(self.bars, start):
            yield draft.bar(number)
