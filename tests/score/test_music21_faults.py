"""What music21 misreads: each fault is known by name, and the tune stays playable because other writing is read."""

import pytest

from folkrnn.notation import Key, Tune, canonical, performance, read_tunes
from folkrnn.score import reading
from folkrnn.score.music21_faults import FAULTS, for_music21
from folkrnn.validation import validate_tune

MODES = ("", "m", "dor", "phr", "lyd", "mix", "loc")
TONICS = [letter + sign for letter in "CDEFGAB" for sign in ("", "#", "b")]


def tune_of(music: str, key: str = "D") -> Tune:
    (tune,) = read_tunes(f"X:1\nT:Test\nM:none\nL:1/8\nK:{key}\n{music}\n")
    return tune


def faults_in(tune: Tune) -> list[str]:
    return [finding.message.partition(",")[0] for finding in for_music21(tune)[2]]


@pytest.mark.parametrize("mode", MODES)
def test_every_key_is_read_alike(mode: str) -> None:
    for tonic in TONICS:
        report = validate_tune(tune_of("CDEFGABc|", tonic + mode))
        assert (report.agrees, report.playable) == (True, True), tonic + mode


@pytest.mark.parametrize(
    ("music", "key", "found"),
    [
        ("B8|B8|", "Bloc", ["music21 does not know the locrian mode"]),
        ("B8|B8|", "Bloc ^f", ["music21 does not know the locrian mode"]),
        ("C8|[K:F#loc]C8|", "C", ["music21 does not know the locrian mode"]),
        ("C8|D8|", "Fblyd", ["music21 knows no key on B# or Fb"]),
        ("C8|D8|", "G#", ["music21 misreads a signature with double sharps or flats"]),
        ("C8|\nK:Cbm\nD8|", "C", ["music21 misreads a signature with double sharps or flats"]),
        ("(11:8:11CDEFGABcdef|C8|", "C", ["music21 reads no tuplet of more than nine"]),
        ("C8|D8|", "C#", []),
        ("C8|D8|", "Cb", []),
        ("(9:8:9CDEFGABcd|C8|", "C", []),
    ],
)
def test_a_note_says_that_music21_is_wrong(music: str, key: str, found: list[str]) -> None:
    tune = tune_of(music, key)
    assert faults_in(tune) == found
    report = validate_tune(tune)
    assert (report.agrees, report.playable) == (True, True)
    assert [finding.code for finding in report.findings if finding.code.endswith("misread")] == (
        ["tuplet-misread" if "tuplet" in found[0] else "key-misread"] if found else []
    )


def test_the_note_is_where_the_fault_begins() -> None:
    (finding,) = for_music21(tune_of("C8|D8|\n[K:Bloc]E8|F8|", "C"))[2]
    assert (finding.level, finding.line, finding.bar) == ("note", 7, 3)


@pytest.mark.parametrize("text", ["CDEF|^F_BG=B|[K:Dloc]A8|", "|:F8|1[K:Bbloc]G8:|2(10CDEFGABcde|"])
@pytest.mark.parametrize("key", ["Eloc", "A#", "Fb", "D"])
def test_other_writing_has_the_same_sounds(text: str, key: str) -> None:
    tune = tune_of(text, key)
    assert performance(read_tunes(canonical(for_music21(tune)[0]))[0]) == performance(tune)


def test_a_wrong_reading_is_still_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "second_reading", lambda text: performance(tune_of("C8|^D8|", "Bloc")))
    report = validate_tune(tune_of("C8|D8|", "Bloc"))
    assert (report.agrees, report.playable) == (False, False)


def test_a_tune_without_faults_stays_as_it_is() -> None:
    tune = tune_of("C8|D8:|1E8:|", "Ador")
    assert for_music21(tune) == (tune, tune, [])
    assert tune.key == Key("A", "dor")


def test_every_fault_has_a_sentence_that_says_what_was_given_instead() -> None:
    assert all(", so it was given " in fault.sentence for fault in FAULTS)
