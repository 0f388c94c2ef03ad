"""A tunebook as bytes, and the same book with one tune changed, taken out or put in: all other bytes stay."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from hashlib import sha256

from folkrnn.errors import NotationError, ShelfError
from folkrnn.notation.encoding import decode, encoding_of
from folkrnn.notation.lexer import classify, split_lines
from folkrnn.notation.meter import parse_meter
from folkrnn.notation.reading.outline import BookOutline, Outline, read_outline

_NUMBER = re.compile(r"X:\s*[^%]*")
_END = re.compile(rb"[\r\n]+\Z")
_CUMULATIVE = frozenset("IUm")
"""The fields of which a tune may have its own besides those of the file header."""

LARGEST_NUMBER = 10**9


@dataclass(frozen=True)
class Book:
    """A tunebook: its lines as they are on the disk (``raws``) and as the reader has them (``lines``).

    Both have the same length; ``mark`` are the bytes of a byte-order mark. ``encoding`` is that of new lines. ``exact``
    says that every character of the text stands for the bytes that it came from, so that the book may be changed.
    """

    mark: bytes
    raws: tuple[bytes, ...]
    lines: tuple[str, ...]
    encoding: str
    exact: bool

    @classmethod
    def read(cls, data: bytes) -> "Book":
        """Return the book of some bytes; nothing is raised."""
        encoding = encoding_of(data)
        text = decode(data)
        if encoding == "utf-16":
            mark, encoding = data[:2], "utf-16-le" if data[:2] == b"\xff\xfe" else "utf-16-be"
            kept = re.findall(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z", text)
            raws = [line.encode(encoding, "surrogatepass") for line in kept]
            open_end = bool(kept) and kept[-1][-1] not in "\r\n"
        else:
            mark = data[:3] if data[:3] == b"\xef\xbb\xbf" and encoding == "utf-8-sig" else b""
            raws = data[len(mark) :].splitlines(keepends=True)
            open_end = bool(raws) and raws[-1][-1:] not in b"\r\n"
            encoding = encoding.removesuffix("-sig") or _of_lines(raws)
        if not open_end:
            raws.append(b"")
        lines = split_lines(text)
        exact = mark + b"".join(raws) == data and len(lines) == len(raws)
        return cls(mark, tuple(raws), tuple(lines), encoding, exact)

    @property
    def data(self) -> bytes:
        """The bytes of the book."""
        return self.mark + b"".join(self.raws)

    @cached_property
    def outline(self) -> BookOutline:
        """What stands where."""
        return read_outline("\n".join(self.lines))

    @property
    def tunes(self) -> tuple[Outline, ...]:
        """The outlines of the tunes: in a book without ``X:``, of those with a ``K:``, for others are a file header."""
        return self.outline.tunes if self.outline.numbered else self._with_key

    @cached_property
    def _with_key(self) -> tuple[Outline, ...]:
        return tuple(tune for tune in self.outline.tunes if tune.has_key)

    @property
    def file_header(self) -> list[str]:
        """The lines that hold for all tunes, and for those that are put here."""
        if not self.tunes:
            return list(self.lines)
        return [self.lines[number - 1] for number in self.outline.header]

    @cached_property
    def end(self) -> str:
        """The line end that most lines have."""
        joined = b"".join(self.raws).decode(self.encoding, "replace")
        ends = Counter(re.findall(r"\r\n|\r|\n", joined))
        return ends.most_common(1)[0][0] if ends else "\n"

    def text(self, place: int) -> str:
        """Return the lines of a tune, each with a line feed."""
        tune = self.tunes[place]
        return "\n".join(self.lines[tune.first - 1 : tune.last]) + "\n"

    def header(self, place: int) -> str:
        """Return what stands outside the lines of a tune and holds for it: the file header, directives above it."""
        return "".join(f"{self.lines[number - 1]}\n" for number in (*self.outline.header, *self.tunes[place].between))

    def with_text(self, place: int, text: str) -> "Book":
        """Return the book with another text of a tune; lines that stay the same keep their bytes.

        Raises ShelfError if the text is not that of one tune, or cannot stand in this book.
        """
        tune = self.tunes[place]
        lines = one_tune(text)
        if self.outline.numbered and not lines[0].startswith("X:"):
            lines.insert(0, self.lines[tune.first - 1])
        elif not self.outline.numbered and len(self.tunes) > 1 and any(line.startswith("X:") for line in lines):
            raise ShelfError("the tunes of this book have no X:, and one that has would hide them; expected none")
        first, last = tune.first - 1, tune.last
        kept = {line: self._bare(raw) for line, raw in zip(self.lines[first:last], self.raws[first:last], strict=True)}
        ends = {
            line: self._end_of(raw) for line, raw in zip(self.lines[first:last], self.raws[first:last], strict=True)
        }
        raws = [
            (kept[line] if line in kept else self._encoded(line)) + (ends.get(line) or self._encoded(self.end))
            for line in lines
        ]
        raws[-1] = self._bare(raws[-1]) + self._end_of(self.raws[last - 1])
        book = self._with_raws([*self.raws[:first], *raws, *self.raws[last:]])
        self._compare(book, place, place + 1, [lines])
        return book

    def without(self, place: int) -> "Book":
        """Return the book without the lines of a tune and the empty line after it. Raises ShelfError."""
        tune = self.tunes[place]
        first, last = tune.first - 1, tune.last
        if last < len(self.lines) - 1 and self._blank(last) and (not place or self.tunes[place - 1].last < first):
            last += 1
        book = self._with_raws([*self.raws[:first], *self.raws[last:]])
        self._compare(book, place, place + 1, [])
        return book

    @property
    def length(self) -> int:
        """The number of lines before an empty last one, or a sign that ends the file."""
        return len(self.raws) - (not self.lines[-1])

    def with_tunes(self, lines: Sequence[str], place: int | None = None, index: int | None = None) -> "Book":
        """Return the book with further lines, which hold tunes: at the end, or at a place, after ``index`` lines.

        Raises ShelfError if they cannot stand in this book.
        """
        place = len(self.tunes) if place is None else place
        end = self.length
        index = end if index is None else index
        raws = list(self.raws)
        new = [self._encoded(line + self.end) for line in lines]
        in_tune = any(tune.first <= index <= tune.last for tune in self.tunes)
        if index and not self._blank(index - 1) and (in_tune or index == end):
            if not self._end_of(raws[index - 1]):
                raws[index - 1] += self._encoded(self.end)
            new.insert(0, self._encoded(self.end))
        if index < end and not self._blank(index):
            new.append(self._encoded(self.end))
        book = self._with_raws([*raws[:index], *new, *raws[index:]])
        found = read_outline("\n".join(lines)).tunes
        self._compare(book, place, place, [list(lines[tune.first - 1 : tune.last]) for tune in found])
        return book

    def _with_raws(self, raws: Sequence[bytes]) -> "Book":
        if not self.exact:
            raise ShelfError("holds bytes that are no text, so it cannot be changed here; expected one encoding")
        return Book.read(self.mark + b"".join(raws))

    def _compare(self, other: "Book", first: int, stop: int, between: list[list[str]]) -> None:
        """Raise ShelfError unless another book has these tunes, with others in place of those from first to stop."""
        wanted = [self._lines(place) for place in range(first)] + between
        wanted += [self._lines(place) for place in range(stop, len(self.tunes))]
        if [other._lines(place) for place in range(len(other.tunes))] != wanted:
            raise ShelfError(
                "this text would change other tunes of the book, or be read back as another one; expected whole text "
                "blocks (%%begin… to %%end…) and no byte-order marks"
            )

    def _lines(self, place: int) -> list[str]:
        tune = self.tunes[place]
        return list(self.lines[tune.first - 1 : tune.last])

    def _blank(self, index: int) -> bool:
        return not self.lines[index] or self.lines[index].isspace()

    def _end_of(self, raw: bytes) -> bytes:
        if self.encoding.startswith("utf-16"):
            text = raw.decode(self.encoding, "surrogatepass")
            return text[len(text.rstrip("\r\n")) :].encode(self.encoding)
        found = _END.search(raw)
        return found[0] if found else b""

    def _bare(self, raw: bytes) -> bytes:
        return raw[: len(raw) - len(self._end_of(raw))]

    def _encoded(self, text: str) -> bytes:
        try:
            return text.encode(self.encoding)
        except UnicodeEncodeError as error:
            code = ord(text[error.start])
            if 0xD800 <= code < 0xE000:
                raise ShelfError(f"the text holds half a character (U+{code:04X}); expected whole ones") from None
            raise ShelfError(
                f"the book is in {self.encoding}, which has no {text[error.start]!r}; expected another book, or "
                f"\\{f'u{code:04x}' if code < 0x10000 else f'U{code:08x}'} in its place"
            ) from None


def _of_lines(raws: list[bytes]) -> str:
    """Return the encoding of new lines in a book whose lines have different ones, or none that is named."""
    for raw in raws:
        if not raw.isascii():
            try:
                raw.decode()
            except UnicodeDecodeError:
                continue
            return "utf-8"
    return "cp1252"


def stripped_lines(text: str) -> list[str]:
    """Return the lines of a text without empty ones at its beginning and end."""
    lines = split_lines(text)
    while lines and (not lines[-1] or lines[-1].isspace()):
        lines.pop()
    while lines and (not lines[0] or lines[0].isspace()):
        lines.pop(0)
    return lines


def one_tune(text: str) -> list[str]:
    """Return the lines of a text that is one tune from its first line to its last. Raises ShelfError."""
    lines = stripped_lines(text)
    tunes = read_outline("\n".join(lines)).tunes
    if not tunes:
        raise ShelfError("there is no tune in this text; expected fields such as X:1, T:Title and K:D, then music")
    if len(tunes) > 1:
        raise ShelfError(f"there are {len(tunes)} tunes in this text; expected one: add the others by themselves")
    [tune] = tunes
    if tune.first > 1:
        raise ShelfError(f"line {tune.first}, {lines[tune.first - 1][:20]!r}, is not the first; expected it at the top")
    if tune.last < len(lines):
        raise ShelfError(f"line {tune.last + 1} is empty, which ends the tune before its text does; expected % there")
    return lines


def digest(text: str) -> str:
    """Return what tells one text from another, its line ``X:`` apart."""
    lines = [line.rstrip() for line in text.splitlines() if not line.startswith("X:")]
    return sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def lines_to_add(text: str, book: Book | None) -> list[str]:
    """Return the lines of a text of tunes as they go to the end of a book, or make a new one.

    Each tune gets a number that the book has not. In a book that exists, it takes along what the file header of the
    text says for it. It writes out meter and unit length where the header of the book would change them.
    Raises ShelfError if there is no tune, or if the book has tunes without numbers.
    """
    lines = stripped_lines(text)
    outline = read_outline("\n".join(lines))
    if not outline.tunes:
        raise ShelfError("there is no tune in this text; expected fields such as X:1, T:Title and K:D, then music")
    if book is not None and book.tunes and not book.outline.numbered:
        raise ShelfError("holds tunes without X:, which a numbered one would hide; expected another book")
    taken = {int(tune.number) for tune in book.tunes if _is_number(tune.number)} if book else set()
    firsts = {tune.first: tune for tune in outline.tunes}
    folded = set(outline.header) if book is not None else set()
    header = [lines[number - 1] for number in outline.header] if book is not None else []
    result: list[str] = []
    for number, line in enumerate(lines, 1):
        tune = firsts.get(number)
        if tune is None:
            if number not in folded:
                result.append(line)
            continue
        own = int(tune.number) if _is_number(tune.number) else 0
        numbered = line.startswith("X:")
        if not own or own in taken:
            own = max(taken, default=0) + 1
            result.append(_NUMBER.sub(f"X:{own}", line, count=1) if numbered else f"X:{own}")
        else:
            result.append(line)
        taken.add(own)
        if book is not None:
            added = _wanted(header, lines[number - 1 : tune.last])
            result += added
            result += _written_out(book, [*added, *lines[number - 1 : tune.last]])
        if not numbered:
            result.append(line)
    return result


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text[:12]) < LARGEST_NUMBER


def _wanted(header: Sequence[str], tune: Sequence[str]) -> list[str]:
    """Return the lines of a file header that hold for a tune."""
    own = _letters(tune)
    wanted: list[str] = []
    takes = True
    for number, line in enumerate(header, 1):
        read = classify(number, line, False)
        if read.kind == "field" and read.letter != "+":
            takes = read.letter in _CUMULATIVE or read.letter not in own
        if (takes or read.kind != "field") and not line.startswith("%abc"):
            wanted.append(line)
    return wanted


def _letters(lines: Sequence[str]) -> dict[str, str]:
    """Return the fields of a header, each with its last value."""
    letters: dict[str, str] = {}
    for number, line in enumerate(lines, 1):
        read = classify(number, line, False)
        if read.kind == "field":
            letters[read.letter] = read.text
            if read.letter == "K":
                break
    return letters


def _written_out(book: Book, tune: Sequence[str]) -> list[str]:
    """Return the fields of meter and unit length that a tune needs in a book whose file header has others."""
    general = _letters(book.file_header)
    own = _letters(tune)
    added = ["M:none"] if "M" in general and "M" not in own else []
    if ("L" in general or added) and "L" not in own:
        try:
            unit = parse_meter(own.get("M", "none")).default_unit_length
        except NotationError:
            unit = Fraction(1, 8)
        added.append(f"L:{unit}")
    return added
