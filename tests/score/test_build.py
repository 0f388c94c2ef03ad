"""The music21 score of a tune: what a reader of the printed page would see."""

import gc
import time
from dataclasses import replace
from fractions import Fraction
from xml.etree import ElementTree

import music21 as m21
import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkrnn.errors import ScoreError
from folkrnn.notation import Tune, read_tunes
from folkrnn.notation.performance import performance
from folkrnn.notation.tempo import parse_tempo
from folkrnn.notation.tune import Voice
from folkrnn.score.beams import beam_types
from folkrnn.score.build import musicxml, to_score, tune_musicxml
from folkrnn.score.lengths import pieces

EIGHTH = Fraction(1, 8)


def tune(body: str, meter: str = "4/4", key: str = "C", **fields: str) -> Tune:
    header = "".join(f"{name}:{value}\n" for name, value in fields.items())
    return read_tunes(f"X:1\nT:Test\n{header}M:{meter}\nL:1/8\nK:{key}\n{body}\n")[0]


def xml(*args: str, **fields: str) -> ElementTree.Element:
    return ElementTree.fromstring(musicxml(to_score(tune(*args, **fields))))


def texts(element: ElementTree.Element, path: str) -> list[str]:
    return [found.text or "" for found in element.iterfind(f".//{path}")]


def beams(root: ElementTree.Element) -> list[int]:
    """The number of notes under each outermost beam."""
    groups: list[int] = []
    for note in root.iter("note"):
        kind = note.findtext("beam[@number='1']")
        if kind == "begin":
            groups.append(1)
        elif kind:
            groups[-1] += 1
    return groups


# Bars


def test_a_pickup_is_not_padded_with_rests():
    root = xml("A|BAGF EDCB|AGFE DCB2|]")
    first = root.find(".//measure")
    assert first is not None
    assert first.get("number") == "0"
    assert first.get("implicit") == "yes"
    assert [len(list(measure.iter("note"))) for measure in root.iter("measure")] == [1, 8, 7]
    assert not texts(root, "rest")


def test_a_short_last_bar_is_not_padded_with_rests():
    assert not texts(xml("A|BAGF EDCB|AGFE DCB|]"), "rest")


def test_bars_carry_the_numbers_of_the_tune():
    read = tune("A|:BAGF EDCB|AGFE DCB:|:A|BAGF EDCB|AGFE DCB:|")
    measures = ElementTree.fromstring(musicxml(to_score(read))).iter("measure")
    assert [measure.get("number") for measure in measures] == [str(bar.number) for bar in read.bars]


def test_repeats_have_both_signs():
    root = xml("|:A8|B8:|c8|]")
    assert [repeat.get("direction") for repeat in root.iter("repeat")] == ["forward", "backward"]


def test_a_section_played_three_times_says_so():
    root = xml("|:A8|B8::|")
    assert texts(root, "words") == ["3×"]
    assert [repeat.get("times") for repeat in root.iter("repeat")] == [None, "3"]


def test_endings_have_brackets_with_their_numbers():
    endings = [(each.get("number"), each.get("type")) for each in xml("|:A8|1 B8:|2 c8||d8|]").iter("ending")]
    assert endings == [("1", "start"), ("1", "stop"), ("2", "start"), ("2", "stop")]


def test_double_and_final_bar_lines():
    assert texts(xml("A8||B8|]"), "bar-style") == ["light-light", "light-heavy"]


def test_a_tune_without_a_last_bar_line_gets_a_final_one():
    assert texts(xml("A8|B8|"), "bar-style") == ["light-heavy"]


def test_a_rest_through_the_bar_is_a_whole_bar_rest_in_any_meter():
    for meter, body in (("4/4", "z8"), ("6/8", "z6"), ("5/8", "z5")):
        rests = list(xml(body, meter).iter("rest"))
        assert [rest.get("measure") for rest in rests] == ["yes"]


def test_hidden_rests_are_not_printed():
    assert [note.get("print-object") for note in xml("A4 x4|").iter("note")] == [None, "no"]


# Meters and keys


@pytest.mark.parametrize(
    ("meter", "expected", "symbol"),
    [
        ("C", ("4", "4"), "common"),
        ("C|", ("2", "2"), "cut"),
        ("4/4", ("4", "4"), None),
        ("6/8", ("6", "8"), None),
        ("9/8", ("9", "8"), None),
    ],
)
def test_meters_are_printed_as_they_are_written(meter, expected, symbol):
    root = xml("A2|", meter)
    assert (root.findtext(".//beats"), root.findtext(".//beat-type")) == expected
    assert root.find(".//time").get("symbol") == symbol


