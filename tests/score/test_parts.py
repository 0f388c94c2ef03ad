"""Several voices, overlays and the signs of a score: what MusicXML says of them."""

from dataclasses import replace
from fractions import Fraction
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import music21
import pytest

from folkrnn.notation import Tune, read_tunes
from folkrnn.notation.clef import Clef, StaffSettings
from folkrnn.notation.tune import STAFF, Change
from folkrnn.score.build import musicxml, to_score
from folkrnn.score.jumps import Jump, read_jump

TWO = 'V:1 name="Fiddle" snm="F"\nV:2 name="Cello"\nK:G\n[V:1]G A B G|c2 G2|\n[V:2]G,2 D,2|C,2 G,2|\n'


def tune(text: str, meter: str = "4/4") -> Tune:
    if "K:" not in text:
        text = f"K:C\n{text}"
    return read_tunes(f"X:1\nT:Test\nM:{meter}\nL:1/4\n{text}\n")[0]


def xml(source: str | Tune, meter: str = "4/4") -> Element:
    read = tune(source, meter) if isinstance(source, str) else source
    return ElementTree.fromstring(musicxml(to_score(read)))


def texts(element: Element, path: str) -> list[str]:
    return [found.text or "" for found in element.iterfind(f".//{path}")]


def measures(root: Element, part: int = 0) -> list[Element]:
    return [*root.findall("part")[part].iter("measure")]


def staffs(read: Tune, *settings: StaffSettings) -> Tune:
    """The tune with clefs and transpositions of its voices."""
    voices = (replace(voice, staff=each) for voice, each in zip(read.voices, settings, strict=True))
    return replace(read, voices=tuple(voices))


def changed(read: Tune, bar: int, *changes: Change) -> Tune:
    bars = list(read.bars)
    bars[bar] = replace(bars[bar], changes=changes)
    return read.with_bars(tuple(bars))


def ends(root: Element) -> set[tuple[int, ...]]:
    """How long the measures of each part are, in divisions of the longest line."""
    return {tuple(_length(measure) for measure in part.iter("measure")) for part in root.iter("part")}


def _length(measure: Element) -> int:
    now = furthest = 0
    for each in measure:
        step = int(each.findtext("duration", "0"))
        if each.tag == "backup":
            now -= step
        elif each.find("chord") is None:
            now += step
        furthest = max(furthest, now)
    return furthest


# Staves and voices


def test_each_voice_is_a_part_with_its_names():
    root = xml(TWO)
    assert texts(root, "part-name") == ["Fiddle", "Cello"]
    assert texts(root, "part-abbreviation") == ["F", ""]
    assert [texts(part, "step") for part in root.iter("part")] == [["G", "A", "B", "G", "C", "G"], ["G", "D", "C", "G"]]


def test_a_voice_without_a_name_has_none():
    assert texts(xml("G4|"), "part-name") == [""]


@pytest.mark.parametrize(
    ("clef", "sign", "line", "octave"),
    [
        (None, "G", "2", None),
        (Clef(sign="F", line=4), "F", "4", None),
        (Clef(sign="C", line=3), "C", "3", None),
        (Clef(sign="C", line=4), "C", "4", None),
        (Clef(sign="G", line=2, octave=-1, shift=-1), "G", "2", "-1"),
        (Clef(sign="G", line=2, octave=2, shift=2), "G", "2", "2"),
        (Clef(sign="G", line=2, octave=-1), "G", "2", None),  # only drawn
        (Clef(sign="percussion", line=2), "percussion", None, None),
        (Clef(sign="none", line=2), "none", None, None),
    ],
)
def test_clefs(clef: Clef | None, sign: str, line: str | None, octave: str | None):
    (found,) = xml(staffs(tune("C4|"), StaffSettings(clef=clef))).iter("clef")
    assert (found.findtext("sign"), found.findtext("line"), found.findtext("clef-octave-change")) == (
        sign,
        line,
        octave,
    )


