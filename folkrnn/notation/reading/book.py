"""The reader of a tunebook: which lines make up its tunes."""

import re
from collections.abc import Iterator
from dataclasses import replace

from folkrnn.notation.findings import NOTE, Finding
from folkrnn.notation.lexer import Line, classify, iter_lines, only_text
from folkrnn.notation.reading.lengths import shown
from folkrnn.notation.reading.tune import TuneReader, kept_field
from folkrnn.notation.tune import Tune

_NUMBER = re.compile(r"(?:\A|[\r\n])X:")

_VERSION = re.compile(r"%abc-(\d+)\.(\d+)")

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
    return list(iter_tunes(text, source))


def iter_tunes(text: str, source: str = "") -> Iterator[Tune]:
    """Yield every tune of a tunebook as soon as it is known, see ``read_tunes``: one at a time is held."""
    return _BookReader(only_text(text), source).read()


class _BookReader:
    """A reader of the lines of a tunebook, which gives each to the tune that it belongs to.

    Comments, directives and text blocks between two tunes belong to the second of them.
    """

    def __init__(self, text: str, source: str) -> None:
        self.text, self.source = text, source
        self.place = 0  # where the line after the one under way begins
        self.numbered = _NUMBER.search(text) is not None
        version = _VERSION.match(text)
        self.strict = version is not None and (int(version[1][:4]), int(version[2][:4])) >= (2, 1)
        self.book: list[Line] = []
        self.between: list[Line] = []  # what is kept for the next tune
        self.outside: Finding | None = None  # about the first line that is passed over since the last tune
        self.tunes: list[Tune] = []  # the last one, for lines after it may belong to it, and those before it
        self.reader: TuneReader | None = None

    def read(self) -> Iterator[Tune]:
        """Yield the tunes."""
        block_end = 0  # the number of the line that ends the text block under way
        for number, (raw, place) in enumerate(iter_lines(self.text), 1):
            self.place = place
            while len(self.tunes) > 1:
                yield self.tunes.pop(0)
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
                self._between_tunes(line, raw)
        self._end_tune()
        if self.tunes and self.between:
            last = self.tunes[-1]
            self.tunes[-1] = replace(last, after=(*last.after, *map(kept_field, self.between)))
        yield from self.tunes

    def _begins_tune(self, line: Line) -> bool:
        if line.kind != "field":
            return False
        return line.letter == "X" or (not self.numbered and self.reader is None and line.letter in "TKMLR")

    def _begin_tune(self, line: Line) -> None:
        self.reader = TuneReader(self.source, line, self.book, self.between, self.strict)
        if self.outside and not self.tunes:
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

    def _between_tunes(self, line: Line, raw: str) -> None:
        """Read a line outside of tunes: a field of the file header, or what is passed over."""
        continues = line.letter == "+" and bool(self.book)
        if line.kind == "field" and not self.tunes and (line.letter in BOOK_FIELDS or continues):
            if not (line.letter == "I" and _OWN_DIRECTIVE.match(line.text)):
                self.book.append(line)
        elif self.outside is None:
            code, where = "before-tunes", "before the first tune"
            if self.tunes:
                code, where = "after-empty-line", "after the empty line that ends the tune"
            message = f"{shown(raw)} stands {where}, and is left out"
            self.outside = Finding(code, NOTE, line.number, 1, 0, message)
            if self.tunes:
                last = self.tunes[-1]
                self.tunes[-1] = replace(last, findings=(*last.findings, self.outside))

    def _end_of_block(self, number: int, directive: str) -> int:
        """Return the number of the line that ends a text block which a directive begins; 0 if it begins none."""
        begin = _word(directive)
        if not begin.startswith("begin"):
            return 0
        end = begin.replace("begin", "end", 1)
        for later, (raw, _) in enumerate(iter_lines(self.text, self.place), number + 1):
            if raw.startswith("%%") and (word := _word(raw[2:])) in (begin, end):
                if word == end:
                    return later
                break
        if self.reader is not None and begin in _BLOCKS:
            self.reader.line = number
            self.reader.find("open-text-block", NOTE, f"%%{begin} begins a block that no %%{end} ends")
        return 0


def _word(directive: str) -> str:
    """Return the first word of a directive."""
    return next(iter(directive.split(maxsplit=1)), "")


def _is_version(line: Line) -> bool:
    return line.number == 1 and line.text.startswith("abc")
