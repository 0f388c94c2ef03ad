"""Settings of the formats: how tunes are played, how books are laid out, and how a set is made of tunes."""

from dataclasses import dataclass, replace

from folkrnn.errors import ExportError
from folkrnn.export.rendering import DEFAULT_PLAYBACK, PlaybackSettings
from folkrnn.export.tablature import Tablature
from folkrnn.notation.ranges import TRANSPOSING

PAPERS = {"a4": (210.0, 297.0), "letter": (215.9, 279.4)}
"""Width and height in millimetres."""

STAFF_SCALES = {"small": 0.8, "normal": 1.0, "large": 1.25, "large-print": 1.6}
"""The scale of music by the name of its size; the normal staff is 6.3 mm high."""

TYPE_SCALES = {"large-print": 1.5}
"""The scale of titles and other words by the name of the size; else 1. Large print is for those who see little."""

MARGIN, TOP, BOTTOM, GUTTER = 18.0, 16.0, 18.0, 9.0
"""Space in millimetres at each side, above, below, and between two columns."""


@dataclass(frozen=True)
class BookLayout:
    """The layout of a PDF; with a title comes a title page.

    ``heading`` are lines above the first tune, the first of them large. ``index`` ends the book with the tunes by
    rhythm and key, and by title. ``incipits`` shows the first two bars of each tune only. ``notes`` prints below it
    where a tune comes from and what is known about it. ``fill`` reorders tunes so that pages are full. Raises
    ExportError for unknown values.
    """

    title: str = ""
    contents: bool = False
    index: bool = False
    paper: str = "a4"
    columns: int = 1
    size: str = "normal"
    incipits: bool = False
    notes: bool = False
    fill: bool = False
    heading: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.paper not in PAPERS:
            raise ExportError(f"paper={self.paper!r} should be one of {', '.join(PAPERS)}")
        if self.size not in STAFF_SCALES:
            raise ExportError(f"size={self.size!r} should be one of {', '.join(STAFF_SCALES)}")
        if self.columns not in (1, 2):
            raise ExportError(f"columns={self.columns!r} should be 1 or 2")

    @property
    def text_width(self) -> float:
        """The width of a column in millimetres."""
        width, _ = PAPERS[self.paper]
        return (width - 2 * MARGIN - GUTTER * (self.columns - 1)) / self.columns

    @property
    def text_height(self) -> float:
        """The height of a column in millimetres."""
        _, height = PAPERS[self.paper]
        return height - TOP - BOTTOM

    @property
    def type_scale(self) -> float:
        """The size of words, relative to the usual one."""
        return TYPE_SCALES.get(self.size, 1.0)

    @property
    def title_size(self) -> float:
        """The height of the type of a tune's title, in points: in narrow columns smaller."""
        return self.type_scale * (16 if self.columns == 1 else 13)

    @property
    def scale(self) -> float:
        """The width of a system, relative to one of normal size on A4."""
        return self.text_width / DEFAULT_TEXT_WIDTH / STAFF_SCALES[self.size]


DEFAULT_TEXT_WIDTH = PAPERS["a4"][0] - 2 * MARGIN
"""The width of a column of A4 in millimetres."""


@dataclass(frozen=True)
class SetSettings:
    """How tunes are made one set: its name, else their titles; the times that each is played, else those of playback.

    ``times`` has one number for each tune.
    """

    name: str = ""
    times: tuple[int, ...] = ()

    def played(self, number: int, playback: PlaybackSettings) -> PlaybackSettings:
        """Return how the tune of a number, from 1, is played: only the first one has a count-in.

        Raises ExportError where ``times`` has no number for it, or one that is none.
        """
        if self.times and number > len(self.times):
            raise ExportError(f"times={','.join(map(str, self.times))} should have a number for each tune of the set")
        times = self.times[number - 1] if self.times else playback.times
        return replace(playback, times=times, count_in=playback.count_in if number == 1 else 0)


@dataclass(frozen=True)
class ExportSettings:
    """How tunes are played, for MIDI, sound and HTML; how a book is laid out, for PDF, PNG and HTML.

    ``parts`` names transposing instruments for which an HTML page has parts, too. ``tablature`` is drawn with or in
    place of the music. With ``set`` all tunes are one set: a file of each format holds it. Raises ExportError for an
    unknown part.
    """

    playback: PlaybackSettings = DEFAULT_PLAYBACK
    book: BookLayout = BookLayout()
    parts: tuple[str, ...] = ()
    tablature: Tablature | None = None
    set: SetSettings | None = None

    def __post_init__(self) -> None:
        for part in self.parts:
            if part not in TRANSPOSING:
                raise ExportError(f"parts={part!r} should be some of {', '.join(TRANSPOSING)}")


DEFAULT_SETTINGS = ExportSettings()
"""The tunes as they are written."""
