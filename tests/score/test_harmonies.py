"""Chord symbols in MusicXML."""

import xml.etree.ElementTree as ET

import music21 as m21
import pytest

from folkrnn.export.engraving import to_svg
from folkrnn.notation import read_tunes
from folkrnn.notation.chords import quality
from folkrnn.score.build import musicxml, to_score
from folkrnn.score.harmonies import kind_of


def document(body: str) -> bytes:
    return musicxml(to_score(read_tunes(f"X:1\nT:Test\nM:4/4\nL:1/8\nK:C\n{body}\n")[0]))


def harmonies(body: str) -> list[ET.Element]:
    return list(ET.fromstring(document(body)).iter("harmony"))


@pytest.mark.parametrize(
    ("text", "kind", "degrees"),
    [
        ("", "major", []),
        ("m", "minor", []),
        ("7", "dominant", []),
        ("maj7", "major-seventh", []),
        ("m7b5", "half-diminished", []),
        ("mM7", "major-minor", []),
        ("°7", "diminished-seventh", []),
        ("7+", "augmented-seventh", []),
        ("13", "dominant-13th", []),
        ("m11", "minor-11th", []),
        ("5", "power", []),
        ("sus2", "suspended-second", []),
        ("7sus4", "suspended-fourth", [("add", 7, 0)]),
        ("6/9", "major-sixth", [("add", 9, 0)]),
        ("add9", "major", [("add", 9, 0)]),
        ("7b5", "dominant", [("alter", 5, -1)]),
        ("7b9#11", "dominant", [("add", 9, -1), ("add", 11, 1)]),
        ("7b9#9", "dominant", [("add", 9, -1), ("add", 9, 1)]),
        ("7(no5)", "dominant", [("subtract", 5, 0)]),
        ("dimM7", "diminished", [("add", 7, 1)]),
    ],
)
def test_a_chord_is_the_nearest_kind_and_degrees(text: str, kind: str, degrees: list[tuple[str, int, int]]) -> None:
    intervals = quality(text)
    assert intervals is not None
    found, changes = kind_of(intervals)
    assert (found, [tuple(each) for each in changes]) == (kind, degrees)


def test_a_harmony_says_what_sounds_and_what_is_written() -> None:
    (harmony,) = harmonies('"Bb7(b9)/d"C8|')
    assert (harmony.findtext("root/root-step"), harmony.findtext("root/root-alter")) == ("B", "-1")
    kind, bass, degree = harmony.find("kind"), harmony.find("bass/bass-step"), harmony.find("degree")
    assert kind is not None
    assert bass is not None
    assert degree is not None
    assert (kind.text, kind.get("text")) == ("dominant", "7(b9)")
    assert (bass.text, bass.get("text")) == ("D", "d")
    assert [each.text for each in degree] == ["9", "-1", "add"]
    assert degree.get("print-object") == "no"


@pytest.mark.parametrize(
    ("text", "step", "shown", "kind"),
    [("em", "E", "e", "minor"), ("H7", "B", "H", "dominant"), ("Em", "E", None, "minor"), ("C", "C", None, "major")],
)
def test_a_root_keeps_its_letter(text: str, step: str, shown: str | None, kind: str) -> None:
    (harmony,) = harmonies(f'"{text}"C8|')
    root = harmony.find("root/root-step")
    assert root is not None
    assert (root.text, root.get("text"), harmony.findtext("kind")) == (step, shown, kind)


def test_an_alternative_stands_beside_its_chord() -> None:
    (harmony,) = harmonies('"D (Bm)"C8|')
    kind = harmony.find("kind")
    assert kind is not None
    assert (kind.text, kind.get("text")) == ("major", " (Bm)")
    root = ET.fromstring(document('"D/F# (Bm)"C8|'))
    assert [each.text for each in root.iter("words")] == ["(Bm)"]


def test_no_chord_and_two_chords_have_their_harmonies() -> None:
    (silence,) = harmonies('"N.C."C8|')
    kind = silence.find("kind")
    assert kind is not None
    assert (kind.text, kind.get("text")) == ("none", "N.C.")
    pair = harmonies('"G D7"C8|')
    assert [each.findtext("root/root-step") for each in pair] == ["G", "D"]
    assert pair[1].findtext("offset") == "-20160"  # two quarters before the end of the note


@pytest.mark.parametrize("text", ["C7b9#11", "em", "N.C.", "F13", "D (Bm)", "Cm7b5/Gb", "G7sus4", "G D7"])
def test_music21_reads_the_document_again(text: str) -> None:
    score = m21.converter.parse(document(f'"{text}"C4 E4|'), format="musicxml")
    assert [note.nameWithOctave for note in score.recurse().notes if isinstance(note, m21.note.Note)] == ["C4", "E4"]
    assert b"\xee\x80\x80" not in document(f'"{text}"C8|')


def test_a_drawing_shows_each_chord_once_and_as_written() -> None:
    drawing = to_svg(read_tunes('X:1\nT:T\nM:4/4\nL:1/8\nK:C\n"C7b9"C4 "em"E4|"D (Bm)"D4 "Gm(maj7)"G4|\n')[0])
    for text in ("C7b9", "em", "D (Bm)", "Gm(maj7)"):
        assert text in drawing
    assert "(♭9)" not in drawing
