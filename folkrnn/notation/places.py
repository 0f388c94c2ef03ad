"""Where a note is written in a tune: what a drawing, a player and an editor call it by.

Place(voice, bar, layer, note)   the place of a note, a chord or a rest
written_notes(tune)              all notes of a tune with their places
"""

from collections.abc import Iterator
from typing import NamedTuple

from folkrnn.notation.tune import Note, Tune


class Place(NamedTuple):
    """The place of a note, chord or rest: indices into ``tune.voices``, ``bars``, ``layers`` and the layer's notes."""

    voice: int
    bar: int
    layer: int
    note: int

    @property
    def id(self) -> str:
        """A name for it, unique in its tune: letters, digits and hyphens, as XML and HTML ids are."""
        return f"v{self.voice}-b{self.bar}-l{self.layer}-n{self.note}"

    def member_id(self, member: int) -> str:
        """Return the name of one pitch of a chord, by its index in ``Note.pitches``."""
        return f"{self.id}-p{member}"

    def value_id(self, value: int, member: int = -1) -> str:
        """Return the name of one of the tied values that show the note; the first has the name of the note.

        That of one pitch of a chord has the pitch's index as ``member``.
        """
        name = self.id if member < 0 else self.member_id(member)
        return f"{name}-t{value}" if value else name


def written_notes(tune: Tune) -> Iterator[tuple[Place, Note]]:
    """Yield all notes, chords and rests with their places: voice by voice, bar by bar, layer by layer."""
    for voice, each in enumerate(tune.voices):
        for index, bar in enumerate(each.bars):
            for layer, notes in enumerate(bar.layers):
                for place, note in enumerate(notes):
                    yield Place(voice, index, layer, place), note
