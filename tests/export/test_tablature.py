"""Tablature as MusicXML says it and as it is drawn, and the holes of whistles."""

import re
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import pytest

from folkrnn import read
from folkrnn.errors import ExportError
from folkrnn.export.engraving import book_entry, to_svg
from folkrnn.export.musicxml import to_musicxml
from folkrnn.export.tablature import Tablature
from folkrnn.notation import Tune, read_tunes
from folkrnn.notation.fingering import with_fingering
from folkrnn.notation.tunings import STRINGED

MANDOLIN = Tablature("mandolin")


def tune(body: str, head: str = "K:D") -> Tune:
    return read_tunes(f"X:1\nT:Test\nM:4/4\nL:1/4\n{head}\n{body}\n")[0]


def parts(shown: Tune, tablature: Tablature) -> list[Element]:
    return ElementTree.fromstring(to_musicxml(shown, tablature)).findall("part")


def places(part: Element) -> list[str]:
    """Return string:fret of each note of a part; empty for a rest."""
    found = (note.find("notations/technical") for note in part.iter("note"))
    return ["" if each is None else f"{each.findtext('string')}:{each.findtext('fret')}" for each in found]


def circles(drawing: str) -> dict[int, list[tuple[int, str]]]:
    """Return the columns of circles by where they stand: for each its height and how it is filled."""
    columns: dict[int, list[tuple[int, str]]] = {}
    for x, y in re.findall(r'<ellipse cx="([1-9]\d*)" cy="(\d+)" rx="[1-9]\d*" ry="[1-9]\d*"/>', drawing):
        columns.setdefault(int(x), []).append((int(y), "●"))
    for x, y, r in re.findall(r'<path d="M(\d+) (\d+)a(\d+) \3 0 0 1[^"]*" fill="none"', drawing):
        columns.setdefault(int(x) + int(r), []).append((int(y), "○"))
    return {x: sorted(found) for x, found in sorted(columns.items())}


# MusicXML


def test_a_second_part_has_strings_and_frets() -> None:
    staff, tab = parts(tune("D F z [Ad]|{e}G,4|]"), MANDOLIN)
    assert places(tab) == ["3:0", "3:4", "", "3:7", "2:5", "1:0", "4:0"]
    assert places(staff) == [""] * 7  # with its grace note
    assert tab.findtext(".//clef/sign") == "TAB"
    tuned = [each.findtext("tuning-step", "") + each.findtext("tuning-octave", "") for each in tab.iter("staff-tuning")]
    assert tuned == ["G3", "D4", "A4", "E5"]
    assert tab.findtext(".//staff-lines") == "4"


def test_programs_know_the_instrument_and_the_tuplets_of_tablature() -> None:
    document = ElementTree.fromstring(to_musicxml(tune("(3DFA d2 z|]"), MANDOLIN))
    instruments = [part.findtext("midi-instrument/midi-program") for part in document.iter("score-part")]
    assert len(instruments) == 2
    assert len(set(instruments)) == 1
    assert instruments[0] is not None
    shown = [each.attrib for each in document.findall("part")[1].iter("tuplet")]
    assert [each["type"] for each in shown] == ["start", "stop"]
    assert all((each["bracket"], each["show-number"]) == ("no", "none") for each in shown)


def test_frets_stand_below_their_notes_in_tuplets() -> None:
    drawing = to_svg(tune("(3DFA (3dfa d d|]"), MANDOLIN)
    heads = [int(x) for x in re.findall(r'E0A4[^"]*" transform="translate\((\d+)', drawing)]
    frets = [int(x) for x in re.findall(r'<text x="(\d+)"[^>]*>\s*<tspan[^>]*>\d', drawing)]
    assert len(heads) == 8
    assert len(frets) == 8
    assert max(fret - head for head, fret in zip(heads, frets, strict=True)) < 150


