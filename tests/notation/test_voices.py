from abc_tools import codes, one, pitches, places

from folkrnn.notation import read_tunes


def test_only_the_first_voice_is_read_and_the_others_are_noted() -> None:
    tune = one("V:1\nA8|B8|\nV:2\nC8|D9|\nV:1\nc8|\nV:2\nE8|")
    assert pitches(tune) == "A B c"
    assert places(tune) == [("more-voices", "note", 8, 1)]


def test_voices_declared_in_the_header_are_noted_once_each() -> None:
    (tune,) = read_tunes("X:1\nV:T1 clef=treble\nV:B1 clef=bass\nM:4/4\nL:1/8\nK:C\nV:B1\nC8|\nV:T1\nc8|\nV:B1\nD8|\n")
    assert (pitches(tune), places(tune)) == ("c", [("more-voices", "note", 3, 1)])


def test_voices_may_change_inline() -> None:
    tune = one("[V:1]A8|[V:2]C8|[V:1]B8|\n[V:2]D8|")
    assert (pitches(tune), codes(tune)) == ("A B", ["more-voices"])


def test_one_voice_by_name_is_simply_the_tune() -> None:
    tune = one("V:1\nA8|\nV:1\nB8|")
    assert (pitches(tune), codes(tune)) == ("A B", [])


def test_fields_and_words_of_another_voice_do_not_touch_the_first() -> None:
    tune = one("V:1\nA8|\nV:2\nK:D\nM:3/4\nF6|\nw: low\nV:1\nF8|\nw: high")
    assert (pitches(tune), codes(tune)) == ("A F", ["more-voices"])
    assert [note.lyrics for note in tune.notes()] == [(), ("high",)]


def test_a_voice_after_an_overlay_sign_is_left_out() -> None:
    tune = one("A4B4 & C8|c8|")
    assert (pitches(tune), places(tune)) == ("A B c", [("more-voices", "note", 6, 6)])


def test_nothing_of_an_overlaid_voice_touches_the_first() -> None:
    tune = one('A8 & ^c>d (3efg [CE]- Z {g} "Am" !trill! ("x"|c8|')
    assert (pitches(tune), codes(tune)) == ("A c", ["more-voices"])
    assert all(note.decorations == () and note.chord_symbols == () and not note.graces for note in tune.notes())
    assert all(note.slurs_opened == 0 and not note.tie for note in tune.notes())
