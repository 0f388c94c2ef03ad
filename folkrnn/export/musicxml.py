"""Tunes as MusicXML."""

import re

from folkrnn.notation import Tune
from folkrnn.score.build import musicxml, to_score

_DATE = re.compile(rb"\s*<encoding-date>[^<]*</encoding-date>")


def to_musicxml(tune: Tune) -> bytes:
    """Return a tune as an uncompressed MusicXML 4.0 document, the same bytes whatever the day.

    Raises ScoreError where music21 cannot represent the tune.
    """
    return _DATE.sub(b"", musicxml(to_score(tune)))
