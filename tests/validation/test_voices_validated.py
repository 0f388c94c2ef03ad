"""Validation of several voices: music21 reads each of them, and findings say which voice they are about."""

import pytest

from folkrnn.notation import Sound, Tune, performance, read_tunes
from folkrnn.score import reading
from folkrnn.validation import validate_tune

HEADER = "X:1\nT:Two\nM:4/4\nL:1/4\n"
DUET = 'V:1 name="Fiddle"\nV:2 name="Cello"\nK:G\n[V:1]G A B G|G4|]\n[V:2]{second}|]\n'


def one(text: str) -> Tune:
    (tune,) = read_tunes(HEADER + text)
    return tune


def duet(second: str) -> Tune:
    return one(DUET.replace("{second}", second))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The music that music21 was asked to read."""
    texts: list[str] = []

    def spy(text: str) -> list[Sound]:
        texts.append(text.splitlines()[-1])
        return performance(read_tunes(text)[0])

    monkeypatch.setattr(reading, "second_reading", spy)
    return texts


def test_each_voice_is_read(asked: list[str]) -> None:
    assert validate_tune(duet("G,2 D,2|G,4")).agrees is True
    assert asked == ["G2A2B2G2|G8|]", "G,4D,4|G,8|]"]


def test_an_overlay_is_read_like_a_voice(asked: list[str]) -> None:
    report = validate_tune(one("K:C\nC D E C & C,2 G,2|C4|]\n"))
    assert report.agrees is True
    assert report.findings == ()
    assert asked == ["C2D2E2C2|C8|]", "C,4G,4|z8|]"]


def test_an_overlay_that_does_not_fill_its_bar_is_named(asked: list[str]) -> None:
    report = validate_tune(one("K:C\nC D E C & C,2|C4|]\n"))
    assert report.playable
    assert [finding.code for finding in report.findings if finding.code.endswith("unread")] == ["overlay-unread"]


def test_a_voice_of_chord_symbols_has_nothing_to_read(asked: list[str]) -> None:
    assert validate_tune(one('V:C\nV:T\nK:G\n[V:C]"G"x4|"C"x4|]\n[V:T]G A B G|G4|]\n')).playable
    assert asked == ["G2A2B2G2|G8|]"]


def test_a_voice_in_a_key_of_its_own_is_read_in_it() -> None:
    report = validate_tune(one("V:1\nV:2\nK:G\nV:1\nG A B G|G4|]\nV:2\nK:D\n[M:4/4]f c f c|d4|]\n"))
    assert (report.playable, report.agrees) == (True, True)


def test_what_is_wrong_with_one_of_several_voices_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "second_reading", lambda text: performance(one("K:G\nG A B G|G4|]")))
    report = validate_tune(duet("G,2 D,2|G,4"))
    (finding,) = report.findings
    assert (finding.code, finding.voice, finding.line, finding.bar) == ("readers-disagree", "2", 9, 1)
    assert report.lines() == ["9:6: error readers-disagree: voice 2: in bar 1 music21 reads G4 where we read G3"]


def test_a_bar_of_the_second_voice_is_judged_like_one_of_the_first() -> None:
    report = validate_tune(duet("G,2 D,2|C,2 G,|G,4|G,4"))
    assert not report.playable
    wrong = {"code": "bar-too-short", "voice": "2", "bar": 2}
    assert wrong.items() <= report.to_dict()["findings"][0].items()


def test_a_tune_of_one_voice_names_none() -> None:
    report = validate_tune(one('V:1 name="Fiddle"\nK:G\nG A B|G4|G4|G4|]\n'))
    assert report.findings
    assert all("voice" not in finding for finding in report.to_dict()["findings"])


def test_ties_of_single_notes_of_a_chord_are_named_and_the_chords_read() -> None:
    report = validate_tune(one("K:C\n[CE-G]2[EG]2|[C-E-]2[CE]2|]\n"))
    assert report.agrees is True
    assert [(finding.code, finding.level, finding.bar) for finding in report.findings] == [
        ("ties-unread", "note", 1),
        ("final-note", "note", 2),
    ]


def test_only_the_melody_is_held_against_the_fiddle() -> None:
    assert validate_tune(duet("G,,2 D,,2|G,,4")).findings == ()
