import pytest
from abc_tools import codes, one, pitches, places


@pytest.mark.parametrize(
    ("text", "names"),
    [(".A", ["staccato"]), ("~A", ["roll"]), ("HA", ["fermata"]), ("LA", ["accent"]), ("MA", ["lowermordent"]),
     ("OA", ["coda"]), ("PA", ["uppermordent"]), ("SA", ["segno"]), ("TA", ["trill"]), ("uA", ["upbow"]),
     ("vA", ["downbow"]), ("!trill!A", ["trill"]), ("+fermata+A", ["fermata"]), ("!>!A", [">"]), ("!D.C.!A", ["D.C."]),
     ("!crescendo(!A", ["crescendo("]), ("~TA", ["roll", "trill"]), ("!trill!.A", ["trill", "staccato"]),
     ("T A", ["trill"]), ("T[CE]", ["trill"]), ("!0!A", ["0"])],
)  # fmt: skip
def test_every_spelling_of_a_decoration_is_understood(text: str, names: list[str]) -> None:
    tune = one(text, meter="none")
    assert [list(note.decorations) for note in tune.notes()] == [names]
    assert set(codes(tune)) <= {"jump"}  # a coda alone leads nowhere


def test_a_user_symbol_stands_for_its_decoration() -> None:
    tune = one("U:T=!turn!\nTA\nU: W = +fermata+\nWA\nU:v=trill\nvA", meter="none")
    assert [note.decorations for note in tune.notes()] == [("turn",), ("fermata",), ("trill",)]


@pytest.mark.parametrize("name", ["!nil!", "!none!", "nil"])
def test_a_user_symbol_can_be_switched_off(name: str) -> None:
    tune = one(f"U:T={name}\nTA", meter="none")
    assert ([note.decorations for note in tune.notes()], codes(tune)) == ([()], [])


def test_a_symbol_that_is_not_defined_is_noted() -> None:
    assert places(one("AhB", meter="none")) == [("undefined-symbol", "note", 6, 2)]


@pytest.mark.parametrize("value", ["T=two words", "T=!a|b!", "TT", "A=!trill!"])
def test_a_symbol_definition_that_defines_nothing_is_noted(value: str) -> None:
    tune = one(f"U:{value}\nTA", meter="none")
    assert (codes(tune), [note.decorations for note in tune.notes()]) == (["bad-symbol"], [("trill",)])


def test_an_old_line_break_sign_is_no_decoration() -> None:
    tune = one("ABcd|!\nefga|", meter="none")
    assert (pitches(tune), codes(tune)) == ("A B c d e f g a", [])


@pytest.mark.parametrize(
    ("text", "opened", "closed"),
    [
        ("(AB)", [1, 0], [0, 1]),
        ("((AB)c)", [2, 0, 0], [0, 1, 1]),
        ("(A(B)c)", [1, 1, 0], [0, 1, 1]),
        ("(AB|c)", [1, 0, 0], [0, 0, 1]),
    ],
)
def test_slurs_open_and_close_at_their_notes(text: str, opened: list[int], closed: list[int]) -> None:
    notes = list(one(text, meter="none").notes())
    assert ([note.slurs_opened for note in notes], [note.slurs_closed for note in notes]) == (opened, closed)


def test_a_slur_that_never_ends_is_noted_where_it_begins() -> None:
    tune = one("AB(c|d4|", meter="none")
    assert [(finding.code, finding.column) for finding in tune.findings] == [("slur", 3)]


@pytest.mark.parametrize("text", ["AB)c", "A()B"])
def test_a_slur_that_never_began_is_noted(text: str) -> None:
    tune = one(text, meter="none")
    assert (codes(tune), [note.slurs_closed for note in tune.notes()][:2]) == (["slur"], [0, 0])
