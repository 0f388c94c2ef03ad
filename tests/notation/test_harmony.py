"""Chords: when they are heard, which are suggested, and the symbols that tunes mostly have."""

import pytest

from folkrnn.notation import read_tunes, transpose
from folkrnn.notation.chords import Chord, move_symbol, parse_chord
from folkrnn.notation.harmony import chords, has_chords, with_chords, without_chords
from folkrnn.notation.transposition import transpose_pitch
from folkrnn.notation.tune import Tune


def tune(body: str, key: str = "G", meter: str = "4/4") -> Tune:
    return read_tunes(f"X:1\nT:Test\nM:{meter}\nL:1/8\nK:{key}\n{body}\n")[0]


def symbols(tune: Tune) -> list[str]:
    return [symbol for note in tune.notes() for symbol in note.chord_symbols]


@pytest.mark.parametrize(
    ("text", "root", "classes", "bass"),
    [
        ("G", 7, {7, 11, 2}, 7),
        ("Am", 9, {9, 0, 4}, 9),
        ("D7", 2, {2, 6, 9, 0}, 2),
        ("F#m", 6, {6, 9, 1}, 6),
        ("Bb", 10, {10, 2, 5}, 10),
        ("D/F#", 2, {2, 6, 9}, 6),
        ("Gsus4", 7, {7, 0, 2}, 7),
        ("Cmaj7", 0, {0, 4, 7, 11}, 0),
        ("Bdim", 11, {11, 2, 5}, 11),
        ("G13", 7, {7, 11, 2, 5, 9, 4}, 7),
    ],
)
def test_symbols_are_chords(text: str, root: int, classes: set[int], bass: int) -> None:
    chord = parse_chord(text)
    assert chord is not None
    assert (chord.root, chord.classes, chord.bass) == (root, classes, bass)


@pytest.mark.parametrize("text", ["", "fine", "Allegro", "Slowly", "Da capo", "H", "1st time"])
def test_words_are_no_chords(text: str) -> None:
    assert parse_chord(text) is None


def test_chords_stand_where_they_are_written() -> None:
    (bar,) = tune('"G"G4 "D"A2 "words"B2|').bars
    assert [(float(at), chord.root) for at, chord in chords(bar)] == [(0.0, 7), (0.5, 2)]
    assert next(iter(chords(bar)))[1] == Chord(7, (0, 4, 7), 7)


def test_chords_move_with_a_tune() -> None:
    assert symbols(transpose(tune('"G"G4 "D/F#"A4|"Em"B8|'), 1, 2)) == ["A", "E/G#", "F#m"]
    assert symbols(transpose(tune('"G"G4 "D/F#"A4|"Em"B8|'), -2, -4)) == ["Eb", "Bb/D", "Cm"]


def test_suggested_chords_are_those_of_the_key_and_end_on_the_tonic() -> None:
    suggested = with_chords(tune("G2BG dGBG|c2ec gcec|A2dA FAdA|G2BG G4|"))
    assert symbols(suggested) == ["G", "C", "D", "G"]
    assert symbols(without_chords(suggested)) == []
    assert has_chords(suggested)
    assert not has_chords(without_chords(suggested))


def test_a_minor_key_has_the_dominant_with_its_leading_note() -> None:
    suggested = symbols(with_chords(tune("A2cA eAcA|^GBeB ^GBeB|A2cA A4|", "Am")))
    assert suggested == ["Am", "E", "Am"]
    assert symbols(with_chords(tune("A2cA eAcA|G2BG dGBG|A2cA A4|", "Ador"))) == ["Am", "G", "Am"]


def test_a_pickup_has_no_chord_and_a_key_without_tonic_none_at_all() -> None:
    assert symbols(with_chords(tune("D|G2BG dGBG|G7|")))[0] == "G"
    assert not tune("D|G2BG dGBG|G7|").bars[0].notes[0].chord_symbols
    assert symbols(with_chords(tune("GABc|", "none"))) == []


