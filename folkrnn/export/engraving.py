"""Tunes as engraved pages: verovio draws the music from MusicXML, typst sets it on pages.

verovio's ABC importer is never used: it can bring the whole process down. Lengths are in verovio's
units, of which a staff is 72 high.
"""

import html
import json
import os
import re
import threading
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from functools import cache
from importlib.resources import files
from itertools import accumulate, count
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

import verovio

from folkrnn.errors import ExportError, FolkrnnError
from folkrnn.export import holes, verses
from folkrnn.export.ordering import filling_order
from folkrnn.export.outlines import outlines
from folkrnn.export.settings import BOTTOM, GUTTER, MARGIN, PAPERS, TOP, BookLayout
from folkrnn.export.spacing import TEXT_SIZE, WORD_GAP, Extent, extents, has_words, head
from folkrnn.export.systems import (
    CLEF_WIDTH,
    SYSTEM_WIDTH,
    body_titles,
    cut_long,
    least_width,
    planned_bars,
    system_starts,
    words_may_crowd,
)
from folkrnn.export.tablature import Tablature, with_graces, with_tablature
from folkrnn.export.tunebooks import incipit, notes, title_index
from folkrnn.export.verses import LINE_STEP, text_width
from folkrnn.notation import Bar, Change, Note, Tune
from folkrnn.notation.articles import shown_title, sort_key
from folkrnn.notation.limits import LONGEST_TEXT, shortened
from folkrnn.notation.places import Place
from folkrnn.notation.rhythms import rhythm_named
from folkrnn.notation.tempo import Tempo, parse_tempo
from folkrnn.notation.tune import Marks
from folkrnn.score.build import printable, tune_musicxml
from folkrnn.score.jumps import read_jump
from folkrnn.score.measures import staves, without_unprinted

ABOVE, BELOW = 4, 2
"""The space above and below a drawing: the letters of words are higher than in the typeface that verovio knows."""

PLAIN_HEIGHT = 180 + ABOVE + BELOW
"""The height of a system with nothing far above or below its staff."""

MAX_SQUEEZE = 1.6
"""How many times as wide as the page the music is drawn, at most, for a measure whose words need the room."""

BRACE_WIDTH = 46
"""How far a brace or a bracket reaches to the left of its staves, at most."""

TEXT_FONT = "Libertinus Serif"
"""The typeface of titles and of words among the notes, which comes with typst."""

TITLE_SIZE = 52
"""The height of the type of titles within a drawing."""

TYPE_IN_MILLIMETRES = 3.7
"""The height of the type of words below a tune of a book."""

SYSTEM_GAP = 40
"""The space between two blocks of a drawing."""

PLAIN_GAP, TALL_GAP, TUNE_GAP = 0.4, 2.0, 6.0
"""The room between two systems of a book, where words stand on one of them, and between two tunes, in millimetres."""

POINT = 25.4 / 72
"""A point in millimetres."""

SPARE = 30.0
"""How much a tune must be lower than a page, by rough heights in millimetres, not to be measured."""

PIXELS_PER_INCH = 200.0
"""The resolution of pictures."""

STAFF_SPACING, TAB_SPACING = 12, 6
"""The least space between two staves, and beside tablature, in half spaces of a staff; 12 is what verovio takes."""

DEFAULT_LAYOUT = BookLayout()

_OPTIONS = {
    "adjustPageHeight": True,
    "breaks": "encoded",
    "footer": "none",
    "header": "none",
    "lyricTopMinMargin": 4.0,
    "minLastJustification": 0.25,
    "pageHeight": 60000,
    "pageMarginBottom": BELOW,
    "pageMarginLeft": 0,
    "pageMarginRight": 0,
    "pageMarginTop": ABOVE,
    "smuflTextFont": "none",
    "spacingStaff": STAFF_SPACING,
    "svgFormatRaw": True,
    "svgViewBox": True,
}


