"""How a tune is shown and exported: in another key, with chords, for an instrument."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from folkrnn.errors import InputError
from folkrnn.export.arranging import CHORDS, INSTRUMENTS, NONE, WRITTEN, for_instrument, harmonised
from folkrnn.export.tablature import Tablature
from folkrnn.notation import Tune
from folkrnn.notation.fingering import FINGERED
from folkrnn.notation.ranges import TRANSPOSING, moved
from folkrnn.notation.tunings import STRINGED
from folkrnn.studio.readings import interval


@dataclass(frozen=True)
class Arrangement:
    """The choices of the page. ``plain`` plays neither ornaments nor grace notes.

    ``chords`` is one of ``CHORDS``, or ``True`` for those that are written and ``False`` for none.
    """

    transpose: str | int | None = None
    chords: str | bool = WRITTEN
    instrument: str | None = None
    tab: bool = False
    fingering: bool = False
    plain: bool = False

    def __post_init__(self) -> None:
        if self.chords not in (*CHORDS, True, False):
            raise InputError(f"chords={str(self.chords)[:40]!r} should be one of {', '.join(CHORDS)}")
        if self.instrument not in (None, "", *INSTRUMENTS):
            raise InputError(f"instrument={str(self.instrument)[:40]!r} should be one of {', '.join(INSTRUMENTS)}")
        for wanted, name, known in ((self.tab, "tab", STRINGED), (self.fingering, "fingering", FINGERED)):
            if type(wanted) is not bool:
                raise InputError(f"{name}={str(wanted)[:40]!r} should be true or false")
            if wanted and self.instrument not in known:
                raise InputError(f"{name} lacks its instrument; expected one of {', '.join(known)}")

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> "Arrangement":
        """Return the arrangement that a request wants; other names are passed over, as are values that are null."""
        names = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in options.items() if name in names and value is not None})

    @property
    def tablature(self) -> Tablature | None:
        """The tablature that is drawn."""
        return Tablature(self.instrument) if self.tab and self.instrument else None

    def sounding(self, tune: Tune) -> Tune:
        """Return the tune as it is heard. Raises NotationError for what cannot be."""
        if self.transpose not in (None, "", 0):
            tune = moved(tune, interval(self.transpose))
        usual = WRITTEN if self.chords else NONE
        return harmonised(tune, self.chords if isinstance(self.chords, str) else usual)

    def written(self, tune: Tune) -> Tune:
        """Return a sounding tune as the player of the instrument reads it. Raises NotationError for what cannot be."""
        drawn = self.tab or self.fingering or self.instrument in TRANSPOSING
        return for_instrument(tune, self.instrument) if drawn else tune