def test_a_clef_may_change_within_a_bar():
    bass = StaffSettings(clef=Clef(sign="F", line=4))
    root = xml(changed(tune("CDEF|GABc|"), 1, Change(2, STAFF, bass)))
    assert [each.tag for each in measures(root)[1] if each.tag != "barline"] == [
        "note",
        "note",
        "attributes",
        "note",
        "note",
    ]
    assert texts(measures(root)[1], "sign") == ["F"]


def test_a_transposition_is_said_and_the_pitches_stay_as_written():
    clarinet = StaffSettings(transpose=-2)
    root = xml(staffs(tune("CDEF|"), clarinet))
    assert (texts(root, "diatonic"), texts(root, "chromatic")) == (["-1"], ["-2"])
    assert texts(root, "step") == ["C", "D", "E", "F"]
    root = xml(changed(tune("CDEF|GABc|"), 1, Change(0, STAFF, StaffSettings(transpose=-12))))
    assert texts(measures(root)[1], "octave-change") == ["-1"]


def test_voices_that_share_a_staff_are_voices_of_one_part():
    root = xml('%%score (T A)\nV:T name="Pipe"\nV:A\nK:G\n[V:T]G A B G|G4|\n[V:A]D2 D2|D4|\n')
    assert len([*root.iter("part")]) == 1
    first = measures(root)[0]
    assert texts(first, "voice") == ["1"] * 4 + ["2"] * 2
    assert texts(first, "stem") == ["up"] * 4 + ["down"] * 2


def test_braces_and_brackets_hold_parts_together():
    root = xml("%%score [1 {2 3}]\nV:1\nV:2\nV:3\nK:G\n[V:1]G4|\n[V:2]G4|\n[V:3]G4|\n")
    assert texts(root, "group-symbol") == ["bracket", "brace"]
    held = [(each.tag, each.get("type")) for each in root.iterfind("part-list/*")]
    assert held == [
        ("part-group", "start"), ("score-part", None), ("part-group", "start"), ("score-part", None),
        ("score-part", None), ("part-group", "stop"), ("part-group", "stop"),
    ]  # fmt: skip


def test_a_voice_without_music_has_no_staff_and_its_brace_goes():
    root = xml("%%score {1 2}\nV:1\nV:2\nK:G\n[V:1]G4|\n")
    assert len([*root.iter("part")]) == 1
    assert not texts(root, "group-symbol")


def test_a_voice_that_ends_early_rests():
    root = xml("V:1\nV:2\nK:G\n[V:1]G4|A4|B4|]\n[V:2]D4|\n")
    assert [rest.get("measure") for rest in root.findall("part")[1].iter("rest")] == ["yes", "yes"]
    assert [measure.get("number") for measure in measures(root, 1)] == ["1", "2", "3"]
    assert texts(measures(root, 1)[2], "bar-style") == ["light-heavy"]


def test_unequal_bars_are_filled_with_rests_that_are_not_printed():
    root = xml("V:1\nV:2\nK:G\n[V:1]G4|G A B|]\n[V:2]D2|D4|]\n")
    assert len(ends(root)) == 1
    hidden = [note.get("print-object") for note in root.iter("note") if note.find("rest") is not None]
    assert hidden == ["no", "no"]


def test_signs_of_repeats_stand_in_all_parts():
    root = xml("V:1\nV:2\nK:G\n[V:1]|:G4|1A4:|2B4|]\n[V:2]|:D4|1D4:|2D4|]\n")
    for part in root.iter("part"):
        assert [each.get("direction") for each in part.iter("repeat")] == ["forward", "backward"]
        assert [each.get("number") for each in part.iter("ending")] == ["1", "1", "2", "2"]


def test_labels_and_tempi_are_said_once():
    root = xml("V:1\nV:2\nK:G\nV:1\nP:A\nQ:1/4=90\nG4|\nV:2\nP:A\nQ:1/4=90\nD4|\n")
    assert texts(root, "rehearsal") == ["A"]
    assert [sound.get("tempo") for sound in root.iter("sound")] == ["90"]


