"""Tunes as MusicXML, plain and compressed."""

import io
import re
import zipfile

from folkrnn.export.tablature import Tablature, with_tablature
from folkrnn.notation import Tune
from folkrnn.score.build import tune_musicxml
from folkrnn.score.explicit import explicit

_BRACKET_ALONE = re.compile(rb'(<barline location="[a-z]+">)(\s*)(?=<ending [^>]*/>\s*</barline>)')
"""A bar line of which only the bracket of an ending is said; programs ask for its shape."""

_DATE = re.compile(rb"\s*<encoding-date>[^<]*</encoding-date>")


def to_musicxml(tune: Tune, tablature: Tablature | None = None) -> bytes:
    """Return a tune as an uncompressed MusicXML 4.0 document, the same bytes whatever the day.

    Raises ScoreError where music21 cannot represent the tune, and ExportError where tablature cannot show it.
    """
    source = _DATE.sub(b"", tune_musicxml(explicit(tune)))
    return with_tablature(_BRACKET_ALONE.sub(rb"\1\2<bar-style>regular</bar-style>\2", source), tablature)


_CONTAINER = b"""<?xml version="1.0" encoding="UTF-8"?>
<container>
  <rootfiles>
    <rootfile full-path="score.musicxml" media-type="application/vnd.recordare.musicxml+xml"/>
  </rootfiles>
</container>
"""

_MIME_TYPE = b"application/vnd.recordare.musicxml"
_NO_DATE = (1980, 1, 1, 0, 0, 0)


def to_mxl(tune: Tune, tablature: Tablature | None = None) -> bytes:
    """Return a tune as compressed MusicXML (``.mxl``), the same bytes whatever the day.

    It is a ZIP archive whose first file, not compressed, names its type (MusicXML 4.0, "Compressed .mxl files").
    Raises what ``to_musicxml`` raises.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (
            ("mimetype", _MIME_TYPE),
            ("META-INF/container.xml", _CONTAINER),
            ("score.musicxml", to_musicxml(tune, tablature)),
        ):
            stored = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name, _NO_DATE), content, stored)
    return buffer.getvalue()
