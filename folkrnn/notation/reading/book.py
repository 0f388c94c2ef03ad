"""The reader of a tunebook: which lines make up its tunes."""

import re
from collections.abc import Iterator
from dataclasses import replace

from folkrnn.notation.findings import ERROR, NOTE, Finding
from folkrnn.notation.lexer import Line, classify, iter_lines, only_text, split_lines
from folkrnn.notation.limits import Growth
from folkrnn.notation.reading.lengths import shown
from folkrnn.notation.reading.tune import TuneReader, kept_field
from folkrnn.notation.tune import Tune

_NUMBER = re.compile(r"(?:\A|[\r\n])X:")

_NEXT_TUNE = re.compile(r"\n\nX:")

_BLOCK = re.compile(r"(?:\A|[\r\n])%%\s*begin")

_VERSION = re.compile(r"%abc-(\d+)\.(\d+)")

_HALVES = re.compile("[\ud800-\udfff]")
"""Halves of pairs that stand for one character in UTF-16. They stand alone only in strings that programs make."""

_OWN_DIRECTIVE = re.compile(r"\s*abc-(charset|creator|version)\b")
"""Instructions that are about the file, which no other file takes over."""

_BLOCKS = frozenset({"begintext", "beginps", "beginsvg"})
"""Directives that begin a text block; others that begin so may be of any program."""

BOOK_FIELDS = frozenset("LMQRUABCDFGHINOSZmr")
"""The fields of a file header."""


MOST_HEADER = 10_000
"""The longest file header, in characters, that pieces of a tunebook begin with."""


def read_tunes(text: str, source: str = "") -> list[Tune]:
    """Read every tune of a tunebook.

    Tunes begin at ``X:`` and end at an empty line or the next ``X:``; fields before the first of
    them are the file header and hold for all. A text without any ``X:`` but with a ``K:`` is one
    tune. Whatever cannot be read becomes a finding of its tune; nothing is raised.
    """
    return list(iter_tunes(text, source))


def iter_tunes(text: str, source: str = "") -> Iterator[Tune]:
    """Yield every tune of a tunebook as soon as it is known, see ``read_tunes``: one at a time is held."""
    half = _HALVES.search(text)
    reader = _BookReader(_HALVES.sub("\ufffd", text) if half else text, source)
    if half:
        message = "the text holds half a character, as no file can; \ufffd stands in its place"
        reader.passed_over = Finding("half-character", NOTE, len(split_lines(text[: half.start()])), 1, 0, message)
    return reader.read()


def cut_book(text: str, characters: int) -> Iterator[tuple[int, str]]:
    """Yield pieces of a tunebook that hold the same tunes, in order, each of at least ``characters`` characters.

    Each piece begins with the file header. It comes with how many lines later its tunes stand in the whole text. A cut
    is between two tunes with only an empty line between them. A text that is not so simple is one piece.
    """
    text = only_text(text)
    first = _NUMBER.search(text)
    start = text.find("X:", first.start()) if first else 0
    if not first or start > MOST_HEADER or "\r" in text or _BLOCK.search(text) or _HALVES.search(text):
        yield 0, text
        return
    place, lines = start, 0
    for gap in _NEXT_TUNE.finditer(text, start):
        end = gap.start() + 2
        if end - place < characters:
            continue
        before = text.rfind("\n\n", place, end - 2)  # what stands there may belong to the next tune, unless it is one
        if text.startswith("X:", place if before < 0 else before + 2):
            yield lines, text[:start] + text[place:end]
            lines += text.count("\n", place, end)
            place = end
    yield lines, text[:start] + text[place:]


