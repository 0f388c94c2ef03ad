"""Chord symbols: which quoted texts are chords, what they mean, and how they move to another key.

    read_symbol("D/F# (Bm)")    the chords of a text, or None for words
    move_symbol("em7", move)    the same symbol with its roots and basses moved
    quality("m7b5")             the intervals of a kind of chord

A symbol is a chord such as ``Em7``, ``G7(b9)`` or ``D/F#``. Alternatives in parentheses may follow: they are printed
and not played (ABC 2.1, 4.18). Several chords in one text, such as ``G D7``, follow each other. ``N.C.`` silences the
accompaniment. A lower-case root is a minor chord, as many songbooks write it, unless the kind says otherwise; a
lower-case letter alone is no chord, because it may as well be a dynamic or the name of a string. ``H`` is the German
name of B and needs a kind or a bass after it.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from folkrnn.notation.pitch import SEMITONES, STEPS, Pitch

_ALTERS = {"#": 1, "♯": 1, "b": -1, "♭": -1}
_ACCIDENTAL = r"[#♯]{2}(?!\d)|[b♭]{2}(?!\d)|[#♯]|[b♭]"  # Ebb5 is an E flat with a flat fifth

_FORMS = {
    "major": r"maj|Maj|MAJ|ma(?!dd)|Ma|MA|M(?!I)|j(?=7|9)|\^|[Δ△∆]",
    "minor": r"min|Min|MIN|mi|Mi|MI|m|[-−–](?!5)",
    "half_diminished": r"[øØ∅]",
    "diminished": r"dim|Dim|[°º˚o]|0(?=7)",
    "augmented": r"aug|Aug",
    "dominant": r"dom(?=\d)",
    "altered": r"alt",
    "suspended": r"sus(?:24|42|2|4|9|)",
    "added": r"add[#♯b♭]?(?:2|4|6|9|11|13)",
    "missing": r"(?:no|omit)[35](?:rd|th)?",
    "changed": r"[#♯b♭](?:13|11|9|6|5)|[+-]5|(?<=[\d(])[+-](?:13|11|9)|#7",
    "changed_after": r"5[+-](?!\d)|9-(?!\d)",
    "plus": r"\+",
    "number": r"69|6|13|11|9|7|5|4|2",
}
"""The parts that a kind of chord is written with."""

_PART = re.compile("|".join(f"(?P<{name}>{form})" for name, form in _FORMS.items()))
_ANY_PART = "|".join(_FORMS.values())
_SPACE = r"[ \t\r\n\xa0]"
_KIND = rf"(?:{_ANY_PART}|/(?=[#♯b♭+-]?\d|[Mm]aj|M7|add|sus)|{_SPACE}?\((?:{_ANY_PART}|,{_SPACE}?)++\))*+"
_PIECE = re.compile(
    rf"(?P<separator>(?:{_SPACE}|[;,|]|\\n|(?<={_SPACE})[-–](?={_SPACE}))+)|(?P<open>\()|(?P<close>\))"
    rf"|(?P<root>[A-Ha-g])(?P<accidental>{_ACCIDENTAL}|)(?P<kind>{_KIND})"
    rf"(?P<over>{_SPACE}?/{_SPACE}?(?P<bass>[A-Ha-h])(?P<bass_accidental>{_ACCIDENTAL}|))?"
    rf"(?={_SPACE}|[;,|()]|\\n|$)"
)
_SILENCE = re.compile(r"\(?(?:[Nn]\.? ?[Cc]\.?|[Nn]o [Cc]hord)\)?")
_LOWER_CASE = re.compile(r"m|M|dim|aug|sus|add|alt|[°ºø˚]|o7|\(?(?:6|7|9|11|13)")
"""How the kind after a lower-case root begins; ``a2``, ``co`` and ``f-`` are no chords."""

_LEADING_SIGN = re.compile(r"^[#♯b♭]\d+")
"""An altered degree that would be taken for the accidental of the root before it."""

_WORDS = frozenset({"Do", "Go"})
"""Words that look like diminished chords."""

_LIKE_A_CHORD = re.compile(r"[A-Ha-g][^\s.]{0,8}[\d#♯♭/+°øΔ][^\s.]{0,8}|[a-eg][b♭]?")
"""What is written like a chord: a letter and a sign or figure of chords, or a lower-case letter alone but ``f``."""


class Interval(NamedTuple):
    """A tone of a chord: its degree above the root, such as 3 or 9, and its distance in semitones."""

    degree: int
    semitones: int


class Chord(NamedTuple):
    """A chord: the pitch class of its root, its tones in semitones above it, and the pitch class of its bass.

    A chord without tones is silence.
    """

    root: int
    tones: tuple[int, ...]
    bass: int

    @property
    def classes(self) -> frozenset[int]:
        """The pitch classes of its tones."""
        return frozenset((self.root + tone) % 12 for tone in self.tones)


SILENCE = Chord(0, (), 0)
"""What is heard from ``N.C.`` on."""


class ChordName(NamedTuple):
    """One chord as it is written.

    ``root`` and ``bass`` are letters in the case they have (``bass`` is empty where none is written), ``alter`` and
    ``bass_alter`` their semitones up. ``kind`` is the text between them; ``intervals`` says what it means.
    ``alternative`` is what follows in parentheses, with the space before it. For ``N.C.`` the root is empty.
    """

    root: str
    alter: int
    kind: str
    intervals: tuple[Interval, ...]
    bass: str = ""
    bass_alter: int = 0
    alternative: str = ""

    @property
    def chord(self) -> Chord:
        """What is heard."""
        if not self.root:
            return SILENCE
        root = (SEMITONES[step_of(self.root)] + self.alter) % 12
        bass = (SEMITONES[step_of(self.bass)] + self.bass_alter) % 12 if self.bass else root
        return Chord(root, tuple(tone for _, tone in self.intervals), bass)


class ChordSymbol(NamedTuple):
    """A quoted text that is a chord symbol, and the chords to be played: none for one in parentheses alone."""

    text: str
    names: tuple[ChordName, ...]


def step_of(letter: str) -> int:
    """Return the step (0 for C to 6 for B) of a root or bass; H is B."""
    return STEPS.index("B" if letter in "Hh" else letter.upper())


@lru_cache(maxsize=4096)
def read_symbol(text: str) -> ChordSymbol | None:
    """Read a quoted text as a chord symbol; None for words, annotations and chords that nobody knows."""
    stripped = text.strip()
    if _SILENCE.fullmatch(stripped):
        return ChordSymbol(text, (ChordName("", 0, stripped, ()),))
    pieces = _pieces(stripped)
    if not pieces or stripped in _WORDS:
        return None
    names: list[ChordName] = []
    found = inside = False
    start, gap = 0, ""
    for piece in pieces:
        if piece["open"]:
            if inside:
                return None
            inside, found, start = True, False, piece.start()
        elif piece["close"]:
            if not inside or not found:
                return None
            inside = False
            if names:
                alternative = names[-1].alternative + gap + stripped[start : piece.end()]
                names[-1] = names[-1]._replace(alternative=alternative)
            gap = ""
        elif piece["separator"]:
            gap = gap if inside else " "
        else:
            name = _name(piece)
            if name is None:
                return None
            found = True
            if not inside:
                names.append(name)
                gap = ""
    return None if inside or not found else ChordSymbol(text, tuple(names))


def _pieces(text: str) -> list[re.Match[str]]:
    """Return the pieces that a text consists of; none if something else is in it."""
    pieces, place = [], 0
    while place < len(text):
        piece = _PIECE.match(text, place)
        if piece is None:
            return []
        pieces.append(piece)
        place = piece.end()
    return pieces


def _name(piece: re.Match[str]) -> ChordName | None:
    root, kind = piece["root"], piece["kind"]
    if (root.islower() and not _LOWER_CASE.match(kind)) or (root == "H" and not (kind or piece["bass"])):
        return None
    intervals = quality(kind, minor=root.islower())
    if intervals is None:
        return None
    return ChordName(
        root, _alter(piece["accidental"]), kind, intervals, piece["bass"] or "", _alter(piece["bass_accidental"] or "")
    )


def _alter(accidental: str) -> int:
    return sum(_ALTERS[sign] for sign in accidental)


def parse_chord(text: str) -> Chord | None:
    """Return the first chord that a symbol has played; None for words, and where all is in parentheses."""
    symbol = read_symbol(text)
    return symbol.names[0].chord if symbol and symbol.names else None


def is_like_chord(text: str) -> bool:
    """Whether a text that is no chord symbol looks as if it was meant for one."""
    return bool(_LIKE_A_CHORD.fullmatch(text))


# Kinds of chords --------------------------------------------------------------------------------------------

_MAJOR_SCALE = {2: 2, 3: 4, 4: 5, 5: 7, 6: 9, 7: 11, 9: 14, 11: 17, 13: 21}
"""The semitones of each degree above the root, in the major scale."""

_SIGNS = {"": 0, "#": 1, "♯": 1, "+": 1, "b": -1, "♭": -1, "-": -1}


@lru_cache(maxsize=1024)
def quality(kind: str, minor: bool = False) -> tuple[Interval, ...] | None:
    """Return the intervals of a kind of chord, lowest degree first; None for one that nobody knows.

    ``minor`` says that the third is minor unless the kind says otherwise. A ninth, eleventh or thirteenth stands on
    the seventh; a thirteenth leaves the eleventh out, as players do.
    """
    builder = _Builder(minor)
    for part in _PART.finditer(re.sub(rf"{_SPACE}|[,()/]", "", kind)):
        if not builder.take(str(part.lastgroup), part[0], first=not part.start()):
            return None
    return builder.intervals()


class _Builder:
    """Puts a chord together from the parts of its kind; holds what they have said so far."""

    def __init__(self, minor: bool):
        self.tones = {Interval(1, 0), Interval(3, 3 if minor else 4), Interval(5, 7)}
        self.seventh = 10
        self.numbers: list[int] = []

    def take(self, name: str, text: str, first: bool) -> bool:
        """Take one part of a kind; return whether it makes sense there."""
        digits = text.lstrip("suadnomit#♯b♭+-").rstrip("rdth+-")
        match name:
            case "major":
                self._major(first, triangle=text in "^Δ△∆")
            case "minor":
                self._set(3, 3)
                return first
            case "diminished" | "half_diminished":
                self._set(3, 3)
                self._set(5, 6)
                self.seventh = 9 if name == "diminished" else 10
                if name == "half_diminished":
                    self._set(7, 10)
            case "augmented" | "plus":
                if first:
                    self._set(3, 4)
                self._set(5, 8)
            case "altered":
                self._set(5, 8)
                self.tones |= {Interval(7, 10), Interval(9, 15)}
            case "suspended":
                self._suspend(digits or "4")
            case "added":
                self._add(int(digits), text[3])
            case "missing":
                self._drop(int(digits))
            case "changed":
                self._change(int(digits), text[0])
            case "changed_after":
                if digits == "9":
                    self._set(7, self.seventh)
                self._change(int(digits), text[-1])
            case "number":
                return self._number(69 if text == "69" else int(text), first)
        return True

    def _set(self, degree: int, *semitones: int) -> None:
        """Give a degree these tones in place of those that it has."""
        self._drop(degree)
        self.tones |= {Interval(degree, tone) for tone in semitones}

    def _drop(self, degree: int) -> None:
        self.tones = {tone for tone in self.tones if tone.degree != degree}

    def _add(self, degree: int, sign: str = "") -> None:
        self.tones.add(Interval(degree, _MAJOR_SCALE[degree] + _SIGNS.get(sign, 0)))

    def _major(self, first: bool, triangle: bool) -> None:
        """Make the seventh major; a triangle alone is a major seventh too, ``maj`` alone a plain chord."""
        if first:
            self._set(3, 4)
        self.seventh = 11
        if triangle or any(tone.degree == 7 for tone in self.tones):
            self._set(7, 11)

    def _suspend(self, degrees: str) -> None:
        self._drop(3)
        for degree in degrees:
            self._add(int(degree))

    def _change(self, degree: int, sign: str) -> None:
        """Raise or lower a degree in place of the one that the number brought."""
        if degree == 7:
            self._set(7, 11)
            return
        self.tones.discard(Interval(degree, _MAJOR_SCALE[degree]))
        self._add(degree, sign)

    def _number(self, number: int, first: bool) -> bool:
        """Take a number: the first says how far the chord goes, later ones add a tone."""
        before, self.numbers = self.numbers, [*self.numbers, number]
        if number == 5:
            self._drop(3)  # a chord of root and fifth
            return first
        if number in (2, 4):
            self._suspend(str(number))
        elif number == 6:
            self._add(6)
        elif number == 69:
            self._add(6)
            self._add(9)
        elif before and number > 7:
            self._add(number)
        else:
            self._set(7, self.seventh)
            for degree in {9: (9,), 11: (9, 11), 13: (9, 13)}.get(number, ()):
                self._add(degree)
        return True

    def intervals(self) -> tuple[Interval, ...]:
        """Return the chord."""
        return tuple(sorted(self.tones))


# Moving -----------------------------------------------------------------------------------------------------


def move_symbol(text: str, move: Callable[[Pitch], Pitch]) -> str:
    """Return a chord symbol with its roots and basses moved, alternatives too; words that are no chord stay.

    The case of letters and the style of accidentals stay. What would need a double accidental is spelled without.
    """
    symbol = read_symbol(text)
    if symbol is None or _SILENCE.fullmatch(text.strip()):
        return text
    sharp, flat = ("♯", "♭") if re.search("[♯♭]", text) else ("#", "b")

    def moved(letter: str, accidental: str) -> str:
        step, alter = _moved(step_of(letter), _alter(accidental), move)
        name = "H" if letter in "Hh" and step == 6 and alter == 0 else STEPS[step]
        return (name.lower() if letter.islower() else name) + (sharp * alter if alter > 0 else flat * -alter)

    def moved_piece(piece: re.Match[str]) -> str:
        if not piece["root"]:
            return piece[0]
        bass = ""
        if piece["bass"]:
            slash = piece["over"][: piece.start("bass") - piece.start("over")]
            bass = slash + moved(piece["bass"], piece["bass_accidental"])
        root, kind = moved(piece["root"], piece["accidental"]), piece["kind"]
        if len(root) == 1:
            kind = _LEADING_SIGN.sub(r"(\g<0>)", kind)
        return root + kind + bass

    return "".join(map(moved_piece, _pieces(text.strip())))


def _moved(step: int, alter: int, move: Callable[[Pitch], Pitch]) -> tuple[int, int]:
    """Return the step and the alteration, at most one semitone, to which a root or bass moves."""
    # The natural note always has a spelling there, while B# or Fb may lack one.
    pitch = move(Pitch(step, 4, 0))
    step, alter = pitch.step, int(pitch.alter) + alter
    while abs(alter) > 1:
        up = 1 if alter > 0 else -1
        alter -= (SEMITONES[(step + up) % 7] - SEMITONES[step]) % (12 * up)
        step = (step + up) % 7
    return step, alter