def test_in_place_of_the_staff_stands_one_part_with_its_chords() -> None:
    (tab,) = parts(tune('"D"D F A d|]'), Tablature("guitar", alone=True))
    assert places(tab) == ["4:0", "4:4", "3:2", "2:3"]
    assert tab.find(".//harmony") is not None


def test_tablature_follows_the_first_staff_of_several() -> None:
    found = parts(tune("V:1\nV:2\n[V:1]DFAd|]\n[V:2]D4|]"), MANDOLIN)
    assert [len(places(part)) for part in found] == [4, 4, 1]
    assert places(found[1]) == ["3:0", "3:4", "2:0", "2:5"]


def test_an_overlay_is_left_to_the_staff() -> None:
    _, tab = parts(tune("DFAd&A,4|]"), MANDOLIN)
    assert places(tab) == ["3:0", "3:4", "2:0", "2:5"]


def test_names_of_notes_are_those_of_the_staff_alone() -> None:
    source = to_musicxml(tune("DFAd|]"), MANDOLIN).decode()
    names = re.findall(r' id="([^"]*)"', source)
    notes = [name for name in names if not name.startswith(("P1", "TAB"))]
    assert len(notes) == len(set(notes))


def test_a_score_with_tablature_is_imported_as_the_same_tune(tmp_path: Path) -> None:
    shown, path = tune('|:"D"D F A d|e2 A2:|'), tmp_path / "tab.musicxml"
    for alone in (False, True):
        path.write_bytes(to_musicxml(shown, Tablature("mandolin", alone)))
        (again,) = read(path)
        assert [note.pitches for note in again.notes()] == [note.pitches for note in shown.notes()]
        assert [bar.plays for bar in again.bars] == [bar.plays for bar in shown.bars]


def test_without_tablature_the_document_is_as_ever() -> None:
    assert to_musicxml(tune("DFAd|]"), None) == to_musicxml(tune("DFAd|]"))


def test_an_instrument_without_strings_is_refused() -> None:
    with pytest.raises(ExportError, match="'whistle' has no tablature; expected one of fiddle, mandolin"):
        Tablature("whistle")


# Drawings


def test_frets_stand_on_their_strings_below_their_notes() -> None:
    """Numbers on the four lines, from the top E to the low G."""
    drawing = to_svg(tune("e A D G,|c' b a g|]"), MANDOLIN)
    numbers = [
        (int(y), figure)
        for y, figure in re.findall(r'class="note">.*?<text x="\d+" y="(\d+)".*?>(\d+)</tspan>', drawing)
    ]
    assert [figure for _, figure in numbers] == ["0"] * 4 + ["9", "7", "5", "3"]
    heights = [y for y, _ in numbers[:4]]
    assert heights == sorted(heights)
    assert len({b - a for a, b in pairwise(heights)}) == 1
    assert len({y for y, _ in numbers[4:]}) == 1


