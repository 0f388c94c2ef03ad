"""The reader of one tune: its header, the lines of its body, its voices."""

import re
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from folkrnn.errors import NotationError
from folkrnn.notation.bars import check_bars, number_bars
from folkrnn.notation.clef import NO_STAFF, StaffSettings, parse_staff
from folkrnn.notation.directives import midi_remark
from folkrnn.notation.findings import ERROR, NOTE, WARNING, Finding
from folkrnn.notation.key import Key, divide_key, nearest_key, parse_key
from folkrnn.notation.layout import SCORE_WORDS, score_order
from folkrnn.notation.lexer import SYMBOLS, Line
from folkrnn.notation.limits import MOST_MACROS, MOST_VOICES, MOST_WRITTEN, Growth, written
from folkrnn.notation.meter import FREE, Meter, parse_meter
from folkrnn.notation.order import check_order
from folkrnn.notation.reading.lengths import shown
from folkrnn.notation.reading.macros import Macro, parse_macro
from folkrnn.notation.reading.voice import VoiceReader
from folkrnn.notation.repeats import balance_repeats
from folkrnn.notation.tempo import explicit, read_tempo
from folkrnn.notation.tune import COMMENT, DIRECTIVE, DOTTED, STAFF, TEXT_LINE, Bar, Change, Field, Tune, Voice
from folkrnn.notation.voices import check_bars_of, check_voices, voice_names

_UNIT_LENGTH = re.compile(r"1\s*/\s*(\d+)")
_INLINE_VOICE = re.compile(r"\[V:([^\][]*)\]")
_USER_SYMBOL = re.compile(r"([H-Wh-w~.])\s*=\s*(?:([!+]?)([^!+|\s\"]*)\2|(\"[^\"]+\"))\s*")
_MARKS = re.compile(r'"[^"]*"|!(?:f{1,4}|D\.[CS]\.|[^!|\s]*[h-wyH-WY][^!|\s]*)!|(!)')
"""Exclamation marks: those around a decoration, and, after ``I:linebreak !``, those that stand between notes."""
_HTML = re.compile(
    r"\s*</?(?:body|br|center|code|div|font|h[1-6r]|html|li|ol|p|pre|script|span|table|td|textarea|tr|ul)\b[^<>]*>",
    re.IGNORECASE,
)

BODY_FIELDS = frozenset("ABCDFGHINOPRSTWZr")
"""Fields inside the music that are kept as they are."""

CONTINUED = BODY_FIELDS | {"+", "Q", "U"}
"""Fields inside the music that a line with ``+:`` can continue."""

KEPT = {"directive": DIRECTIVE, "comment": COMMENT, "text": TEXT_LINE}
"""What stands in a ``Field`` for a line of one of these kinds."""


def kept_field(line: Line) -> Field:
    """Return what is kept of a comment, a directive, or a line of a text block."""
    return KEPT[line.kind], line.text