def test_other_programs_read_the_same_pitches_and_onsets():
    read = tune("%%score (1 2) 3\nV:1\nV:2\nV:3\nK:G\n[V:1]G A B G|^c2 d2|\n[V:2]D2 D2|c4|\n[V:3]G,4 & x2 B,2|G,,4|\n")
    score = music21.converter.parseData(musicxml(to_score(read)), format="musicxml")
    sounding = sorted(
        (Fraction(note.getOffsetInHierarchy(score)), pitch.midi)
        for note in score.recurse().notes
        for pitch in note.pitches
    )
    assert sounding == [
        (0, 55), (0, 62), (0, 67), (1, 69), (2, 59), (2, 62), (2, 71), (3, 67),
        (4, 43), (4, 72), (4, 73), (6, 74),
    ]  # fmt: skip


# Overlays


def test_overlays_are_further_voices_of_their_bar():
    root = xml("C D E C & C,2 G,2|C4|")
    first, second = measures(root)
    assert texts(first, "voice") == ["1"] * 4 + ["2"] * 2
    assert texts(first, "octave")[-2:] == ["3", "3"]
    assert not texts(second, "voice")


def test_a_short_overlay_is_filled():
    root = xml("C D E C & C,|C4|")
    notes = [*measures(root)[0].iter("note")]
    assert [note.get("print-object") for note in notes if note.findtext("voice") == "2"] == [None, "no"]
    assert len(ends(root)) == 1


def test_an_overlay_says_what_another_voice_has_altered():
    root = xml("^F2 G2 & F4|")
    assert texts(root, "accidental") == ["sharp", "natural"]


def test_ties_and_slurs_go_within_a_line():
    root = xml("C2- C2 & (E2 G2)|c4|")
    notes = [note for note in root.iter("note") if note.find("tie") is not None]
    assert [note.findtext("voice") for note in notes] == ["1", "1"]
    slurred = [note for note in root.iter("note") if note.find("notations/slur") is not None]
    assert [note.findtext("voice") for note in slurred] == ["2", "2"]


# Bar lines and jumps


def test_what_stands_before_a_bar_line_is_at_the_end_of_its_bar():
    root = xml('G A B G "D7"|G4 "^slowly"|!p!A4!coda!|B4|]')
    found = [
        [each.tag for each in measure if each.tag in ("note", "harmony", "direction")] for measure in measures(root)
    ]
    assert found == [
        ["note"] * 4 + ["harmony"],
        ["note", "direction"],
        ["direction", "note", "direction"],
        ["note"],
    ]
    assert len([*measures(root)[2].iter("coda")]) == 1


def test_a_fermata_may_hang_on_a_bar_line():
    root = xml("G4!fermata!|A4!fermata!:|B4|]")
    assert [[each.tag for each in line] for line in root.iter("barline") if line.get("location") == "right"] == [
        ["bar-style", "fermata"],
        ["fermata", "repeat"],
        ["bar-style"],
    ]


def test_dotted_and_invisible_bar_lines():
    root = xml("G4.|A4[|]B4|]")
    assert texts(root, "bar-style") == ["dotted", "none", "light-heavy"]


def test_a_dotted_line_within_a_bar_ends_none():
    root = xml("G A B .| A F G|", "6/4")
    (measure,) = measures(root)
    assert [each.get("location") for each in measure.iter("barline")] == ["middle", "right"]
    assert [each.tag for each in measure][1:6] == ["note", "note", "note", "barline", "note"]


def sounds(root: Element) -> list[tuple[int, dict[str, str]]]:
    """The number of the measure and the attributes of each <sound>."""
    return [(number, each.attrib) for number, bar in enumerate(measures(root), start=1) for each in bar.iter("sound")]


def test_da_capo_al_fine_is_said_to_programs():
    assert sounds(xml("CD|E C!fine!|GA|G E!D.C.!|]", "2/4")) == [(2, {"fine": "yes"}), (4, {"dacapo": "yes"})]


def test_dal_segno_al_coda_is_said_to_programs():
    root = xml("CD|!segno!EF|G A!coda!|B G!D.S.alcoda!|!coda!c2|]", "2/4")
    assert sounds(root) == [
        (2, {"segno": "segno"}),
        (3, {"tocoda": "coda"}),
        (4, {"dalsegno": "segno"}),
        (5, {"coda": "coda"}),
    ]


