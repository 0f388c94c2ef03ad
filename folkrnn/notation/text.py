r"""Text strings of ABC: what they say, and how what one says is written (ABC 2.1, 8.2).

An accented letter is a backslash, the sign of its accent and the letter: ``\'e`` is é. Ligatures have names, ``\ae``.
Any character has a number, ``\u00e9`` or ``&#233;``, and many have a name in HTML, ``&eacute;``. Older files hold
Latin-1 in octal digits, ``\351``, as abc2ps and abcm2ps read it. What is none of this stands for itself.
"""

import re
import unicodedata
from html import unescape
from html.entities import html5

_ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306", ".": "\u0307",
    '"': "\u0308", "H": "\u030b", "v": "\u030c", ",": "\u0327", "c": "\u0327", ";": "\u0328",
}  # fmt: skip
"""The combining accents by their signs (ABC 2.1, 14.1). Macron, dot, comma and ogonek are those of abcm2ps."""

_SIGNS = {
    "AA": "Å", "aa": "å", "AE": "Æ", "ae": "æ", "OE": "Œ", "oe": "œ", "ss": "ß", "DH": "Ð", "dh": "ð", "TH": "Þ",
    "th": "þ", "/O": "Ø", "/o": "ø", "/D": "Đ", "/d": "đ", "/L": "Ł", "/l": "ł", "\\": "\\", "%": "%", "&": "&",
}  # fmt: skip
"""Letters that have a name of their own (ABC 2.1, 14.1), and the signs that mean something else without a backslash."""

_ENTITY = r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
_ESCAPE = re.compile(
    rf"(?P<entity>{_ENTITY})"
    r"|(?P<halves>\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    r"|\\(?:u(?P<four>[0-9a-fA-F]{4})|U(?P<eight>[0-9a-fA-F]{8})|(?P<octal>2[4-7][0-7]|3[0-7]{2})"
    rf"|(?P<sign>{'|'.join(map(re.escape, _SIGNS))})|(?P<accent>[{re.escape(''.join(_ACCENTS))}])(?P<letter>[A-Za-z]))"
)
_TO_ESCAPE = re.compile(rf"[\\%]|{_ENTITY}")
_TILDE = re.compile(r"(\\.)|~")

SYLLABLE = re.compile(r"(?:\\[^\s_*|]|[^\s\-_*|])+-?|[-_*|]")
"""A syllable of a ``w:`` line as it is written, or one of the signs between syllables (ABC 2.1, 5.1)."""


def plain_text(raw: str) -> str:
    """Return what a text string of ABC says. What would be a control character, or nothing, stays as it is written."""
    return _ESCAPE.sub(_character, raw) if "\\" in raw or "&" in raw else raw


def escaped_text(plain: str) -> str:
    """Return a text string of ABC that says a text: with a backslash where a reader would take a sign for another."""
    return _TO_ESCAPE.sub(r"\\\g<0>", plain)


def escaped_quoted(plain: str) -> str:
    """Return the text between the quotation marks of an annotation that says a text."""
    return escaped_text(plain).replace('"', "&quot;")


def lyric_text(syllable: str) -> str:
    r"""Return what a syllable of a ``w:`` line says: ``~`` is a space, and ``\-`` a hyphen within it."""
    if "\\" not in syllable and "&" not in syllable:
        return syllable.replace("~", " ")
    return plain_text(_TILDE.sub(lambda match: match[1] or " ", syllable)).replace("\\-", "-")


def escaped_lyric(word: str) -> str:
    """Return a syllable of a ``w:`` line that says a word. A hyphen at its end says that the word goes on."""
    text = re.sub(r"[_*|~]", lambda match: f"\\u{ord(match[0]):04x}", escaped_text(word))
    goes_on = "-" if len(text) > 1 and text.endswith("-") else ""
    return re.sub(r"\s", "~", text.removesuffix(goes_on).replace("-", "\\-")) + goes_on


def _character(match: re.Match[str]) -> str:
    """Return the character of an escape, or the escape where it gives none."""
    if match["sign"]:
        return _SIGNS[match["sign"]]
    if match["accent"]:
        text = unicodedata.normalize("NFC", match["letter"] + _ACCENTS[match["accent"]])
    elif match["entity"]:
        text = unescape(match[0]) if match[0][1] == "#" or match[0][1:] in html5 else ""
    elif match["halves"]:  # as in JavaScript and Java
        text = bytes.fromhex(match[0].replace("\\u", "")).decode("utf-16-be")
    elif match["octal"]:
        text = chr(int(match["octal"], 8))
    else:
        code = int(match["four"] or match["eight"], 16)
        text = chr(code) if code <= 0x10FFFF else ""
    usable = len(text) == 1 and text != "\ufffd" and unicodedata.category(text) not in ("Cc", "Cs")
    return text if usable else match[0]
