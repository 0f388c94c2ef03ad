"""Tunes as one HTML page that plays itself, without a network: ``folkrnn.player`` with scores and performances.

    page_entry(tune, …)      what the page shows and plays of a tune.
    player_page(entries, …)  the page.
    to_html(tunes, …)        both.
    set_part, set_page       the same for the tunes of a set, which have one player.

The drawings name their notes by their places, and so do the performances: the player lights what sounds by our own
times, whatever the tempo, the repeats and the swing.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from functools import cache
from hashlib import sha256
from typing import Any

from jinja2 import Environment, Template
from markupsafe import Markup

from folkrnn import player
from folkrnn.export.engraving import to_svg
from folkrnn.export.performance import Performance, Piece, PlayedBar, perform
from folkrnn.export.rendering import PerformedBar, PlaybackSettings, column_lengths
from folkrnn.export.sets import perform_set, set_heading
from folkrnn.export.settings import DEFAULT_SETTINGS, ExportSettings, SetSettings
from folkrnn.export.sound import check_length, loudness, part_places
from folkrnn.export.voices import VOICES, voice_name
from folkrnn.notation import Tune
from folkrnn.notation.articles import shown_title
from folkrnn.notation.pitch import STEPS, Pitch
from folkrnn.notation.places import written_notes
from folkrnn.notation.ranges import written_for
from folkrnn.score.build import printable

CONCERT = "concert pitch"
"""The name of the part for instruments that sound as written."""


def to_html(tunes: Sequence[Tune], settings: ExportSettings = DEFAULT_SETTINGS) -> bytes:
    """Return tunes as a page that plays them. Raises what ``page_entry`` raises."""
    return player_page([page_entry(tune, number, settings) for number, tune in enumerate(tunes, 1)], settings)


def page_entry(tune: Tune, number: int, settings: ExportSettings = DEFAULT_SETTINGS) -> dict[str, Any]:
    """Return what a page shows and plays of a tune, its ``number`` there counted from 1, for ``player_page``.

    Raises ScoreError where music21 cannot represent the tune, and ExportError where verovio cannot draw it or it
    lasts more than an hour.
    """
    performance = _uncounted(tune, settings.playback)
    check_length(performance)
    drawings, glyphs = _drawings(tune, number, settings)
    return {
        "titles": _titles(tune),
        "facts": _facts(tune),
        "drawings": drawings,
        "glyphs": glyphs,
        "performance": performance_data(performance),
    }


def set_part(tune: Tune, number: int, settings: ExportSettings) -> dict[str, Any]:
    """Return what the page of a set shows and plays of its tune of a number, counted from 1, for ``set_page``.

    Raises what ``page_entry`` raises, but for the length.
    """
    playback = settings.set.played(number, settings.playback) if settings.set else settings.playback
    drawings, glyphs = _drawings(tune, number, settings, f"{piece_name(number)}-")
    return {
        "titles": _titles(tune),
        "facts": _facts(tune),
        "drawings": drawings,
        "glyphs": glyphs,
        "performance": _uncounted(tune, playback),
    }


def set_page(parts: Sequence[dict[str, Any]], settings: ExportSettings = DEFAULT_SETTINGS) -> bytes:
    """Return the page of a set of what ``set_part`` made: its tunes below each other, with one player.

    Raises ExportError if the set lasts more than an hour.
    """
    plan = settings.set or SetSettings()
    heading = set_heading(plan, [part["titles"][0] for part in parts], settings.playback)
    performance = perform_set([part["performance"] for part in parts], plan.name)
    check_length(performance)
    whole = {
        "titles": [printable(line) for line in heading],
        "facts": "",
        "drawings": [
            (kind, Markup("").join(_headed(part, place) for part in parts))
            for place, (kind, _) in enumerate(parts[0]["drawings"])
        ],
        "glyphs": {name: shape for part in parts for name, shape in part["glyphs"].items()},
        "performance": performance_data(performance),
    }
    return player_page([whole], replace(settings, book=replace(settings.book, title="")))


def _headed(part: dict[str, Any], place: int) -> Markup:
    """Return the drawing at a place of a tune of a set, below the title of the tune."""
    title = Markup('<h3>{} <span class="facts">{}</span></h3>').format(part["titles"][0], part["facts"])
    return title + Markup(part["drawings"][place][1])


def _uncounted(tune: Tune, playback: PlaybackSettings) -> Performance:
    """Return a performance without a count-in: the page counts in by itself, wherever one begins."""
    return perform(tune, replace(playback, count_in=0))


def _titles(tune: Tune) -> list[str]:
    return [printable(shown_title(title)) for title in tune.all_fields("T") if title] or ["Untitled"]


def _facts(tune: Tune) -> str:
    facts = tune.rhythm, str(tune.key), tune.field("P"), tune.field("C"), tune.origin
    return ", ".join(filter(None, map(printable, facts)))


def _drawings(
    tune: Tune, number: int, settings: ExportSettings, prefix: str = ""
) -> tuple[list[tuple[str, str]], dict[str, str]]:
    """Return the drawings of a tune with the names of their parts, and the glyphs that these share.

    ``prefix`` begins the names of notes, after the number of the drawing.
    """
    parts = {CONCERT: tune, **{f"{part.replace('b', '♭')} part": written_for(tune, part) for part in settings.parts}}
    glyphs: dict[str, str] = {}
    drawings = []
    for place, (part, each) in enumerate(parts.items()):
        drawing, used = shared_drawing(to_svg(each), f"t{len(parts) * number + place}-{prefix}")
        glyphs |= used
        drawings.append((part, drawing))
    return drawings, glyphs


def player_page(entries: Sequence[dict[str, Any]], settings: ExportSettings = DEFAULT_SETTINGS) -> bytes:
    """Return the page of what ``page_entry`` made."""
    table = {name: {"kind": type(voice).__name__, **asdict(voice)} for name, voice in VOICES.items()}
    options = {"voices": table, "countIn": settings.playback.count_in}
    script = f"{player.script()}\nwindow.folkrnn = mount(document.body, {_json(options)});\n"
    glyphs = {name: shape for entry in entries for name, shape in entry["glyphs"].items()}
    tunes = [
        {
            **entry,
            "drawings": [(part, Markup(drawing)) for part, drawing in entry["drawings"]],
            "performance": Markup(_json(entry["performance"])),
        }
        for entry in entries
    ]
    title = settings.book.title or (tunes[0]["titles"][0] if len(tunes) == 1 else "Tunes")
    page = _template().render(
        title=printable(title),
        tunes=tunes,
        glyphs=Markup("".join(glyphs.values())),
        style=Markup(player.style()),
        script=Markup(script),
        # The page runs this script and no other, whatever a tune says.
        script_hash=b64encode(sha256(script.encode()).digest()).decode(),
    )
    return page.encode()


@cache
def _template() -> Template:
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)
    return environment.from_string(player.template())


def _json(data: Any) -> str:
    """Return data as JSON that may stand in a script of a page: no text in it ends the script or begins a comment."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c")