def test_an_additive_meter_keeps_its_groups():
    root = xml("AB cde|", "2+3/8")
    assert texts(root, "beats") == ["2+3"]


def test_a_free_meter_is_not_shown():
    assert [time.get("print-object") for time in xml("ABc|defga|", "none").iter("time")] == ["no"]


def test_meter_and_key_may_change():
    root = xml("A8|[M:6/8]ABc def|[K:D]ABc def|")
    assert texts(root, "beats") == ["4", "6"]
    assert texts(root, "fifths") == ["0", "2"]


@pytest.mark.parametrize(
    ("key", "fifths", "mode"),
    [("D", "2", "major"), ("Em", "1", "minor"), ("Ador", "1", "dorian"), ("Bbmix", "-3", "mixolydian")],
)
def test_keys_have_their_mode(key, fifths, mode):
    root = xml("A8|", key=key)
    assert (root.findtext(".//fifths"), root.findtext(".//mode")) == (fifths, mode)


def test_explicit_accidentals_are_in_the_signature():
    root = xml("A8|", key="Dphr ^f")
    assert list(zip(texts(root, "key-step"), texts(root, "key-alter"), strict=True)) == [
        ("B", "-1"),
        ("E", "-1"),
        ("F", "1"),
    ]


def test_a_signature_as_of_another_key_is_that_key():
    assert texts(xml("A8|", key="D =c"), "fifths") == ["1"]
    assert texts(xml("A8|", key="none"), "fifths") == ["0"]
    assert texts(xml("A8|", key="Hp"), "fifths") == ["2"]


def test_pipers_leave_the_signature_out():
    root = xml("f4c4|", key="HP")
    assert texts(root, "fifths") == ["0"]
    assert not texts(root, "accidental")


# Notes


def test_pitches_are_spelled_as_written():
    root = xml("^A_B=c^^d __e z3|")
    assert texts(root, "step") == ["A", "B", "C", "D", "E"]
    assert texts(root, "alter") == ["1", "-1", "2", "-2"]


def test_an_accidental_is_printed_once_a_bar_and_taken_back():
    assert texts(xml("^A2A2=A2A2|A2^A2A2z2|"), "accidental") == ["sharp", "natural", "sharp"]


def test_quarter_tones_have_their_signs():
    root = xml("^/F2 F2 _/B2 ^3/2G2|^1/4A4 A4|")
    assert texts(root, "alter") == ["0.5", "0.5", "-0.5", "1.5", "0.25", "0.25"]
    assert texts(root, "accidental") == ["quarter-sharp", "quarter-flat", "three-quarters-sharp", "quarter-sharp"]


def test_the_key_saves_accidentals():
    assert texts(xml("F2^f2=f2f2|", key="D"), "accidental") == ["natural"]


def test_a_note_tied_over_the_bar_line_does_not_repeat_its_accidental():
    assert texts(xml("^A8-|A4 ^A4|"), "accidental") == ["sharp", "sharp"]


def test_ties_cross_bar_lines_and_join_chords():
    root = xml("[Ac]8-|[Ac]4 z4|")
    assert [each.get("type") for each in root.iter("tie")] == ["start", "start", "stop", "stop"]


def test_ties_are_found_after_a_bar_of_rest():
    root = xml("z8|A8-|A8|B8-|c8|")
    assert [each.get("type") for each in root.iter("tie")] == ["start", "stop"]
    assert [each.get("type") for each in root.iter("slur")] == ["start", "stop"]


def test_only_common_pitches_of_chords_are_tied():
    root = xml("[Ac]4-[Ae]4|")
    assert [each.get("type") for each in root.iter("tie")] == ["start", "stop"]


def test_a_tie_between_different_pitches_is_printed_as_a_slur():
    root = xml("A4-B4|")
    assert not list(root.iter("tie"))
    assert [each.get("type") for each in root.iter("slur")] == ["start", "stop"]


def test_a_length_without_a_note_value_is_tied_together():
    root = xml("A5 B3|")
    assert texts(root, "type") == ["half", "eighth", "quarter"]
    assert [each.get("type") for each in root.iter("tie")] == ["start", "stop"]


