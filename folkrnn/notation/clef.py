"""Clefs, and the other words of ``K:`` and ``V:`` that say how a staff is written and heard (ABC 2.1, 4.6)."""

import re
from functools import lru_cache
from typing import NamedTuple

from folkrnn.notation.pitch import ACCIDENTALS, SEMITONES, staff_position

CLEFS = {
    "treble": ("G", 2), "soprano": ("C", 1), "mezzosoprano": ("C", 2), "alto": ("C", 3), "tenor": ("C", 4),
    "baritone": ("F", 3), "bass": ("F", 4), "perc": ("percussion", 0), "percussion": ("percussion", 0),
    "drum": ("percussion", 0), "none": ("none", 0),
}  # fmt: skip
"""The sign of each clef by its name, and its line, counted from the bottom; 0 where there is none."""

LETTERS = {"G": ("G", 2), "C": ("C", 3), "F": ("F", 4), "P": ("percussion", 0)}
"""Clefs by the letter of their sign, which only ``clef=`` may give: elsewhere it is a key."""

FARTHEST_OCTAVES, FARTHEST_SEMITONES = 4, 36
"""How far ``octave=`` and ``transpose=`` may lead; farther is a slip of the pen."""

PRINT_WORDS = frozenset({"name", "nm", "subname", "sname", "snm", "stem", "stems", "gstem", "dyn", "lyrics", "brace",
                         "bracket", "up", "down", "auto", "merge"})  # fmt: skip
"""The words of a voice that name it or say how it is printed."""

