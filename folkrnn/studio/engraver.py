"""What the processes that draw do: drawings for the page, music21's judgement, files, and tunes from other files.

    python -m folkrnn.studio.engraver    answers requests until its standard input ends

Each does one thing at a time, on its main thread.
"""

import io
import re
import zipfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from folkrnn.export.voices import VOICES
from folkrnn.studio.arranging import Arrangement
from folkrnn.studio.frames import Message
from folkrnn.studio.readings import finding_rows, readable
from folkrnn.studio.worker import Line, serve

PIXELS = 900
"""How wide a drawing of the usual width is on a screen: a staff is 32 pixels high then."""

NARROWEST, WIDEST = 0.3, 1.5
"""The least and the greatest width of a drawing, in usual ones."""

_NOTES = ("note", "rest", "bar_rest", "chord", "old_chord")

_WARM = "X:1\nT:Warm\nR:reel\nM:4/4\nL:1/8\nK:D\n|:DEFG A2F2|G2E2 D4:|\n"


def voices() -> dict[str, Any]:
    """Return the instruments of the player, by name."""
    return {name: {"kind": type(voice).__name__, **asdict(voice)} for name, voice in VOICES.items()}


def draw(request: Message, _: bytes) -> tuple[Message, bytes]:
    """Return the drawing of the first tune of a text, what a player needs of it, and where its notes are written."""
    # What draws loads after the process has told what it knows without it.
    from folkrnn.export.engraving import to_svg
    from folkrnn.export.page import performance_data, shared_drawing
    from folkrnn.export.performance import perform
    from folkrnn.export.sound import check_length

    arrangement = Arrangement.of(request)
    tune = readable(request["abc"])[0]
    sounding = arrangement.sounding(tune)
    performance = perform(sounding)
    check_length(performance)
    scale = min(max(request["width"] / PIXELS / request["scale"], NARROWEST), WIDEST)
    drawing, glyphs = shared_drawing(to_svg(arrangement.written(sounding), arrangement.tablature, scale))
    definitions = f"<defs>{''.join(glyphs.values())}</defs>"
    return {
        "svg": re.sub(r"<svg[^>]*>", lambda tag: tag[0] + definitions, drawing, count=1),
        "performance": performance_data(performance),
        "places": _places(tune, request["abc"]),
        "bars": tune.bar_count,
    }, b""


def _places(tune: Any, text: str) -> dict[str, Any]:
    """Return where each note is written in the text; ``end_column`` is that after it, where the lexer tells."""
    from folkrnn.notation.lexer import TOKEN, split_lines
    from folkrnn.notation.places import written_notes

    lines = split_lines(text)
    found: dict[str, Any] = {}
    for place, note in written_notes(tune):
        bar = tune.voices[place.voice].bars[place.bar]
        found[place.id] = {"line": note.line, "column": note.column, "bar": bar.number}
        if 0 < note.line <= len(lines):
            token = TOKEN.match(lines[note.line - 1], note.column - 1)
            if token and token.lastgroup in _NOTES:
                found[place.id]["end_column"] = token.end() + 1
    return found


def validate(request: Message, _: bytes) -> tuple[Message, bytes]:
    """Return whether the first tune of a text is playable for two independent readers, and what they find."""
    from folkrnn.validation import validate_tune

    report = validate_tune(readable(request["abc"])[0])
    return {"playable": report.playable, "findings": finding_rows(report.findings)}, b""


def export(request: Message, _: bytes) -> tuple[Message, bytes]:
    """Return the name of a file of tunes in a format, and its content; several files come in an archive."""
    from folkrnn.export import ExportSettings, PlaybackSettings, SetSettings, contents_of, file_names, plan_outputs
    from folkrnn.export.formats import format_named, writable
    from folkrnn.export.settings import BookLayout

    arrangement = Arrangement.of(request["options"])
    title, as_set = request["title"], request["set"]
    read = [tune for text in request["texts"] for tune in readable(text)]
    tunes = [arrangement.written(arrangement.sounding(tune)) for tune in read]
    format = writable(format_named(request["format"]))
    settings = ExportSettings(
        PlaybackSettings(ornaments=not arrangement.plain),
        BookLayout(title="" if as_set else title),
        tablature=arrangement.tablature,
        set=SetSettings(title) if as_set else None,
    )
    name = file_names([title or (tunes[0].title if len(tunes) == 1 else "tunes")])[0]
    outputs = plan_outputs(tunes, [format], Path(), name=name, settings=settings)
    files = [(path.name, content) for path, content in contents_of(outputs, settings)]
    if len(files) == 1:
        return {"name": name + Path(files[0][0]).suffix}, files[0][1]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as into:
        for file, content in files:
            into.writestr(file, content)
    return {"name": f"{name}.zip"}, archive.getvalue()


def import_(request: Message, content: bytes) -> tuple[Message, bytes]:
    """Return the tune of a MusicXML or MIDI file as ABC, and what was found in reading it."""
    from folkrnn.importing import import_tune
    from folkrnn.notation import write_tune

    tune = replace(import_tune(content, request["name"]), source="")
    return {"abc": write_tune(tune, 1), "findings": finding_rows(tune.findings)}, b""


def main() -> None:
    """Tell what is known at once, load what draws, and answer requests."""
    line = Line()
    line.tell({"event": "about", "voices": voices()})
    draw({"abc": _WARM, "width": PIXELS, "scale": 1}, b"")  # the first drawing takes much longer than others
    line.tell({"event": "ready"})
    serve(line, {"draw": draw, "validate": validate, "export": export, "import": import_})


if __name__ == "__main__":
    main()
