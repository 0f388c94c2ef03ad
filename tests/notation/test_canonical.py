from fractions import Fraction

import pytest
from abc_tools import codes, eighths, one, order, pitches
from hypothesis import HealthCheck, given, settings
from strategies import playable_tunes

from folkrnn.corpus import music21_collection
from folkrnn.notation import ERROR, Tune, canonical, decode, form, order_of, performance, read_tunes, without
from folkrnn.notation.canonical import REMOVABLE, without_inner_ties


def again(tune: Tune) -> Tune:
    (other,) = read_tunes(canonical(tune))
    return other


def music(text: str, key: str = "C") -> str:
    """The canonical body of a body."""
    return canonical(one(text, meter="none", key=key)).split("\n")[-2]


def assert_reads_back(tune: Tune) -> None:
    """The canonical text is the same music, and its own canonical text."""
    text = canonical(tune)
    (other,) = read_tunes(text)
    assert canonical(other) == text
    assert performance(other) == performance(tune)
    assert order_of(other.bars) == order_of(tune.bars)
    assert form(other) == form(tune)
    for field in ("pitches", "duration", "tie", "tuplet", "decorations", "hidden"):
        before = [getattr(note, field) for note in tune.notes()]
        after = [getattr(note, field) for note in other.notes()]
        if field == "decorations":
            before, after = [sorted(set(names)) for names in before], [sorted(set(names)) for names in after]
        assert after == before, field
    assert [[g.pitch for g in n.graces] for n in other.notes()] == [[g.pitch for g in n.graces] for n in tune.notes()]
    assert [f for f in other.findings if f.level == ERROR] == []


def test_the_canonical_text_of_a_tune() -> None:
    (tune,) = read_tunes("X:7\nT: The  Test\nO:Ireland\nR:jig\nC:Me\nM:C|\nL:1/4\nK:G major\nGA Bc|d2 f2:|\n")
    assert canonical(tune) == ("X:1\nT:The Test\nR:jig\nO:Ireland\nM:2/2\nL:1/8\nI:form 2:\nK:G\n|:G2A2B2c2|d4f4:|\n")


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("A B c|\nd e f|]", "ABc|def|]"),
        ("A2/2 B4/2 c1/1", "AB2c|]"),
        ("A/2 B// c3/ d3/4", "A/B/4c3/2d3/4|]"),
        ("A>B c<d e3/2f/", "A>Bc<de>f|]"),
        ("A2>B2 c>>d", "A2>B2c7/4d/4|]"),
        ("[GEC]2 [E2C2]", "[CEG]2[CE]2|]"),
        ("(3ABc (3:2:3def (3:2:2A2B", "(3ABc(3def(3:2:2A2B|]"),
        ("{/ge}A !trill!B +turn+c ~d", "{ge}ATB!turn!c~d|]"),
        ('(T{d}"Am"c B)', '({d}"Am"TcB)|]'),
        ("(3(T{d}cBA)", "(3({d}TcBA)|]"),
        ("(3A3/2B/c (3A/B/c/", "(3:2:3A3/2B/c(3A/B/c/|]"),
        ("(3{g}ABc (3{g}A/B/c/", "(3{g}ABc(3:2:3{g}A/B/c/|]"),
        ("x y z", "xz|]"),
        ("A- A-|A", "A-A-|A|]"),
        ("A|B:|C||D:|", "|:A|B:|C|:D:|"),
        ("A::B:|", "|:A:||:B:|"),
        ("A|1 B:|2 C|]D|", "|:A|1B:|2C||D|]"),
        ("A[|]B|", "A|B|]"),
        ('"Am"A "^x"B', '"Am"A"^x"B|]'),
    ],
)
def test_equal_music_is_equal_text(text: str, body: str) -> None:
    assert music(text) == body


@pytest.mark.parametrize(
    ("text", "key", "body"),
    [
        ("F^FF=FF", "D", "FFF=FF|]"),
        ("^FFf|F", "C", "^FF^f|F|]"),
        ("^F-|F", "C", "^F-|^F|]"),
        ("=F|F", "D", "=F|F|]"),
        ("FBC", "D exp _b", "=F_B=C|]"),
        ("FC", "HP", "FC|]"),
    ],
)
def test_an_accidental_stands_where_a_reader_could_err(text: str, key: str, body: str) -> None:
    assert music(text, key) == body


@pytest.mark.parametrize(
    ("key", "line"),
    [("D major", "K:D"), ("A aeolian", "K:Am"), ("Dphr ^f", "K:Dphr"), ("HP", "K:Amix"), ("none", "K:none")],
)
def test_the_key_is_a_tonic_and_a_mode(key: str, line: str) -> None:
    assert line in canonical(one("A8|", key=key)).split("\n")


def test_lyrics_parts_and_tempo_are_left_out() -> None:
    assert canonical(one("P:A\nQ:120\nA8|\nw: word")) == canonical(one("A8|"))


def test_the_line_the_layout_and_the_unit_length_do_not_matter() -> None:
    assert canonical(one("A4 B4|\nc8|]")) == canonical(one("AB|c2", unit="1/2"))


def test_key_and_meter_changes_are_kept() -> None:
    assert_reads_back(one("F8[M:3/4]|[K:D]F6|F2[K:C]F4|[M:C]F8|F8|"))


def test_a_lone_ending_behind_a_double_bar_reads_back() -> None:
    assert_reads_back(one("A8||[1 B8|]"))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(playable_tunes())
