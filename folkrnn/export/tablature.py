"""A staff of tablature for a MusicXML document, under its first staff or in place of it."""

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from folkrnn.errors import ExportError, NotationError
from folkrnn.notation.fingering import StringFret, frets
from folkrnn.notation.pitch import SEMITONES, STEPS
from folkrnn.notation.tunings import STRINGED, Strings

PART_ID = "TAB"

SIZE_ALONE = "80"
"""The size in per cent of tablature alone: verovio would draw the words above it half as large again."""

_ONCE = ("direction", "harmony", "print", "sound")
"""What is said above the staff of notes, and not again."""

_ON_NOTES = ("accidental", "stem", "notehead", "beam", "lyric")
"""What the notes of a tablature lack under a staff that shows it."""


@dataclass(frozen=True)
class Tablature:
    """Tablature for a fretted instrument, under the staff of the melody, or ``alone``.

    Raises ExportError for an instrument without strings.
    """

    instrument: str
    alone: bool = False

    def __post_init__(self) -> None:
        if self.instrument not in STRINGED:
            raise ExportError(f"{self.instrument!r} has no tablature; expected one of {', '.join(STRINGED)}")


def with_tablature(source: bytes, tablature: Tablature | None) -> bytes:
    """Return a MusicXML document with tablature for its first part; the same one if none is asked for.

    Raises ExportError where no hand can play the notes.
    """
    if tablature is None:
        return source
    start = source.index(b"<score-partwise")
    root = ElementTree.fromstring(source[start:])
    part = root.find("part")
    if part is None:
        return source
    strings = STRINGED[tablature.instrument]
    if not tablature.alone:
        part = _added(root, part)
    for measure in part.iter("measure"):
        _thin_out(measure)
        if not tablature.alone:
            _strip(measure)
    for attributes in part.iter("attributes"):
        for found in attributes.findall("clef"):
            attributes.remove(found)
    _set_strings(next(part.iter("attributes")), strings, tablature.alone)
    _set_frets(part, strings)
    return source[:start] + bytes(ElementTree.tostring(root, encoding="unicode"), "utf-8")


def _added(root: Element, part: Element) -> Element:
    """Add a copy of a part below it, with its name in the list of parts, and return it."""
    parts = root.find("part-list")
    assert parts is not None
    place = [each.tag for each in parts].index("score-part")
    new = Element("score-part", id=PART_ID)
    SubElement(new, "part-name", {"print-object": "no"}).text = "Tablature"
    # Programs that play want to know each part's instrument: it is that of the notes above.
    for each in parts[place]:
        if each.tag in ("score-instrument", "midi-instrument"):
            own = copy.deepcopy(each)
            own.set("id", f"{PART_ID}-I1")
            new.append(own)
    parts.insert(place + 1, new)
    added = copy.deepcopy(part)
    added.set("id", PART_ID)
    for element in added.iter():
        if element is not added:
            element.attrib.pop("id", None)
    root.insert([*root].index(part) + 1, added)
    return added


def _strip(measure: Element) -> None:
    """Leave only notes, lengths and bar lines in a measure."""
    for element in [*measure]:
        if element.tag in _ONCE:
            measure.remove(element)
    for note in measure.iter("note"):
        for element in [*note]:
            if element.tag in _ON_NOTES:
                note.remove(element)
        _unstem(note)
        for notations in note.findall("notations"):
            for element in [*notations]:
                if element.tag == "tuplet":
                    element.attrib.update({"bracket": "no", "show-number": "none"})
                elif element.tag != "tied":
                    notations.remove(element)


def _unstem(note: Element) -> None:
    """Draw no stem: the staff above shows how long the note is."""
    before = [at for at, each in enumerate(note) if each.tag in ("type", "dot", "accidental", "time-modification")]
    stem = Element("stem")
    stem.text = "none"
    note.insert(before[-1] + 1 if before else len(note), stem)


def _set_strings(attributes: Element, strings: Strings, alone: bool) -> None:
    """Say in the first attributes of a part that it is tablature, and how its strings are tuned."""
    clef = Element("clef")
    SubElement(clef, "sign").text = "TAB"
    SubElement(clef, "line").text = "5"
    details = Element("staff-details")
    SubElement(details, "staff-lines").text = str(len(strings.open))
    for line, note in enumerate(reversed(strings.open), 1):
        tuning = SubElement(details, "staff-tuning", line=str(line))
        octave, above = divmod(note, 12)
        SubElement(tuning, "tuning-step").text = STEPS[SEMITONES.index(above)]
        SubElement(tuning, "tuning-octave").text = str(octave - 1)
    if alone:
        SubElement(details, "staff-size").text = SIZE_ALONE
    after = [place for place, each in enumerate(attributes) if each.tag in ("divisions", "key", "time", "staves")]
    attributes[after[-1] + 1 : after[-1] + 1] = [clef, details]


def _set_frets(part: Element, strings: Strings) -> None:
    """Write the string and the fret at each note of a part."""
    chords = [*_chords(part)]
    try:
        found = frets([tuple(_midi(note) for note in chord) for chord in chords], strings)
    except NotationError as error:
        raise ExportError(str(error)) from None
    for chord, places in zip(chords, found, strict=True):
        for note, place in zip(chord, places, strict=True):
            _set_place(note, place)


def _chords(part: Element) -> Iterator[Sequence[Element]]:
    """Yield the notes that sound together, in order."""
    chord: list[Element] = []
    for note in part.iter("note"):
        if note.find("chord") is None and chord:
            yield chord
            chord = []
        if note.find("pitch") is not None:
            chord.append(note)
    if chord:
        yield chord


def _thin_out(measure: Element) -> None:
    """Leave only the first line of notes in a measure, without grace notes: verovio gives those the time of others."""
    others = False
    for element in [*measure]:
        others = others or element.tag == "backup"
        if (others and element.tag in ("note", "backup", "forward")) or element.find("grace") is not None:
            measure.remove(element)


def _midi(note: Element) -> int:
    pitch = note.find("pitch")
    assert pitch is not None
    alter = Fraction(pitch.findtext("alter", "0"))
    step, octave = STEPS.index(pitch.findtext("step", "C")), int(pitch.findtext("octave", "4"))
    return 12 * (octave + 1) + SEMITONES[step] + round(alter)


def _set_place(note: Element, place: StringFret) -> None:
    notations = note.find("notations")
    if notations is None:
        notations = Element("notations")
        lyrics = [at for at, each in enumerate(note) if each.tag == "lyric"]
        note.insert(lyrics[0] if lyrics else len(note), notations)
    technical = notations.find("technical")
    if technical is None:
        technical = SubElement(notations, "technical")
    SubElement(technical, "string").text = str(place.string)
    SubElement(technical, "fret").text = str(place.fret)
