"""The reader of a tunebook: which lines make up its tunes."""

import re
from dataclasses import replace

from folkrnn.notation.findings import NOTE, Finding
from folkrnn.notation.lexer import Line, classify, split_lines
from folkrnn.notation.reading.lengths import shown
from folkrnn.notation.reading.tune import TuneReader
from folkrnn.notation.tune import Tune

_VERSION = re.compile(r"%abc-(\d+)\.(\d+)")
_OWN_INSTRUCTIONS = ("abc-charset", "abc-creator", "abc-version")
"""Instructions that are about the file, which no other file takes over."""


def read_tunes(text: str, source: str = "") -> list[Tune]:
    """Read every tune of a tunebook.

    Tunes begin at ``X:`` and end at an empty line or the next ``X:``; fields before the first of
    them are the file header and hold for all. A text without any ``X:`` but with a ``K:`` is one
    tune. Whatever cannot be read becomes a finding of its tune; nothing is raised.
    """
    lines = split_lines(text)
    numbered = any(line.startswith("X:") for line in lines)
    version = _VERSION.match(lines[0])
    strict = version is not None and (int(version[1][:4]), int(version[2][:4])) >= (2, 1)
    book: list[Line] = []
    tunes: list[Tune] = []
    reader: TuneReader | None = None
    block = ""  # the name of the text block that is open
    outside: dict[int, Finding] = {}  # what was passed over behind each tune
    for number, raw in enumerate(lines, 1):
        if block:
            if _ends(raw, block):
                block = ""
                if reader is not None:
                    reader.read(classify(number, raw, reader.in_music))
            elif reader is not None:
                reader.read_text(raw)
            continue
        line = classify(number, raw, reader is not None and reader.in_music)
        if line.kind == "directive":
            word = line.text.split(" ", 1)[0].strip()
            if word.startswith("begin"):
                block = word.removeprefix("begin")
            if reader is not None:
                reader.read(line)
            elif not tunes and not block and not line.text.lstrip().startswith(_OWN_INSTRUCTIONS):
                book.append(line)
            continue
        starts = line.kind == "field" and (
            line.letter == "X" or (not numbered and reader is None and line.letter in "TKMLR")
        )
        if starts or line.kind == "blank":
            if reader is not None:
                tunes.append(reader.finish())
                reader = None
            if starts:
                reader = TuneReader(source, line, book, strict)
        elif reader is not None:
            reader.read(line)
        elif line.kind == "field" and not tunes and line.letter in "LMQRUABCDFGHINOSZm":
            if not (line.letter == "I" and line.text.lstrip().startswith(_OWN_INSTRUCTIONS)):
                book.append(line)
        elif tunes and line.kind in ("field", "music") and len(tunes) - 1 not in outside:
            message = f"{shown(line.text)} stands after the empty line that ends the tune, and is left out"
            outside[len(tunes) - 1] = Finding("after-empty-line", NOTE, number, 1, 0, message)
    if reader is not None:
        tunes.append(reader.finish())
    return [_with_finding(tune, outside.get(place)) for place, tune in enumerate(tunes)]


def _ends(raw: str, block: str) -> bool:
    return raw.startswith("%%") and raw[2:].strip().split(" ", 1)[0] == f"end{block}"


def _with_finding(tune: Tune, finding: Finding | None) -> Tune:
    return replace(tune, findings=(*tune.findings, finding)) if finding else tune