@pytest.mark.parametrize(
    ("text", "root", "tones", "bass"),
    [
        ("C", 0, (0, 4, 7), 0),
        ("Cm", 0, (0, 3, 7), 0),
        ("C-", 0, (0, 3, 7), 0),
        ("C(7)", 0, (0, 4, 7, 10), 0),
        ("Am7/G", 9, (0, 3, 7, 10), 7),
        ("Am/g", 9, (0, 3, 7), 7),
        ("E♭", 3, (0, 4, 7), 3),
        ("F♯m6", 6, (0, 3, 7, 9), 6),
        ("Cb", 11, (0, 4, 7), 11),
        ("B#", 0, (0, 4, 7), 0),
        ("C/Bb", 0, (0, 4, 7), 10),
        ("Cmaj", 0, (0, 4, 7), 0),
        ("CM", 0, (0, 4, 7), 0),
        ("Cmin", 0, (0, 3, 7), 0),
        ("C7", 0, (0, 4, 7, 10), 0),
        ("Cm7", 0, (0, 3, 7, 10), 0),
        ("Cmin7", 0, (0, 3, 7, 10), 0),
        ("Cmaj7", 0, (0, 4, 7, 11), 0),
        ("CM7", 0, (0, 4, 7, 11), 0),
        ("C6", 0, (0, 4, 7, 9), 0),
        ("Cdim", 0, (0, 3, 6), 0),
        ("Co", 0, (0, 3, 6), 0),
        ("C+", 0, (0, 4, 8), 0),
        ("Csus", 0, (0, 5, 7), 0),
        ("Csus4", 0, (0, 5, 7), 0),
        ("Cm9", 0, (0, 3, 7, 10, 14), 0),
        ("Caug", 0, (0, 4, 8), 0),
        ("Bdim7", 11, (0, 3, 6, 9), 11),
        ("G5", 7, (0, 7), 7),
        ("Gsus2", 7, (0, 2, 7), 7),
        ("G9", 7, (0, 4, 7, 10, 14), 7),
        ("Cadd9", 0, (0, 4, 7, 14), 0),
        ("Dm7b5", 2, (0, 3, 6, 10), 2),
        ("G13b9", 7, (0, 4, 7, 10, 13, 21), 7),
        ("Galt", 7, (0, 4, 8, 10, 15), 7),
        ("G/H", 7, (0, 4, 7), 11),
        (" Em ", 4, (0, 3, 7), 4),
    ],
)
def test_every_part_of_a_symbol_counts(text: str, root: int, tones: tuple[int, ...], bass: int) -> None:
    assert parse_chord(text) == (root, tones, bass)


@pytest.mark.parametrize("text", ["g", "Gx", "G/F#m", "Gb#", "A tempo"])
def test_what_only_looks_like_a_chord_is_none(text: str) -> None:
    assert parse_chord(text) is None


def test_several_chords_over_one_note_share_its_time() -> None:
    (bar,) = tune('G2"G""D""Em"A6|').bars
    assert [(float(at) * 8, chord.root) for at, chord in chords(bar)] == [(2, 7), (4, 2), (6, 4)]


def test_several_chords_over_one_note_last_until_the_next_symbol() -> None:
    (bar,) = tune('"G D7"G2A2 "C"c2"Am""D"d2|').bars
    assert [(float(at) * 8, chord.root) for at, chord in chords(bar)] == [(0, 7), (2, 2), (4, 0), (6, 9), (7, 2)]


@pytest.mark.parametrize(
    ("symbol", "moved"),
    [("G", "A"), ("D/F#", "E/G#"), ("Bbm7", "Cm7"), ("E/B", "F#/C#"), ("Fine", "Fine"), ("Gx", "Gx")],
)
def test_a_symbol_moves_with_root_and_bass(symbol: str, moved: str) -> None:
    assert move_symbol(symbol, lambda pitch: transpose_pitch(pitch, 1, 2)) == moved


def placed(tune: Tune) -> list[tuple[int, int, str]]:
    """Bar and note (indices) of each chord symbol."""
    return [
        (index, place, symbol)
        for index, bar in enumerate(tune.bars)
        for place, note in enumerate(bar.notes)
        for symbol in note.chord_symbols
    ]


