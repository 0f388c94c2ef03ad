"""Titles that begin with an article, in the two ways that tunebooks write them: ``The Kettle``, ``Kettle, The``."""

import re
import unicodedata

ARTICLES = (
    "The", "A", "An",  # English; Irish has An too
    "Na", "Y", "Yr", "Ar", "Ur",  # Irish and Scottish, Welsh, Breton
    "Der", "Die", "Das", "Den", "Ein", "Eine",  # German; Den is Scandinavian too
    "De", "Het", "Een", "Det", "Et", "Ett",  # Dutch, Scandinavian
    "La", "Le", "Les", "L'", "Un", "Une", "Lou",  # French, Occitan
    "El", "Los", "Las", "Una", "Il", "Lo", "Gli",  # Spanish, Italian
)  # fmt: skip
"""Articles of the languages of tunebooks."""

_OTHER_WORDS = frozenset({"a", "an", "ein", "lo", "na", "y"})
"""Articles that, in small letters, may also be other words at the end of a title: ``Brich, Morgenlicht, an``."""

_ARTICLE = "|".join(ARTICLES).replace("'", "['’]")
_TURNED = re.compile(
    rf"(?P<title>.*\S)\s*,\s*(?P<article>{_ARTICLE})(?P<remark>\s*[(\[].*|\s+[-–—]+\s.*)?", re.IGNORECASE | re.DOTALL
)
_LEADING = re.compile(rf"(?:{_ARTICLE})(?:(?<=['’])|\s+)(?=\S)", re.IGNORECASE)


def shown_title(title: str) -> str:
    """Return a title as it is said: ``Kettle, The (reel)`` is turned to ``The Kettle (reel)``."""
    turned = _TURNED.fullmatch(title.strip())
    if not turned or (turned["article"] in _OTHER_WORDS and turned["title"][0].isupper()):
        return title
    article = turned["article"][0].upper() + turned["article"][1:]
    space = "" if article[-1] in "'’" else " "
    return f"{article}{space}{turned['title']}{turned['remark'] or ''}"


def leading_article(title: str) -> tuple[str, str]:
    """Return the article with which a title begins, empty for none, and the rest of it."""
    found = _LEADING.match(title)
    return (title[: found.end()].strip(), title[found.end() :]) if found else ("", title)


def sort_key(title: str) -> str:
    """Return what a title is sorted by: its letters and digits without the article, accents and capitals."""
    said = re.sub(r"^\W+", "", shown_title(title))
    decomposed = unicodedata.normalize("NFKD", leading_article(said)[1])
    plain = "".join(each for each in decomposed if not unicodedata.combining(each)).casefold()
    return " ".join(re.findall(r"\w+", re.sub("['’]", "", plain)))