# Drawings ---------------------------------------------------------------------------------------------

_STYLE = re.compile(r"<style.*?</style>|<desc>.*?</desc>", re.DOTALL)
_DEFS = re.compile(r"<defs>(.*?)</defs>", re.DOTALL)
_GLYPH = re.compile(r'<g id="(\w+)-\w+">(.*?)</g>', re.DOTALL)
_USE = re.compile(r'xlink:href="#(\w+)-\w+"')
_ID = re.compile(r' id="(v\d+-b\d+-l\d+-n\d+[^"]*)?[^"]*"')


def shared_drawing(drawing: str, prefix: str = "") -> tuple[str, dict[str, str]]:
    """Return a drawing for a page that holds others, and its glyphs, which all drawings of the page share.

    The ids of its notes begin with ``prefix``; it has no others. There is no style in it, so that a page may forbid all
    but its own.
    """
    glyphs = {
        name: f'<g id="{name}">{shape}</g>'
        for definitions in _DEFS.findall(drawing)
        for name, shape in _GLYPH.findall(definitions)
    }
    drawing = _DEFS.sub("", _STYLE.sub("", drawing)).replace(' color="black"', "")
    drawing = _ID.sub(lambda match: f' id="{prefix}{match[1]}"' if match[1] else "", drawing)
    return _USE.sub(r'href="#\1"', drawing), glyphs


