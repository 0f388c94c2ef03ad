from fractions import Fraction

import pytest
from abc_tools import codes, eighths, one, pitches, places


@pytest.mark.parametrize(
    ("text", "length"),
    [("[CEG]", 1), ("[CEG]2", 2), ("[C2E2]", 2), ("[C2E2]2", 4), ("[CE]/", "1/2"), ("[C/E/]3", "3/2"), ("[C2E]", 2),
     ("[C3E3]/", "3/2")],
)  # fmt: skip
def test_a_chord_is_as_long_as_its_first_note_times_its_own_length(text: str, length: str | int) -> None:
    assert eighths(one(text, meter="none")) == [Fraction(length)]


def test_the_notes_of_a_chord_stand_from_low_to_high() -> None:
    assert pitches(one("[gCE]")) == "[CEg]"


def test_a_note_twice_in_a_chord_counts_once() -> None:
    assert pitches(one("[CCE]")) == "[CE]"


def test_a_chord_follows_key_and_bar() -> None:
    assert pitches(one("^G[EGc][FA]|[EG]", key="D", meter="none")) == "^G [E^G^c] [^FA] [EG]"


def test_an_accidental_in_a_chord_lasts_through_the_bar() -> None:
    assert pitches(one("[C^F]F|F", meter="none")) == "[C^F] ^F F"


@pytest.mark.parametrize("text", ["[CEG", "[", "A[C|E]"])
def test_a_chord_without_an_end_is_an_error(text: str) -> None:
    assert places(one(text, meter="none"))[0][:3] == ("unclosed-bracket", "error", 6)


def test_a_chord_end_without_a_start_is_an_error() -> None:
    assert places(one("CE]G", meter="none")) == [("unclosed-bracket", "error", 6, 3)]


@pytest.mark.parametrize("text", ["[2]", "[ ]", "[y]"])
def test_a_chord_without_notes_is_an_error(text: str) -> None:
    assert places(one(f"A{text}B", meter="none"))[0][1:3] == ("error", 6)


def test_what_cannot_stand_in_a_chord_is_an_error_at_its_column() -> None:
    assert places(one("A[CzE]", meter="none")) == [("unreadable", "error", 6, 4)]


@pytest.mark.parametrize(
    "name",
    [
        "A",
        "Am",
        "G7",
        "Bb",
        "F#m",
        "Dmaj7",
        "C#dim",
        "Esus4",
        "Dm7/G",
        "A/C#",
        "Gaug",
        "C6",
        "Bm7b5",
        "F+",
        "(G)",
        "EbM7",
        "Gadd9",
        "Amin",
    ],
)
def test_a_chord_symbol_is_told_from_an_annotation(name: str) -> None:
    (note,) = one(f'"{name}"A').notes()
    assert (note.chord_symbols, note.annotations) == ((name,), ())


@pytest.mark.parametrize("text", ["^slowly", "_pizz.", "<(", ">)", "@ here", "Fine", "D.C.", "Segno", "1st time", "H"])
def test_other_quoted_text_is_an_annotation(text: str) -> None:
    (note,) = one(f'"{text}"A').notes()
    assert (note.chord_symbols, note.annotations) == ((), (text,))


def test_symbols_and_annotations_belong_to_the_next_note() -> None:
    tune = one('"Am""^now" A "E7"[EG]B', meter="none")
    assert [(note.chord_symbols, note.annotations) for note in tune.notes()] == [
        (("Am",), ("^now",)), (("E7",), ()), ((), ())
    ]  # fmt: skip


def test_quoted_text_hides_what_stands_in_it() -> None:
    tune = one('"^A|B [C :| {"A8|')
    assert (pitches(tune), codes(tune)) == ("A", [])


def test_a_quote_without_an_end_is_an_error() -> None:
    assert places(one('A"Am', meter="none"))[0] == ("unclosed-quote", "error", 6, 2)


@pytest.mark.parametrize(
    ("text", "notes"), [("+CEG+2", "[CEG]"), ("+^fac'+ c", "[^fac'] c"), ("+ff+A", "A"), ("+fermata+A", "A")]
)
def test_old_files_have_chords_in_plus_signs(text: str, notes: str) -> None:
    tune = one(text, meter="none")
    assert (pitches(tune), codes(tune)) == (notes, [])
