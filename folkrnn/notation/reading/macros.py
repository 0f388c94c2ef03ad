"""Macros (``m:``): texts that stand for longer ones (ABC 2.1, 9)."""

import re
from collections.abc import Callable
from itertools import pairwise

_OCTAVES = ["C,", "D,", "E,", "F,", "G,", "A,", "B,", *"CDEFGAB", *"cdefgab", "c'", "d'", "e'", "f'", "g'", "a'", "b'"]
_NOTE = "[A-Ga-g][,']*"
_PROTECTED = re.compile(r'"[^"]*"|![^!|\s]+!|\[[A-Za-z]:[^\]]*\]')

Macro = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]
"""What a macro matches, and what it makes of a match."""


def parse_macro(value: str) -> Macro | None:
    """Read the value of an ``m:`` field, such as ``~G2={A}G{F}G``; None for what is no macro.

    With an ``n`` in its target a macro holds for every note; in its text the letters ``h`` to ``z`` then stand for the
    notes from six places below that one to twelve above.
    """
    target, sign, text = (part.strip() for part in value.partition("="))
    if not sign or not target or len(target) > 31 or len(text) > 200:
        return None
    ends = r"(?![\d/,'])"
    if "n" not in target:
        return re.compile(re.escape(target) + ends), lambda match: text
    before, after = target.split("n", 1)
    pattern = re.compile(f"{re.escape(before)}({_NOTE}){re.escape(after)}{ends}")
    # The letters of decorations within the text stay; all others from h to z are notes.
    return pattern, lambda match: _moved(text, match[1])


def _moved(text: str, note: str) -> str:
    place = _OCTAVES.index(note) if note in _OCTAVES else len(_OCTAVES) // 2

    def letter(match: re.Match[str]) -> str:
        if len(match[0]) > 1:
            return match[0]
        at = place + ord(match[0]) - ord("n")
        return _OCTAVES[at] if 0 <= at < len(_OCTAVES) else match[0]

    return re.sub(r"![^!]*!|[h-z]", letter, text)


def expanded(music: str, macros: list[Macro], most: int) -> str | None:
    """Return a line of music with its macros written out; quoted texts, decorations and fields stay as they are.

    None stands for a line that would become longer by more than ``most`` characters.
    """
    longest = len(music) + most
    for pattern, make in macros:
        bounds = [0, *(place for match in _PROTECTED.finditer(music) for place in match.span()), len(music)]
        parts: list[str] = []
        length = 0
        for number, (start, stop) in enumerate(pairwise(bounds)):
            part, place = music[start:stop], 0
            for match in () if number % 2 else pattern.finditer(part):
                parts += [part[place : match.start()], make(match)]
                length += match.start() - place + len(parts[-1])
                place = match.end()
                if length > longest:
                    return None
            parts.append(part[place:])
            length += len(part) - place
        music = "".join(parts)
        if length > longest:
            return None
    return music