def to_svg(tune: Tune, tablature: Tablature | None = None, scale: float = 1) -> str:
    """Return a tune's music, without its title, as one SVG drawing that needs no music font.

    It is ``scale`` times as wide as usual, with fewer bars in a system where it is narrow. Each note, rest and note of
    a chord has the id of its ``notation.places.Place`` in the tune.

    Raises ScoreError where music21 cannot represent the tune and ExportError where verovio cannot draw it.
    """
    tune = holes.stacked(tune)
    titles = body_titles(planned_bars(tune))
    drawings = _draw(tune, scale=scale, tablature=tablature)
    width = round(SYSTEM_WIDTH * scale)
    if len(drawings) != len({0, *titles}):
        raise ExportError(f"tune {tune.number} {tune.title!r} is too long for one drawing; export it as PDF")
    words = verses.in_columns(verses.verses(tune), width / TEXT_SIZE)
    drawing = drawings[0]
    if titles or words:
        drawing = _stacked([titles.get(first, []) for first in sorted({0, *titles})], drawings, words, width)
    # A browser shows the title of a drawing as its description.
    return re.sub(
        r"<svg[^>]*>", lambda tag: f"{tag[0]}\n   <title>{_escape(shown_title(tune.title))}</title>", drawing, count=1
    )


def _stacked(
    titles: Sequence[Sequence[str]], drawings: Sequence[str], words: list[list[verses.Verse]], page: int
) -> str:
    """Return drawings, ``page`` wide, one below the other as one, each below its titles, with words at the end."""
    parts, y = [], 0.0
    for above, drawing in zip(titles, drawings, strict=True):
        for title in above:
            for line in verses.wrapped(title, page / TITLE_SIZE):
                y += 1.4 * TITLE_SIZE
                bold = f'x="{page // 2}" y="{y:.0f}" text-anchor="middle" font-weight="bold"'
                parts.append(f'<text {bold} font-size="{TITLE_SIZE}">{_escape(line)}</text>')
        y += TEXT_SIZE if above else 0
        width, height = _size(drawing)
        height *= page / width
        place = f'<svg x="0" y="{y:.0f}" width="{page}" height="{height:.0f}"'
        parts.append(drawing.replace("<svg", place, 1))
        y += height + SYSTEM_GAP
    if words:
        texts, height = verses.draw(words, page, TEXT_SIZE)
        parts.append(f'<g transform="translate(0, {y:.0f})">{texts}</g>')
        y += height
    return (
        f'<svg viewBox="0 0 {page} {y:.0f}" version="1.1" xmlns="http://www.w3.org/2000/svg" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink" font-family="{TEXT_FONT}, Times, serif" '
        f'font-size="{TEXT_SIZE}" fill="currentColor">{"".join(parts)}</svg>'
    )


def _size(drawing: str) -> tuple[float, float]:
    """Return the width and the height of a drawing."""
    match = re.search(r'viewBox="0 0 (\S+) (\S+)"', drawing)
    return (float(match[1]), float(match[2])) if match else (1.0, 0.0)


def _escape(text: str) -> str:
    return html.escape(printable(text), quote=False)


