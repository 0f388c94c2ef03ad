"""Chord symbols: which texts are chords, what they mean, and how they move."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkrnn.notation import read_tunes, transpose
from folkrnn.notation.chords import is_like_chord, move_symbol, parse_chord, quality, read_symbol
from folkrnn.notation.harmony import chords
from folkrnn.notation.transposition import transpose_pitch
from folkrnn.notation.tune import Tune

CLASSES = ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"]
KINDS = [
    "", "m", "min", "mi", "-", "maj", "M", "7", "m7", "-7", "maj7", "M7", "Maj7", "ma7", "Δ", "Δ7", "7M", "mM7",
    "m(maj7)", "m(Maj7)", "6", "m6", "6/9", "m6/9", "69", "9", "m9", "maj9", "add9", "(add9)", "m(add9)", "11", "m11",
    "13", "m13", "maj13", "dim", "dim7", "°", "°7", "o7", "ø", "ø7", "m7b5", "m7(b5)", "m7-5", "aug", "+", "aug7", "+7",
    "7+", "7#5", "7b5", "7b9", "7(b9)", "7#9", "7#11", "7(b9,#11)", "13b9", "7alt", "alt", "sus", "sus2", "sus4",
    "7sus4", "9sus4", "7sus", "5", "(no3)", "7(no5)", "7/9-", "7/5+", "add#11", "maj7#11",
]  # fmt: skip


def tune(body: str, key: str = "G") -> Tune:
    return read_tunes(f"X:1\nT:Test\nM:4/4\nL:1/8\nK:{key}\n{body}\n")[0]


def tones(text: str) -> str:
    """The names of the tones of a symbol's first chord, from the root up."""
    chord = parse_chord(text)
    assert chord is not None
    return " ".join(CLASSES[(chord.root + tone) % 12] for tone in chord.tones)


def symbols(tune: Tune) -> list[str]:
    return [symbol for note in tune.notes() for symbol in note.chord_symbols]


def annotations(tune: Tune) -> list[str]:
    return [text for note in tune.notes() for text in note.annotations]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("C7sus4", "C F G Bb"), ("C7sus", "C F G Bb"), ("C9sus4", "C F G Bb D"), ("Csus2", "C D G"),
        ("C4", "C F G"), ("C2", "C D G"), ("Csus24", "C D F G"), ("C7/4", "C F G Bb"),
        ("Cm7b5", "C Eb F# Bb"), ("Cm7(b5)", "C Eb F# Bb"), ("Cm7-5", "C Eb F# Bb"), ("Cø", "C Eb F# Bb"),
        ("Cø7", "C Eb F# Bb"), ("C7b5", "C E F# Bb"), ("C7-5", "C E F# Bb"), ("C-5", "C E F#"),
        ("C7+", "C E Ab Bb"), ("C+7", "C E Ab Bb"), ("Caug7", "C E Ab Bb"), ("C7#5", "C E Ab Bb"),
        ("C7/5+", "C E Ab Bb"), ("C5+", "C E Ab"), ("C+9", "C E Ab Bb D"),
        ("CMaj7", "C E G B"), ("Cma7", "C E G B"), ("C7M", "C E G B"), ("Cj7", "C E G B"), ("C^7", "C E G B"),
        ("CΔ", "C E G B"), ("CΔ7", "C E G B"), ("CmM7", "C Eb G B"), ("Cmmaj7", "C Eb G B"),
        ("Cm(maj7)", "C Eb G B"), ("C-Δ", "C Eb G B"), ("Cm#7", "C Eb G B"), ("Cm/maj7", "C Eb G B"),
        ("C-", "C Eb G"), ("C-7", "C Eb G Bb"), ("C−7", "C Eb G Bb"), ("Cmi7", "C Eb G Bb"), ("CMI7", "C Eb G Bb"),
        ("C°", "C Eb F#"), ("C°7", "C Eb F# A"), ("Co7", "C Eb F# A"), ("Cdim7", "C Eb F# A"), ("C07", "C Eb F# A"),
        ("C6/9", "C E G A D"), ("C69", "C E G A D"), ("C6(9)", "C E G A D"), ("Cm6/9", "C Eb G A D"),
        ("Cadd9", "C E G D"), ("C(add9)", "C E G D"), ("Cmadd9", "C Eb G D"), ("Cadd2", "C D E G"),
        ("Cmaj9", "C E G B D"), ("Cm9", "C Eb G Bb D"), ("C-9", "C Eb G Bb D"), ("C11", "C E G Bb D F"),
        ("C13", "C E G Bb D A"), ("Cdom7", "C E G Bb"), ("C7/13", "C E G Bb A"),
        ("C7#9", "C E G Bb Eb"), ("C7(b9)", "C E G Bb C#"), ("C7b9#11", "C E G Bb C# F#"),
        ("C7/9-", "C E G Bb C#"), ("C9-", "C E G Bb C#"), ("Cmaj7#11", "C E G B F#"), ("C7+9", "C E G Bb Eb"),
        ("C7(no5)", "C E Bb"), ("Cno3", "C G"), ("C5", "C G"), ("C7alt", "C E Ab Bb Eb"),
        ("C♭", "B Eb F#"), ("C♯m", "C# E Ab"), ("Bbb", "A C# E"), ("Ebb5", "Eb G A"),
        ("H7", "B Eb F# A"), ("Hm", "B D F#"),
        ("em", "E G B"), ("f#m7", "F# A C# E"), ("bbm", "Bb C# F"), ("bdim", "B D F"), ("d7", "D F A C"),
        ("gmaj7", "G B D F#"), ("asus4", "A D E"),
    ],
)  # fmt: skip
def test_a_kind_of_chord_has_its_tones(text: str, expected: str) -> None:
    assert tones(text) == expected


