"""Tunes as engraved pages: verovio draws the music from MusicXML, typst sets it on pages.

verovio's ABC importer is never used: it can bring the whole process down. Lengths are in verovio's
units, of which a staff is 72 high.
"""

import html
import json
import os
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from functools import cache
from importlib.resources import files
from itertools import count
from typing import Any, Literal

import verovio

from folkrnn.errors import ExportError, FolkrnnError
from folkrnn.export.settings import BOTTOM, GUTTER, MARGIN, PAPERS, TOP, BookLayout
from folkrnn.notation import Bar, Change, Tune, sections
from folkrnn.notation.bars import completes_measure
from folkrnn.notation.tempo import Tempo, parse_tempo
from folkrnn.score.build import musicxml, printable, to_score

BARS_PER_SYSTEM = 4
SYSTEM_WIDTH = 2000
"""The usual width of a system. On A4 it makes a staff of 6.3 mm."""

PLAIN_HEIGHT = 180
"""The height of a system with nothing far above or below its staff."""

SYSTEM_CAPACITY = 60
"""The most notes, with bar lines counted as one and a half, that a system holds without crowding."""

TEXT_FONT = "Libertinus Serif"
"""The typeface of titles and of words among the notes, which comes with typst."""

PIXELS_PER_INCH = 200.0
"""The resolution of pictures."""

DEFAULT_LAYOUT = BookLayout()

_OPTIONS = {
    "adjustPageHeight": True,
    "breaks": "encoded",
    "footer": "none",
    "header": "none",
    "lyricTopMinMargin": 4.0,
    "minLastJustification": 0.25,
    "pageHeight": 60000,
    "pageMarginBottom": 0,
    "pageMarginLeft": 0,
    "pageMarginRight": 0,
    "pageMarginTop": 0,
    "smuflTextFont": "none",
    "svgFormatRaw": True,
    "svgViewBox": True,
}


def to_svg(tune: Tune) -> str:
    """Return a tune's music, without its title, as one SVG drawing that needs no music font.

    Raises ScoreError where music21 cannot represent the tune and ExportError where verovio cannot draw it.
    """
    drawings = _draw(tune)
    if len(drawings) != 1:
        raise ExportError(f"tune {tune.number} {tune.title!r} is too long for one drawing; export it as PDF")
    # A browser shows the title of a drawing as its description.
    return re.sub(r"<svg[^>]*>", lambda tag: f"{tag[0]}\n   <title>{_escape(tune.title)}</title>", drawings[0], count=1)


def _escape(text: str) -> str:
    return html.escape(printable(text), quote=False)


def to_png(tune: Tune, layout: BookLayout = DEFAULT_LAYOUT) -> bytes:
    """Return a tune with its title as a PNG picture, as high as its content.

    Raises what ``book_entry`` and ``typeset_book`` raise.
    """
    return _compiled([book_entry(tune, layout)], layout, "png")


def to_pdf(tunes: Sequence[Tune], layout: BookLayout = DEFAULT_LAYOUT) -> bytes:
    """Return tunes as a book. Raises what ``book_entry`` and ``typeset_book`` raise."""
    return typeset_book([book_entry(tune, layout) for tune in tunes], layout)


def typeset_book(entries: Sequence[dict[str, Any]], layout: BookLayout = DEFAULT_LAYOUT) -> bytes:
    """Return a book, as PDF, of what ``book_entry`` made; a tune is cut across pages only where none can hold it.

    Raises ExportError where typst fails.
    """
    return _compiled(entries, layout, "pdf")