def to_png(tune: Tune, layout: BookLayout = DEFAULT_LAYOUT, tablature: Tablature | None = None) -> bytes:
    """Return a tune with its title as a PNG picture, as high as its content.

    Raises what ``book_entry`` and ``typeset_book`` raise.
    """
    return _compiled([book_entry(tune, layout, tablature)], layout, "png")


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

    heights = [_height(each, layout) for each in entries]
    if layout.fill:
        order = filling_order(heights, layout.text_height, TUNE_GAP)
        entries, heights = [entries[place] for place in order], [heights[place] for place in order]
    numbers = _numbers([each["number"] for each in entries], as_set=bool(layout.heading))
    width, height = PAPERS[layout.paper]
    data = {
        "title": layout.title
        or next(iter(layout.heading), "")
        or (entries[0]["titles"][0] if len(entries) == 1 else "Tunes"),
        "heading": list(layout.heading) if format == "pdf" else [],
        "cover": bool(layout.title) and format == "pdf",
        "contents": layout.contents and format == "pdf",
        "index": _index(entries) if layout.index and format == "pdf" else [],
        "titles": title_index(entries) if layout.index and format == "pdf" else [],
        "incipits": layout.incipits,
        "zoom": layout.type_scale,
        "title-size": layout.title_size,
        "font": TEXT_FONT,
        "picture": format == "png",
        "page": {"width": width, "height": height, "x": MARGIN, "top": TOP, "bottom": BOTTOM},
        "columns": layout.columns if format == "pdf" else 1,
        "gutter": GUTTER,
        "text": {"width": layout.text_width, "height": layout.text_height},
        "tunes": [
            {**each, "number": number, "short": height + SPARE < layout.text_height, **_files(each, place)}
            for place, (each, number, height) in enumerate(zip(entries, numbers, heights, strict=True))
        ],
    }
    with _gate(f"a {format.upper()}"), TemporaryDirectory() as folder:
        # As data, never as markup: a title may look like typst code. Drawings in the data would be copied often.
        Path(folder, "book.json").write_text(json.dumps(_shortened(data)), encoding="utf-8")
        for name, drawing in _drawing_files(entries):
            Path(folder, name).write_text(drawing, encoding="utf-8")
        page = Path(folder, "book.typ")
        page.write_bytes(_page())
        return bytes(typst.compile(str(page), root=folder, format=format, ppi=PIXELS_PER_INCH))


def _shortened(data: Any) -> Any:
    """Return data for typst with no text longer than LONGEST_TEXT."""
    if isinstance(data, str):
        return shortened(data, LONGEST_TEXT)
    if isinstance(data, dict):
        return {name: _shortened(value) for name, value in data.items()}
    return [_shortened(value) for value in data] if isinstance(data, list | tuple) else data


def _files(entry: dict[str, Any], place: int) -> dict[str, Any]:
    """Return the systems of the tune at a place in a book, with the names of files instead of drawings."""
    return {
        "systems": [
            {"titles": system["titles"], "tall": system["tall"], "file": f"{place}-{number}.svg"}
            for number, system in enumerate(entry["systems"])
        ]
    }