# Performances -----------------------------------------------------------------------------------------


def performance_data(performance: Performance) -> dict[str, Any]:
    """Return a performance as the player takes it, with times in seconds to a tenth of a millisecond."""
    names = sorted({voice_name(note.program) for note in performance.notes})
    pieces = performance.pieces or (Piece(0, performance),)
    prefixes = [f"{piece_name(number)}-" if performance.pieces else "" for number in range(1, len(pieces) + 1)]
    passed = [prefix for prefix, piece in zip(prefixes, pieces, strict=True) for _ in piece.performance.passages]
    written = [
        (f"{prefix}{place.id}", note)
        for prefix, piece in zip(prefixes, pieces, strict=True)
        for place, note in written_notes(piece.performance.tune)
    ]
    return {
        "seconds": _rounded(performance.seconds),
        "parts": [
            {"name": printable(part.name), "place": round(place, 3)}
            for part, place in zip(performance.parts, part_places(performance), strict=True)
        ],
        "voices": names,
        "notes": [
            [
                _rounded(note.onset),
                _rounded(note.length),
                round(note.exact_pitch, 3),
                round(loudness(performance, note), 3),
                note.part,
                names.index(voice_name(note.program)),
            ]
            for note in performance.notes
        ],
        "passages": [
            [f"{prefix}{each.place.id}", _rounded(each.onset), _rounded(each.onset + each.length), each.number]
            for prefix, each in zip(passed, performance.passages, strict=True)
        ],
        "bars": [
            _bar_data(bar, column, length)
            for bar, (column, length) in zip(performance.bars, _columns(pieces), strict=True)
        ],
        "names": {name: ", ".join(map(spoken, note.pitches)) for name, note in written if note.pitches},
        "pieces": [
            [_rounded(performance.delay(piece)), _titles(piece.performance.tune)[0]] for piece in performance.pieces
        ],
    }


def piece_name(number: int) -> str:
    """Return what begins the names of the notes of a tune of a set; its ``number`` is counted from 1."""
    return f"s{number}"


def _columns(pieces: Sequence[Piece]) -> Iterator[tuple[PerformedBar, float]]:
    """Yield the bars of pieces with their lengths in whole notes, in the order in which they are played."""
    for piece in pieces:
        lengths = column_lengths(piece.performance.tune)
        for index, column in zip(piece.performance.order, piece.performance.columns, strict=True):
            yield column, float(lengths[index])


def _bar_data(bar: PlayedBar, column: PerformedBar, length: float) -> list[Any]:
    """Return a bar that is ``length`` whole notes long, as the player takes it."""
    full = float(column.bar.meter.bar or 0) or length
    return [
        bar.printed,
        bar.number,
        _rounded(bar.onset),
        _rounded(bar.length),
        [[_rounded(beat), int(first)] for beat, first in bar.beats],
        _rounded(bar.length * full / length if length else 0.0),
    ]


def _rounded(seconds: float) -> float:
    return round(seconds, 4)


_SPOKEN = {-2: " double flat", -1: " flat", 0: "", 1: " sharp", 2: " double sharp"}


def spoken(pitch: Pitch) -> str:
    """Return what a pitch is called when it is read aloud: ``F sharp 5``; microtones are raised or lowered."""
    if isinstance(pitch.alter, int):
        return f"{STEPS[pitch.step]}{_SPOKEN[pitch.alter]} {pitch.octave}"
    return f"{STEPS[pitch.step]} {'raised' if pitch.alter > 0 else 'lowered'} {pitch.octave}"
