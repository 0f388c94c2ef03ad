"""The one lexer of ABC: text to lines, lines of music to tokens.

The table ``TOKENS`` defines the tokens of music.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from folkrnn.notation.pitch import ACCIDENTAL

LENGTH = r"\d*/*\d*"
"""A note length after a letter: ``2``, ``3/2``, ``/``, ``//``, or nothing."""

BAR_LINE = r"\.?(?:\[\]|(?:\](?=[|:]))?(?:(?:\[(?=[|:]))?[|:]+\]?)+)"
"""A bar line: any row of ``|``, ``[``, ``]`` and ``:`` (ABC 2.1, 4.8), after a dot if it is dotted; or ``[]``."""

PASSES = r"\d+(?:[,.-] ?\d+)*(?:\.(?=\s|$))?"
"""The passes that an ending is for: ``1``, ``1,3``, ``1-2``, also ``1.2``, or ``1.`` before a space."""

NOTE = rf"(?:{ACCIDENTAL})?[A-Ga-g][,']*{LENGTH}"

TOKENS: tuple[tuple[str, str], ...] = (
    ("space", r"[\s`]+"),
    ("note", rf"(?P<accidental>{ACCIDENTAL})?(?P<letter>[A-Ga-g])(?P<octave>[,']*)(?P<length>{LENGTH})"),
    ("field", r"\[(?P<field_name>[A-Za-z]):(?P<field_value>[^\][]*)\]"),
    ("bar", rf"(?P<bar_line>{BAR_LINE}) ?(?P<bar_passes>{PASSES})?"),
    ("ending", rf"(?:\[ ?|^)(?P<passes>{PASSES})"),
    ("broken", r">+|<+"),
    ("overlay", r"\(&|&\)|&+"),
    ("tuplet", r"\((?P<p>\d+)(?::(?P<q>\d*))?(?::(?P<r>\d*))?"),
    ("slur_open", r"\.?\("),
    ("slur_close", r"\)"),
    ("tie", r"\.?-"),
    ("rest", rf"(?P<rest_letter>[zx])(?P<rest_length>{LENGTH})"),
    ("bar_rest", r"(?P<bar_rest_letter>[ZX])(?P<bar_rest_count>\d*)"),
    ("grace", r"\{(?P<slash>/)?(?P<graces>[^{}|]*)\}"),
    ("chord", rf'\[(?P<members>(?:[^\]\[|"]|"[^"]*")+)\](?P<chord_length>{LENGTH})'),
    ("old_chord", rf"\+(?!f+\+)(?P<old_members>(?:{NOTE}){{2,}})\+(?P<old_length>{LENGTH})"),
    ("bracket", r'\[ ?"(?P<bracket_text>[^"]*)"'),
    ("text", r'"(?P<quoted>[^"]*)"'),
    ("decoration", r"!(?P<decoration_name>[^!|\s]+)!|\+(?P<old_decoration>[a-z0-9<>.()]+)\+"),
    ("symbol", r"[.~H-WYh-wJ]"),
    ("layout", r"y\d*|[$!*;?@#\\]"),
    ("unreadable", r"."),
)

TOKEN = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in TOKENS))

SYMBOLS = {
    ".": "staccato", "~": "roll", "H": "fermata", "L": "accent", "M": "lowermordent", "O": "coda",
    "P": "uppermordent", "S": "segno", "T": "trill", "u": "upbow", "v": "downbow", "J": "slide", "R": "roll",
}  # fmt: skip
"""What the one-letter decorations stand for unless a ``U:`` field says otherwise."""

_SOUNDING = frozenset("ABCDEFGabcdefgxyzXZ")
"""The letters of notes, rests and spaces."""

_FIELD = re.compile(r"([A-Za-z+]):(.*)", re.DOTALL)
_LINE_ENDS = re.compile(r"\r\n|\r|\n")
_COMMENT = re.compile(r"((?:^|[^\\])(?:\\\\)*)%.*")  # a backslash before the sign makes it text


class Line(NamedTuple):
    """One line: its number from 1, and its content.

    ``kind`` is ``field`` (then ``letter`` names it), ``music``, ``directive``, ``comment``, ``text`` (a line within a
    text block) or ``blank``. ``comment`` is that at the end of a field or of music, from its ``%`` on.
    """

    number: int
    kind: str
    letter: str
    text: str
    comment: str = ""


def split_lines(text: str) -> list[str]:
    """Return the lines of a text, whatever ends them: LF, CRLF or a bare CR."""
    return [line for line, _ in iter_lines(only_text(text))]


def only_text(content: str) -> str:
    """Return the content of a file without what is no text: byte order marks, the sign that ended files on DOS."""
    return content.replace("\ufeff", "").rstrip("\x1a\0")


def iter_lines(text: str, start: int = 0) -> Iterator[tuple[str, int]]:
    """Yield each line of a text from a place on, and the place where the next one begins."""
    for end in _LINE_ENDS.finditer(text, start):
        yield text[start : end.start()], end.end()
        start = end.end()
    yield text[start:], len(text)


def classify(number: int, raw: str, in_music: bool) -> Line:
    """Return what a line is.

    ``in_music`` says that a ``K:`` has gone before. There the letter of a note or a rest and a colon are a field only
    if neither ``|`` nor ``:`` follows: ``F::`` and ``A:|`` are a note before a repeat sign.
    """
    if raw[:1] == "%":
        return Line(number, "directive", "", raw[2:]) if raw[:2] == "%%" else Line(number, "comment", "", raw[1:])
    text = _COMMENT.sub(r"\1", raw, count=1) if "%" in raw else raw
    if not text or text.isspace():
        # A comment alone is not the empty line that ends a tune.
        return Line(number, "blank" if text == raw else "comment", "", raw.strip()[1:])
    match = _FIELD.match(text)
    if match and not (in_music and match[2][:1] in ("|", ":") and match[1] in _SOUNDING):
        return Line(number, "field", match[1], match[2].strip(), raw[len(text) :])
    return Line(number, "music", "", text, raw[len(text) :])


def tokens(text: str, start: int = 0) -> Iterator[re.Match[str]]:
    """Yield the tokens of a piece of music; ``lastgroup`` of each match is its kind."""
    return TOKEN.finditer(text, start)