def test_generated_tunes_read_back_the_same(text: str) -> None:
    (tune,) = read_tunes(text)
    assert [str(finding) for finding in tune.findings if finding.level == ERROR] == []
    assert_reads_back(tune)


def test_the_music_of_two_collections_reads_back_the_same() -> None:
    files = [*music21_collection("airdsAirs"), *music21_collection("ryansMammoth")[::4]]
    tunes = [tune for file in files for tune in read_tunes(decode(file.read_bytes()), file.name)]
    sound = [tune for tune in tunes if tune.bars and all(finding.level != ERROR for finding in tune.findings)]
    assert len(sound) > 0.9 * len(tunes) > 1200
    for tune in sound:
        assert_reads_back(tune)


@pytest.mark.parametrize(
    ("feature", "body"),
    [("graces", '(HT.A"Am""^x"B)x'), ("ornaments", '(H.{g}A"Am""^x"B)x'), ("articulation", '(T{g}A"Am""^x"B)x'),
     ("slurs", 'HT.{g}A"Am""^x"Bx'), ("chord_symbols", '(HT.{g}A"^x"B)x'), ("annotations", '(HT.{g}A"Am"B)x'),
     ("hidden_rests", '(HT.{g}A"Am""^x"B)z')],
)  # fmt: skip
def test_one_feature_can_be_taken_away(feature: str, body: str) -> None:
    tune = one('(HT.{g}A "Am""^x"B) x', meter="none")
    assert canonical(without(tune, frozenset({feature}))) == canonical(one(body, meter="none"))


def test_taking_everything_away_leaves_notes_and_lengths() -> None:
    tune = one('(HT.{g}A "Am""^x"B) x (3ABc d>e', meter="none")
    bare = without(tune, frozenset(REMOVABLE))
    assert (pitches(bare), eighths(bare)) == (pitches(tune), eighths(tune))
    assert canonical(bare).split("\n")[-2] == "ABz(3ABcd>e|]"


@pytest.mark.parametrize("text", ["A8|1 B8:|3 c8|", "|:A8|B8||", "A2|A8|A8|", "A8|[2 B8|", "A8|[1 B8|"])
def test_a_tune_with_warnings_reads_back_too(text: str) -> None:
    tune = one(text)
    assert performance(again(tune)) == performance(tune)
    assert canonical(again(again(tune))) == canonical(again(tune))


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("A8|A6|\nP:B\nB2|B8|", "A8|A6||B2|B8|]"),
        ("A8|A6|\nK:D\nB2|B8|", "A8|A6||[K:D]B2|B8|]"),
        ("A8|A8|\nP:B\nB8|B8|", "A8|A8|B8|B8|]"),
        ("A2|\nP:A\nA8|A6|", "A2|A8|A6|]"),
        ("|:A8|A6:|\nP:B\n|:B2|B8|B6:|", "|:A8|A6:||:B2|B8|B6:|"),
    ],
)
def test_a_double_bar_stands_where_a_heading_let_a_bar_be_short(text: str, body: str) -> None:
    tune = one(text)
    assert canonical(tune).splitlines()[-1] == body
    assert codes(again(tune)) == codes(tune)


def test_performance_unfolds_repeats_at_exact_times() -> None:
    tune = one("|:C8|1 (3EEE z6:|2 G8|]")
    assert order(tune) == "CECG"
    assert [(sound.onset * 8, sound.midi, sound.duration * 8) for sound in performance(tune)] == [
        (0, 60, 8),
        (8, 64, Fraction(2, 3)),
        (8 + Fraction(2, 3), 64, Fraction(2, 3)),
        (8 + Fraction(4, 3), 64, Fraction(2, 3)),
        (16, 60, 8),
        (24, 67, 8),
    ]
    assert codes(tune) == []


def test_ties_of_single_notes_of_a_chord_stand_with_them() -> None:
    (tune,) = read_tunes("X:1\nM:4/4\nL:1/8\nK:C\n[CE-G]4[EG]4|[CE]4-[CE]4|]\n")
    assert canonical(tune).splitlines()[-1] == "[CE-G]4[EG]4|[CE]4-[CE]4|]"
    (again,) = read_tunes(canonical(tune))
    assert [note.held for note in again.notes()] == [note.held for note in tune.notes()]
    assert canonical(without_inner_ties(tune)).splitlines()[-1] == "[CEG]4[EG]4|[CE]4-[CE]4|]"


def test_lines_and_other_fields_in_the_music_change_no_canonical_text() -> None:
    plain = "X:1\nM:4/4\nL:1/8\nK:C\nC>D E2 G4|C8|]\n"
    (tune,) = read_tunes(plain)
    for music in ("C>[P:B]D E2 G4|C8|]", "C>D E2\n% here\nG4|\nQ:1/4=90\nC8|]", "C>D E2 .| G4|%%text x\nC8|]"):
        (other,) = read_tunes(f"X:1\nM:4/4\nL:1/8\nK:C\n{music}\n")
        assert canonical(other) == canonical(tune)


def test_features_are_taken_from_all_voices_overlays_and_bar_lines() -> None:
    (tune,) = read_tunes('X:1\nM:4/4\nL:1/4\nV:1\nV:2\nK:C\n[V:1]C4 & "G"E4 !fine!|]\n[V:2]"C"C4|]\n')
    bare = without(tune, frozenset({"chord_symbols", "articulation"}))
    texts = [
        note.chord_symbols for voice in bare.voices for bar in voice.bars for layer in bar.layers for note in layer
    ]
    assert texts == [(), (), ()]
    assert bare.bars[0].closing.decorations == ()
