"""Directives for players: what they say, where they hold, and what is said of the others."""

import pytest

from folkrnn.notation import Tune, read_tunes
from folkrnn.notation.directives import Instruction, Playing, note_playing, playing, read_midi, strokes


def tune(body: str, header: str = "") -> Tune:
    return read_tunes(f"X:1\nT:Test\n{header}M:2/4\nL:1/4\nK:C\n{body}\n")[0]


def states(read: Tune, voice: str = "") -> list[list[Playing]]:
    """How each note of a voice is played, by bars."""
    (bars,) = [each.bars for each in read.voices if each.id == voice]
    found = playing(read)[voice]
    return [
        [note_playing(inside, place) for place in range(len(bar.notes))]
        for bar, inside in zip(bars, found, strict=True)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("MIDI program 73", Instruction("program", 73)), ("MIDI program 2 73", Instruction("program", 73, 2)),
        ("MIDI=program 73", Instruction("program", 73)), ("MIDI = program 73", Instruction("program", 73)),
        (" midi transpose -12 % down", Instruction("transpose", -12)), ("MIDI channel 3", Instruction("channel", 3)),
        ("MIDI chordprog 24 octave=-1", Instruction("chordprog", 24)), ("MIDI gchordoff", Instruction("gchordoff")),
        ("MIDI gchord fzczfzcz", Instruction("gchord", strokes="fzczfzcz")), ("MIDI gchord", Instruction("gchord")),
        ("MIDI program 73 Flute", Instruction("program", 73)),
    ],
)  # fmt: skip
def test_a_directive_says_what_it_says(text: str, expected: Instruction) -> None:
    assert read_midi(text) == (expected, "")


@pytest.mark.parametrize(
    ("text", "remark"),
    [
        ("MIDI drum dddd 60 60 60 60", "%%MIDI drum is not followed"),
        ("MIDI program flute", "%%MIDI program flute cannot be followed; expected a number from 0 to 127"),
        ("MIDI program 128", "%%MIDI program 128 cannot be followed; expected a number from 0 to 127"),
        ("MIDI channel 0", "%%MIDI channel 0 cannot be followed; expected a number from 1 to 16"),
        ("MIDI gchord 123", "%%MIDI gchord 123 is no pattern; expected letters such as fzczfzcz"),
        ("MIDI", "%%MIDI says nothing; expected one such as program 73"),
    ],
)
def test_a_directive_that_is_not_followed_is_said(text: str, remark: str) -> None:
    assert read_midi(text) == (None, remark)
    for where in (tune("CD|", f"%%{text}\n"), tune(f"CD|\n%%{text}\nEF|"), tune("CD|", f"I:{text}\n")):
        assert [(each.code, each.level, each.message) for each in where.findings] == [
            ("midi-directive", "note", remark)
        ]


def test_other_directives_are_not_remarked_on() -> None:
    assert tune("CD|", "%%scale 0.8\n%%midiplay\n").findings == ()


def test_what_stands_in_the_header_holds_for_all_voices_or_for_the_one_before() -> None:
    read = tune("[V:1]CD|\n[V:2]EF|", "%%MIDI transpose 12\nV:1\n%%MIDI program 73\nV:2\nI:MIDI program 42\n")
    assert states(read, "1") == [[Playing(transpose=12, program=73)] * 2]
    assert states(read, "2") == [[Playing(transpose=12, program=42)] * 2]


def test_what_stands_in_a_voice_holds_from_there_on() -> None:
    read = tune("[V:1]C[I:MIDI program 73]D|EF|\n[V:2]EF|GA|", "V:1\nV:2\n")
    assert [[each.program for each in bar] for bar in states(read, "1")] == [[None, 73], [73, 73]]
    assert [[each.program for each in bar] for bar in states(read, "2")] == [[None, None], [None, None]]


def test_a_program_for_a_channel_is_for_the_voice_that_has_it() -> None:
    read = tune("[V:1]CD|\n[V:2]EF|", "%%MIDI program 1 73\n%%MIDI program 2 42\nV:1\nV:2\n")
    assert [states(read, voice)[0][0].program for voice in "12"] == [73, 42]
    read = tune("[V:1]\n%%MIDI program 2 42\nCD|EF|\n[V:2]EF|GA|", "V:1\nV:2\n")
    assert [states(read, voice)[0][0].program for voice in "12"] == [None, 42]
    read = tune("[V:1]CD|\n[V:2]EF|", "V:1\n%%MIDI channel 5\nV:2\n%%MIDI program 5 73\n")
    assert [states(read, voice)[0][0].program for voice in "12"] == [73, None]


def test_transpositions_replace_or_add() -> None:
    read = tune("%%MIDI transpose 5\nCD|\n%%MIDI rtranspose -2\nEF|\n%%MIDI transpose -12\nGA|")
    assert [bar[0].transpose for bar in states(read)] == [5, 3, -12]


def test_a_pattern_of_strokes_shares_the_bar() -> None:
    assert [(letter, str(place), str(length)) for letter, place, length in strokes("fzc2")] == [
        ("f", "0", "1/4"), ("c", "1/2", "1/2"),
    ]  # fmt: skip
    assert list(strokes("z4")) == []