def test_quoted_jumps_mean_the_same():
    root = xml('CD|EC"^Fine"|GA|GE"^D.C. al Fine"|]', "2/4")
    assert sounds(root) == [(2, {"fine": "yes"}), (4, {"dacapo": "yes"})]
    assert texts(root, "words") == ["Fine", "D.C. al Fine"]


def test_jumps_of_several_voices_are_said_once():
    root = xml("V:1\nV:2\nK:C\n[V:1]C4!fine!|D4!D.C.!|]\n[V:2]C4!fine!|D4!D.C.!|]\n")
    assert [each.attrib for each in root.iter("sound")] == [{"fine": "yes"}, {"dacapo": "yes"}]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("^D.C.", Jump("dacapo")),
        ("D. C. al Fine.", Jump("dacapo", "fine")),
        ("Da Capo al Coda", Jump("dacapo", "coda")),
        ("^D.S. al Coda", Jump("dalsegno", "coda")),
        ("Dal Segno", Jump("dalsegno")),
        ("_FINE", Jump("fine")),
        ("To Coda", Jump("tocoda")),
        ("Coda", Jump("coda")),
        ("^fine tune", None),
        ("Dm", None),
        ("C", None),
        ("^", None),
    ],
)
def test_words_that_are_jumps(text: str, expected: Jump | None):
    assert read_jump(text) == expected


def test_a_bracket_with_a_text_is_printed_where_it_begins():
    root = xml('CDEF|["Coda" c4|]')
    assert texts(measures(root)[1], "words") == ["Coda"]
    assert not [*root.iter("ending")]


# Notes and their signs


def test_grace_notes_are_slashed_as_written_and_have_the_lengths_written():
    root = xml("{/g}C2 {a2}G2|{[eg]a}c2 {g/a/}d2|")
    graces = [note for note in root.iter("note") if note.find("grace") is not None]
    assert [note.find("grace").get("slash") for note in graces][:2] == ["yes", "no"]
    assert [note.findtext("type") for note in graces] == ["eighth", "quarter", "16th", "16th", "16th", "32nd", "32nd"]
    assert [note.find("chord") is not None for note in graces] == [False, False, False, True, False, False, False]


def test_single_members_of_a_chord_may_be_tied():
    root = xml("[C-E]2 [CE]2|")
    assert [
        (note.findtext("pitch/step"), note.find("tie").get("type"))
        for note in root.iter("note")
        if note.find("tie") is not None
    ] == [
        ("C", "start"),
        ("C", "stop"),
    ]


def test_a_courtesy_accidental_is_in_parentheses():
    (accidental,) = xml("!courtesy!F4|").iter("accidental")
    assert (accidental.text, accidental.get("parentheses")) == ("natural", "yes")


@pytest.mark.parametrize(
    ("name", "element"),
    [
        ("3", "fingering"), ("+", "stopped"), ("wedge", "staccatissimo"), ("tenuto", "tenuto"),
        ("breath", "breath-mark"), ("open", "open-string"), ("thumb", "thumb-position"), ("snap", "snap-pizzicato"),
        ("turnx", "turn"), ("invertedturn", "inverted-turn"), ("shortphrase", "breath-mark"),
        ("longphrase", "caesura"), ("slide", "scoop"), ("marcato", "strong-accent"), ("//", "tremolo"),
        ("sfz", "sfz"), ("trill(", "trill-mark"),
    ],
)  # fmt: skip
def test_decorations_have_their_signs(name: str, element: str):
    assert len([*xml(f"C4|!{name}!G2 A2|").iter(element)]) == 1


def test_signs_over_several_notes():
    root = xml("!crescendo(!C D !crescendo)!E !trill(!F|!trill)!G4|!>(!A2 !>)!B2|")
    assert [each.get("type") for each in root.iter("wedge")] == ["crescendo", "stop", "diminuendo", "stop"]
    assert [each.get("type") for each in root.iter("wavy-line")] == ["start", "stop"]