@pytest.mark.parametrize(
    ("text", "bass"), [("Bb/D", "D"), ("D7/F#", "F#"), ("G/b", "B"), ("G/bb", "Bb"), ("am/g", "G"), ("C / E", "E")]
)
def test_the_bass_may_be_written_small(text: str, bass: str) -> None:
    chord = parse_chord(text)
    assert chord is not None
    assert CLASSES[chord.bass] == bass


@pytest.mark.parametrize(
    "text",
    [
        "Fine", "Allegro", "D.C.", "D.S.", "DC", "A part", "Part A", "Bass", "Coda", "Gently", "Add voice", "Dal segno",
        "Am Fenster", "B MINOR", "BREAK", "DANCE", "Chorus", "End", "end", "cresc.", "dim.", "f", "p", "mf", "Do", "Go",
        "co", "a2", "H", "1", "4", "A1", "(S)", "()", "A()", "((A))", "(A", "A)", "A tempo", "Fill", "Ad lib", "^G",
        "_D", "<Am", "@1,2 G", "", " ", "8va", "2nd time", "E.", "Gx", "Gb#", "G/F#m", "Gxyz7", "C/D/E", "Cmm",
        "G\x1cD",
    ],
)  # fmt: skip
def test_words_stay_text(text: str) -> None:
    assert read_symbol(text) is None
    assert move_symbol(text, lambda pitch: transpose_pitch(pitch, 1, 2)) == text


@pytest.mark.parametrize(("text", "heard"), [("G (D7)", "G B D"), ("D(Bm)", "D F# A"), ("Em (G) (C)", "E G B")])
def test_an_alternative_is_not_played(text: str, heard: str) -> None:
    assert tones(text) == heard
    symbol = read_symbol(text)
    assert symbol is not None
    assert len(symbol.names) == 1


def test_a_chord_in_parentheses_is_printed_and_not_played() -> None:
    read = tune('"G"G4 "(D)"A4|')
    assert symbols(read) == ["G", "(D)"]
    assert [chord.root for _, chord in chords(read.bars[0])] == [7]


@pytest.mark.parametrize("text", ["G D7", "G;D7", "G\\nD7", "G\nD7", "G, D7", "G - D7", "G | D7", "G D7 (Am)"])
def test_chords_in_one_text_follow_each_other(text: str) -> None:
    (bar,) = tune("GABc dBAG|").bars
    notes = (bar.notes[0]._replace(chord_symbols=(text,)), *bar.notes[1:])
    bar = type(bar)(notes, bar.meter, bar.key)
    assert [(float(at), chord.root) for at, chord in chords(bar)] == [(0, 7), (0.5, 2)]


@pytest.mark.parametrize("text", ["N.C.", "NC", "n.c.", "N.C", "(N.C.)", "No chord"])
def test_no_chord_is_silence(text: str) -> None:
    read = tune(f'"G"G4 "{text}"A4|')
    assert symbols(read) == ["G", text]
    assert [chord.tones for _, chord in chords(read.bars[0])] == [(0, 4, 7), ()]
    assert symbols(transpose(read, 1, 2)) == ["A", text]


@pytest.mark.parametrize(
    ("text", "moved"),
    [
        ("em", "f#m"), ("bm7", "c#m7"), ("D (Bm)", "E (C#m)"), ("D(Bm)", "E(C#m)"), ("(D)", "(E)"), ("G/b", "A/c#"),
        ("G6/9", "A6/9"), ("Bb/D", "C/E"), ("E♭m", "Fm"), ("B♭", "C"), ("E/A♭", "F♯/B♭"), ("C7(b9)", "D7(b9)"),
        ("G D7", "A E7"), ("G;D7", "A;E7"), ("C/E G/B", "D/F# A/C#"), ("H7", "C#7"), ("A7", "B7"), ("B#", "D"),
        ("C7#9", "D7#9"), ("D/F# (G)", "E/G# (A)"), ("Ebb5", "F(b5)"), ("Bb#9", "C(#9)"),
        ("Abb5", "Bbb5"),
    ],
)  # fmt: skip
def test_a_symbol_moves_as_it_is_written(text: str, moved: str) -> None:
    assert move_symbol(text, lambda pitch: transpose_pitch(pitch, 1, 2)) == moved