def _drawing_files(entries: Sequence[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield the drawings of tunes, each after the name of its file."""
    for place, entry in enumerate(entries):
        for named, system in zip(_files(entry, place)["systems"], entry["systems"], strict=True):
            yield named["file"], system["svg"]


def _height(entry: dict[str, Any], layout: BookLayout) -> float:
    """Return about how high a tune is in a book, in millimetres."""

    def lines(texts: Iterable[str], size: float) -> float:
        return sum(ceil(text_width(text) * size / layout.text_width) for text in texts) * LINE_STEP * size

    size = TYPE_IN_MILLIMETRES * layout.type_scale
    music = 0.0
    for system in entry["systems"]:
        width, height = _size(system["svg"])
        gap = TALL_GAP if system["tall"] else PLAIN_GAP
        music += height / width * layout.text_width + gap + lines(system["titles"], 1.8 * size)
    if layout.incipits:
        return music + 2 * size
    head = lines(entry["titles"][:1], POINT * layout.title_size) + lines(entry["titles"][1:], 1.2 * size) + 2 * size
    verse = max((sum(len(each) + 1 for each in column) for column in entry["words"]), default=0) * LINE_STEP * size
    return head + music + verse + lines((each["text"] for each in entry["notes"]), size)


@cache
def _page() -> bytes:
    """Return the typst source of the page."""
    return files("folkrnn.export").joinpath("book.typ").read_bytes()


def _index(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the places of tunes by rhythm, within a rhythm by key, and within a key by title.

    A rhythm is the same in any spelling; one that the table lacks is shown as it is spelt first. Tunes without a rhythm
    come last.
    """
    names: dict[str, str] = {}
    groups: dict[tuple[bool, str], dict[str, list[int]]] = {}
    for place in sorted(range(len(entries)), key=lambda place: (sort_key(entries[place]["titles"][0]), place)):
        spelt = " ".join(entries[place]["rhythm"].split())
        known = rhythm_named(spelt)
        name = known.name if known else names.setdefault(spelt.casefold(), spelt)
        groups.setdefault((not name, name), {}).setdefault(entries[place]["key"], []).append(place)
    return [
        {"rhythm": rhythm or "other tunes", "keys": [{"key": key, "tunes": keys[key]} for key in sorted(keys)]}
        for (_, rhythm), keys in sorted(groups.items(), key=lambda group: (group[0][0], group[0][1].casefold()))
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


def _numbers(own: Sequence[str], as_set: bool = False) -> Sequence[str]:
    """Return the tunes' own numbers, or running ones in a set and where those repeat; none for a tune alone."""
    if len(own) == 1:
        return [""]
    return own if len(set(own)) == len(own) and not as_set else [str(place) for place in range(1, len(own) + 1)]


def book_entry(tune: Tune, layout: BookLayout = DEFAULT_LAYOUT, tablature: Tablature | None = None) -> dict[str, Any]:
    """Return what a page of a book shows of a tune, for ``typeset_book``.

    Raises ScoreError where music21 cannot represent the tune and ExportError where verovio cannot draw it.
    """
    tempo = parse_tempo(tune.tempo, tune.unit)
    size = TYPE_IN_MILLIMETRES * layout.type_scale
    shown = holes.stacked(incipit(tune) if layout.incipits else tune)
    systems = _systems(shown, layout.scale, layout.incipits, tablature)
    return {
        "number": tune.number,
        "key": str(tune.key),
        "titles": [shown_title(title) for title in tune.all_fields("T") if title] or ["Untitled"],
        "rhythm": tune.rhythm,
        "parts": printable(tune.field("P")),
        "source": ", ".join(part for part in (tune.field("C"), tune.origin) if part),
        "tempo": {"words": printable(tempo.words), **_beats(tempo)},
        "systems": [{**system, "svg": outlines(system["svg"])} for system in systems],
        "words": [] if layout.incipits else verses.in_columns(verses.verses(tune), layout.text_width / size),
        "notes": notes(tune) if layout.notes else [],
    }


def _systems(
    tune: Tune, scale: float, one_system: bool = False, tablature: Tablature | None = None
) -> list[dict[str, Any]]:
    """Return each system's drawing, the titles above it, and whether it is tall."""
    drawings = _draw(tune, scale, separate=True, one_system=one_system, tablature=tablature)
    titles = body_titles(_printed_bars(tune, scale)[0])
    firsts = accumulate((drawing.count('class="measure"') for drawing in drawings), initial=0)
    return [
        {"titles": titles.get(first, []), "svg": drawing, "tall": _is_tall(drawing)}
        for first, drawing in zip(firsts, drawings, strict=False)
    ]


def _is_tall(drawing: str) -> bool:
    """Return whether words, or anything far above or below the staff, reach the edges of a system's drawing."""
    return 'class="verse"' in drawing or _size(drawing)[1] > PLAIN_HEIGHT


# Drawing ----------------------------------------------------------------------------------------------


def _draw(
    tune: Tune,
    scale: float = 1,
    separate: bool = False,
    one_system: bool = False,
    tablature: Tablature | None = None,
) -> list[str]:
    """Return a tune's music as SVG drawings, ``scale`` times as wide as usual.

    Each system has its own where they are ``separate``, and otherwise each block that a title in the music begins.
    Music for ``one_system`` is drawn smaller instead of divided.
    """
    bars, cuts = _printed_bars(tune, scale)
    tune = tune.with_bars(bars) if cuts else tune
    titles = body_titles(bars)
    forced = cuts | {*titles}
    room = extents(bars)
    usual = round(SYSTEM_WIDTH * scale)
    indent = _indent(tune)
    free = scale * (1 - indent / usual)
    starts = system_starts(bars, free, room, forced) | forced
    called = _called(_unmarked(tune_musicxml(_engravable(tune, scale), for_people=False), cuts), bars, cuts)
    source = with_tablature(called, tablature, for_drawing=True)
    with _gate(f"a drawing of tune {tune.number} {tune.title!r}"):
        starts = forced if one_system else starts
        if words_may_crowd(bars, starts, room, free):
            room = _measured(tune, bars, source)
            starts = starts if one_system else system_starts(bars, free, room, forced) | forced
        width = min(max(usual, ceil(indent + least_width(bars, starts, room))), round(MAX_SQUEEZE * usual))
        # Of what MusicXML can ask for, a new page is what gives verovio's systems a drawing each.
        laid_out = _lay_out(source, starts, b"page") if separate else _lay_out(source, starts, b"system", {*titles})
        return _drawings(tune, laid_out, pageWidth=width, spacingStaff=TAB_SPACING if tablature else STAFF_SPACING)


def _printed_bars(tune: Tune, scale: float) -> tuple[tuple[Bar, ...], set[int]]:
    """Return what ``cut_long`` makes of the melody; the bars of several voices stay whole, to keep them in step."""
    return cut_long(tune.bars, scale) if len(tune.voices) == 1 else (planned_bars(without_unprinted(tune)), set())


def _called(source: bytes, bars: Sequence[Bar], cuts: Set[int]) -> bytes:
    """Call the notes of bars that were cut by their places in the tune, which has one voice."""
    if not cuts:
        return source
    begins: list[tuple[int, int]] = []
    for index in range(len(bars)):
        whole, note = begins[-1] if begins else (-1, 0)
        begins.append((whole, note + len(bars[index - 1].notes)) if index in cuts else (whole + 1, 0))

    def name(match: re.Match[bytes]) -> bytes:
        voice, bar, layer, note = map(int, match.groups())
        whole, first = begins[bar]
        return f'id="{Place(voice, whole, layer, first + note).id}'.encode()

    return _NOTE_NAME.sub(name, source)


_NOTE_NAME = re.compile(rb'(?<=<note )id="v(\d+)-b(\d+)-l(\d+)-n(\d+)')


def _drawings(tune: Tune, source: str, **options: Any) -> list[str]:
    """Return the pages that verovio draws."""
    toolkit = _toolkit()
    margin = BRACE_WIDTH if staves(tune)[1] else 0
    toolkit.setOptions({**_OPTIONS, "noJustification": False, "pageMarginLeft": margin, **options})
    toolkit.resetXmlIdSeed(1)  # the same tune is the same drawing, whatever was drawn before
    if not toolkit.loadData(source):
        raise ExportError(f"verovio cannot read tune {tune.number} {tune.title!r}")
    pages = range(1, toolkit.getPageCount() + 1)
    return [_widened(tune, _parted(_spell_out(with_graces(holes.drawn(toolkit.renderToSVG(page)))))) for page in pages]


def _indent(tune: Tune) -> float:
    """Return how far braces and the names of staves reach into a system."""
    found, groups = staves(tune)
    names = (name for staff in found for name in (staff.name, staff.short_name))
    widest = max(map(text_width, names), default=0.0)
    return (BRACE_WIDTH if groups else 0) + (TEXT_SIZE * widest + WORD_GAP if widest else 0)


def _measured(tune: Tune, bars: Sequence[Bar], source: bytes) -> list[Extent]:
    """Return how much room bars need in verovio's drawing of all of them in one system, which nothing presses.

    verovio gives words the room they need, and then presses a system that is too wide until they overlap. So bars
    with words can be pressed no more.
    """
    (drawing,) = _drawings(tune, _lay_out(source, set(), b"page"), noJustification=True, breaks="none")
    widths = [(int(end) - int(start)) / 10 for start, end in _MEASURE_ENDS.findall(drawing)]
    widths[0] -= head(bars[0].key, True)
    return [
        Extent(max(1.0, width), 1.0 if has_words(bar) else room.least)
        for width, bar, room in zip(widths, bars, extents(bars), strict=True)
    ]


_MEASURE_ENDS = re.compile(r'class="measure".*?class="staff"><path d="M(\d+) \d+ L(\d+)', re.DOTALL)


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


def _engravable(tune: Tune, scale: float = 1) -> Tune:
    """Return the printed voices without tempo and titles, which the page shows, and with later tempos as words.

    verovio sets the note in a tempo mark from a font that no other program has, and it breaks no line.
    """
    room = (SYSTEM_WIDTH * scale - CLEF_WIDTH) / TEXT_SIZE

    def shown(change: Change) -> Iterator[Change]:
        if change.field == "P":
            # The first label stands lowest.
            for line in reversed([*verses.wrapped(str(change.value), room)]):
                yield change._replace(value=line)
        elif change.field != "T":
            yield _in_words(change, tune)

    def shown_bar(bar: Bar) -> Bar:
        return replace(_spelled(bar), changes=tuple(new for change in bar.changes for new in shown(change)))

    return replace(
        tune,
        fields=tuple(field for field in tune.fields if field[0] != "Q"),
        voices=tuple(
            replace(voice, bars=tuple(map(shown_bar, voice.bars))) for voice in without_unprinted(tune).voices
        ),
    )


_UNDRAWN = {"slide": "sl.", "thumb": "thumb"}
"""Decorations that verovio does not draw, and the words that stand for them."""


def _spelled(bar: Bar) -> Bar:
    """Return a bar with words for the decorations that verovio does not draw, and with all jumps above the staff."""
    marks: list[Note | Marks] = [*bar.notes, bar.closing]
    if not any(each.annotations or not _UNDRAWN.keys().isdisjoint(each.decorations) for each in marks):
        return bar
    notes = []
    for note in bar.notes:
        spelled = [f"^{_UNDRAWN[name]}" for name in note.decorations if name in _UNDRAWN]
        notes.append(note._replace(annotations=(*map(_above, note.annotations), *spelled)))
    closing = bar.closing._replace(annotations=tuple(map(_above, bar.closing.annotations)))
    return replace(bar, notes=tuple(notes), closing=closing)


def _above(annotation: str) -> str:
    """Return an annotation that stands above the staff if it is a jump: players look for D.S. there."""
    return f"^{annotation[1:]}" if annotation[:1] == "_" and read_jump(annotation) else annotation


_JUMP = re.compile(r'(class="dir \w+"><text x=")(\d+)(" y="-?\d+" text-anchor="end")')


def _parted(drawing: str) -> str:
    """Return a drawing in which words of jumps are clear of a chord symbol: verovio ends them where that begins."""
    return _JUMP.sub(lambda match: f"{match[1]}{int(match[2]) - 10 * WORD_GAP}{match[3]}", drawing)


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


_DEGREE = re.compile(rb"<degree print-object=\"no\">.*?</degree>", re.DOTALL)
_MEASURE = re.compile(rb"<measure [^>]*?(number=\"[^\"]*\")[^>]*>")


def _lay_out(source: bytes, starts: set[int], new: bytes, pages: Set[int] = frozenset()) -> str:
    """Begin a ``new`` system or page at the measures of these indices, and hide all measure numbers.

    Those of ``pages`` begin a page in any case. Where there is no break, one before the first measure keeps verovio
    from breaking lines itself.
    """
    indices = count()
    breaks = (starts | pages) - {0} or {0}

    def tag(match: re.Match[bytes]) -> bytes:
        index = next(indices)
        kind = b"page" if index in pages else new
        start = b"<print new-" + kind + b'="yes"/>' if index in breaks else b""
        return b'<measure implicit="yes" ' + match[1] + b">" + start

    # The first part breaks the lines for all. verovio writes a chord's degrees too, though its text has them.
    first, end, others = _DEGREE.sub(b"", source).partition(b"</part>")
    return (_MEASURE.sub(tag, first) + end + _MEASURE.sub(rb'<measure implicit="yes" \1>', others)).decode()


def _unmarked(source: bytes, cuts: Set[int]) -> bytes:
    """Draw no bar lines before the measures of these indices."""
    if not cuts:
        return source
    indices = count(1)

    def end(match: re.Match[bytes]) -> bytes:
        return _NO_BAR_LINE + match[0] if next(indices) in cuts else match[0]

    return re.sub(b"</measure>", end, source)


_NO_BAR_LINE = b'<barline location="right"><bar-style>none</bar-style></barline>'

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