def test_an_arpeggio_goes_through_its_chord():
    assert len([*xml("!arpeggio![CEG]4|").iter("arpeggiate")]) == 3


def test_an_inverted_fermata_is_inverted():
    assert [each.get("type") for each in xml("!invertedfermata!C4|").iter("fermata")] == ["inverted"]


def test_octave_signs_and_pedals_are_words():
    assert texts(xml("!8va(!C !8va)!D !ped!E !ped-up!F|"), "words") == ["8va", "loco", "Ped.", "✱"]


def test_an_unknown_decoration_leaves_no_trace():
    assert not texts(xml("G !curly!A B G|"), "words")


def test_a_placed_annotation_is_printed_without_its_place():
    root = xml('"@-1,2.5 free"C "<left"D ">right"E "_low"F|')
    placed = [(each.findtext("direction-type/words"), each.get("placement")) for each in root.iter("direction")]
    assert placed == [("free", "above"), ("left", "above"), ("right", "above"), ("low", "below")]


# Words to sing


def lyrics(root: Element) -> list[tuple[str | None, str | None, str | None, bool]]:
    """The number, syllabic, text and whether it is held of each syllable."""
    return [
        (each.get("number"), each.findtext("syllabic"), each.findtext("text"), each.find("extend") is not None)
        for each in root.iter("lyric")
    ]


def test_a_held_syllable_has_an_extender():
    assert lyrics(xml("C D E F|\nw: one_ two *\n")) == [("1", "single", "one", True), ("1", "single", "two", False)]


def test_verses_are_numbered_and_words_divided():
    assert lyrics(xml("C2 D2|\nw: ve-ry\nw: much~so *\n")) == [
        ("1", "begin", "ve", False),
        ("2", "single", "much so", False),
        ("1", "end", "ry", False),
    ]


def test_words_belong_to_their_voice():
    root = xml("V:1\nV:2\nK:G\n[V:1]G2 B2|\nw: one two\n[V:2]G,4|\nw: low\n")
    assert [texts(part, "text") for part in root.iter("part")] == [["one", "two"], ["low"]]


def test_lines_that_are_only_kept_are_not_printed():
    root = xml("C4|\n%%vskip 1cm\n% remark\nN:note\nD4|\n")
    assert not texts(root, "words")


def test_the_fermata_of_a_lower_voice_hangs_below():
    found = xml("%%score (1 2)\nV:1\nV:2\nK:C\n[V:1]!fermata!G4|]\n[V:2]!fermata!E4|]\n").iter("fermata")
    assert [each.get("type") for each in found] == ["upright", "inverted"]


def test_words_of_voices_that_share_a_staff_stand_below_each_other():
    lower = "w: la la\nw: lo lo\n[V:2]E2 E2|]\nw: hm hm\n"
    root = xml(f"%%score (1 2)\nV:1\nV:2\nK:C\n[V:1]G2 G2|]\n{lower}")
    assert [(each.get("number"), each.findtext("text")) for each in root.iter("lyric")] == [
        ("1", "la"), ("2", "lo"), ("1", "la"), ("2", "lo"), ("3", "hm"), ("3", "hm"),
    ]  # fmt: skip


def test_a_staff_for_drums_has_no_key_signature():
    root = xml("V:1\nV:2 clef=perc\nK:D\n[V:1]F4|]\n[V:2]B4|]\n")
    assert [len(measures(root, part)[0].findall(".//key")) for part in (0, 1)] == [1, 0]


def test_a_group_that_holds_another_begins_before_it():
    root = xml("%%score [{1 2} 3]\nV:1\nV:2\nV:3\nK:C\n[V:1]G4|]\n[V:2]E4|]\n[V:3]C4|]\n")
    assert texts(root, "group-symbol") == ["bracket", "brace"]


def test_a_repeat_from_the_beginning_has_the_sign_only_if_it_is_written():
    for written, signs in (("", ["backward"]), ("|:", ["forward", "backward"])):
        found = xml(f"{written}C4|G4:|\n").iter("repeat")
        assert [each.get("direction") for each in found] == signs