_SETTING_NAMES = (
    "clef|middle|m|transpose|t|octave|stafflines|staffscale|score|sound|shift|style|cue|map|name|nm|subname|snm|sname"
)
_WORD = re.compile(rf'\b(?:{_SETTING_NAMES})\s*=\s*(?:"[^"]*"|\S*)|(?:"[^"]*"|\S)+', re.IGNORECASE)
_CLEF = re.compile(r"([a-z]+?)([1-5]?)(?:([-+_^])(8|15)(?:v[ab])?)?", re.IGNORECASE)
_OCTAVE_SIGN = re.compile(r"([-+])8(?:v[ab])?", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?\d{1,3}")
_INTERVAL = re.compile(r"(\^\^?|__?|=)?([A-Ga-g])([,']*)(\^\^?|__?|=)?([A-Ga-g])([,']*)")


class Clef(NamedTuple):
    """A clef: its sign (``G``, ``F``, ``C``, ``percussion`` or ``none``) and the staff line that it stands on.

    ``line`` counts from 1 at the bottom; 0 is no line. ``octave`` is the octave sign drawn at it: 1 for an 8 above, -1
    for one below, 2 and -2 for 15. ``shift`` is what the sign does to the letters, in octaves: after ``-8`` they sound
    lower, while ``_8`` is only drawn and they sound as they are written. ``name`` is the clef as written.
    """

    name: str = "treble"
    sign: str = "G"
    line: int = 2
    octave: int = 0
    shift: int = 0


class StaffSettings(NamedTuple):
    """What the words of a ``K:`` or ``V:`` field say about a staff; None for what they do not say.

    ``octave`` counts octaves up by which the letters are read, ``transpose`` semitones up for playing alone, and so
    does ``shift``, which ``shift=GD`` gives. ``other`` are the words with another meaning, as they stand. ``problems``
    are remarks on what cannot be read or is not applied.
    """

    clef: Clef | None = None
    octave: int | None = None
    transpose: int | None = None
    shift: int | None = None
    other: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def octaves(self) -> int:
        """The octaves up by which letters are read: those of the clef and of ``octave=`` together."""
        return (self.clef.shift if self.clef else 0) + (self.octave or 0)

    @property
    def semitones(self) -> int:
        """The semitones up by which the music is played."""
        return (self.transpose or 0) + (self.shift or 0)

    @property
    def applied(self) -> tuple[Clef | None, int | None, int | None, int | None]:
        """What is applied: all but the other words."""
        return self.clef, self.octave, self.transpose, self.shift

    def over(self, before: "StaffSettings") -> "StaffSettings":
        """Return these settings, and for what they do not say those that held before."""
        return StaffSettings(
            self.clef or before.clef,
            before.octave if self.octave is None else self.octave,
            before.transpose if self.transpose is None else self.transpose,
            before.shift if self.shift is None else self.shift,
            self.other,
        )

    def __str__(self) -> str:
        """Return the words that say the same."""
        words = [f"clef={self.clef.name}"] if self.clef else []
        words += [f"octave={self.octave}"] if self.octave is not None else []
        words += [f"transpose={self.transpose}"] if self.transpose is not None else []
        return " ".join([*words, *self.other])


NO_STAFF = StaffSettings()
"""What an empty text says."""


def split_words(value: str) -> list[str]:
    """Return the words of a ``K:`` or ``V:`` field; quoted texts (``name="Second fiddle"``) stay together."""
    return _WORD.findall(value)


def is_staff_word(word: str) -> bool:
    """Whether a word of a ``K:`` field is a specifier (``octave=-1``, ``strings:tuning=4``), a clef or its octave."""
    name = word.partition("=")[0].strip()
    if len(name) < len(word):
        return name[:1].isalpha()
    return _OCTAVE_SIGN.fullmatch(word) is not None or _read_clef(word, letters=False) is not None


@lru_cache(maxsize=1024)
def parse_staff(value: str) -> StaffSettings:
    """Read the words of a ``V:`` field after its name, or those of a ``K:`` field after its key; nothing is raised.

    ``middle=`` moves no pitch: it says only where on the staff the music stands (as abc2midi plays).
    """
    clef: Clef | None = None
    numbers: dict[str, int] = {}
    other: list[str] = []
    unknown: list[str] = []
    problems: list[str] = []
    for word in split_words(value):
        name, equals, content = (part.strip() for part in word.partition("="))
        name, content = name.lower(), content.strip('"')
        found = _read_clef(content, letters=True) if name == "clef" else _read_clef(word, letters=False)
        if not equals and (sign := _OCTAVE_SIGN.fullmatch(word)):
            clef = _with_octave(clef or Clef(), sign[0])
        elif found and (not equals or name == "clef"):
            clef = found
        elif name in ("octave", "transpose", "t") and equals:
            setting = "octave" if name == "octave" else "transpose"
            farthest = FARTHEST_OCTAVES if setting == "octave" else FARTHEST_SEMITONES
            if _NUMBER.fullmatch(content) and abs(int(content)) <= farthest:
                numbers[setting] = int(content)
            else:
                other.append(word)
                problems.append(f"{_shown(word)} is not applied; expected a number from -{farthest} to {farthest}")
        else:
            other.append(word)
            if name == "shift" and (semitones := _interval(content)) is not None:
                numbers["shift"] = semitones
            elif name == "clef":
                problems.append(f"{_shown(content)} is no clef; expected one such as treble, bass, alto or treble-8")
            elif name not in PRINT_WORDS:
                unknown.append(word)
    if unknown:
        problems.append(f"{_shown(' '.join(unknown))} is kept, but not applied")
    return StaffSettings(
        clef, numbers.get("octave"), numbers.get("transpose"), numbers.get("shift"), tuple(other), tuple(problems)
    )


def _read_clef(text: str, letters: bool) -> Clef | None:
    """Return the clef that a word names, by a letter such as ``C3`` only if ``letters``; None if it names none."""
    match = _CLEF.fullmatch(text)
    if not match:
        return None
    known = CLEFS.get(match[1].lower()) or (LETTERS.get(match[1].upper()) if letters else None)
    if known is None:
        return None
    sign, line = known
    octave = (1 if match[4] == "8" else 2) * (1 if match[3] in "+^" else -1) if match[3] else 0
    return Clef(text, sign, int(match[2]) if match[2] and line else line, octave, octave * (match[3] in ("+", "-")))


def _with_octave(clef: Clef, sign: str) -> Clef:
    octave = 1 if sign[0] == "+" else -1
    return Clef(f"{clef.name}{sign[:2]}", clef.sign, clef.line, octave, octave)


def _interval(text: str) -> int | None:
    """Return the semitones from the first to the second of two pitches, such as ``GD``; None if they are none."""
    match = _INTERVAL.fullmatch(text)
    if not match or len(text) > 20:
        return None
    low, high = (_midi(*match.group(first, first + 1, first + 2)) for first in (1, 4))
    return high - low


def _midi(accidental: str | None, letter: str, marks: str) -> int:
    step, octave = staff_position(letter, marks)
    return 12 * octave + SEMITONES[step] + (ACCIDENTALS[accidental or ""] or 0)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")
