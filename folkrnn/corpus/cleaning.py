"""Cleaning: titles as people write them, and the rhythm and origin that a source tells."""

import re
import unicodedata
from collections.abc import Mapping

_ARTICLE_BEHIND = re.compile(r"^(.*),\s*(the|a|an)\b(.*)$", re.IGNORECASE)
_BEHIND_DASHES = re.compile(r"\s+--?\s+[^-]*$")
_SETTING = re.compile(
    r"[\s.,(\[]*\b(?:\d+(?:st|nd|rd|th)|first|second|third)\s+(?:setting|version|set)\b.*$", re.IGNORECASE
)
_QUOTES = re.compile(r'^[\s"“”„‘]+|[\s"“”]+$')
_SPACE = re.compile(r"\s+")


def clean_title(title: str) -> str:
    """A title as it stands on a page.

    Quotes around it, ``-- Reel`` and ``2nd setting`` behind it go; ``Rakes, The`` becomes ``The Rakes``;
    capitals throughout become capitals at the start of words.
    """
    text = _SETTING.sub("", _BEHIND_DASHES.sub("", _SPACE.sub(" ", title)))
    text = _QUOTES.sub("", text).rstrip(" .,;:")
    match = _ARTICLE_BEHIND.match(text)
    if match:
        text = f"{match[2].capitalize()} {match[1]}{match[3]}"
    letters = [character for character in text if character.isalpha()]
    if len(letters) > 3 and all(character.isupper() for character in letters):
        text = " ".join(
            word[:1] + word[1:].lower() if word[:1].isalpha() else word[:2] + word[2:].lower() for word in text.split()
        )
    return text.strip() or "Untitled"


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