class BookDivider:
    """What divides the lines of a tunebook among its tunes; a subclass says what becomes of each.

    Comments, directives and text blocks between two tunes belong to the second of them. ``book`` holds the lines of
    the file header, ``between`` what is kept for the next tune, ``ended`` the number of tunes that are over.
    """

    def __init__(self, text: str) -> None:
        self.text = only_text(text)
        self.numbered = _NUMBER.search(self.text) is not None
        version = _VERSION.match(self.text)
        self.strict = version is not None and (int(version[1][:4]), int(version[2][:4])) >= (2, 1)
        self._blocks = _text_blocks(self.text)
        self.growth = Growth.of(text)
        self.book: list[Line] = []
        self.between: list[Line] = []
        self.ended = 0
        self._in_tune = self._in_music = False

    def begin(self, first: Line) -> None:
        """Begin a tune with its first line."""
        raise NotImplementedError

    def line(self, line: Line) -> None:
        """Take a further line of the tune under way."""
        raise NotImplementedError

    def end(self) -> None:
        """End the tune under way."""
        raise NotImplementedError

    def outside(self, line: Line, raw: str) -> None:
        """Take a line outside of tunes that is passed over, and its text as it stands."""

    def header_left_out(self, line: Line) -> None:
        """Take note that the file header ends to hold, at the first line of a tune."""

    def open_block(self, number: int, begin: str) -> None:
        """Take note of a directive within a tune that begins a text block which nothing ends."""

    def divide(self) -> Iterator[None]:
        """Give each line to where it belongs, one at each step."""
        block_end = 0  # the number of the line that ends the text block under way
        for number, (raw, _) in enumerate(iter_lines(self.text), 1):
            yield
            if number < block_end:
                self._keep(Line(number, "text", "", raw))
                continue
            line = classify(number, raw, self._in_music)
            if line.kind == "directive" and number > block_end:
                block_end = self._end_of_block(number, line.text)
            if line.kind in ("directive", "comment"):
                self._keep(line)
            elif line.kind == "blank":
                self._end_tune()
            elif self._begins_tune(line):
                self._end_tune()
                self._limit_header(line)
                self.begin(line)
                self.between, self._in_tune, self._in_music = [], True, line.letter == "K"
            elif self._in_tune:
                self._in_music = self._in_music or (line.kind == "field" and line.letter == "K")
                self.line(line)
            else:
                self._between_tunes(line, raw)
        self._end_tune()

    def _begins_tune(self, line: Line) -> bool:
        if line.kind != "field":
            return False
        return line.letter == "X" or (not self.numbered and not self._in_tune and line.letter in "TKMLR")

    def _limit_header(self, line: Line) -> None:
        """Leave the file header out from a line on, if it is too long to hold for all the tunes."""
        self.growth.header_lines -= len(self.book)
        if self.growth.header_lines < 0 and self.book:
            self.book = []
            self.header_left_out(line)

    def _end_tune(self) -> None:
        if self._in_tune:
            self.end()
            self.ended += 1
            self._in_tune = self._in_music = False

    def _keep(self, line: Line) -> None:
        """Keep a comment, a directive, or a line of a text block."""
        if self._in_tune:
            self.line(line)
        elif self.ended:
            self.between.append(line)
        elif not (_OWN_DIRECTIVE.match(line.text) if line.kind == "directive" else _is_version(line)):
            self.book.append(line)

    def _between_tunes(self, line: Line, raw: str) -> None:
        """Take a line outside of tunes: a field of the file header, or what is passed over."""
        continues = line.letter == "+" and bool(self.book)
        if line.kind == "field" and not self.ended and (line.letter in BOOK_FIELDS or continues):
            if not (line.letter == "I" and _OWN_DIRECTIVE.match(line.text)):
                self.book.append(line)
        else:
            self.outside(line, raw)

    def _end_of_block(self, number: int, directive: str) -> int:
        """Return the number of the line that ends a text block which a directive begins; 0 if it begins none."""
        begin = _word(directive)
        if not begin.startswith("begin"):
            return 0
        place = self._blocks.get(number)
        if place:
            return place
        if self._in_tune and begin in _BLOCKS:
            self.open_block(number, begin)
        return 0


class _BookReader(BookDivider):
    """A reader of the lines of a tunebook, which reads each tune as a whole."""

    def __init__(self, text: str, source: str) -> None:
        super().__init__(text)
        self.source = source
        self.passed_over: Finding | None = None  # about the first line that is passed over since the last tune
        self.tunes: list[Tune] = []  # the last one, for lines after it may belong to it, and those before it
        self.reader: TuneReader

    def read(self) -> Iterator[Tune]:
        """Yield the tunes."""
        for _ in self.divide():
            while len(self.tunes) > 1:
                yield self.tunes.pop(0)
        if self.tunes and self.between:
            last = self.tunes[-1]
            self.tunes[-1] = replace(last, after=(*last.after, *map(kept_field, self.between)))
        yield from self.tunes

    def begin(self, first: Line) -> None:
        self.reader = TuneReader(self.source, first, self.book, self.between, self.strict, self.growth)
        if self.passed_over and (not self.tunes or self.passed_over.code == "too-long"):
            self.reader.findings.append(self.passed_over)
        self.passed_over = None

    def line(self, line: Line) -> None:
        self.reader.read(line)

    def end(self) -> None:
        self.tunes.append(self.reader.finish())

    def outside(self, line: Line, raw: str) -> None:
        if self.passed_over is not None:
            return
        code, where = "before-tunes", "before the first tune"
        if self.tunes:
            code, where = "after-empty-line", "after the empty line that ends the tune"
        message = f"{shown(raw)} stands {where}, and is left out"
        self.passed_over = Finding(code, NOTE, line.number, 1, 0, message)
        if self.tunes:
            last = self.tunes[-1]
            self.tunes[-1] = replace(last, findings=(*last.findings, self.passed_over))

    def header_left_out(self, line: Line) -> None:
        message = "the file header is too long to hold for so many tunes; from here on it is left out"
        self.passed_over = Finding("too-long", ERROR, line.number, 1, 0, message)

    def open_block(self, number: int, begin: str) -> None:
        self.reader.line = number
        end = begin.replace("begin", "end", 1)
        self.reader.find("open-text-block", NOTE, f"%%{begin} begins a block that no %%{end} ends")


def _text_blocks(text: str) -> dict[int, int]:
    """Return the numbers of the lines that end a text block, by those of the lines that begin it.

    A block ends at the next ``%%endtext`` if no other ``%%begintext`` stands before that.
    """
    begun: dict[str, int] = {}
    ends: dict[int, int] = {}
    if not _BLOCK.search(text):  # as in nearly all books
        return ends
    for number, (raw, _) in enumerate(iter_lines(text), 1):
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
