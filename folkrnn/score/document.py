"""A score as a MusicXML document, with what music21 leaves out.

music21 writes a score element by element. What it has no words for is added here to the elements that it writes:
what jumps mean to programs (``<sound>``), syllables that are held, dotted lines within bars, transpositions.
"""

from collections import OrderedDict
from fractions import Fraction
from typing import Any, ClassVar
from xml.etree.ElementTree import Element, SubElement, tostring

import music21 as m21
from music21.musicxml import m21ToXml

from folkrnn.score.harmonies import as_written
from folkrnn.score.marks import Snap, Syllable
from folkrnn.score.signatures import DottedLine, Transposition

_MOST_SLURS = 6
"""The most slurs at once that programs keep apart: MusicXML numbered six of them until version 4."""

_SIGNATURES = m21.clef.Clef, m21.key.KeySignature, m21.meter.TimeSignatureBase, Transposition
"""What belongs to the attributes at the beginning of a measure."""


class _Measure(m21ToXml.MeasureExporter):  # type: ignore[misc]  # music21 has no types
    """One measure."""

    classesToMethods: ClassVar[dict[str, str]] = OrderedDict({
        **m21ToXml.MeasureExporter.classesToMethods,
        DottedLine.__name__: "dotted_line",
        Transposition.__name__: "transposition",
    })  # fmt: skip

    def segnoToXml(self, segno: Any) -> Element:
        return _with_sound(super().segnoToXml(segno), segno)

    def codaToXml(self, coda: Any) -> Element:
        return _with_sound(super().codaToXml(coda), coda)

    def textExpressionToXml(self, teOrRe: Any) -> Element:
        return _with_sound(super().textExpressionToXml(teOrRe), teOrRe)

    def lyricToXml(self, ly: Any) -> Element:
        lyric: Element = super().lyricToXml(ly)
        if isinstance(ly, Syllable) and ly.held:
            SubElement(lyric, "extend")
        return lyric

    def articulationToXmlTechnical(self, articulationMark: Any) -> Element:
        if isinstance(articulationMark, Snap):
            return Element("snap-pizzicato")
        mark: Element = super().articulationToXmlTechnical(articulationMark)
        return mark

    def setBarline(self, barline: Any, position: str) -> Element:
        line: Element = super().setBarline(barline, position)
        if barline is not None and barline.pause is not None:
            place = sum(each.tag == "bar-style" for each in line)
            line.insert(place, Element("fermata", type=barline.pause.type))
        return line

    def setMxAttributesObjectForStartOfMeasure(self) -> Element:
        if self.parent.lastDivisions and not any(isinstance(each, _SIGNATURES) for each in self.stream.elements):
            self.currentDivisions = self.parent.lastDivisions
            return Element("attributes")  # music21 would look through the measure for each kind
        attributes: Element = super().setMxAttributesObjectForStartOfMeasure()
        found = self.stream.getElementsByClass(Transposition).getElementsByOffset(0).first()
        if found is not None:
            if not len(attributes):
                self.xmlRoot.append(attributes)
            attributes.append(self._transpose(found))
        return attributes

    def transposition(self, found: Any) -> None:
        """Write a transposition inside a bar."""
        if self.offsetInMeasure:
            SubElement(self.xmlRoot, "attributes").append(self._transpose(found))

    def keySignatureToXml(self, keyOrKeySignature: Any) -> Element:
        key: Element = super().keySignatureToXml(keyOrKeySignature)
        if key.find("key-step") is not None:
            # music21 writes no accidentals of a signature that is none of the usual ones.
            for alter, pitch in zip(key.findall("key-alter"), keyOrKeySignature.alteredPitches, strict=True):
                sign = self.accidentalToMx(pitch.accidental, elName="key-accidental")
                key.insert([*key].index(alter) + 1, sign)
        return key

    def _transpose(self, found: Any) -> Element:
        element: Element = self.intervalToXmlTranspose(m21.interval.Interval(found.semitones))
        return element

    def dotted_line(self, _: Any) -> None:
        """Write a dotted line within the bar."""
        line = SubElement(self.xmlRoot, "barline", location="middle")
        SubElement(line, "bar-style").text = "dotted"


def _with_sound(direction: Element, source: Any) -> Element:
    """Say in a direction what its source means to programs that play."""
    if source.hasEditorialInformation and (sound := source.editorial.get("sound")):
        SubElement(direction, "sound", sound)
    return direction


def _number_slurs(part: Any) -> None:
    """Give the slurs of a part numbers that no other one has while they last; music21 counts to six and begins again.

    There are six, so a seventh slur at once shares the last one.
    """

    def time(element: Any) -> Fraction:
        return Fraction(element.getOffsetInHierarchy(part))

    slurs = [(time(slur.getFirst()), time(slur.getLast()), slur) for slur in part.getElementsByClass(m21.spanner.Slur)]
    ends: dict[int, Fraction] = {}
    for begin, end, slur in sorted(slurs, key=lambda each: each[:2]):
        free = (number for number in range(1, _MOST_SLURS + 1) if number not in ends or ends[number] < begin)
        slur.idLocal = next(free, _MOST_SLURS)
        ends[slur.idLocal] = max(end, ends.get(slur.idLocal, end))


class _Part(m21ToXml.PartExporter):  # type: ignore[misc]
    """One part."""

    def parse(self) -> Any:
        self.spannerBundle.setIdLocals()
        _number_slurs(self.stream)
        self.instrumentSetup()
        self.xmlRoot.set("id", str(self.firstInstrumentObject.partId))
        for measure in self.stream.getElementsByClass(m21.stream.Measure):
            self.addDividerComment(f"Measure {measure.number}")
            exporter = _Measure(measure, parent=self)
            exporter.spannerBundle = self.spannerBundle
            self.xmlRoot.append(exporter.parse())
        return self.xmlRoot


class _Score(m21ToXml.ScoreExporter):  # type: ignore[misc]
    """A score whose parts sound as they are written; it has neither layouts nor boxes of text."""

    def parse(self) -> Element:
        """Return the document's root. music21 would look through the whole score for what it does not hold."""
        self.parts, self.spannerBundle = list(self.stream.parts), self.stream.spannerBundle
        self._populatePartExporterList()
        self.parsePartlikeScore()
        self.postPartProcess()
        root: Element = self.xmlRoot
        return root

    def _populatePartExporterList(self) -> None:
        for part in self.parts:
            exporter = _Part(part, parent=self)
            exporter.spannerBundle = self.spannerBundle
            self.partExporterList.append(exporter)


def document(score: m21.stream.Score, for_people: bool = True) -> bytes:
    """Return a score as an uncompressed MusicXML document; ``for_people`` indents it, which takes time."""
    # The score is complete, so music21 neither copies it nor guesses beams, ties or accidentals.
    exporter = _Score(score, makeNotation=False)
    exporter.parse()
    if for_people:
        return as_written(bytes(exporter.asBytes()))
    return as_written(exporter.xmlHeader() + bytes(tostring(exporter.xmlRoot, encoding="unicode"), "utf-8"))
