"""Cleaning: titles as people write them, and the rhythm and the origin that a text names."""

import re
import unicodedata
from collections.abc import Mapping

_ARTICLE_LAST = re.compile(r"^(.*),\s*(the|a|an)(\s*[(\[].*)?$", re.IGNORECASE)
_AFTER_DASHES = re.compile(r"\s+--?\s+[^-]*$")
_SETTING = re.compile(
    r"[\s.,(\[]*\b(?:\d+(?:st|nd|rd|th)|first|second|third)\s+(?:setting|version|set)\b.*$", re.IGNORECASE
)
_REFERENCE = re.compile(r"\s*\((?:Band )?\d[^)]*\).*$|,\s*S\.? ?\d+f*\)?$")  # (4-53), S. 71: numbers in a songbook
_QUOTED = re.compile(r'["“„](.*)["”“]')
_SPACE = re.compile(r"\s+")


def clean_title(title: str) -> str:
    """Return a title as a book prints it.

    Quotes around it are removed, and so are ``-- Reel``, ``2nd setting`` and ``(4-53), S. 71`` after it.
    ``Rakes, The`` becomes ``The Rakes``. A title all in capitals keeps only those at the start of words.
    """
    text = _SETTING.sub("", _AFTER_DASHES.sub("", _SPACE.sub(" ", mend_encoding(title))))
    text = _REFERENCE.sub("", text).strip()
    text = (_QUOTED.fullmatch(text) or [text, text])[1].strip().rstrip(" .,;:")
    match = _ARTICLE_LAST.match(text)
    if match:
        text = f"{match[2].capitalize()} {match[1]}{match[3] or ''}"
    letters = [character for character in text if character.isalpha()]
    if len(letters) > 3 and all(character.isupper() for character in letters):
        text = re.sub(r"[^\W\d_]+(?:'[^\W\d_]+)*", lambda word: word[0].capitalize(), text)
        text = re.sub(r"\bO'([a-z])", lambda match: f"O'{match[1].upper()}", text)
    return text.strip() or "Untitled"


def mend_encoding(text: str) -> str:
    """Return a text as it was meant (``Dreikönig``), if its DOS letters were read as Latin-1 (``Dreik\\x94nig``).

    The mistake shows as control characters, which a title has for no other reason.
    """
    if not any("\x80" <= character <= "\x9f" for character in text):
        return text
    return text.encode("latin-1", errors="ignore").decode("cp437")


def title_key(title: str) -> str:
    """Return the key that titles of one tune have in common: letters and digits, without articles and accents."""
    decomposed = unicodedata.normalize("NFKD", clean_title(title).lower())
    words = re.findall(r"[a-z0-9]+", "".join(c for c in decomposed if not unicodedata.combining(c)).replace("'", ""))
    return " ".join(word for word in words if word not in ("the", "a", "an", "o", "of", "der", "die", "das"))


def match_value(texts: tuple[str, ...], table: Mapping[str, str]) -> str:
    """Return the value of the first pattern of a table that the first matching text contains; empty if none does.

    A pattern is a regular expression that must begin at the start of a word, in either case.
    """
    for text in texts:
        for pattern, value in table.items():
            if re.search(rf"\b(?:{pattern})", text, re.IGNORECASE):
                return value
    return ""
