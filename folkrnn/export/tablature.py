"""A staff of tablature for a MusicXML document, under its first staff or in place of it.

    with_tablature(source, …)  the document with the staff
    with_graces(drawing)       verovio's drawing of it, with the frets of grace notes

verovio would give a grace note of tablature the time of a note. So in a document that it draws, ``for_drawing``, the
name of each note says which grace notes stand before it.
"""

import copy
import re
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


def with_tablature(source: bytes, tablature: Tablature | None, for_drawing: bool = False) -> bytes:
    """Return a MusicXML document with tablature for its first part; the same one if none is asked for.

    Grace notes have frets too, unless the instrument lacks one of them. Raises ExportError where no hand can play the
    other notes.
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
    if for_drawing:
        for measure in part.iter("measure"):
            _name_graces(measure)
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
    chords = [chord for chord in _chords(part) if not _is_grace(chord[0]) or _is_playable(chord, strings)]
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
    """Leave only the first line of notes in a measure."""
    others = False
    for element in [*measure]:
        others = others or element.tag == "backup"
        if others and element.tag in ("note", "backup", "forward"):
            measure.remove(element)


def _is_grace(note: Element) -> bool:
    return note.find("grace") is not None


def _is_playable(chord: Sequence[Element], strings: Strings) -> bool:
    try:
        frets([tuple(map(_midi, chord))], strings)
    except NotationError:
        return False
    return True


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


# Grace notes in drawings --------------------------------------------------------------------------------

_CELL, _EDGE = 0.5, 0.14
"""The width of a figure, and of the space beside it, in heights of the type."""

_GRACE_SIZE = 0.7
"""The size of the frets of grace notes, relative to those of other notes."""

_NAMED = re.compile(
    r'<g id="([^"]*?)_g(\d+)((?:-\d+\.\d+)+)" class="note"><text x="(\d+)" y="(\d+)"[^>]*>'
    r'<tspan font-size="(\d+)px">(\d+)</tspan></text>'
)
_STAFF = re.compile(r'(?=<g [^>]*class="staff")')
_STAFF_LINE = re.compile(r'<path d="M(\d+) (\d+) L(\d+) \2" (stroke-width="\d+")/>')


def _name_graces(measure: Element) -> None:
    """Take the grace notes out of a measure, and let the names of the notes after them tell their places."""
    places: list[str] = []
    for note in [*measure.iter("note")]:
        place = note.find("notations/technical")
        if _is_grace(note):
            places += [] if place is None else [f"{place.findtext('string')}.{place.findtext('fret')}"]
            measure.remove(note)
        elif note.find("chord") is None:
            if places and place is not None:
                note.set("id", f"{note.get('id', '')}_g{place.findtext('string')}-{'-'.join(places)}")
            places = []


def with_graces(drawing: str) -> str:
    """Return a drawing with the frets of grace notes, small, before those of the notes that they adorn."""
    if not _NAMED.search(drawing):
        return drawing
    return "".join(map(_figured, _STAFF.split(drawing)))


def _figured(staff: str) -> str:
    """Return the drawing of a staff of one measure, and of what follows it, with the frets of grace notes."""
    heights = sorted({int(height) for _, height, _, _ in _STAFF_LINE.findall(staff)})
    cuts: list[tuple[int, float, float]] = []  # where a line makes room: its height, and from where to where

    def figures(match: re.Match[str]) -> str:
        name, own, graces, x, y, size, fret = match.groups()
        called = f' id="{name}"' if name else ""
        small = _GRACE_SIZE * int(size)
        right = int(x) - int(size) * (_EDGE + _CELL * len(fret) / 2)
        texts = []
        for string, figure in reversed([each.split(".") for each in graces[1:].split("-")]):
            line = heights[int(string) - 1]
            width = small * (_CELL * len(figure) + _EDGE)
            # A figure stands on its line as that of the note does.
            foot = line + (int(y) - heights[int(own) - 1]) * _GRACE_SIZE
            texts.append(
                f'<text x="{right - width / 2:.0f}" y="{foot:.0f}" text-anchor="middle" font-size="0px">'
                f'<tspan font-size="{small:.0f}px">{figure}</tspan></text>'
            )
            cuts.append((line, right - width, right))
            right -= width
        own_text = match[0].partition(">")[2]
        return f'<g{called} class="note">{own_text}{"".join(texts)}'

    staff = _NAMED.sub(figures, staff)
    return _STAFF_LINE.sub(lambda line: _interrupted(line, cuts), staff) if cuts else staff


def _interrupted(line: re.Match[str], cuts: Sequence[tuple[int, float, float]]) -> str:
    """Return a line of a staff with gaps where figures stand."""
    left, height, right = int(line[1]), int(line[2]), int(line[3])
    pieces = []
    for _, begin, end in sorted(cut for cut in cuts if cut[0] == height and cut[1] < right and cut[2] > left):
        pieces.append((left, round(begin)))
        left = round(end)
    pieces.append((left, right))
    return "".join(f'<path d="M{begin} {height} L{end} {height}" {line[4]}/>' for begin, end in pieces if begin < end)
