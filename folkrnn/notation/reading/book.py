"""The reader of a tunebook: which lines make up its tunes."""

import re
from dataclasses import replace

from folkrnn.notation.findings import ERROR, NOTE, Finding
from folkrnn.notation.lexer import Line, classify, split_lines
from folkrnn.notation.limits import Growth
from folkrnn.notation.reading.lengths import shown
from folkrnn.notation.reading.tune import TuneReader, kept_field
from folkrnn.notation.tune import Tune

_VERSION = re.compile(r"%abc-(\d+)\.(\d+)")

_HALVES = re.compile("[\ud800-\udfff]")
"""Halves of pairs that stand for one character in UTF-16. They stand alone only in strings that programs make."""

_OWN_DIRECTIVE = re.compile(r"\s*abc-(charset|creator|version)\b")
"""Instructions that are about the file, which no other file takes over."""

_BLOCKS = frozenset({"begintext", "beginps", "beginsvg"})
"""Directives that begin a text block; others that begin so may be of any program."""

BOOK_FIELDS = frozenset("LMQRUABCDFGHINOSZmr")
"""The fields of a file header."""


def read_tunes(text: str, source: str = "") -> list[Tune]:
    """Read every tune of a tunebook.

    Tunes begin at ``X:`` and end at an empty line or the next ``X:``; fields before the first of
    them are the file header and hold for all. A text without any ``X:`` but with a ``K:`` is one
    tune. Whatever cannot be read becomes a finding of its tune; nothing is raised.
    """
    reader = _BookReader(split_lines(_HALVES.sub("\ufffd", text)), source)
    if half := _HALVES.search(text):
        message = "the text holds half a character, as no file can; \ufffd stands in its place"
        reader.outside = Finding("half-character", NOTE, len(split_lines(text[: half.start()])), 1, 0, message)
    return reader.read()


class _BookReader:
    """A reader of the lines of a tunebook, which gives each to the tune that it belongs to.

    Comments, directives and text blocks between two tunes belong to the second of them.
    """

    def __init__(self, lines: list[str], source: str) -> None:
        self.lines, self.source = lines, source
        self.numbered = any(line.startswith("X:") for line in lines)
        version = _VERSION.match(lines[0])
        self.strict = version is not None and (int(version[1][:4]), int(version[2][:4])) >= (2, 1)
        self._blocks = _text_blocks(lines)
        self.growth = Growth()
        self.book: list[Line] = []
        self.between: list[Line] = []  # what is kept for the next tune
        self.outside: Finding | None = None  # about the first line that is passed over since the last tune
        self.tunes: list[Tune] = []
        self.reader: TuneReader | None = None

    def read(self) -> list[Tune]:
        """Return the tunes."""
        block_end = 0  # the number of the line that ends the text block under way
        for number, raw in enumerate(self.lines, 1):
            if number < block_end:
                self._keep(Line(number, "text", "", raw))
                continue
            line = classify(number, raw, self.reader is not None and self.reader.in_music)
            if line.kind == "directive" and number > block_end:
                block_end = self._end_of_block(number, line.text)
            if line.kind in ("directive", "comment"):
                self._keep(line)
            elif line.kind == "blank":
                self._end_tune()
            elif self._begins_tune(line):
                self._end_tune()
                self._begin_tune(line)
            elif self.reader is not None:
                self.reader.read(line)
            else:
                self._between_tunes(line)
        self._end_tune()
        if self.tunes and self.between:
            last = self.tunes[-1]
            self.tunes[-1] = replace(last, after=(*last.after, *map(kept_field, self.between)))
        return self.tunes

    def _begins_tune(self, line: Line) -> bool:
        if line.kind != "field":
            return False
        return line.letter == "X" or (not self.numbered and self.reader is None and line.letter in "TKMLR")

    def _begin_tune(self, line: Line) -> None:
        self.growth.header_lines -= len(self.book)
        if self.growth.header_lines < 0 and self.book:
            self.book = []
            message = "the file header is too long to hold for so many tunes; from here on it is left out"
            self.outside = Finding("too-long", ERROR, line.number, 1, 0, message)
        self.reader = TuneReader(self.source, line, self.book, self.between, self.strict, self.growth)
        if self.outside and (not self.tunes or self.outside.code == "too-long"):
            self.reader.findings.append(self.outside)
        self.between, self.outside = [], None

    def _end_tune(self) -> None:
        if self.reader is not None:
            self.tunes.append(self.reader.finish())
            self.reader = None

    def _keep(self, line: Line) -> None:
        """Keep a comment, a directive, or a line of a text block."""
        if self.reader is not None:
            self.reader.read(line)
        elif self.tunes:
            self.between.append(line)
        elif not (_OWN_DIRECTIVE.match(line.text) if line.kind == "directive" else _is_version(line)):
            self.book.append(line)

    def _between_tunes(self, line: Line) -> None:
        """Read a line outside of tunes: a field of the file header, or what is passed over."""
        continues = line.letter == "+" and bool(self.book)
        if line.kind == "field" and not self.tunes and (line.letter in BOOK_FIELDS or continues):
            if not (line.letter == "I" and _OWN_DIRECTIVE.match(line.text)):
                self.book.append(line)
        elif self.outside is None:
            code, where = "before-tunes", "before the first tune"
            if self.tunes:
                code, where = "after-empty-line", "after the empty line that ends the tune"
            message = f"{shown(self.lines[line.number - 1])} stands {where}, and is left out"
            self.outside = Finding(code, NOTE, line.number, 1, 0, message)
            if self.tunes:
                last = self.tunes[-1]
                self.tunes[-1] = replace(last, findings=(*last.findings, self.outside))

    def _end_of_block(self, number: int, directive: str) -> int:
        """Return the number of the line that ends a text block which a directive begins; 0 if it begins none."""
        begin = _word(directive)
        if not begin.startswith("begin"):
            return 0
        place = self._blocks.get(number)
        if place:
            return place
        if self.reader is not None and begin in _BLOCKS:
            self.reader.line = number
            end = begin.replace("begin", "end", 1)
            self.reader.find("open-text-block", NOTE, f"%%{begin} begins a block that no %%{end} ends")
        return 0


def _text_blocks(lines: list[str]) -> dict[int, int]:
    """Return the numbers of the lines that end a text block, by those of the lines that begin it.

    A block ends at the next ``%%endtext`` if no other ``%%begintext`` stands before that.
    """
    begun: dict[str, int] = {}
    ends: dict[int, int] = {}
    for number, raw in enumerate(lines, 1):
        word = _word(raw[2:]) if raw.startswith("%%") else ""
        if word.startswith("begin"):
            begun[word.replace("begin", "end", 1)] = number
        elif word in begun:
            ends[begun.pop(word)] = number
    return ends


def _word(directive: str) -> str:
    """Return the first word of a directive."""
    return next(iter(directive.split(maxsplit=1)), "")


def _is_version(line: Line) -> bool:
    return line.number == 1 and line.text.startswith("abc")