@pytest.mark.parametrize(
    ("body", "key", "meter", "found"),
    [
        ("G4 c4|A4 G4|]", "G", "4/4", [(0, 0, "G"), (0, 1, "C"), (1, 0, "D"), (1, 1, "G")]),
        ("G8|G8|]", "G", "4/4", [(0, 0, "G")]),  # a chord that goes on is not written again
        ("GBd|cec|dAF|G3|]", "G", "3/8", [(0, 0, "G"), (1, 0, "C"), (2, 0, "D"), (3, 0, "G")]),
        ("G2B2d2|c2e2c2|d2A2F2|G6|]", "G", "3/4", [(0, 0, "G"), (1, 0, "C"), (2, 0, "D"), (3, 0, "G")]),
        ("GBd cec|dAF G3|]", "G", "6/8", [(0, 0, "G"), (0, 3, "C"), (1, 0, "D"), (1, 3, "G")]),
        ("GB6c|A8|G8|]", "G", "4/4", [(0, 0, "G"), (1, 0, "D"), (2, 0, "G")]),  # no note begins in the middle
        ("d4|G4 c4|A4 G4|G4|]", "G", "4/4", [(1, 0, "G"), (1, 1, "C"), (2, 0, "D"), (2, 1, "G")]),
        ("D8|=c4 e4|D8|]", "Dmix", "4/4", [(0, 0, "D"), (1, 0, "C"), (2, 0, "D")]),
        ("z8|G8|]", "G", "4/4", [(1, 0, "G")]),
        ("G8|G8|]", "HP", "4/4", []),
        ("G8|G8|]", "none", "4/4", []),
        ("z8|]", "none", "4/4", []),
    ],
)
def test_chords_are_suggested_where_the_harmony_changes(
    body: str, key: str, meter: str, found: list[tuple[int, int, str]]
) -> None:
    assert placed(with_chords(tune(body, key, meter))) == found


@pytest.mark.parametrize(
    ("key", "bars", "found"),
    [
        ("G", "G2B2d2|c2e2g2|D2F2A2|E2G2B2|A2c2e2|G2B2d2|", "G C D Em Am G"),
        ("Em", "E2G2B2|D2F2A2|A2c2e2|G2B2d2|B2d2f2|B2^d2f2|c2e2g2|E2G2B2|", "Em D Am G Bm B C Em"),
        ("Ador", "A2c2e2|G2B2d2|D2F2A2|c2e2g2|E2G2B2|A2c2e2|", "Am G D C Em Am"),
        ("Amix", "A2c2e2|G2B2d2|D2F2A2|E2G2B2|F2A2c2|B2d2f2|A2c2e2|", "A G D Em F#m Bm A"),
        ("Flyd", "F2A2c2|C2E2G2|G2B2d2|F2A2c2|", "F C G F"),
    ],
)
def test_a_triad_of_the_key_gets_its_chord(key: str, bars: str, found: str) -> None:
    assert symbols(with_chords(tune(bars, key, "3/4"))) == found.split()


VOICES = 'X:1\nM:4/4\nL:1/4\nV:Ch\nV:T\nK:G\n[V:Ch]"G"x4|"C"x4|]\n[V:T]G A B G|c4 "D"|]\n'


def test_chords_may_stand_in_a_voice_of_their_own_and_on_a_bar_line() -> None:
    (tune,) = read_tunes(VOICES)
    assert has_chords(tune)
    assert has_chords(tune.alone(tune.melody))
    bare = without_chords(tune)
    assert not has_chords(bare)
    assert [len(voice.bars) for voice in bare.voices] == [2, 2]


def test_suggested_chords_stand_over_the_melody_alone() -> None:
    chords, melody = with_chords(read_tunes(VOICES)[0]).voices
    assert not any(note.chord_symbols for bar in chords.bars for note in bar.notes)
    assert melody.bars[0].notes[0].chord_symbols == ("G",)
