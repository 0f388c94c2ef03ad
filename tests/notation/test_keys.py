from fractions import Fraction

import pytest
from abc_tools import codes, one, pitches
from hypothesis import given
from hypothesis import strategies as st

from folkrnn.errors import NotationError
from folkrnn.notation import Key, parse_key
from folkrnn.notation.key import MODES
from folkrnn.notation.pitch import STEPS

TONICS = st.builds(str.__add__, st.sampled_from("ABCDEFG"), st.sampled_from(["", "#", "b"]))
ALTERS = st.one_of(st.integers(-2, 2), st.sampled_from([Fraction(1, 2), Fraction(-3, 2), Fraction(1, 4)]))
MARKS = st.lists(st.tuples(st.integers(0, 6), ALTERS), max_size=3).map(tuple)
KEYS = st.one_of(
    st.builds(Key, TONICS, st.sampled_from(sorted(MODES)), MARKS, st.booleans()),
    st.builds(Key, explicit=MARKS.filter(bool), replaces=st.booleans()),
    st.sampled_from([Key(), Key(pipes="HP"), Key(pipes="Hp")]),
)


def signature(text: str) -> str:
    """The signature of a key's text, such as ``^c ^f``."""
    return " ".join(
        {1: "^", -1: "_", 2: "^^", -2: "__"}[a] + STEPS[s].lower() for s, a in sorted(parse_key(text).signature.items())
    )


@pytest.mark.parametrize(
    ("written", "key"),
    [("D", "D"), ("Dmaj", "D"), ("D major", "D"), ("D Ionian", "D"), ("DION", "D"),
     ("Em", "Em"), ("E m", "Em"), ("Emin", "Em"), ("E minor", "Em"), ("EAeolian", "Em"), ("E aeo", "Em"),
     ("Ador", "Ador"), ("A Dorian", "Ador"), ("ADOR", "Ador"), ("Gmix", "Gmix"), ("G MIXOLYDIAN", "Gmix"),
     ("G Mixo", "Gmix"), ("Ephr", "Ephr"), ("E Phrygian", "Ephr"), ("Flyd", "Flyd"), ("F lydian", "Flyd"),
     ("D mix", "Dmix"), ("Dmixolydian", "Dmix"), ("F # m", "F#m"),
     ("Bloc", "Bloc"), ("B Locrian", "Bloc"), ("Bb", "Bb"), ("Bbm", "Bbm"), ("F#dor", "F#dor"), ("C# minor", "C#m")],
)  # fmt: skip
def test_every_spelling_of_a_mode_is_understood(written: str, key: str) -> None:
    assert str(parse_key(written)) == key


@pytest.mark.parametrize(
    ("key", "sharps_and_flats"),
    [("C", ""), ("G", "^f"), ("D", "^c ^f"), ("F", "_b"), ("Bb", "_e _b"), ("Am", ""), ("Gm", "_e _b"), ("Ador", "^f"),
     ("Amix", "^c ^f"), ("Ephr", ""), ("Flyd", ""), ("Bloc", ""), ("C#", "^c ^d ^e ^f ^g ^a ^b"),
     ("G#", "^c ^d ^e ^^f ^g ^a ^b"), ("Cb", "_c _d _e _f _g _a _b")],
)  # fmt: skip
def test_a_key_has_its_signature(key: str, sharps_and_flats: str) -> None:
    assert signature(key) == sharps_and_flats


@pytest.mark.parametrize(
    ("key", "sharps_and_flats"),
    [("D exp ^f", "^f"), ("D exp _b _e ^f", "_e ^f _b"), ("Dphr ^f", "_e ^f _b"), ("D =c", "^f"), ("D mix^c", "^c ^f"),
     ("C ^f_b", "^f _b"), ("Am ^^g", "^^g"), ("D exp", ""), ("none ^f", "^f"),
     ("D MIX =c", "^f"), ("D=c", "^f"), ("D phr ^f clef=bass", "_e ^f _b")],
)  # fmt: skip
def test_explicit_accidentals_add_to_the_mode_or_replace_it(key: str, sharps_and_flats: str) -> None:
    assert signature(key) == sharps_and_flats


@pytest.mark.parametrize("text", ["", "none", "NONE", " none ", "none clef=bass"])
def test_no_key_has_no_signature(text: str) -> None:
    assert parse_key(text) == Key()


@pytest.mark.parametrize("text", ["HP", "Hp", "Hp clef=treble"])
def test_the_highland_pipes_have_f_and_c_sharp(text: str) -> None:
    assert signature(text) == "^c ^f"


