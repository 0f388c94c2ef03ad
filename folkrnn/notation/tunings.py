"""What strings, whistles and reeds can play: one table for each kind of instrument, all to be extended.

Notes are MIDI numbers as music is written for the instrument. Guitar, tenor banjo and bouzouki sound an octave below
what they read, whistles an octave above.
"""

from typing import NamedTuple


class Strings(NamedTuple):
    """A fretted instrument: its ``open`` strings, the first one first, and its highest fret.

    A hand that does not move covers ``reach`` frets.
    """

    open: tuple[int, ...]
    reach: int
    frets: int


STRINGED = {
    "fiddle": Strings((76, 69, 62, 55), 7, 12),  # semitones stand for frets
    "mandolin": Strings((76, 69, 62, 55), 7, 17),
    "banjo": Strings((76, 69, 62, 55), 7, 17),  # tenor, GDAE
    "bouzouki": Strings((74, 69, 62, 55), 5, 17),  # GDAD
    "guitar": Strings((76, 71, 67, 62, 57, 52), 4, 17),
    "guitar-DADGAD": Strings((74, 69, 67, 62, 57, 50), 4, 17),
    "ukulele": Strings((69, 64, 60, 67), 4, 12),  # gCEA
}
"""The fretted instruments by name."""

WHISTLES = {
    "whistle": 62,
    "whistle-A": 57,
    "whistle-Bb": 58,
    "whistle-C": 60,
    "whistle-D": 62,
    "whistle-Eb": 63,
    "whistle-F": 65,
    "whistle-G": 67,
}
"""The lowest note of whistles by name; one without a key is in D."""

WHISTLE_HOLES = (
    "●●●●●●",
    "●●●●●◐",
    "●●●●●○",
    "●●●●◐○",
    "●●●●○○",
    "●●●○○○",
    "●●◐○○○",
    "●●○○○○",
    "●◐○○○○",
    "●○○○○○",
    "○●●○○○",
    "○○○○○○",
    "○●●●●●",
    "●●●●●◐+",
    "●●●●●○+",
    "●●●●◐○+",
    "●●●●○○+",
    "●●●○○○+",
    "●●◐○○○+",
    "●●○○○○+",
    "●◐○○○○+",
    "●○○○○○+",
    "◐○○○○○+",
    "○○○○○○+",
    "○●●●●●+",
)
"""The holes of a whistle from the top, closed, half closed or open, for each semitone above its lowest note.

``+`` means to blow harder.
"""


class Reed(NamedTuple):
    """A way to play a note with the breath or the bellows.

    ``button`` is a hole or a button. ``pull`` says to draw breath or to pull the bellows. ``row`` is 0 for the first
    row. ``bends`` is the number of semitones by which the note is bent.
    """

    button: int
    pull: bool = False
    row: int = 0
    bends: int = 0

    def __str__(self) -> str:
        """The button, after ``-`` for pull and draw, with ``'`` for each row further in or semitone bent."""
        return "-" * self.pull + str(self.button) + "'" * (self.row + self.bends)


Reeds = dict[int, tuple[Reed, ...]]
"""The ways to play each note."""


def _by_note(*ways: tuple[int, Reed]) -> Reeds:
    found: dict[int, tuple[Reed, ...]] = {}
    for note, reed in ways:
        found[note] = (*found.get(note, ()), reed)
    # Where two ways cost the same, the first is taken.
    return {note: tuple(sorted(reeds, key=lambda reed: (reed.bends, reed.pull))) for note, reeds in found.items()}


_BLOWN = (0, 4, 7, 12, 16, 19, 24, 28, 31, 36)
_DRAWN = (2, 7, 11, 14, 17, 21, 23, 26, 29, 33)


def _harmonica(lowest: int) -> Reeds:
    """Return the notes of a Richter harmonica with ten holes; its higher reed can be bent to above the lower one."""
    ways = []
    for hole, (blow, draw) in enumerate(zip(_BLOWN, _DRAWN, strict=True), 1):
        ways += [(lowest + blow, Reed(hole)), (lowest + draw, Reed(hole, pull=True))]
        ways += [(lowest + draw - bent, Reed(hole, True, bends=bent)) for bent in range(1, draw - blow)]
        ways += [(lowest + blow - bent, Reed(hole, bends=bent)) for bent in range(1, blow - draw)]
    return _by_note(*ways)


def _melodeon(*rows: tuple[tuple[int, int], ...]) -> Reeds:
    """Return the notes of rows whose buttons, from the second, play a note each for push and pull."""
    return _by_note(*(
        (note, Reed(button, pull, row))
        for row, buttons in enumerate(rows)
        for button, notes in enumerate(buttons, 2)
        for pull, note in zip((False, True), notes, strict=True)
    ))  # fmt: skip


REEDS = {
    "harmonica": _harmonica(60),
    "harmonica-A": _harmonica(57),
    "harmonica-Bb": _harmonica(58),
    "harmonica-C": _harmonica(60),
    "harmonica-D": _harmonica(62),
    "harmonica-F": _harmonica(65),
    "harmonica-G": _harmonica(55),
    # D outside, G inside; what the first button of a row plays differs between makers.
    "melodeon": _melodeon(
        (
            (57, 61),
            (62, 64),
            (66, 67),
            (69, 71),
            (74, 73),
            (78, 76),
            (81, 79),
            (86, 83),
            (90, 85),
            (93, 88),
        ),
        (
            (62, 66),
            (67, 69),
            (71, 72),
            (74, 76),
            (79, 78),
            (83, 81),
            (86, 84),
            (91, 88),
            (95, 90),
        ),
    ),
}
"""The instruments with reeds by name; a harmonica without a key is in C."""
