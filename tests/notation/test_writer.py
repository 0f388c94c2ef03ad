"""The writer for people: what it writes is the same music, set out as a tunebook sets it out."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from strategies import playable_tunes

from folkrnn.notation import canonical, performance, read_tunes, write_tune, write_tunebook

HEAD = "X:1\nT:Test\nM:{}\nL:1/8\nK:D\n"


def rewritten(meter: str, body: str) -> str:
    (tune,) = read_tunes(HEAD.format(meter) + body + "\n")
    text = write_tune(tune)
    (again,) = read_tunes(text)
    assert canonical(again) == canonical(tune)
    assert [finding.code for finding in again.findings] == [finding.code for finding in tune.findings]
    return text


@pytest.mark.parametrize("bars", range(1, 10))
def test_endings_survive_wherever_the_line_breaks(bars: int) -> None:
    rewritten("4/4", f"|:{'D8|' * bars}1 E8:|2 F8||{'G8|' * bars}")
    rewritten("4/4", f"|:{'D8|' * bars}1,3 E8:|2 F8|]")


def test_four_bars_stand_on_a_line() -> None:
    lines = rewritten("4/4", "D8|" * 12).splitlines()[5:]
    assert [line.count("|") for line in lines] == [4, 4, 4]


DENSE = {
    "thirty-second notes": "c/4d/4" * 16,
    "accidentals": "^c/4=c/4" * 15,
    "octaves": "G,/4e'/4" * 16,
    "grace notes": "{g}c/{ga}d/" * 8,
    "chords": "[^ce]/[_df]/" * 8,
    "dots": "c3/4d/4" * 8,
    "ties": "c/-" * 15 + "c/",
}
"""Bars that take much room; a page is wide enough for each of them."""


def bars_a_line(text: str) -> list[int]:
    """How many bars stand on each line of music."""
    return [len(re.findall(r"\|[^:]|\|$", line)) for line in text.splitlines()[5:]]


def test_bars_too_wide_for_fours_stand_in_twos_or_alone() -> None:
    assert bars_a_line(rewritten("2/4", "DDDD|" * 8)) == [4, 4]
    assert bars_a_line(rewritten("2/4", "D/E/F/G/A/B/c/d/|" * 8)) == [4, 4]
    assert bars_a_line(rewritten("4/4", ("D/E/F/G/A/B/c/d/" * 2 + "|") * 8)) == [2, 2, 2, 2]
    assert bars_a_line(rewritten("4/4", ("^c/4=c/4" * 16 + "|") * 4)) == [1, 1, 1, 1]


def test_only_the_line_of_a_wide_bar_is_divided() -> None:
    wide = "^D/=D/" * 8
    assert bars_a_line(rewritten("4/4", f"{wide}|D8|{wide}|{'D8|' * 5}")) == [2, 2, 4]
    assert bars_a_line(rewritten("4/4", f"|:D2|{wide}|D8|{wide}|D6:|")) == [3, 2]


def test_a_short_bar_before_a_repeat_ends_with_a_double_bar() -> None:
    lines = rewritten("4/4", "A2|D8|D6|:A2|E8|E6:|:A2|F8|F6:|").splitlines()[5:]
    assert lines == ["A2 | D8 | D6 ||", "|: A2 | E8 | E6 :|", "|: A2 | F8 | F6 :|"]


@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(playable_tunes())
def test_what_is_written_is_the_same_music(text: str) -> None:
    (tune,) = read_tunes(text)
    (again,) = read_tunes(write_tune(tune))
    assert canonical(again) == canonical(tune)
    assert performance(again) == performance(tune)


def said_by(*command: str) -> str:
    """What a program says about a file, page layout with room to spare left out; the test is skipped without it."""
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    run = subprocess.run(command, capture_output=True, check=False, timeout=60)
    lines = (run.stdout + run.stderr).decode("utf-8", errors="replace").splitlines()
    return "\n".join(
        line for line in lines if re.search("warning|error", line, re.IGNORECASE) and "underfull" not in line
    )


@pytest.mark.parametrize("key", ["C", "D", "Cb", "C#"])
@pytest.mark.parametrize("bar", DENSE.values(), ids=DENSE)
def test_abcm2ps_prints_dense_bars(bar: str, key: str, tmp_path: Path) -> None:
    tunes = read_tunes(HEAD.format("4/4").replace("K:D", f"K:{key}") + f"|:{f'{bar}|' * 8}{bar}:|\n")
    book = tmp_path / "dense.abc"
    for paper in ("", "%%pagewidth 21cm\n"):
        book.write_text(paper + write_tunebook(tunes))
        assert said_by("abcm2ps", str(book), "-O", str(tmp_path / "dense.ps")) == ""


def test_what_hangs_on_a_bar_line_stands_behind_the_overlays_of_its_bar() -> None:
    body = "A8 | B8 & D4 E4 !D.C.! |]"
    assert body in rewritten("4/4", body)


def test_abc2midi_reads_ornaments_tuplets_and_short_bars(tmp_path: Path) -> None:
    tunes = read_tunes(HEAD.format("4/4") + "A2|T{d}c4(3{g}A/B/c/A(3A3/2B/c|D6|:A2|E8|E6:|\n")
    book = tmp_path / "book.abc"
    book.write_text(write_tunebook(tunes))
    assert said_by("abc2midi", str(book), "-c") == ""


def test_decorations_of_a_bar_line_have_their_names() -> None:
    (tune,) = read_tunes("X:1\nL:1/8\nM:4/4\nK:G\nSG8H|A8S||B8!D.S.!|]\n")
    assert "SG8 !fermata! | A8 !segno! ||\nB8 !D.S.! |]" in write_tune(tune)


def test_notes_are_grouped_by_the_beat() -> None:
    assert "| DEF GAB |" in rewritten("6/8", "D6|DEFGAB|D6|")
    assert "| DEFG ABcd |" in rewritten("4/4", "D8|DEFGABcd|D8|")
    assert "| DE FG AB |" in rewritten("3/4", "D6|DEFGAB|D6|")


def test_a_short_last_bar_is_grouped_from_its_beginning_and_a_pickup_from_its_end() -> None:
    text = rewritten("6/8", "|:A|dfdcec|AFED2:|")
    assert "| AFE D2 :|" in text
    assert "|: A | dfd" in text
    assert "|: c ABc | d6" in rewritten("6/8", "|:cABc|d6|D2:|")


def test_a_long_pair_is_not_broken_rhythm_to_people() -> None:
    assert "AFE D3" in rewritten("6/8", "AFED3|D6|")
    assert "A>B" in rewritten("2/4", "A>BA2|D4|")


@pytest.mark.parametrize(("meter", "shown"), [("C", "M:C"), ("C|", "M:C|"), ("4/4", "M:4/4"), ("2+3/8", "M:2+3/8")])
def test_the_meter_keeps_its_sign(meter: str, shown: str) -> None:
    assert shown in rewritten(meter, "D5|").splitlines() if meter == "2+3/8" else rewritten(meter, "D8|").splitlines()


def test_words_come_back_below_their_notes() -> None:
    text = rewritten("2/4", "D2E2|F4|\nw: one two-three\nW: and more")
    assert "w: one two-three" in text
    assert text.endswith("W:and more\n")


def test_a_tunebook_says_which_standard_it_follows() -> None:
    tunes = read_tunes(HEAD.format("2/4") + "D4|\n\n" + HEAD.format("2/4") + "E4|\n")
    book = write_tunebook(tunes)
    assert book.startswith("%abc-2.1\n")
    assert [tune.number for tune in read_tunes(book)] == ["1", "2"]


WIDE = "^A" + "A" * 9
"""A bar of 125 points: 16 for the bar line, 10 for each note and 9 for the accidental; a line holds 500."""

PLAIN = "A" * 10
"""The same without the accidental: 116 points."""


@pytest.mark.parametrize(
    ("bars", "lines"),
    [
        ([WIDE] * 4, [4]),
        ([*[WIDE] * 3, "^A_B" + "A" * 8], [2, 2]),  # one accidental more
        ([*[WIDE] * 3, "^A-A" + "A" * 8], [2, 2]),  # a tie
        ([*[WIDE] * 3, "A-A" + "A" * 8], [4]),
        ([*[WIDE] * 3, "[CA]" + "A" * 9], [4]),  # a chord
        ([*[WIDE] * 3, "^[CA]" + "A" * 9], [4]),
        ([*[WIDE] * 3, "[^CA]" + "A" * 9], [2, 2]),
        ([*[WIDE] * 2, PLAIN, "{g}" + PLAIN], [4]),  # a grace note counts twice, another once
        ([*[WIDE] * 3, "{g}" + PLAIN], [2, 2]),
        ([WIDE, PLAIN, PLAIN, "{ga}" + PLAIN], [4]),
        ([*[WIDE] * 2, PLAIN, "{ga}" + PLAIN], [2, 2]),
        ([*[WIDE] * 3, "A3" + "A" * 9], [4]),  # a dot
        ([*[WIDE] * 3, "^A3" + "A" * 9], [2, 2]),
        ([*[WIDE] * 2, PLAIN, "A7" + "A" * 9], [4]),  # two dots
        ([*[WIDE] * 3, "A7" + "A" * 9], [2, 2]),
        ([WIDE, PLAIN, PLAIN, "[M:none]" + PLAIN], [4]),  # a change of meter takes the room of three signs
        ([*[WIDE] * 3, "[M:none]" + PLAIN], [2, 2]),
        ([*[WIDE] * 3, "A2AA2" + "A" * 7], [4]),  # a flag takes less than a sign
        ([*[WIDE] * 4, "A2AA2"], [4, 1]),
        ([*[WIDE] * 3, "^A2AA2" + "A" * 7], [2, 2]),
    ],
)
def test_a_line_is_as_full_as_a_page_is_wide(bars: list[str], lines: list[int]) -> None:
    (tune,) = read_tunes(f"X:1\nT:Test\nM:none\nL:1/8\nK:C\n{'|'.join(bars)}|\n")
    assert bars_a_line(write_tune(tune)) == lines


def test_the_signature_takes_room_on_every_line() -> None:
    for key, lines in (("C", [4]), ("G", [2, 2])):
        (tune,) = read_tunes(f"X:1\nT:Test\nM:none\nL:1/8\nK:{key}\n{'|'.join([WIDE] * 4)}|\n")
        assert bars_a_line(write_tune(tune)) == lines


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("D8|" * 5, [4, 1]),
        ("D2|" + "D8|" * 4 + "D6|", [5, 1]),  # a pickup does not count
        ("D8|D8||" + "D8|" * 4, [2, 4]),  # a section begins on a new line
        ("|:D8|D8|1D8:|2D8||D8|", [4, 1]),  # an ending does not
        ("|:D8|D8|D8|1D8:|2D8||D8|", [4, 1, 1]),
    ],
)
def test_lines_hold_four_bars_or_a_section(body: str, lines: list[int]) -> None:
    assert bars_a_line(rewritten("4/4", body)) == lines


@pytest.mark.parametrize(
    ("meter", "bar", "shown"),
    [
        ("4/4", "ABcdefga", "ABcd efga"),
        ("4/4", "A/B/cdefgab", "A/B/c de fgab"),
        ("4/4", "ABcdef(3gab", "ABcd ef (3gab"),
        ("4/4", "A2cdefga", "A2 cd efga"),
        ("4/4", "AB2cdefg", "A B2 c defg"),
        ("6/8", "ABcdef", "ABc def"),
        ("3/4", "ABcdef", "AB cd ef"),
        ("2/4", "A/B/cde", "A/B/c de"),
    ],
)
def test_notes_are_beamed_by_the_beat(meter: str, bar: str, shown: str) -> None:
    (tune,) = read_tunes(HEAD.format(meter) + f"{bar}|\n")
    assert write_tune(tune).splitlines()[-1] == f"{shown} |]"


@pytest.mark.parametrize(
    ("key", "music", "written"),
    [
        ("D exp _b _e ^f", "DEFG ABcd|", "D2"), ("HP", "AceA fgA2|", "A2"), ("Am ^g", "AGFE A4|", "A2"),
        ("none ^f", "F8|", "F8"), ("D =c", "DcFA d4|", "D2"),
    ],
)  # fmt: skip
def test_a_key_is_written_with_all_that_it_says(key: str, music: str, written: str) -> None:
    (tune,) = read_tunes(f"X:1\nT:T\nM:4/4\nL:1/8\nK:{key}\n{music}\n")
    text = write_tune(tune)
    assert f"K:{key}\n" in text
    assert not set("^_=") & set(text.partition(f"K:{key}\n")[2])  # the key says it
    assert performance(read_tunes(text)[0]) == performance(tune)


def voices(text: str) -> str:
    """The body of a tune of several voices as it is written; written again it is the same."""
    (tune,) = read_tunes(f"X:1\nT:Test\nM:4/4\nL:1/8\n{text}")
    written = write_tune(tune)
    (again,) = read_tunes(written)
    assert write_tune(again) == written
    assert [voice.bars[0].notes[0].pitches for voice in again.voices] == [
        voice.bars[0].notes[0].pitches for voice in tune.voices
    ]
    return written.partition("\nK:")[2].partition("\n")[2]


def test_the_lines_of_voices_stand_below_each_other() -> None:
    body = voices(f"V:1\nV:Bass\nK:C\nV:1\n{'G8|' * 6}\nw: la la\nV:Bass\n{'C8|' * 5}\n")
    assert body.splitlines() == [
        "[V:1]    G8 | G8 | G8 | G8 |", "w: la la", "[V:Bass] C8 | C8 | C8 | C8 |",
        "[V:1]    G8 | G8 |]", "[V:Bass] C8 |]",
    ]  # fmt: skip


def test_labels_and_titles_between_the_lines_of_voices_are_said_once() -> None:
    body = voices("V:1\nV:2\nK:C\nP:A\n[V:1]G8|\n[V:2]C8|\n% turn\nP:B\n%%text hum\n[V:1]A8|]\n[V:2]F8|]\n")
    assert body == "P:A\n[V:1] G8 |\n[V:2] C8 |\n% turn\nP:B\n%%text hum\n[V:1] A8 |]\n[V:2] F8 |]\n"
    labelled = voices("V:1\nV:2\nK:C\nV:1\nP:A\nG8|\nP:B\nA8|]\nV:2\nP:A\nC8|\nP:B\nF8|]\n")
    assert labelled == "P:A\n[V:1] G8 |\n[V:2] C8 |\nP:B\n[V:1] A8 |]\n[V:2] F8 |]\n"


def test_a_label_below_a_comment_at_the_end_of_a_line_is_said_before_all_voices() -> None:
    body = voices("V:1\nV:2\nK:C\n[V:1]G8|% one\n[V:2]C8|% two\nP:B\n[V:1]A8|]\n[V:2]F8|]\n")
    assert body == "[V:1] G8 | % one\n[V:2] C8 | % two\nP:B\n[V:1] A8 |]\n[V:2] F8 |]\n"


def test_lines_about_one_voice_stay_with_it() -> None:
    body = voices("V:1\nV:2\nK:C\nV:1\n%%MIDI program 73\nG8|A8|\nV:2\nC8|\nK:D\nF8|\n")
    assert body == "V:1\n%%MIDI program 73\nG8 |\n[V:2] C8 |\n[V:1] A8 |]\nV:2\nK:D\nF8 |]\n"


def test_a_comment_at_the_end_of_a_line_of_music_stays_there() -> None:
    assert voices("V:1\nV:2\nK:C\n[V:1]G8|% one\n[V:2]C8|% two\n[V:1]A8|]\n[V:2]F8|]\n") == (
        "[V:1] G8 | % one\n[V:2] C8 | % two\n[V:1] A8 |]\n[V:2] F8 |]\n"
    )


def test_the_words_of_a_voice_that_is_not_declared_are_kept() -> None:
    body = voices('K:C\nV:1 name="Pipe"\nG8|G8|G8|G8|G8|]\nV:2 clef=bass\nC8|]\n')
    assert body.splitlines() == [
        'V:1 name="Pipe"', "G8 | G8 | G8 | G8 |", "V:2 clef=bass", "C8 |]", "[V:1] G8 |]",
    ]  # fmt: skip
