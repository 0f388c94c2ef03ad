"""Reports: which tunes are playable, and what is found."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from folkrnn.errors import ScoreError
from folkrnn.notation import Sound, Tune, canonical, performance, read_tunes
from folkrnn.processes import ITEMS_AHEAD
from folkrnn.score import reading
from folkrnn.validation import validate_all, validate_tune
from folkrnn.validation.validate import MAX_SERIAL_TUNES

GOOD = "|:DEFG A2FA|BAGF E2D2:||:d2cB A2FA|1BAGF E4:|2BAGF D4|]"


def tune_of(music: str, key: str = "D") -> Tune:
    (tune,) = read_tunes(f"X:7\nT:The Test\nM:4/4\nL:1/8\nK:{key}\n{music}\n", "test.abc")
    return tune


def codes(tune: Tune) -> list[str]:
    return [finding.code for finding in validate_tune(tune).findings]


def test_a_good_tune_is_playable() -> None:
    report = validate_tune(tune_of(GOOD))
    assert report.playable
    assert report.agrees is True
    assert report.findings == ()


@pytest.mark.parametrize(
    ("music", "code"),
    [
        ("DEFG ABcdef|D8|]", "bar-too-long"),
        ("D8|D4|E8|F8|D8|]", "bar-too-short"),
        ("DEFG (3ABc de-|F8|D8|]", "tie-between-pitches"),
        ("D8|(3AB|D8|]", "unfinished-tuplet"),
        ("|:D8|E8|D8|]", "unbalanced-repeat"),
    ],
)
def test_an_error_or_a_warning_is_not_playable_and_music21_is_not_asked(
    music: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(text: str) -> list[Sound]:
        raise AssertionError("music21 was asked")

    monkeypatch.setattr(reading, "second_reading", refuse)
    report = validate_tune(tune_of(music))
    assert code in [finding.code for finding in report.findings]
    assert not report.playable
    assert report.agrees is None


def test_music21_that_fails_makes_a_tune_unplayable(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(text: str) -> list[Sound]:
        raise ScoreError("music21 found no end within 10 seconds")

    monkeypatch.setattr(reading, "second_reading", fail)
    report = validate_tune(tune_of(GOOD))
    assert not report.playable
    assert report.agrees is None
    assert report.lines() == ["test.abc:1:1: error second-reader: music21 found no end within 10 seconds"]


@pytest.mark.parametrize(
    ("misread", "message"),
    [
        ("D8|^E8|D8|]", "in bar 2 music21 reads F4 where we read E4"),
        ("D8|E4D4|]", "in bar 2 music21 reads D4 before we read the next note"),
        ("D8|z4E4|D8|]", "in bar 2 we read E4 before music21 read the next note"),
        ("D8|E8|]", "in bar 3 music21 does not read D4"),
        ("D8|E8|D4F4|]", "in bar 3 music21 reads F#4, which we do not"),
    ],
)
def test_the_first_difference_is_told_with_its_bar(misread: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "second_reading", lambda text: performance(tune_of(misread)))
    report = validate_tune(tune_of("D8|E8|D8|]"))
    assert report.agrees is False
    assert not report.playable
    (finding,) = report.findings
    assert (finding.code, finding.level, finding.message) == ("readers-disagree", "error", message)


def test_a_difference_in_a_repeat_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "second_reading", lambda text: performance(tune_of("D8|E8|F8|D8|]")))
    report = validate_tune(tune_of("|:D8|E8:|F8|D8|]"))
    assert [finding.message for finding in report.findings] == ["in bar 1 music21 reads F#4 where we read D4"]


@pytest.mark.parametrize(
    "music", ["|:D8:|", "|:D8|1,3E8:|2F8:|4D8|]", "|:D8|E8::|D8|]", "|:D8|1[K:Dm]F8:|2F8:|3[K:D]F8:|D8|]"]
)
def test_repeats_that_music21_cannot_read_are_written_out_for_it(music: str) -> None:
    report = validate_tune(tune_of(music))
    assert report.playable
    assert report.agrees is True


def test_music21_gets_the_nearest_semitones_of_microtones() -> None:
    report = validate_tune(tune_of("D2^/F2 _/B2D2|D4 [D^3/2G]4|D8|"))
    assert (report.playable, report.agrees) == (True, True)
    (note,) = report.findings
    assert (note.code, note.level, note.line, note.column) == ("microtones-unread", "note", 6, 1)


def test_notes_beyond_the_fiddle_are_named_and_stay_playable() -> None:
    report = validate_tune(tune_of("D,4^f''4|D,8|D8|]"))
    assert [finding.code for finding in report.findings] == ["range"]
    assert "D3, F#7" in report.findings[0].message
    assert report.playable


@pytest.mark.parametrize(
    ("note", "outside"),
    [("G,", False), ("^F,", True), ("e''", False), ("=f''", True)],
)
def test_the_fiddle_plays_from_g3_to_e7(note: str, outside: bool) -> None:
    assert ("range" in codes(tune_of(f"{note}8|D8|]"))) is outside


@pytest.mark.parametrize(
    ("music", "key", "found"),
    [
        ("D8|E8|]", "D", ["final-note"]),
        ("D8|E8|]", "Edor", []),
        ("D8|[FA]8|]", "D", ["final-note"]),
        ("D8|[DA]8|]", "D", ["final-note"]),  # the top note of a chord counts
        ("D8|[A,D]8|]", "D", []),
        ("D8|E8|z8|]", "D", ["final-note"]),
        ("D8|D8|z8|]", "D", []),
        ("D4[K:G]G4|G8|]", "D", []),
        ("[K:G]D8|[K:G]D8|]", "D", ["final-note"]),
        ("D8|[K:G]A4G4|]", "D", []),
        ("D8|D4z4|]", "D", []),
        ("D8|E8|]", "none", []),
    ],
)
def test_a_last_note_off_the_tonic_is_noted(music: str, key: str, found: list[str]) -> None:
    assert codes(tune_of(music, key)) == found


def test_without_music21_our_reader_alone_decides() -> None:
    report = validate_tune(tune_of(GOOD), second=False)
    assert report.agrees is None
    assert report.playable


def test_lines_lead_to_the_place() -> None:
    (line,) = validate_tune(tune_of("D8|E4F4G4|D8|]")).lines()
    assert line.startswith("test.abc:6:")
    assert " error bar-too-long: " in line


def test_a_report_is_json() -> None:
    report = json.loads(json.dumps(validate_tune(tune_of("D8|E8|]")).to_dict()))
    (finding,) = report.pop("findings")
    assert report == {"title": "The Test", "number": "7", "source": "test.abc", "playable": True, "agrees": True}
    assert finding.pop("message")
    assert finding == {"code": "final-note", "level": "note", "line": 6, "column": 4, "bar": 2}


def test_many_tunes_are_reported_in_order() -> None:
    tunes = [tune_of(GOOD if number % 3 else "D8|E4|D8|D8|]") for number in range(60)]
    alone = list(map(validate_tune, tunes))
    assert list(validate_all(tunes, jobs=2)) == alone
    assert list(validate_all(tunes[:5])) == alone[:5]


@pytest.mark.parametrize("jobs", [1, 2])
def test_tunes_are_taken_only_a_little_ahead_of_their_reports(jobs: int) -> None:
    taken = 0

    def endless() -> Iterator[Tune]:
        nonlocal taken
        tune = tune_of(GOOD)
        while True:
            taken += 1
            yield replace(tune, number=str(taken))

    reports = validate_all(endless(), jobs=jobs)
    for number in range(1, MAX_SERIAL_TUNES + 60):
        assert next(reports).number == str(number)
        assert taken - number <= ITEMS_AHEAD * jobs
    reports.close()  # type: ignore[attr-defined]


def test_what_fails_among_the_tunes_is_raised() -> None:
    def failing() -> Iterator[Tune]:
        for _ in range(MAX_SERIAL_TUNES + 5):
            yield tune_of(GOOD)
        raise KeyError("no more")

    reports = validate_all(failing(), jobs=2)
    with pytest.raises(KeyError, match="no more"):
        list(reports)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no process groups like these")
def test_ctrl_c_is_quiet_in_the_other_processes() -> None:
    program = (
        "import signal, folkrnn.validation as v, folkrnn.notation as n\n"
        "if __name__ == '__main__':\n"
        "    signal.signal(signal.SIGINT, signal.default_int_handler)  # a suite run in the background ignores it\n"
        f"    tune, = n.read_tunes('X:1\\nM:4/4\\nL:1/8\\nK:D\\n{GOOD}')\n"
        "    try:\n"
        "        for report in v.validate_all([tune] * 10**5, jobs=2):\n"
        "            print(report.playable, flush=True)\n"
        "    except KeyboardInterrupt:\n"
        "        print('stopped', flush=True)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.readline() == "True\n"
        os.killpg(process.pid, signal.SIGINT)
        assert process.stdout.read().split()[-1] == "stopped"
        assert process.stderr.read() == ""
    assert process.returncode == 0


def test_validation_never_loads_torch_and_loads_music21_only_when_needed() -> None:
    program = (
        "import sys, folkrnn.validation as v, folkrnn.notation as n\n"
        "v.validate_tune(n.read_tunes('X:1\\nM:4/4\\nK:D\\nD8D8|D8|]')[0])\n"
        "print('music21' in sys.modules, 'torch' in sys.modules)\n"
        "v.validate_tune(n.read_tunes('X:1\\nM:4/4\\nL:1/8\\nK:D\\nD8|D8|]')[0])\n"
        "print('music21' in sys.modules, 'torch' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False", "True", "False"]


def test_the_text_judged_is_the_canonical_text(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def spy(text: str) -> list[Sound]:
        seen.append(text)
        return []

    monkeypatch.setattr(reading, "second_reading", spy)
    tune = tune_of(GOOD)
    validate_tune(tune)
    assert seen == [canonical(tune)]
