"""Each drawn note has the name of its place in the tune: a player lights it, an editor finds it."""

import re
from collections.abc import Iterable

from folkrnn import parse
from folkrnn.export.engraving import to_svg
from folkrnn.export.musicxml import to_musicxml
from folkrnn.notation import Tune
from folkrnn.notation.places import Place, written_notes

HEAD = "X:1\nT:Named\nM:4/4\nL:1/8\nK:D\n"


def tune_of(body: str, head: str = HEAD) -> Tune:
    return parse(head + body + "\n")[0]


def names(text: str) -> list[str]:
    return re.findall(r'id="(v\d+-b\d+-l\d+-n\d+[^"]*)"', text)


def expected(tune: Tune, voices: Iterable[int] = ()) -> set[str]:
    found = set[str]()
    for place, note in written_notes(tune):
        if not voices or place.voice in voices:
            members = range(len(note.pitches)) if len(note.pitches) > 1 else ()
            found |= {place.member_id(each) for each in members} or {place.id}
    return found


def test_notes_rests_and_members_of_chords_are_called_by_their_places() -> None:
    tune = tune_of("|:d2[df]z {c}d2(3ABc|[FA]4 d4:|")
    drawn = names(to_svg(tune))
    assert set(drawn) == expected(tune)
    assert len(drawn) == len(set(drawn))
    assert set(names(to_musicxml(tune).decode())) == expected(tune)


def test_a_note_of_several_tied_values_names_each() -> None:
    drawn = names(to_svg(tune_of("d5 A3|[df]5 A3|]")))
    assert {"v0-b0-l0-n0", "v0-b0-l0-n0-t1", "v0-b1-l0-n0-p1", "v0-b1-l0-n0-p1-t1"} <= set(drawn)
    assert Place(0, 1, 0, 0).value_id(1, 1) == "v0-b1-l0-n0-p1-t1"


def test_voices_and_overlays_have_names_of_their_own() -> None:
    tune = tune_of("[V:1] d8|d8 & A8|]\n[V:2] F8|G8|]")
    drawn = names(to_svg(tune))
    assert expected(tune) <= set(drawn)
    assert "v0-b1-l1-n0" in drawn


def test_a_voice_that_is_not_printed_takes_no_names() -> None:
    tune = tune_of("[V:1] d8|e8|]\n[V:2] F8|G8|]\n[V:3] D8|E8|]", HEAD.replace("K:D", "%%score 1 3\nK:D"))
    assert [voice.id for voice in tune.voices] == ["1", "3", "2"]
    assert set(names(to_svg(tune))) == expected(tune, voices=(0, 1))


def test_a_bar_that_is_cut_keeps_its_names() -> None:
    words = " ".join(["everlastingly"] * 24)
    tune = tune_of(f"A4|{'dA' * 12}|d4|]\nw: a {words} a", "X:1\nT:Chant\nM:none\nL:1/4\nK:D\n")
    assert set(names(to_svg(tune))) == expected(tune)
