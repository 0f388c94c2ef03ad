"""Which pitch a letter stands for: key, accidentals of the bar, ties."""

from collections.abc import Callable

from folkrnn.notation.key import Key
from folkrnn.notation.pitch import ACCIDENTALS, Alter, Pitch, read_accidental, staff_position


class Accidentals:
    """The pitches of one voice's letters, bar by bar.

    ``propagation`` says how far an accidental holds within its bar: for all octaves (``pitch``, the standard's default;
    ABC 2.1, 11.3), for its own (``octave``) or for its note alone (``not``). ``octaves`` are added to every letter, for
    clefs and ``octave=``. ``complain`` is called with an accidental that means nothing.
    """

    __slots__ = ("_altered", "_complain", "_plain", "_signature", "octaves", "propagation")

    def __init__(self, key: Key, octaves: int, complain: Callable[[str], None]) -> None:
        self.propagation = "pitch"
        self._complain = complain
        self._altered: dict[tuple[int, int], Alter] = {}
        self.set_key(key, octaves)

    def set_key(self, key: Key, octaves: int) -> None:
        """Begin a key, in a clef that adds some octaves."""
        self._signature = key.signature
        self.octaves = octaves
        self._plain: dict[str, Pitch] = {}

    def end_bar(self) -> None:
        """Forget the accidentals of the bar."""
        self._altered.clear()

    def pitch(self, accidental: str | None, letter: str, marks: str, tied: tuple[Pitch, ...] = ()) -> Pitch:
        """Return the pitch of a letter with its octave marks; ``tied`` are those tied over the bar line."""
        name = letter + marks
        pitch = self._plain.get(name)
        if pitch is None:
            step, octave = staff_position(letter, marks)
            pitch = self._plain[name] = Pitch(step, octave + self.octaves, self._signature.get(step, 0))
        if accidental is not None:
            alter: Alter | None = ACCIDENTALS.get(accidental)
            if alter is None:
                alter = read_accidental(accidental)
            if alter is None:
                self._complain(accidental)
                alter = 0
            if self.propagation != "not":
                self._altered[self._place(pitch)] = alter
            return pitch._replace(alter=alter)
        if self._altered:
            known = self._altered.get(self._place(pitch))
            if known is not None:
                return pitch._replace(alter=known)
        for each in tied:  # a tied note keeps its accidental across the bar line
            if each[:2] == pitch[:2]:
                return each
        return pitch

    def _place(self, pitch: Pitch) -> tuple[int, int]:
        return (pitch.step, pitch.octave if self.propagation == "octave" else 0)