@pytest.mark.parametrize("alone", [False, True])
def test_grace_notes_have_small_frets_before_those_of_their_notes(alone: bool) -> None:
    drawing = to_svg(tune("{g}A2 {Bcd}e2|{ga}F4|c' {B}d A2|]"), Tablature("mandolin", alone))
    found = [
        (int(x), int(y), int(size), figure)
        for x, y, size, figure in re.findall(
            r'<text x="(\d+)" y="(\d+)" text-anchor="middle" font-size="0px"><tspan font-size="(\d+)px">(\d+)<', drawing
        )
    ]
    largest = max(size for _, _, size, _ in found)
    in_order = sorted((x, y, size < largest, figure) for x, y, size, figure in found)
    expected = "g3 0 g2 g4 g5 0 g3 g5 4 9 g9 5 0"
    assert " ".join("g" * small + figure for _, _, small, figure in in_order) == expected
    for (x, _, small, figure), (following, *_) in pairwise(in_order):
        assert following - x > largest * (0.35 if small else 0.5) * len(figure)
    lines = [
        (int(left), int(y), int(right))
        for left, y, right in re.findall(r'<path d="M(\d+) (\d+) L(\d+) \2" stroke-width="\d+"/>', drawing)
    ]
    for x, y, small, _ in in_order:
        if small:
            foot = min(abs(height - y + largest // 4) for _, height, _ in lines)
            assert foot < largest / 4, "on a line"
            near = [line for line in lines if abs(line[1] - y + largest // 4) == foot]
            assert not any(left < x < right for left, _, right in near), "which makes room for it"


def test_frets_of_grace_notes_leave_the_names_of_notes_as_they_are() -> None:
    given = tune("{g}A2 {Bc}[dA]2|]")
    for drawing in (to_svg(given, Tablature("mandolin", True)), to_svg(given, MANDOLIN)):
        assert {"v0-b0-l0-n0", "v0-b0-l0-n1-p0"} <= {*re.findall(r'id="(v0[^"]*)"', drawing)}
        assert not re.search(r'id="[^"]*_g', drawing)


def test_a_grace_note_that_the_instrument_lacks_has_no_fret() -> None:
    _, tab = parts(tune("{C,}D2 {g}A2|]"), MANDOLIN)
    assert places(tab) == ["", "3:0", "1:3", "2:0"]


@pytest.mark.parametrize("alone", [False, True])
def test_a_page_has_a_staff_for_each(alone: bool) -> None:
    drawing = to_svg(tune("DFAd|" * 8), Tablature("ukulele", alone))
    systems = drawing.count('class="system"')
    assert systems == 2
    assert drawing.count('class="staff"') == 8 * (1 if alone else 2)


def test_systems_of_a_book_have_tablature() -> None:
    entry = book_entry(tune("DFAd|" * 8), tablature=MANDOLIN)
    assert len(entry["systems"]) == 2
    assert all(system["tall"] for system in entry["systems"])


def test_holes_are_columns_of_six_circles_under_the_notes() -> None:
    drawing = to_svg(with_fingering(tune("D ^G B d|e4|]"), "whistle"))
    columns = circles(drawing)
    assert ["".join(sign for _, sign in found) for found in columns.values()] == [
        "●●●●●●", "●●○○○○", "●○○○○○", "○●●●●●", "●●●●●○"
    ]  # fmt: skip
    steps = {below - above for found in columns.values() for (above, _), (below, _) in pairwise(found)}
    assert max(steps) - min(steps) <= 4
    heads = [int(x) for x in re.findall(r'#E0A[2-4]-\w+" transform="translate\((\d+)', drawing)]
    for x, head in zip(columns, heads, strict=True):
        assert abs(x - head - 105) < 40, "in the middle below the head"


def test_holes_leave_the_words_of_a_song_as_they_are() -> None:
    drawing = to_svg(with_fingering(tune("D F A d|]\nw:one two three four"), "whistle"))
    assert re.findall(r'font-size="\d+px">([a-z]+)</tspan>', drawing) == ["one", "two", "three", "four"]
    assert len(circles(drawing)) == 4


def test_superscripts_among_words_are_no_holes() -> None:
    assert not circles(to_svg(tune("D F A d|]\nw:one² ²two three four")))


def test_numbers_of_a_harmonica_are_words() -> None:
    drawing = to_svg(with_fingering(tune("C D E C|]", "K:C"), "harmonica"))
    assert re.findall(r"font-size=\"\d+px\">(-?\d)</tspan>", drawing) == ["1", "-1", "2", "1"]


def test_the_manual_has_every_fretted_instrument() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "instruments.md").read_text(encoding="utf-8")
    rows = {
        row[0].strip(" `"): (re.findall(r"[A-G]\d", row[1]), int(row[2]), int(row[3]))
        for row in (line.strip("|").split("|") for line in manual.splitlines() if line.startswith("| `"))
        if len(row) == 4
    }
    names = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]
    assert rows == {
        name: ([f"{names[note % 12]}{note // 12 - 1}" for note in reversed(each.open)], each.reach, each.frets)
        for name, each in STRINGED.items()
    }