def _compiled(entries: Sequence[dict[str, Any]], layout: BookLayout, format: Literal["pdf", "png"]) -> bytes:
    """Return a book that typst has set."""
    import typst

    numbers = _numbers([each["number"] for each in entries])
    width, height = PAPERS[layout.paper]
    data = {
        "title": layout.title or (entries[0]["titles"][0] if len(entries) == 1 else "Tunes"),
        "cover": bool(layout.title) and format == "pdf",
        "contents": layout.contents and format == "pdf",
        "index": _index(entries) if layout.index and format == "pdf" else [],
        "font": TEXT_FONT,
        "picture": format == "png",
        "page": {"width": width, "height": height, "x": MARGIN, "top": TOP, "bottom": BOTTOM},
        "columns": layout.columns if format == "pdf" else 1,
        "gutter": GUTTER,
        "text": {"width": layout.text_width, "height": layout.text_height},
        "tunes": [{**each, "number": number} for each, number in zip(entries, numbers, strict=True)],
    }
    with _gate(f"a {format.upper()}"):
        # As data, never as markup: a title may look like typst code.
        return bytes(typst.compile(_page(), format=format, ppi=PIXELS_PER_INCH, sys_inputs={"book": json.dumps(data)}))


@cache
def _page() -> bytes:
    """Return the typst source of the page."""
    return files("folkrnn.export").joinpath("book.typ").read_bytes()


