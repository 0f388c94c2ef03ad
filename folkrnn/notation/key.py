"""Keys: ``D``, ``Em``, ``Ador``, ``G Mixolydian``, ``D exp ^f``, ``none``, ``HP``."""

import re
from dataclasses import dataclass
from functools import lru_cache

from folkrnn.errors import NotationError
from folkrnn.notation.pitch import ACCIDENTAL_TEXT, ACCIDENTALS, SEMITONES, STEPS

MODES = {"": 0, "m": 3, "dor": 2, "phr": 4, "lyd": -1, "mix": 1, "loc": 5}
"""Canonical mode names, with the fifths that each lies below its major key."""

_SPELLINGS = {
    "maj": "", "ion": "", "min": "m", "aeo": "m", "dor": "dor",
    "phr": "phr", "lyd": "lyd", "mix": "mix", "loc": "loc",
}  # fmt: skip
_FIFTHS_ORDER = "FCGDAEB"
_KEY = re.compile(r"([A-G])([#b]?)\s*([A-Za-z]*)")
_ACCIDENTAL = re.compile(r"(\^\^?|__?|=)([A-Ga-g])")
_IGNORED = re.compile(
    r"(?:\s|^)(?:(?:clef|middle|m|transpose|t|octave|stafflines|staffscale|score|sound|shift|style|cue|name|nm|snm|sname)"
    r"\s*=\s*\S*"
    r"|(?:treble|bass|tenor|alto|baritone|soprano|mezzosoprano|perc)\d?(?:[+-]8)?"
    r"|[+-]8(?:va)?)(?=\s|$)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Key:
    """A key: tonic and mode, or none, with any explicit accidentals on top.

    ``tonic`` is a letter with ``#`` or ``b``, or empty for ``none``, ``HP`` and ``Hp``;
    ``mode`` is one of MODES; ``explicit`` holds (step, alter) pairs that add to or replace the
    signature; ``replaces`` says that they are the whole signature (``exp``).
    """

    tonic: str = ""
    mode: str = ""
    explicit: tuple[tuple[int, int], ...] = ()
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
    def signature(self) -> dict[int, int]:
        """What the signature adds: a semitone alteration by step (0 = C … 6 = B); unaltered steps absent."""
        return dict(_signature(self))

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
        """The pitch classes of the seven steps under the signature."""
        return frozenset((base + self.signature.get(step, 0)) % 12 for step, base in enumerate(SEMITONES))

    def __str__(self) -> str:
        if self.pipes:
            return self.pipes
        text = f"{self.tonic}{self.mode}" if self.tonic else "none"
        if self.explicit or self.replaces:
            marks = " ".join(ACCIDENTAL_TEXT[alter] + STEPS[step].lower() for step, alter in self.explicit)
            text += f" exp {marks}" if self.replaces else f" {marks}"
        return text.rstrip()


@lru_cache(maxsize=1024)
def _signature(key: Key) -> tuple[tuple[int, int], ...]:
    signature: dict[int, int] = {}
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


@lru_cache(maxsize=1024)
def parse_key(text: str, before: Key = Key()) -> Key:
    """Read the value of a ``K:`` field; clef and transposition words in it are passed over.

    An empty value and ``none`` mean no signature; a clef alone leaves the key as it was ``before``. Raises
    NotationError for anything else.
    """
    value = _IGNORED.sub(" ", f" {text} ").strip()
    if not value:
        return before if text.strip() else Key()
    if value.split()[0] in ("HP", "Hp"):
        return Key(pipes=value[:2])
    explicit = tuple((STEPS.index(m[2].upper()), ACCIDENTALS[m[1]] or 0) for m in _ACCIDENTAL.finditer(value))
    words = _ACCIDENTAL.sub(" ", value).split()
    replaces = bool(words) and words[-1].lower() == "exp"
    if replaces:
        words.pop()
    name = "".join(words)
    if not name or name.lower() == "none":
        return Key(explicit=explicit, replaces=replaces)
    match = _KEY.fullmatch(name)
    if match:
        mode = match[3].lower()
        if mode == "m":
            spelled: str | None = "m"
        elif mode == "":
            spelled = ""
        else:
            spelled = _SPELLINGS.get(mode[:3])
        if spelled is not None:
            return Key(match[1] + match[2], spelled, explicit, replaces)
    raise NotationError(f"{text.strip()!r} is no key; expected one such as D, Em, Ador, Gmix, none or HP")
