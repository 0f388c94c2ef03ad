"""Cleaning: titles as people write them, and the rhythm and origin that a source tells."""

import re
import unicodedata
from collections.abc import Mapping

_ARTICLE_BEHIND = re.compile(r"^(.*),\s*(the|a|an)(\s*[(\[].*)?$", re.IGNORECASE)
_BEHIND_DASHES = re.compile(r"\s+--?\s+[^-]*$")
_SETTING = re.compile(
    r"[\s.,(\[]*\b(?:\d+(?:st|nd|rd|th)|first|second|third)\s+(?:setting|version|set)\b.*$", re.IGNORECASE
)
_REFERENCE = re.compile(r"\s*\((?:Band )?\d[^)]*\).*$|,\s*S\.? ?\d+f*\)?$")  # (4-53), S. 71: where a songbook has it
_QUOTED = re.compile(r'["“„](.*)["”“]')
_SPACE = re.compile(r"\s+")


def clean_title(title: str) -> str:
    """A title as it stands on a page.

    Quotes around it, and ``-- Reel``, ``2nd setting`` and ``(4-53), S. 71`` behind it, go;
    ``Rakes, The`` becomes ``The Rakes``; capitals throughout become capitals at the start of words.
    """
    text = _SETTING.sub("", _BEHIND_DASHES.sub("", _SPACE.sub(" ", mend_encoding(title))))
    text = _REFERENCE.sub("", text).strip()
    text = (_QUOTED.fullmatch(text) or [text, text])[1].strip().rstrip(" .,;:")
    match = _ARTICLE_BEHIND.match(text)
    if match:
        text = f"{match[2].capitalize()} {match[1]}{match[3] or ''}"
    letters = [character for character in text if character.isalpha()]
    if len(letters) > 3 and all(character.isupper() for character in letters):
        text = re.sub(r"[^\W\d_]+(?:'[^\W\d_]+)*", lambda word: word[0].capitalize(), text)
        text = re.sub(r"\bO'([a-z])", lambda match: f"O'{match[1].upper()}", text)
    return text.strip() or "Untitled"


def mend_encoding(text: str) -> str:
    """A text whose DOS letters were once taken for Latin-1 (``Dreik\\x94nig``), as it was meant (``Dreikönig``).

    Control characters have no other business in a title, so they give the mistake away.
    """
    if not any("\x80" <= character <= "\x9f" for character in text):
        return text
    return text.encode("latin-1", errors="ignore").decode("cp437")


def title_key(title: str) -> str:
    """What two titles share when they name one tune: letters only, without articles and accents."""
    decomposed = unicodedata.normalize("NFKD", clean_title(title).lower())
    words = re.findall(r"[a-z0-9]+", "".join(c for c in decomposed if not unicodedata.combining(c)).replace("'", ""))
    return " ".join(word for word in words if word not in ("the", "a", "an", "o", "of", "der", "die", "das"))


def told(texts: tuple[str, ...], table: Mapping[str, str]) -> str:
    """The value of the first entry of a table whose pattern is found in one of the texts; empty if none is."""
    for text in texts:
        for pattern, value in table.items():
            if re.search(rf"\b(?:{pattern})", text, re.IGNORECASE):
                return value
    return ""