@pytest.mark.parametrize(
    "words",
    ["clef=bass", "treble", "bass", "alto4", "treble-8", "clef=treble+8", "octave=-1", "middle=d", "m=B",
     "strings:tuning=4", "foo", "none", "treble^8", "treble_8", "bass-15", "shift=GD", "clef=C3", "clef=soprno",
     "capo 3",
     "octave = 1", "clef = bass", 'name="A fiddle"',
     "transpose=-2", "t=2", "perc", "clef=none", "stafflines=1", "clef=treble middle=B transpose=3", "style=rhythm"],
)  # fmt: skip
def test_clef_and_transposition_words_do_not_change_the_key(words: str) -> None:
    assert str(parse_key(f"Ador {words}")) == "Ador"


@pytest.mark.parametrize(("words", "second"), [("bass", "^F"), ("clef=alto", "^F"), ("clef=treble octave=1", "^f")])
def test_a_clef_alone_leaves_the_key_as_it_was(words: str, second: str) -> None:
    assert pitches(one(f"F4[K:{words}]F4|", key="D")) == f"^F {second}"


@pytest.mark.parametrize("key", ["D foo", "D mayor", "D E", "D capo=2", "D sharp 2"])
def test_what_follows_the_tonic_and_is_not_understood_leaves_the_tonic(key: str) -> None:
    assert pitches(one("F4C4|", key=key)) == "^F ^C"


def test_a_clef_alone_at_the_start_means_no_signature() -> None:
    tune = one("F8|", key="clef=bass")
    assert (codes(tune), pitches(tune)) == ([], "F")


@pytest.mark.parametrize("text", ["H", "zz", "g", "D mayor", "D#b", "1", "Dsus4", "|:", "D E"])
def test_what_is_no_key_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(NotationError, match=r"is no key; expected one such as") as error:
        parse_key(text)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("key", "pitch_class"), [("C", 0), ("Bbm", 10), ("F#dor", 6), ("Cb", 11), ("none", None)])
def test_the_tonic_has_a_pitch_class(key: str, pitch_class: int | None) -> None:
    assert parse_key(key).tonic_class == pitch_class


@given(KEYS)
def test_a_key_reads_back_as_it_is_written(key: Key) -> None:
    assert parse_key(str(key)) == key


@pytest.mark.parametrize(
    ("key", "fifths"),
    [("C", 0), ("D", 2), ("Bb", -2), ("F", -1), ("Em", 1), ("Ador", 1), ("Gmix", 0), ("Flyd", 0), ("Ephr", 0),
     ("Bloc", 0), ("F#dor", 4), ("C#", 7), ("Cb", -7), ("none", 0), ("HP", 0), ("D exp ^f", 2)],
)  # fmt: skip
def test_a_key_has_a_place_in_the_circle_of_fifths(key: str, fifths: int) -> None:
    assert parse_key(key).fifths == fifths


@pytest.mark.parametrize(
    ("key", "scale"),
    [("C", "0 2 4 5 7 9 11"), ("D", "1 2 4 6 7 9 11"), ("Em", "0 2 4 6 7 9 11"), ("Bb", "0 2 3 5 7 9 10"),
     ("HP", "1 2 4 6 7 9 11"), ("D exp ^f", "0 2 4 6 7 9 11"), ("none", "0 2 4 5 7 9 11")],
)  # fmt: skip
def test_a_key_has_a_scale_of_seven_pitch_classes(key: str, scale: str) -> None:
    assert parse_key(key).scale == set(map(int, scale.split()))


@pytest.mark.parametrize(
    ("key", "standard"),
    [("D", True), ("Em", True), ("none", True), ("HP", False), ("Hp", False), ("D exp", False), ("D =c", False)],
)
def test_a_key_is_standard_where_tonic_and_mode_say_all(key: str, standard: bool) -> None:
    assert parse_key(key).standard is standard


@pytest.mark.parametrize(
    ("key", "explicit", "replaces", "pipes"),
    [("D =c ^g", ((0, 0), (4, 1)), False, ""), ("D exp _b", ((6, -1),), True, ""), ("HP ^g", (), False, "HP"),
     ("Hp", (), False, "Hp"), ("none __e", ((2, -2),), False, ""), ("D", (), False, ""),
     ("exp ^f", ((3, 1),), True, "")],
)  # fmt: skip
def test_a_key_keeps_its_explicit_accidentals(
    key: str, explicit: tuple[tuple[int, int], ...], replaces: bool, pipes: str
) -> None:
    read = parse_key(key)
    assert (read.explicit, read.replaces, read.pipes) == (explicit, replaces, pipes)


@given(st.text(alphabet="ABCDEFGabcdefgm#^_=/ 123explHPnortbas", max_size=20))
def test_any_text_is_a_key_or_refused(text: str) -> None:
    try:
        key = parse_key(text)
    except NotationError:
        return
    assert parse_key(str(key)) == key


def test_a_key_may_hold_quarter_tones() -> None:
    assert str(parse_key("D exp _/b ^f")) == "D exp _/b ^f"
    assert pitches(one("B2F2 =B2B2|", key="D exp _/b ^f")) == "_/B ^F B B"
    assert parse_key("D exp _/b ^f").semitones == {6: 0, 3: 1}