def test_a_german_b_stays_one_where_it_comes_back() -> None:
    assert move_symbol("H7", lambda pitch: transpose_pitch(pitch, 7, 12)) == "H7"


def test_a_chord_without_spelling_in_the_key_gets_another() -> None:
    read = tune('"B#"G4 "Fb"A4 |', "Cb")
    assert symbols(transpose(read, 0, 1)) == ["C#", "F"]


def test_all_chords_of_a_tune_move_and_its_words_stay() -> None:
    moved = transpose(tune('"G"GABc "em"efge|"D (Bm)""^Go on"dcBA "_D"G2"Fine"G2|'), 1, 2)
    assert symbols(moved) == ["A", "f#m", "E (C#m)"]
    assert annotations(moved) == ["^Go on", "_D", "Fine"]


NAMES = st.builds(
    lambda root, alter, kind, bass: f"{root}{alter}{kind}{bass}",
    st.sampled_from("ABCDEFG"),
    st.sampled_from(["", "", "#", "b", "♯", "♭"]),
    st.sampled_from(KINDS),
    st.sampled_from(["", "", "/G", "/f#", "/Bb"]),
)
SYMBOLS = st.one_of(
    NAMES,
    st.builds("{} ({})".format, NAMES, NAMES),
    st.builds("{} {}".format, NAMES, NAMES),
    st.builds(lambda root, kind: root + kind, st.sampled_from("abcdefg"), st.sampled_from(["m", "m7", "dim", "7"])),
)


@given(SYMBOLS, st.integers(-7, 7), st.integers(-1, 1))
def test_a_chord_moved_up_and_down_is_the_same(text: str, steps: int, alter: int) -> None:
    octaves, step = divmod(steps, 7)
    semitones = (0, 2, 4, 5, 7, 9, 11)[step] + 12 * octaves + alter
    there = move_symbol(text, lambda pitch: transpose_pitch(pitch, steps, semitones))
    back = move_symbol(there, lambda pitch: transpose_pitch(pitch, -steps, -semitones))
    before, moved, after = read_symbol(text), read_symbol(there), read_symbol(back)
    assert before is not None
    assert moved is not None
    assert after is not None
    assert [name.chord for name in after.names] == [name.chord for name in before.names]
    assert [(name.chord.root - semitones) % 12 for name in moved.names] == [name.chord.root for name in before.names]
    assert [name.kind for name in moved.names] == [name.kind for name in before.names]


@given(st.text("ABCDEFGHabcdefgm7°øΔ#b♭/() ;,+-susadimjgNC.1269", max_size=9))
def test_no_text_is_too_strange(text: str) -> None:
    symbol = read_symbol(text)
    moved = move_symbol(text, lambda pitch: transpose_pitch(pitch, 1, 2))
    if symbol is None:
        assert moved == text
    else:
        again = read_symbol(moved)
        assert again is not None
        assert [name.intervals for name in again.names] == [name.intervals for name in symbol.names]


@pytest.mark.parametrize("part", ["69", "(b9)", "sus24", "7", " D", "(D)", "maj", "#5", "/9", "m"])
def test_a_long_text_takes_no_longer_than_its_length(part: str) -> None:
    for text in ("C" + part * 2000 + "!", "C" + part * 2000):
        read_symbol(text)
        is_like_chord(text)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_root_and_no_tone_twice(kind: str) -> None:
    intervals = quality(kind)
    assert intervals is not None
    assert intervals[0] == (1, 0)
    assert len(set(intervals)) == len(intervals) >= 2


@pytest.mark.parametrize(
    ("text", "doubtful"),
    [
        ("Gxyz7", True), ("G/F#m", True), ("D/f+", True), ("e", True), ("bb", True), ("A1", True), ("C♯♭", True),
        ("Fine", False), ("Coda", False), ("f", False), ("B MINOR", False), ("^G7x", False), ("D.C.", False),
        ("cresc.", False), ("2nd", False),
    ],
)  # fmt: skip
def test_what_is_written_like_a_chord_and_is_none_is_noted(text: str, doubtful: bool) -> None:
    read = tune(f'"{text}"G8|')
    assert annotations(read) == [text]
    notes = [finding for finding in read.findings if finding.code == "doubtful-chord"]
    assert bool(notes) is doubtful is is_like_chord(text)
    if notes:
        assert notes[0].level == "note"
        assert repr(text) in notes[0].message


def test_a_chord_symbol_leaves_no_finding() -> None:
    read = tune('"em"G4 "D (Bm)"G4|"N.C."G8|]')
    assert "doubtful-chord" not in [finding.code for finding in read.findings]
