"""Validate our MusicXML by the MusicXML 4.0 schema, and read it back with music21.

The schema is not part of this project: give the path of musicxml_4_0.xsd, which the PyPI package musicxml holds. The
PyPI package xmlschema must be installed.
"""

import argparse
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import music21
import xmlschema
from judge_reader import playable_tunes

from folkrnn.export.musicxml import to_musicxml
from folkrnn.notation import Tune

XML = "http://www.w3.org/XML/1998/namespace"


def written(tune: Tune) -> list[tuple[Fraction, tuple[int, ...]]]:
    """Return (onset in whole notes, MIDI numbers) of the notes as written, without rests."""
    return list(_placed((note.duration, tuple(sorted(p.midi for p in note.pitches))) for note in tune.notes()))


def read_back(content: bytes) -> list[tuple[Fraction, tuple[int, ...]]]:
    """Return the same of a MusicXML document, as music21 reads it, without grace notes."""
    score = music21.converter.parse(content.decode(), format="musicxml")
    elements = score.parts[0].flatten().notesAndRests
    lengths = (
        (Fraction(each.quarterLength) / 4, tuple(sorted(p.midi for p in getattr(each, "pitches", ()))))
        for each in elements
        if not each.duration.isGrace and not isinstance(each, music21.harmony.ChordSymbol)
    )
    return list(_placed(lengths))


def _placed(lengths: Iterator[tuple[Fraction, tuple[int, ...]]]) -> Iterator[tuple[Fraction, tuple[int, ...]]]:
    now = Fraction(0)
    for length, pitches in lengths:
        if pitches:
            yield now.limit_denominator(1000), pitches
        now += length


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("schema", type=Path)
    parser.add_argument("--count", type=int, default=200)
    options = parser.parse_args()
    every = [tune for name in ("oneills1850", "ryansMammoth", "airdsAirs") for tune, _ in playable_tunes(name)]
    tunes = every[:: len(every) // options.count][: options.count]
    schema = xmlschema.XMLSchema(
        str(options.schema), locations={XML: str(options.schema.with_name("xml.xsd"))}, allow="local"
    )
    valid = same = 0
    for tune in tunes:
        content = to_musicxml(tune)
        fault = next(iter(schema.iter_errors(content.decode())), None)
        valid += fault is None
        back = read_back(content) == written(tune)
        same += back
        if fault is not None or not back:
            print(f"{tune.source}:{tune.line} {tune.title}: {fault.reason if fault else 'other notes read back'}")
    print(f"{valid} of {len(tunes)} are valid; music21 reads the same notes back from {same}")


if __name__ == "__main__":
    main()