def _index(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the places of tunes by rhythm and, within a rhythm, by key; tunes without a rhythm come last."""
    groups: dict[tuple[bool, str], dict[str, list[int]]] = {}
    for place, each in enumerate(entries):
        groups.setdefault((not each["rhythm"], each["rhythm"]), {}).setdefault(each["key"], []).append(place)
    return [
        {"rhythm": rhythm or "other tunes", "keys": [{"key": key, "tunes": keys[key]} for key in sorted(keys)]}
        for (_, rhythm), keys in sorted(groups.items())
    ]


@contextmanager
def _gate(what: str) -> Iterator[None]:
    """Turn whatever verovio or typst raises into an ExportError."""
    try:
        yield
    except FolkrnnError:
        raise
    except Exception as error:
        raise ExportError(f"cannot make {what}: {type(error).__name__}: {error}") from error


def _numbers(own: Sequence[str]) -> Sequence[str]:
    """Return the tunes' own numbers, or running ones where those repeat; none for a tune alone."""
    if len(own) == 1:
        return [""]
    return own if len(set(own)) == len(own) else [str(place) for place in range(1, len(own) + 1)]


def book_entry(tune: Tune, layout: BookLayout = DEFAULT_LAYOUT) -> dict[str, Any]:
    """Return what a page of a book shows of a tune, for ``typeset_book``.

    Raises ScoreError where music21 cannot represent the tune and ExportError where verovio cannot draw it.
    """
    tempo = parse_tempo(tune.tempo, tune.unit)
    return {
        "number": tune.number,
        "key": str(tune.key),
        "titles": [title for title in tune.all_fields("T") if title] or ["Untitled"],
        "rhythm": tune.rhythm,
        "source": ", ".join(part for part in (tune.field("C"), tune.origin) if part),
        "tempo": {"words": printable(tempo.words), **_beats(tempo)},
        "systems": [
            {"svg": drawing, "tall": _is_tall(drawing)} for drawing in _draw(tune, layout.scale, separate=True)
        ],
    }


def _is_tall(drawing: str) -> bool:
    """Return whether words, or anything far above or below the staff, reach the edges of a system's drawing."""
    match = re.search(r'viewBox="0 0 \S+ (\S+)"', drawing)
    return 'class="verse"' in drawing or (match is not None and float(match[1]) > PLAIN_HEIGHT)


# Drawing ----------------------------------------------------------------------------------------------


def _draw(tune: Tune, scale: float = 1, separate: bool = False) -> list[str]:
    """Return a tune's systems as SVG drawings, each ``apart`` or all in one, ``scale`` times as wide as usual."""
    # Of what MusicXML can ask for, a new page is what gives verovio's systems a drawing each.
    new = b"page" if separate else b"system"
    source = _lay_out(musicxml(to_score(_engravable(tune))), system_starts(tune.bars, scale), new)
    with _gate(f"a drawing of tune {tune.number} {tune.title!r}"):
        toolkit = _toolkit()
        toolkit.setOptions({**_OPTIONS, "pageWidth": round(SYSTEM_WIDTH * scale)})
        toolkit.resetXmlIdSeed(1)  # the same tune is the same drawing, whatever was drawn before
        if not toolkit.loadData(source):
            raise ExportError(f"verovio cannot read tune {tune.number} {tune.title!r}")
        pages = range(1, toolkit.getPageCount() + 1)
        return [_widened(tune, _spell_out(toolkit.renderToSVG(page))) for page in pages]


_threads = threading.local()


def _toolkit() -> Any:
    """Return this thread's verovio toolkit, which takes longer to make than to read a tune.

    verovio keeps the place of its fonts for each thread, so a toolkit is of no use in another one.
    """
    if not hasattr(_threads, "toolkit"):
        verovio.enableLog(verovio.LOG_OFF)
        toolkit = verovio.toolkit(False)
        toolkit.setResourcePath(os.path.join(verovio.__path__[0], "data"))
        _threads.toolkit = toolkit
    return _threads.toolkit


def _engravable(tune: Tune) -> Tune:
    """Return a tune without its tempo, which the page shows, and with later tempos as words.

    verovio sets the note in a tempo mark from a font that no other program has.
    """
    return replace(
        tune,
        fields=tuple(field for field in tune.fields if field[0] != "Q"),
        voices=tuple(
            replace(
                voice,
                bars=tuple(
                    replace(_spelled(bar), changes=tuple(_in_words(each, tune) for each in bar.changes))
                    for bar in voice.bars
                ),
            )
            for voice in tune.voices
        ),
    )


_UNDRAWN = {"slide": "sl.", "thumb": "thumb"}
"""Decorations that verovio does not draw, and the words that stand for them."""


def _spelled(bar: Bar) -> Bar:
    """Return a bar with words for the decorations that verovio does not draw."""
    if not any(name in _UNDRAWN for note in bar.notes for name in note.decorations):
        return bar
    notes = []
    for note in bar.notes:
        spelled = [f"^{_UNDRAWN[name]}" for name in note.decorations if name in _UNDRAWN]
        notes.append(note._replace(annotations=(*note.annotations, *spelled)))
    return replace(bar, notes=tuple(notes))


_VIEW_WIDTH = re.compile(r'viewBox="0 0 (\d+)')


def _widened(tune: Tune, drawing: str) -> str:
    """Return a drawing with room for the half of a fermata that reaches beyond the last bar line."""
    if not any("fermata" in name for voice in tune.voices for bar in voice.bars for name in bar.closing.decorations):
        return drawing
    return _VIEW_WIDTH.sub(lambda match: f'viewBox="0 0 {round(int(match[1]) * 1.01)}', drawing)


def _in_words(change: Change, tune: Tune) -> Change:
    if change.field != "Q":
        return change
    tempo = parse_tempo(str(change.value), tune.unit)
    rate = f"{_SIGNS[Fraction(1, 4)]} = {_rounded(tempo.quarters)}" if tempo.rate else ""
    for beat, sign in _SIGNS.items():
        if tempo.beat == beat:
            rate = f"{sign} = {_rounded(tempo.rate)}"
    return Change(change.index, "T", f"{tempo.words} {rate}".strip())


_SIGNS = {Fraction(1, 8): "♪", Fraction(3, 16): "♪.", Fraction(1, 4): "♩", Fraction(3, 8): "♩."}


def _beats(tempo: Tempo) -> dict[str, Any]:
    """Return how a page shows a rate: its note, the note's dots, and its figure, which is empty without a rate."""
    for name, value in (("half", Fraction(1, 2)), ("quarter", Fraction(1, 4)), ("eighth", Fraction(1, 8))):
        for dots, length in ((0, value), (1, value * 3 / 2)):
            if tempo.beat == length:
                return {"note": name, "dots": dots, "rate": _rounded(tempo.rate)}
    return {"note": "quarter", "dots": 0, "rate": _rounded(tempo.quarters) if tempo.rate else ""}


def _rounded(rate: Fraction) -> str:
    return f"{float(rate):.4g}"


_MEASURE = re.compile(rb"<measure [^>]*?(number=\"[^\"]*\")[^>]*>")


def _lay_out(source: bytes, starts: set[int], new: bytes) -> str:
    """Begin a ``new`` system or page at the measures of these indices, and hide all measure numbers."""
    indices = count()

    def tag(match: re.Match[bytes]) -> bytes:
        start = b"<print new-" + new + b'="yes"/>' if next(indices) in starts - {0} else b""
        return b'<measure implicit="yes" ' + match[1] + b">" + start

    # The first part breaks the lines for all.
    first, end, others = source.partition(b"</part>")
    return (_MEASURE.sub(tag, first) + end + _MEASURE.sub(rb'<measure implicit="yes" \1>', others)).decode()


_PRIVATE = re.compile("[\ue000-\uf8ff]")
_MUSIC_FONT = re.compile(r'font-family="Leipzig" font-size="(\d+)px"')
_ACCIDENTALS = {"\uea63": "𝄫", "\uea64": "♭", "\uea65": "♮", "\uea66": "♯", "\uea67": "𝄪"}


def _spell_out(drawing: str) -> str:
    """Give the accidentals among words as the characters that every font has."""
    drawing = drawing.replace('font-family="Times, serif"', f'font-family="{TEXT_FONT}, Times, serif"')
    if not _PRIVATE.search(drawing):
        return drawing
    # The music font's figures are as wide as they should be at nine sixteenths of their size.
    drawing = _MUSIC_FONT.sub(lambda match: f'font-size="{int(match[1]) * 9 // 16}px"', drawing)
    return _PRIVATE.sub(lambda match: _ACCIDENTALS.get(match[0], ""), drawing)


# Systems ----------------------------------------------------------------------------------------------


def system_starts(bars: Sequence[Bar], scale: float = 1) -> set[int]:
    """Return the indices of the bars that begin a system, ``scale`` times as wide as usual.

    A system holds about four full bars, of one section. Crowded bars are spread over more systems;
    sections of one or two bars join their neighbours.
    """
    starts: set[int] = set()
    for measures in _parts(bars):
        place = 0
        for length in _shares(len(measures)):
            line = measures[place : place + length]
            place += length
            starts |= {part[0] for part in _uncrowded(bars, line, SYSTEM_CAPACITY * scale)}
    return starts


def _parts(bars: Sequence[Bar]) -> list[list[int]]:
    """Return the tune's parts as the bars (indices) that begin their measures; each part begins a system."""
    parts: list[list[int]] = []
    first = 0
    for section in sections(bars):
        measures = [index for index in range(first, section.last + 1) if not completes_measure(bars, index)]
        if not measures:
            # Nothing but a pickup before the sign: it leads the next section.
            continue
        measures[0] = first
        first = section.last + 1
        if parts and (len(measures) <= 2 or len(parts[-1]) <= 2):
            parts[-1] += measures
        else:
            parts.append(measures)
    return parts


def _shares(measures: int) -> list[int]:
    """Return how many measures each system of a part holds: four, or three or five where that evens out."""
    systems = max(1, (measures + 2) // BARS_PER_SYSTEM)
    shares = [BARS_PER_SYSTEM] * systems
    over = measures - sum(shares)
    step = 1 if over > 0 else -1
    for place in range(abs(over)):
        shares[-1 - place % systems] += step
    return shares


def _uncrowded(bars: Sequence[Bar], line: list[int], capacity: float) -> list[list[int]]:
    """Return a system's measures as they are, or in halves where they would be crowded."""
    weight = sum(len(bars[index].notes) + 1.5 for index in range(line[0], line[-1] + 1)) if line else 0
    if weight <= capacity or len(line) < 2:
        return [line] if line else []
    middle = (len(line) + 1) // 2
    return _uncrowded(bars, line[:middle], capacity) + _uncrowded(bars, line[middle:], capacity)
