"""Engraved pages with several staves."""

import re
from dataclasses import replace

import pytest

from folkrnn.export.engraving import to_svg
from folkrnn.notation import Tune, read_tunes
from folkrnn.notation.clef import Clef, StaffSettings


def tune(text: str) -> Tune:
    return read_tunes(f"X:1\nT:Test\nM:4/4\nL:1/4\n{text}\n")[0]


def words(drawing: str) -> list[str]:
    return [re.sub(r"<[^>]*>", "", found).strip() for found in re.findall(r"<text.*?</text>", drawing, re.DOTALL)]


def test_names_stand_before_the_first_staff_and_short_names_after():
    body = "G4|" * 8
    drawing = to_svg(tune(f'V:1 name="Fiddle" snm="Fi."\nV:2 name="Cello"\nK:G\n[V:1]{body}]\n[V:2]{body}]\n'))
    said = words(drawing)
    assert [said.count(name) for name in ("Fiddle", "Fi.", "Cello")] == [1, 1, 1]
    assert drawing.count('class="staff"') == 16


def test_a_brace_and_a_bracket_are_drawn():
    alone, braced = (to_svg(tune(f"{score}V:1\nV:2\nK:G\n[V:1]G4|]\n[V:2]G4|]\n")) for score in ("", "%%score {1 2}\n"))
    assert len(re.findall("<(?:path|use)", braced)) > len(re.findall("<(?:path|use)", alone))


def test_systems_begin_at_the_same_bars_in_all_staves():
    body = "G4|" * 8
    drawing = to_svg(tune(f"V:1\nV:2\nK:G\n[V:1]{body}]\n[V:2]{body}]\n"))
    assert drawing.count('class="system"') == 2


@pytest.mark.parametrize("name", ["thumb", "slide"])
def test_signs_that_are_not_drawn_are_words(name: str):
    plain, signed = (to_svg(tune(f"K:C\n{sign}C4|]\n")) for sign in ("", f"!{name}!"))
    assert len(words(signed)) > len(words(plain))


@pytest.mark.parametrize("sign", ["G", "F", "C", "percussion", "none"])
@pytest.mark.parametrize("octave", [-2, -1, 0, 1, 2])
def test_every_clef_is_drawn_without_harm(sign: str, octave: int):
    read = tune("K:C\nC D E F|C4|]\n")
    settings = StaffSettings(clef=Clef(sign=sign, line=2, octave=octave), transpose=-2)
    assert "<svg" in to_svg(replace(read, voices=(replace(read.melody, staff=settings),)))


def test_a_fermata_on_the_last_bar_line_has_room():
    plain, held = (
        re.search(r'viewBox="0 0 (\d+)', to_svg(tune(f"K:C\n{'C4|' * 7}C4{sign}|]\n"))) for sign in ("", "!fermata!")
    )
    assert plain
    assert held
    assert int(held[1]) > int(plain[1])


def test_braces_stand_within_the_page():
    drawing = to_svg(tune("%%score [{1 2} 3]\nV:1\nV:2\nV:3\nK:G\n[V:1]G4|]\n[V:2]G4|]\n[V:3]G4|]\n"))
    margin = re.search(r'class="page-margin" transform="translate\((\d+)', drawing)
    braces = re.findall(r'class="grpSym">.*?</g>', drawing)
    assert margin
    assert len(braces) == 2
    leftmost = min(int(x) for brace in braces for x in re.findall(r'(?: |"M)(-\d+),\d+ C', brace))
    assert -leftmost <= int(margin[1])


def test_signs_of_jumps_are_drawn_once_for_all_staves():
    drawing = to_svg(tune("V:1\nV:2\nK:C\n[V:1]!segno!C4|G4!D.S.!|]\n[V:2]!segno!E4|G4!D.S.!|]\n"))
    assert (words(drawing).count("D.S."), drawing.count('class="repeatMark"')) == (1, 1)


def test_a_system_holds_what_its_most_crowded_staff_has_room_for():
    dense = "C/4D/4E/4F/4" * 4
    drawing = to_svg(tune(f"V:1\nV:2\nK:C\n[V:1]{'G4|' * 4}]\n[V:2]{f'{dense}|' * 4}]\n"))
    assert drawing.count('class="system"') == 2


def test_words_of_a_lower_voice_have_room():
    words_of = "w: " + "scratched thoroughfares stretched straight " * 4
    drawing = to_svg(tune(f"V:1\nV:2\nK:C\n[V:1]{'G4|' * 4}]\n[V:2]{'C D E F|' * 4}]\n{words_of}\n"))
    assert drawing.count('class="system"') == 2


def test_a_voice_that_the_score_leaves_out_is_not_printed():
    drawing = to_svg(tune('%%score 1\nV:1 name="Upper\\nvoice"\nV:2 name="Lower"\nK:C\n[V:1]G4|]\n[V:2]C4|]\n'))
    said = words(drawing)
    assert ("Upper voice" in said, "Lower" in said, drawing.count('class="staff"')) == (True, False, 1)