def test_a_length_that_nothing_can_show_is_an_error_at_once():
    start = time.monotonic()
    read = tune("A8|")
    (bar,) = read.bars
    endless = replace(bar, notes=(bar.notes[0]._replace(duration=Fraction(999999)),))
    with pytest.raises(ScoreError, match="longest is 16"):
        to_score(read.with_bars((endless,)))
    assert time.monotonic() - start < 60


def test_overfull_bars_stay_as_they_are():
    measures = list(xml("ABcdefgabc'|A8|]").iter("measure"))
    assert [len(list(measure.iter("note"))) for measure in measures] == [10, 1]


@given(st.integers(1, 48).flatmap(lambda bottom: st.builds(Fraction, st.integers(1, 16 * bottom), st.just(bottom))))
def test_printed_values_add_up_to_the_length(length):
    assert sum(piece.sounding for piece in pieces(length)) == length


# Beams and tuplets


@pytest.mark.parametrize("meter", ["4/4", "2/2", "C", "C|"])
def test_reels_are_beamed_in_fours(meter):
    assert beams(xml("ABcd efga|", meter)) == [4, 4]


def test_sixteenths_split_the_half_bar():
    assert beams(xml("A/B/c/d/ ef gabc'|")) == [4, 2, 4]


def test_dotted_pairs_are_beamed_by_the_beat():
    assert beams(xml("A>Bc>d e>fg>a|")) == [2, 2, 2, 2]


def test_jigs_are_beamed_in_threes():
    assert beams(xml("ABc def|gab c'ba|", "6/8")) == [3, 3, 3, 3]


def test_two_four_is_beamed_by_the_beat():
    assert beams(xml("ABcd|A/B/c/d/ e/f/g/a/|", "2/4")) == [2, 2, 4, 4]


def test_a_pickup_is_beamed_from_the_end_of_its_bar():
    assert beams(xml("ABc|d2e f2g|", "6/8")) == [3]
    assert beams(xml("AB|c8|")) == [2]


def test_spaces_do_not_break_beams():
    assert beams(xml("A B c d e f g a|")) == [4, 4]


def test_a_lone_sixteenth_hooks_to_its_dotted_neighbour():
    quarter = Fraction(1, 4)
    assert beam_types([(quarter * 0, 1), (quarter * 3 / 4, 2)]) == [["start"], ["stop", "partial-left"]]
    assert beam_types([(quarter * 0, 2), (quarter / 4, 1)]) == [["start", "partial-right"], ["stop"]]
    # In 6/8: dotted eighth, sixteenth, eighth.
    assert beam_types([(quarter * 0, 1), (quarter * 3 / 4, 2), (quarter, 1)])[1] == ["continue", "partial-left"]


def test_a_beamed_tuplet_has_a_number_and_no_bracket():
    tuplets = list(xml("(3ABc d2 e4|").iter("tuplet"))
    assert [(each.get("type"), each.get("bracket")) for each in tuplets] == [("start", "no"), ("stop", None)]


def test_a_tuplet_of_quarters_has_a_bracket():
    assert next(xml("(3A2B2c2 d4|").iter("tuplet")).get("bracket") == "yes"


def test_tuplets_keep_exact_time():
    for body in ("(3ABc (5ABcde (7ABcdefg|", "(3A2B2c2 (3:2:2A2B|"):
        read = tune(body)
        lengths = [element.quarterLength for element in to_score(read).recurse().notes]
        assert [Fraction(length) for length in lengths] == [4 * note.duration for note in read.notes()]


# What hangs on notes


def test_grace_notes_take_no_time():
    root = xml("{g}A4 {gab}c4|")
    graces = [note for note in root.iter("note") if note.find("grace") is not None]
    assert [note.findtext("type") for note in graces] == ["eighth", "16th", "16th", "16th"]
    assert all(note.find("duration") is None for note in graces)


@pytest.mark.parametrize(
    ("mark", "element"),
    [
        ("~", "turn"),
        ("T", "trill-mark"),
        ("M", "mordent"),
        ("P", "inverted-mordent"),
        ("H", "fermata"),
        (".", "staccato"),
        ("L", "accent"),
        ("u", "up-bow"),
        ("v", "down-bow"),
        ("!p!", "p"),
        ("!segno!", "segno"),
    ],
)
def test_decorations(mark, element):
    assert len(list(xml(f"{mark}A8|").iter(element))) == 1


