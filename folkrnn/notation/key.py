"""Keys: ``D``, ``Em``, ``Ador``, ``G Mixolydian``, ``D exp ^f``, ``none``, ``HP``."""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

from folkrnn.errors import NotationError
from folkrnn.notation.clef import is_staff_word, split_words
from folkrnn.notation.pitch import (
    ACCIDENTAL,
    SEMITONES,
    STEPS,
    Alter,
    accidental_text,
    nearest_semitone,
    read_accidental,
)

MODES = {"": 0, "m": 3, "dor": 2, "phr": 4, "lyd": -1, "mix": 1, "loc": 5}
"""Canonical mode names, with the fifths that each lies below its major key."""

_SPELLINGS = {
    "maj": "", "ion": "", "min": "m", "aeo": "m", "dor": "dor",
    "phr": "phr", "lyd": "lyd", "mix": "mix", "loc": "loc",
}  # fmt: skip
_MODE_NAMES = (
    "major", "minor", "ionian", "aeolian", "dorian", "phrygian", "lydian", "mixolydian", "locrian", *_SPELLINGS,
)  # fmt: skip
MOST_KEY_WORDS = 20
"""The most words of a ``K:`` field that may be about the key; what follows them is not."""

_FIFTHS_ORDER = "FCGDAEB"
_KEY = re.compile(r"([A-G])([#b]?)\s*([A-Za-z]*)")
_EXPLICIT = re.compile(rf"({ACCIDENTAL})([A-Ga-g])")


@dataclass(frozen=True, slots=True)
class Key:
    """A key: tonic and mode, or none, with any explicit accidentals on top.

    ``tonic`` is a letter with ``#`` or ``b``, or empty for ``none``, ``HP`` and ``Hp``;
    ``mode`` is one of MODES; ``explicit`` holds (step, alter) pairs that add to or replace the
    signature; ``replaces`` says that they are the whole signature (``exp``).
    """

    tonic: str = ""
    mode: str = ""
    explicit: tuple[tuple[int, Alter], ...] = ()
    replaces: bool = False
    pipes: str = ""

    @property
    def fifths(self) -> int:
        """Sharps (positive) or flats (negative) of the tonic and mode alone."""
        if not self.tonic:
            return 0
        sharps = _FIFTHS_ORDER.index(self.tonic[0]) - 1
        return sharps + 7 * (self.tonic.count("#") - self.tonic.count("b")) - MODES[self.mode]

    @property
    def signature(self) -> dict[int, Alter]:
        """What the signature adds: an alteration in semitones by step (0 = C … 6 = B); unaltered steps absent."""
        return dict(_signature(self))

    @property
    def semitones(self) -> dict[int, int]:
        """The signature in whole semitones: the nearest one of a microtone."""
        return {step: nearest_semitone(alter) for step, alter in _signature(self)}

    @property
    def standard(self) -> bool:
        """Whether a tonic and a mode, or none at all, say everything about the signature."""
        return not self.explicit and not self.replaces and not self.pipes

    @property
    def tonic_class(self) -> int | None:
        """The tonic's pitch class, 0 for C; None without a tonic."""
        if not self.tonic:
            return None
        base = SEMITONES[STEPS.index(self.tonic[0])]
        return (base + self.tonic.count("#") - self.tonic.count("b")) % 12

    @property
    def scale(self) -> frozenset[int]:
        """The pitch classes of the seven steps under the signature; the nearest one of a microtone."""
        return _scale(self)

    def __str__(self) -> str:
        if self.pipes:
            return self.pipes
        text = f"{self.tonic}{self.mode}" if self.tonic else "none"
        if self.explicit or self.replaces:
            marks = " ".join(accidental_text(alter) + STEPS[step].lower() for step, alter in self.explicit)
            text += f" exp {marks}" if self.replaces else f" {marks}"
        return text.rstrip()


@lru_cache(maxsize=1024)
def _scale(key: Key) -> frozenset[int]:
    semitones = key.semitones
    return frozenset((base + semitones.get(step, 0)) % 12 for step, base in enumerate(SEMITONES))