class TuneReader:
    """A reader of one tune, line by line.

    ``book`` holds the lines of the file header, ``before`` what is kept of those before ``first``, the line ``X:``.
    ``strict`` says that words are aligned as ABC 2.1 has it, ``growth`` what the file may still become.
    """

    def __init__(
        self, source: str, first: Line, book: list[Line], before: list[Line], strict: bool, growth: Growth
    ) -> None:
        self.source, self.first_line, self.strict, self.growth = source, first.number, strict, growth
        self.fields: list[Field] = []
        self.findings: list[Finding] = []
        self.symbols = dict(SYMBOLS)
        self.macros: list[Macro] = []
        self.tempos: list[tuple[int, str]] = []  # those of the header, with their lines
        self.in_music = False
        self.number = ""
        self.meter, self.key, self.staff = FREE, Key(), NO_STAFF
        self.unit: Fraction | None = None
        self.propagation = "pitch"
        self.breaks_at_marks = False  # whether an exclamation mark alone ends a line of the score
        self.line = first.number
        self._last_field = ""
        self.order_line = self.score_line = 0  # those of P: in the header, and of %%score
        self.voices: dict[str, VoiceReader] = {}
        self.declared: dict[str, str] = {}  # the words of V: in the header, by voice
        self._declared_at: dict[str, int] = {}  # and the last line of each that has any
        self.voice: VoiceReader | None = None
        self._surplus: VoiceReader | None = None  # reads the voices that are too many, which are left out
        for line in book:
            self.read(line)
        self.book, self.fields = self.fields, []
        self.score_line = 0
        self._last_field = ""
        for line in (*before, first):
            self.read(line)

    def find(self, code: str, level: str, message: str) -> None:
        """Add a finding about the line that is being read."""
        if self.voice is not None:
            self.voice.find(code, level, message)
        else:
            self.findings.append(Finding(code, level, self.line, 1, 0, message))

    # ── lines ───────────────────────────────────────────────────────────────────────────────

    def read(self, line: Line) -> None:
        """Read a line of any kind."""
        self.line = line.number
        if line.kind == "field":
            if self.in_music:
                self._at_line(line.number)
                self._body_field(line.letter, line.text)
            else:
                self._header_field(line.letter, line.text)
        elif line.kind == "music":
            if "<" in line.text and _HTML.match(line.text):
                if self.in_music:
                    self._at_line(line.number)
                self.find("html", NOTE, f"{shown(line.text.strip())} belongs to a web page, and is left out")
            elif self.in_music:
                self._music(line.text, line.number)
            elif self._last_field:
                self._no_field(line.text)
        elif line.kind in KEPT:
            if line.kind == "directive" and self._is_score(line.text):
                self.fields.append((DIRECTIVE, line.text))  # it may also stand between K: and the music
            else:
                self._keep(*kept_field(line))
            if line.kind == "directive":
                self._instruct(line.text)
        if line.comment:
            self._keep(COMMENT, line.comment[1:], own_line=line.kind != "music")

    def _music(self, text: str, line: int) -> None:
        """Read a line of music, of one voice or of several in turn (``[V:2]``)."""
        if self.breaks_at_marks:
            text = _MARKS.sub(lambda match: " " if match[1] else match[0], text)
        if "[V:" not in text:
            self._current().read(text, line)
            return
        start = 0
        for match in _INLINE_VOICE.finditer(text):
            self._part(text, start, match.start(), line)
            self._at_line(line)
            self._switch(match[1])
            start = match.end()
        self._part(text, start, len(text), line)

    def _part(self, text: str, start: int, stop: int, line: int) -> None:
        if not text[start:stop].isspace() and start < stop:
            self._current().read(text[start:stop], line, start)

    def _at_line(self, line: int) -> None:
        voice = self._current()
        voice.line, voice.column, voice.own_line = line, 1, True

    def _is_score(self, text: str) -> bool:
        """Whether a directive is the first that says how voices stand on the page, and comes before the music."""
        return text.split(maxsplit=1)[:1] in SCORE_WORDS and not self.score_line and not self._has_notes()

    def _keep(self, kind: str, text: str, own_line: bool = True) -> None:
        if self.in_music:
            self._at_line(self.line)
            self._current().own_line = own_line
            self._current().change(kind, text)
        else:
            self.fields.append((kind, text))

    def _no_field(self, text: str) -> None:
        """Keep a line of the header that is no field: as more of the history (as ABC 1.6 has it), or as a comment.

        A backslash at the end of a line joins the next one to it (ABC 2.0, 2.2).
        """
        letter, before = self.fields[-1]
        if before.endswith("\\") and letter in (DIRECTIVE, TEXT_LINE):
            self.fields.append((TEXT_LINE, text))
            return
        if before.endswith("\\") and letter != COMMENT:
            self.fields[-1] = letter, before[:-1].rstrip()
            self.fields.append(("+", text.strip()))
            return
        if self._last_field == "H":
            self.fields.append(("+", text.strip()))
            return
        self.find("not-a-field", NOTE, f"the header holds {shown(text)}; expected a field such as T: or K:")
        self.fields.append((COMMENT, f" {text.strip()}"))

    def _header_field(self, letter: str, value: str) -> None:
        if letter == "+":
            if self._last_field:
                self.fields.append(("+", value))
            else:
                self.find("not-a-field", ERROR, f"{shown(letter + ':')} is no field; fields have one letter")
            return
        self._last_field = letter
        if letter != "m":
            self.fields.append((letter, value))
        if letter == "X":
            self.number = value.strip()
            if not self.number.isdecimal():
                self.find("bad-number", NOTE, f"X:{shown(value)} is no number")
        elif letter == "M":
            self.meter = self._meter(value) or self.meter
        elif letter == "L":
            self.unit = self._unit(value) or self.unit
        elif letter == "Q":
            self.tempos.append((self.line, value))
        elif letter == "P":
            self.order_line = self.order_line or self.line
        elif letter == "U":
            self._user_symbol(value)
        elif letter == "m":
            self._macro(value)
        elif letter == "V":
            self._declare(value)
        elif letter == "I":
            self._instruct(value)
        elif letter == "K":
            self.key = self._key(value, self.key)
            self.staff = self._staff(divide_key(value)[1])
            self._begin_music()

    def _begin_music(self) -> None:
        self.in_music = True
        if self.unit is None:
            self.unit = self.meter.default_unit_length
        for name in self.declared:
            self._voice_reader(name)
        here = self.line
        for line, tempo in self.tempos:  # what a bare number counts is known only now
            self.line = line
            self._check_tempo(tempo, self.unit)
        self.line = here

    def _body_field(self, letter: str, value: str) -> None:
        voice = self._current()
        if letter == "w":
            voice.add_words(value, self.line)
        elif letter == "+":
            if self._last_field != "w" or not voice.continue_words(value):
                self._continue(voice, value)
            return
        elif letter == "s":
            voice.add_symbols(value, self.line)
        elif letter == "V":
            self._switch(value)
        elif letter == "K":
            key, staff = divide_key(value)
            if staff and not key:  # a clef alone
                voice.set_staff(self._staff(staff))
            else:
                voice.set_key(self._key(value, voice.key), self._staff(staff))
        elif letter == "M":
            voice.set_meter(self._meter(value) or voice.meter)
        elif letter == "L":
            voice.set_unit(self._unit(value) or voice.unit)
        elif letter == "U":
            self._user_symbol(value)
            voice.change(letter, value)
        elif letter == "m":
            self._macro(value)
        elif letter == "Q":
            self._check_tempo(value, voice.unit)
            text = value.strip()
            voice.change(letter, text if voice.unit == self.unit else explicit(text, voice.unit))
        elif letter in BODY_FIELDS:
            voice.change(letter, value.strip())
            if letter == "I":
                self._instruct(value)
        else:
            self.find("not-a-field", WARNING, f"{shown(letter + ':')} is no field of the music")
            voice.change(letter, value.strip())
        self._last_field = letter

    def _continue(self, voice: VoiceReader, value: str) -> None:
        """Add to the field before, which is the last thing in the music."""
        before = voice.bar.changes[-1:]
        if before and before[0].field in CONTINUED and before[0].index == len(voice.bar.notes):
            voice.change("+", value)
        else:
            self.find("not-a-field", NOTE, f"+:{shown(value)} continues no field")

    # ── values ──────────────────────────────────────────────────────────────────────────────

    def _meter(self, value: str) -> Meter | None:
        try:
            return parse_meter(value)
        except NotationError as error:
            self.find("bad-meter", ERROR, str(error))
            return None

    def _unit(self, value: str) -> Fraction | None:
        match = _UNIT_LENGTH.fullmatch(value.strip())
        denominator = int(match[1]) if match and len(match[1]) < 5 else 1 if value.strip() == "1" else 0
        if denominator in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512):
            return Fraction(1, denominator)
        self.find("bad-unit-length", ERROR, f"{shown(value)} is no unit length; expected one such as 1/8")
        return None

    def _key(self, value: str, before: Key) -> Key:
        try:
            return parse_key(value, before)
        except NotationError as error:
            self.find("bad-key", ERROR, str(error))
            return nearest_key(value, before)

    def _staff(self, value: str) -> StaffSettings:
        staff = parse_staff(value)
        for problem in staff.problems:
            self.find("staff-words", NOTE, problem)
        return staff

    def _check_tempo(self, value: str, unit: Fraction) -> None:
        _, remark = read_tempo(value, unit)
        if remark:
            self.find("doubtful-tempo", NOTE, remark)

    def _user_symbol(self, value: str) -> None:
        match = _USER_SYMBOL.fullmatch(value)
        if match:
            self.symbols[match[1]] = match[4] or SYMBOLS.get(match[3], match[3])
        else:
            self.find("bad-symbol", NOTE, f"{shown(value)} defines no symbol; expected one such as T = !trill!")

    def _macro(self, value: str) -> None:
        macro = parse_macro(value)
        if macro is None:
            self.find("bad-macro", NOTE, f"{shown(value)} is no macro; expected one such as ~G2={{A}}G{{F}}G")
        elif len(self.macros) >= MOST_MACROS:
            self.find("bad-macro", ERROR, f"the tune has more than {MOST_MACROS} macros; {shown(value)} is left out")
        else:
            self.macros.append(macro)

    def _instruct(self, text: str) -> None:
        """Follow an instruction that says how to read; remark on one that says how to play and is not followed."""
        if remark := midi_remark(text):
            self.find("midi-directive", NOTE, remark)
        words = text.replace("=", " ").split()
        if words[:1] in SCORE_WORDS:
            if self.score_line:
                self.find("bad-score", NOTE, f"only the first %%{words[0]} of a tune is followed")
            self.score_line = self.score_line or self.line
        if words[:1] == ["abc-include"]:
            self.find("not-included", NOTE, f"{shown(text)}: other files are not read")
        elif words[:1] == ["linebreak"]:
            self.breaks_at_marks = "!" in words[1:]
        if len(words) == 2 and words[0] == "propagate-accidentals":
            self.propagation = words[1]
            for voice in self.voices.values():
                voice.accidentals.propagation = words[1]

    def _has_notes(self) -> bool:
        return any(voice.bars or voice.bar.notes for voice in self.voices.values())

    # ── voices ──────────────────────────────────────────────────────────────────────────────

    def _declare(self, value: str) -> None:
        name, words = _name_and_words(value)
        if name:
            self.declared[name] = f"{self.declared.get(name, '')} {words}".strip()
            self._declared_at[name] = self.line if words.strip() else self._declared_at.get(name, self.line)
        else:
            self.find("bad-voice", NOTE, "V: names no voice; expected one such as V:1")

    def _voice_reader(self, name: str) -> VoiceReader:
        reader = self.voices.get(name)
        if reader is None and len(self.voices) >= MOST_VOICES and self._surplus is not None:
            return self._surplus
        if reader is None:
            assert self.unit is not None
            reader = VoiceReader(
                name, self.meter, self.key, self.unit, self.staff, self.line, self.symbols, self.macros,
                self.growth, self._body_field,
            )  # fmt: skip
            reader.strict = self.strict
            reader.accidentals.propagation = self.propagation
            if len(self.voices) >= MOST_VOICES:
                self.find("too-many-voices", ERROR, f"the tune has more than {MOST_VOICES} voices; others are left out")
                self._surplus = reader
                return reader
            self.voices[name] = reader
            if words := self.declared.get(name, ""):
                here, self.line = self.line, self._declared_at[name]
                self._describe(reader, words)
                self.line = here
        return reader

    def _describe(self, reader: VoiceReader, words: str) -> None:
        """Take the words of a V: field: names and clef."""
        reader.describe(*voice_names(words), self._staff(words))

    def _current(self) -> VoiceReader:
        if self.voice is None:
            self.voice = next(iter(self.voices.values()), None) or self._voice_reader("")
            self.voice.line = self.line
        return self.voice

    def _switch(self, value: str) -> None:
        """Go on with another voice."""
        name, words = _name_and_words(value)
        if not name:
            self.find("bad-voice", NOTE, "V: names no voice; expected one such as V:1")
            return
        before = self.voice
        only = self.voices.get("")
        if only is not None and not self.declared and not only.bars and not only.bar.notes:
            # What came before the first V: belongs to its voice.
            del self.voices[""]
            only.id = name
            self.voices[name] = only
        if self.declared and name not in self.declared and name not in self.voices:
            self.find("undeclared-voice", NOTE, f"the header has no V:{name}; it is read as a voice more")
        self.voice = self._voice_reader(name)
        self._at_line(self.line)
        if words:
            self._describe_again(self.voice, words)
        if before is not None and before is not self.voice:
            before.end_words()
            before.pass_on(self.voice)

    def _describe_again(self, reader: VoiceReader, words: str) -> None:
        """Take the words of a V: field within the music, and keep those that the header does not have."""
        self._describe(reader, words)
        if words in (self.declared.get(reader.id), reader.words):
            return
        if not reader.words and not reader.bars and not reader.bar.notes:
            reader.words = words
        elif parse_staff(words).other:
            reader.change("V", f"{reader.id} {words}")

    # ── the end ─────────────────────────────────────────────────────────────────────────────

    def finish(self) -> Tune:
        """Return the tune."""
        readers = list(self.voices.values()) or ([self._current()] if self.in_music else [])
        behind: list[Change] = []
        bodies: list[tuple[Bar, ...]] = []
        for reader in readers:
            behind += reader.finish()
            bars, repeats = balance_repeats(tuple(reader.finished_bars()), alone=len(readers) == 1)
            reader.findings += repeats
            bodies.append(number_bars(bars))
        voices = [
            Voice(bars, reader.id, reader.name, reader.short_name, reader.first_staff, reader.words)
            for reader, bars in zip(readers, bodies, strict=True)
        ]
        for reader, bars in zip(readers, bodies, strict=True):
            self._take_findings(reader, bars, bodies)
        order, problems = score_order([*self.fields, *self.book], [voice.id for voice in voices])
        voices = [voices[place] for place in order] or [Voice(())]
        for problem in problems:
            self.findings.append(Finding("bad-score", NOTE, self.score_line or self.first_line, 1, 0, problem))
        self.findings += check_voices(voices)
        if (size := written(voices)) > MOST_WRITTEN:
            message = f"the tune has {size:,} bars and notes; expected at most {MOST_WRITTEN:,}"
            self.findings.append(Finding("too-long", ERROR, self.first_line, 1, 0, message))
        if not self.in_music:
            message = "the tune has no K: field, so no music; expected one such as K:D"
            self.findings.append(Finding("no-key", ERROR, self.line, 1, 0, message))
        elif not any(voice.bars for voice in voices):
            self.findings.append(Finding("no-notes", ERROR, self.line, 1, 0, "the tune has no notes"))
        tune = Tune(
            tuple(self.fields), self.meter, self.key, self.unit or Fraction(1, 8), tuple(voices), (), self.number,
            self.source, self.first_line, self.staff, tuple(self.book), _as_fields(behind),
        )  # fmt: skip
        first = tune.bars[0] if tune.bars else tune
        findings = sorted(
            [*self.findings, *check_order(tune, self.order_line)], key=lambda finding: (finding.line, finding.column)
        )
        return replace(tune, meter=first.meter, key=first.key, findings=tuple(findings))

    def _take_findings(self, reader: VoiceReader, bars: tuple[Bar, ...], bodies: list[tuple[Bar, ...]]) -> None:
        """Take the findings about a voice; what is said of the short bars of one voice is not said of others again."""
        several = len(bodies) > 1
        said = {(each.code, each.message) for each in self.findings} if several else set()
        found = [each._replace(bar=_number_of(bars, each.bar)) for each in reader.findings]
        found += [
            each
            for each in (check_bars_of(bars, bodies) if several else check_bars(bars))
            if each.code != "pickup-mismatch" or (each.code, each.message) not in said
        ]
        self.findings += [each._replace(voice=reader.id) for each in found] if several else found


def _name_and_words(value: str) -> tuple[str, str]:
    """Return the name of a voice and what else a V: field says of it."""
    name, words, *_ = [*value.split(maxsplit=1), "", ""]
    return name, words.strip()


def _number_of(bars: tuple[Bar, ...], index: int) -> int:
    return bars[min(index, len(bars) - 1)].number if bars else 0


def _as_fields(changes: Iterable[Change]) -> tuple[Field, ...]:
    """Return the lines of what stands behind the last bar."""
    fields: list[Field] = []
    for change in changes:
        value = change.value
        if isinstance(value, Meter):
            fields.append(("M", value.symbol or str(value)))
        elif change.field == STAFF:
            key = fields.pop()[1] if fields and fields[-1][0] == "K" else ""
            fields.append(("K", f"{key} {value}".strip()))
        elif change.field != DOTTED:
            fields.append((change.field, str(value)))
    return tuple(fields)