def test_a_chord_symbol_is_printed_as_written():
    root = xml('"Bbm7/F"A8|')
    assert (root.findtext(".//root-step"), root.findtext(".//root-alter")) == ("B", "-1")
    assert root.find(".//kind").get("text") == "m7"
    assert root.findtext(".//bass-step") == "F"


def test_a_chord_in_parentheses_alone_is_printed_as_text():
    assert texts(xml('"(G7)"A8|'), "words") == ["(G7)"]


def test_annotations_stand_above_or_below():
    root = xml('"^up"A4 "_down"B4|')
    placed = {each.findtext("direction-type/words"): each.get("placement") for each in root.iter("direction")}
    assert placed == {"up": "above", "down": "below"}


def test_slurs_may_chain_and_unbalanced_ones_are_left_out():
    assert [each.get("type") for each in xml("(AB(c)de) z2|").iter("slur")].count("start") == 2
    assert not list(xml("(A7 B|").iter("slur"))
    assert not list(xml("A7 B)|").iter("slur"))


def test_a_tempo_is_a_metronome_mark():
    root = xml("A8|", Q='"Lively" 3/8=120')
    assert (root.findtext(".//beat-unit"), root.findtext(".//per-minute")) == ("quarter", "120")
    assert len(list(root.iter("beat-unit-dot"))) == 1
    assert "Lively" in texts(root, "words")


@pytest.mark.parametrize(
    ("text", "quarters"),
    [
        ("1/4=120", 120),
        ("1/4 = 120", 120),
        ("3/8=100", 150),
        ("1/2=100 ", 200),
        ('"Allegro" 1/4=100', 100),
        ('1/4=100 "Allegro"', 100),
        ("1/4 1/8=40", 60),
        ("240", 120),
        ("C=240", 120),
        ("C3=80", 120),
        ('"Slowly"', 0),
        ("1/4=0", 0),
        ("1/0=120", 0),
        ("1/4=9999999", 0),
        ("nonsense", 0),
    ],
)
def test_tempos(text, quarters):
    assert parse_tempo(text, EIGHTH).quarters == quarters


def test_the_score_sounds_what_the_notation_says():
    read = tune("(3ABc d>e ^f2-|f2 [ce]4 z2|", key="D")
    notes = to_score(read).stripTies().recurse().notes
    score = notes.stream()
    sounding = sorted(
        (Fraction(note.getOffsetInHierarchy(score.derivation.origin)) / 4, pitch.midi)
        for note in notes
        for pitch in note.pitches
    )
    assert sounding == [(sound.onset, sound.midi) for sound in performance(read)]


def test_musicxml_can_be_read_again():
    import music21

    read = tune("A|:(3Bcd ^ef g2-|g4 [ce]3:|", key="Edor", R="reel")
    again = music21.converter.parseData(musicxml(to_score(read)), format="musicxml")
    pitches = [pitch.midi for note in again.recurse().notes for pitch in note.pitches]
    assert pitches == [pitch.midi for note in read.notes() for pitch in note.pitches]


def test_texts_that_xml_cannot_hold_are_cleaned():
    read = read_tunes("X:1\nT:A\x01 & <b>\nM:4/4\nL:1/8\nK:C\nA8|\n")[0]
    root = ElementTree.fromstring(musicxml(to_score(read)))
    assert texts(root, "movement-title") == ["A & <b>"]


def test_a_tune_without_notes_is_a_score_error():
    read = Tune((("X", "1"),), tune("A8|").meter, tune("A8|").key, EIGHTH, (Voice(()),))
    with pytest.raises(ScoreError):
        musicxml(to_score(read))