@lru_cache(maxsize=1024)
def _signature(key: Key) -> tuple[tuple[int, Alter], ...]:
    signature: dict[int, Alter] = {}
    if key.pipes:  # HP hides the signature that Hp shows; both sound it
        signature = {STEPS.index("F"): 1, STEPS.index("C"): 1}
    elif key.tonic and not key.replaces:
        fifths = key.fifths
        for count in range(abs(fifths)):
            letter = _FIFTHS_ORDER[count % 7] if fifths > 0 else _FIFTHS_ORDER[-1 - count % 7]
            step = STEPS.index(letter)
            signature[step] = signature.get(step, 0) + (1 if fifths > 0 else -1)
    for step, alter in key.explicit:
        signature[step] = alter
    return tuple((step, alter) for step, alter in signature.items() if alter)


def divide_key(value: str) -> tuple[str, str]:
    """Return the two parts of a ``K:`` field: the words of the key, and those about the staff (``clef.parse_staff``).

    ``none`` is the clef after a key, and the key at the beginning. Words that follow the mode are not of the key.
    """
    key: list[str] = []
    staff: list[str] = []
    for word in split_words(value):
        (staff if _is_of_staff(word, key) else key).append(word)
    return " ".join(key), " ".join(staff)


def _is_of_staff(word: str, key: list[str]) -> bool:
    """Whether a word of a ``K:`` field is about the staff, after some words of the key."""
    plain = _EXPLICIT.sub("", word)
    if not plain or plain.lower() == "exp":
        return False
    name = word.partition("=")[0]
    if name != word and (_is_key(name) or (len(name) > 2 and _mode(name) is not None)):
        return False  # D=c and mix=c
    if is_staff_word(word):
        return bool(key) or word.lower() != "none"
    if not key or plain[0] == "#":
        return False
    return len(key) > MOST_KEY_WORDS or _is_complete(key) or not _may_be_mode(plain)


def _may_be_mode(word: str) -> bool:
    """Whether a word may be meant for a mode or another key: it is short, or spelled nearly like a mode."""
    return word.isalpha() and (len(word) < 3 or bool(get_close_matches(word.lower(), _MODE_NAMES, 1)))


def _is_key(text: str) -> bool:
    match = _KEY.fullmatch(text)
    return match is not None and _mode(match[3]) is not None


def _is_complete(words: list[str]) -> bool:
    """Whether words name a key to which no word can add: with a mode, ``none``, or the pipes."""
    names = [name for word in words if (name := _EXPLICIT.sub("", word))]
    match = _KEY.fullmatch("".join(names[:2]))
    return bool(names) and (names[0].lower() in ("none", "exp", "hp") or bool(match and _mode(match[3])))


def _mode(text: str) -> str | None:
    """Return the canonical name of a mode, such as ``m`` for ``minor``; None if it is none, empty for major."""
    return text.lower() if text.lower() in ("", "m") else _SPELLINGS.get(text[:3].lower())


def nearest_key(text: str, before: Key) -> Key:
    """Return the key that the first word of an unreadable value names; the one ``before`` if it names none."""
    try:
        return parse_key(text.split()[0], before)
    except (NotationError, IndexError):
        return before


@lru_cache(maxsize=1024)
def parse_key(text: str, before: Key = Key()) -> Key:
    """Read the value of a ``K:`` field; words about the staff, and those of other programs, are passed over.

    An empty value and ``none`` mean no signature; a clef alone leaves the key as it was ``before``. Raises
    NotationError for anything else.
    """
    value, _ = divide_key(text)
    if not value:
        return before if text.strip() else Key()
    explicit = tuple(
        (STEPS.index(m[2].upper()), alter)
        for m in _EXPLICIT.finditer(value)
        if (alter := read_accidental(m[1])) is not None
    )
    words = _EXPLICIT.sub(" ", value).split()
    if words and words[0] in ("HP", "Hp"):
        return Key(pipes=words[0])
    replaces = bool(words) and words[-1].lower() == "exp"
    if replaces:
        words.pop()
    name = "".join(words)
    if not name or name.lower() == "none":
        return Key(explicit=explicit, replaces=replaces)
    match = _KEY.fullmatch(name)
    mode = _mode(match[3]) if match else None
    if match and mode is not None:
        return Key(match[1] + match[2], mode, explicit, replaces)
    raise NotationError(f"{text.strip()!r} is no key; expected one such as D, Em, Ador, Gmix, none or HP")