# Printable values and beams


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        ("1", [("whole", 0, (1, 1), 0)]), ("1/2", [("half", 0, (1, 1), 0)]), ("3/8", [("quarter", 1, (1, 1), 0)]),
        ("7/16", [("quarter", 2, (1, 1), 0)]), ("15/16", [("half", 2, (1, 1), 0), ("16th", 0, (1, 1), 2)]),
        ("5/8", [("half", 0, (1, 1), 0), ("eighth", 0, (1, 1), 1)]), ("1/12", [("eighth", 0, (3, 2), 1)]),
        ("31/32", [("half", 2, (1, 1), 0), ("16th", 1, (1, 1), 2)]), ("1/5", [("quarter", 0, (5, 4), 0)]),
        ("1/6", [("quarter", 0, (3, 2), 0)]), ("2", [("breve", 0, (1, 1), 0)]), ("3", [("breve", 1, (1, 1), 0)]),
        ("7/2", [("breve", 2, (1, 1), 0)]), ("1/512", [("512th", 0, (1, 1), 7)]), ("1/7", [("quarter", 0, (7, 4), 0)]),
        ("16", [*[("breve", 2, (1, 1), 0)] * 4, ("breve", 0, (1, 1), 0)]), ("1/32", [("32nd", 0, (1, 1), 3)]),
    ],
)  # fmt: skip
def test_a_length_has_its_printable_values(length: str, expected: list[tuple[str, int, tuple[int, int], int]]):
    found = pieces(Fraction(length))
    assert [(each.type, each.dots, each.ratio, each.beams) for each in found] == expected
    assert sum(each.sounding for each in found) == Fraction(length)


def test_a_tuplet_has_the_values_that_are_written():
    assert [(each.type, each.dots) for each in pieces(Fraction(1, 12), (3, 2))] == [("eighth", 0)]
    assert [(each.type, each.dots) for each in pieces(Fraction(1, 8), (3, 2))] == [("eighth", 1)]
    assert [(each.type, str(each.sounding)) for each in pieces(Fraction(1, 10), (5, 4))] == [("eighth", "1/10")]


@pytest.mark.parametrize(
    ("length", "message"),
    [
        ("0", "no note is 0 of a whole note long; the longest is 16 whole notes"),
        ("-1/8", "no note is -1/8 of a whole note long; the longest is 16 whole notes"),
        ("257/16", "no note is 257/16 of a whole note long; the longest is 16 whole notes"),
        ("1/1024", "no note is 1/1024 of a whole note long; the finest value is 1/512"),
    ],
)
def test_a_length_that_no_note_has_is_an_error(length: str, message: str):
    with pytest.raises(ScoreError) as caught:
        pieces(Fraction(length))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([("0", 1)], [["partial-right"]]),
        ([("0", 1), ("1/8", 1)], [["start"], ["stop"]]),
        ([("0", 1), ("1/8", 1), ("1/4", 1)], [["start"], ["continue"], ["stop"]]),
        ([("0", 2), ("1/16", 2), ("1/8", 1)], [["start", "start"], ["continue", "stop"], ["stop"]]),
        ([("0", 1), ("1/8", 2), ("3/16", 2)], [["start"], ["continue", "start"], ["stop", "stop"]]),
        ([("0", 2), ("1/16", 1), ("3/16", 2)], [["start", "partial-right"], ["continue"], ["stop", "partial-left"]]),
        ([("0", 1), ("1/8", 2), ("3/16", 1)], [["start"], ["continue", "partial-right"], ["stop"]]),
        ([("0", 1), ("3/16", 2), ("1/4", 1)], [["start"], ["continue", "partial-left"], ["stop"]]),
        ([("0", 3), ("1/32", 1), ("1/8", 1)], [["start", *["partial-right"] * 2], ["continue"], ["stop"]]),
        ([], []),
    ],
)  # fmt: skip
def test_beams_of_a_group(values: list[tuple[str, int]], expected: list[list[str]]):
    assert beam_types([(Fraction(onset), count) for onset, count in values]) == expected


def test_a_document_for_programs_has_the_same_elements() -> None:
    given = tune('"G7"!f!A2 (3cde {g}f2|1 A8:|2 [Ac]8|]\nw:la-la la la la')
    for_people, for_programs = tune_musicxml(given), tune_musicxml(given, for_people=False)
    assert ElementTree.canonicalize(for_people, strip_text=True) == ElementTree.canonicalize(
        for_programs, strip_text=True
    )
    assert len(for_programs) < 0.9 * len(for_people)


def test_a_score_leaves_the_collection_of_garbage_as_it_was() -> None:
    tune_musicxml(tune("A8|"))
    assert gc.isenabled()
    gc.disable()
    try:
        tune_musicxml(tune("A8|"))
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_a_score_leaves_nothing_behind() -> None:
    def count() -> int:
        return sum(issubclass(type(each), m21.base.Music21Object) for each in gc.get_objects())

    tune_musicxml(tune("A8|"))
    before = count()
    for _ in range(5):
        tune_musicxml(tune("AGAG fdfd|" * 4))
    assert count() <= before + 20
