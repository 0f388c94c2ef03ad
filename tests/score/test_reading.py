"""music21's second reading of canonical text: what it hears, when it gives up, and how it fails."""

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from folkrnn.errors import ScoreError
from folkrnn.notation import Sound, canonical, performance, read_tunes
from folkrnn.score import abc_reading
from folkrnn.score.reader_process import READER
from folkrnn.score.reading import second_reading

HEADER = "X:1\nT:The Test\nR:reel\nM:4/4\nL:1/8\nI:form 4|\nK:D\n"


def sounds_of(music: str) -> list[tuple[str, int, str]]:
    return [(str(onset), midi, str(duration)) for onset, midi, duration in second_reading(HEADER + music + "\n")]


def midis(music: str) -> list[int]:
    return [midi for _, midi, _ in sounds_of(music)]


def test_onsets_and_lengths_are_exact_fractions_of_a_whole_note() -> None:
    sounds = second_reading(HEADER + "D2(3EFGA>Bz2|]\n")
    assert sounds[:4] == [
        Sound(Fraction(0), 62, Fraction(1, 4)),
        Sound(Fraction(1, 4), 64, Fraction(1, 12)),
        Sound(Fraction(1, 3), 66, Fraction(1, 12)),
        Sound(Fraction(5, 12), 67, Fraction(1, 12)),
    ]
    assert sounds[-1] == Sound(Fraction(11, 16), 71, Fraction(1, 16))


def test_an_accidental_lasts_to_the_bar_line() -> None:
    assert midis("=cdcd|c4|]") == [72, 74, 72, 74, 73]


def test_tied_notes_and_tied_chords_are_one_sound() -> None:
    assert sounds_of("A4-|A4|[DF]4-|[DF]4|]") == [("0", 69, "1"), ("1", 62, "1"), ("1", 66, "1")]


@pytest.mark.parametrize(
    ("music", "order"),
    [
        ("|:D8|E8:|F8|]", "DEDEF"),
        ("|:D8:|", "D"),  # one bar alone is no measure to music21
        ("|:D8|E8:||:F8|G8:|", "DEDEFGFG"),
        ("|:D8|1E8:|2F8||G8|]", "DEDFG"),
        ("|:D8|1E8|F8:|2G8|A8||B8|]", "DEFDGAB"),
        ("D8|E8|:F8|1G8:|2A8||B8|]", "DEFGFAB"),
        ("|:D8|[K:G]E8:|F8|]", "DEDEF"),
        ("|: D4 D4 | E8 :| [K:G] |: F8 | G8 :|", "DDEDDEFGFG"),
        ("|:D8|E8:|[K:G]|:F8|G8:|", "DEDEFGFG"),
    ],
)
def test_repeats_and_endings_are_unfolded(music: str, order: str) -> None:
    letters = {62: "D", 64: "E", 65: "F", 66: "F", 67: "G", 69: "A", 71: "B"}
    assert "".join(letters[midi] for midi in midis(music)) == order


def test_a_key_change_holds_from_where_it_stands() -> None:
    assert midis("|:c4c4:||:[K:G]c4c4:|") == [73, 73, 73, 73, 72, 72, 72, 72]


def test_what_does_not_sound_changes_nothing() -> None:
    plain = "D2(3EFGA2z2|D8|]"
    dressed = '"G"D2(3{f}E~FTG(A2x2)|"^Fine"!fermata!HD8|]'
    assert sounds_of(dressed) == sounds_of(plain)


@pytest.mark.parametrize(
    "music",
    [
        "|:DEFG ABcd|1 e2dc BAGF:|2 e4 d4|]",
        "d2|:(3Bcd ^g2 =cdc2|A>B c<d e2-e2:|",
        "|:~A3B {c}AFED|[DF]4 [Ad]4:|[K:Ador]|:e3^f g2f2|[M:3/4]e6:|",
        "|:A2 (5:4:5ABcde f2|[^cA]2c2 ^c2[Ac]2:|",
    ],
)
def test_it_hears_what_our_reader_hears(music: str) -> None:
    (tune,) = read_tunes(HEADER + music + "\n")
    assert second_reading(canonical(tune)) == performance(tune)


@pytest.mark.parametrize("music", ["(0abc|", "^_G8|D8|]", "G/0|D8|]"])
def test_whatever_music21_raises_is_a_score_error_of_one_line(music: str) -> None:
    with pytest.raises(ScoreError) as caught:
        second_reading(HEADER + music + "\n")
    assert "\n" not in str(caught.value)


def test_music21_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    second_reading(HEADER + "D8|?|@#|E8|i8|]\n")
    assert capsys.readouterr() == ("", "")


def test_a_reading_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(text: str) -> list[Sound]:
        while True:
            try:
                time.sleep(10)
            except Exception:  # as music21 does in places
                continue

    monkeypatch.setattr(abc_reading, "read_sounds", hang)
    begin = time.monotonic()
    with pytest.raises(ScoreError, match=r"within 0\.2 seconds"):
        second_reading(HEADER + "D8|]\n", seconds=0.2)
    assert time.monotonic() - begin < 60


# ── other threads ───────────────────────────────────────────────────────────────────────────────

SHORT = HEADER + "D4E4|F8|]\n"
LONG = HEADER + "DEFG ABcd|" * 3000 + "]\n"


def elsewhere(text: str, seconds: float = 60) -> list[int] | str:
    """What a second thread reads: MIDI numbers, or the message of its error."""
    results: list[list[int] | str] = []

    def work() -> None:
        try:
            results.append([sound.midi for sound in second_reading(text, seconds)])
        except ScoreError as error:
            results.append(str(error))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    return results[0]


def process_id() -> int:
    process = READER._process
    assert process is not None
    return process.pid


def test_another_thread_reads_the_same() -> None:
    text = HEADER + "|:D2(3EFG A>B [ce]2-|[ce]8:|\n"
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(second_reading, text).result() == second_reading(text)


def test_one_process_reads_for_all_threads() -> None:
    assert elsewhere(SHORT) == [62, 64, 66]
    first = process_id()
    assert elsewhere(SHORT) == [62, 64, 66]
    assert process_id() == first
    with ThreadPoolExecutor(4) as threads:
        texts = [HEADER + f"{letter}8|]\n" for letter in "DEFGAB" * 4]
        read = [[sound.midi for sound in found] for found in threads.map(second_reading, texts)]
    assert read == [[62], [64], [66], [67], [69], [71]] * 4
    assert process_id() == first


def test_another_thread_hears_of_what_music21_refuses() -> None:
    assert elsewhere(HEADER + "(0abc|\n").startswith("music21 cannot read the tune: ")
    first = process_id()
    assert elsewhere(SHORT) == [62, 64, 66]
    assert process_id() == first


def test_another_thread_is_stopped_and_the_next_reading_works() -> None:
    assert elsewhere(SHORT) == [62, 64, 66]
    first = process_id()
    assert elsewhere(LONG, 0.05) == "music21 found no end within 0.05 seconds"
    assert READER._process is None
    assert elsewhere(SHORT) == [62, 64, 66]
    assert process_id() != first


def test_a_process_that_was_killed_is_replaced() -> None:
    elsewhere(SHORT)
    READER._process.kill()
    assert elsewhere(SHORT) == [62, 64, 66]


def test_a_process_that_dies_of_a_tune_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere(SHORT)
    started: list[str] = []
    starts = subprocess.Popen

    def dying(command: list[str], **options: Any) -> object:
        started.append("process")
        code = "import sys; print(flush=True); sys.stdin.readline()"
        return starts([sys.executable, "-c", code], **options)

    monkeypatch.setattr(subprocess, "Popen", dying)
    READER.close()
    assert elsewhere(SHORT) == "music21 ended the process that read the tune"
    assert started == ["process"]
    monkeypatch.undo()
    assert elsewhere(SHORT) == [62, 64, 66]


def test_a_process_that_cannot_be_started_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    READER.close()
    monkeypatch.setattr(sys, "executable", "/no/python")
    assert elsewhere(SHORT) == "no process can be started to read tunes: No such file or directory"
    monkeypatch.undo()
    starts = subprocess.Popen
    monkeypatch.setattr(
        subprocess,
        "Popen",
        lambda command, **options: starts([sys.executable, "-c", ""], **options),
    )
    assert elsewhere(SHORT) == "music21 cannot be loaded in a process of its own"


def test_the_process_ends_with_the_program_and_never_runs_a_script_again(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "print('once', flush=True)\n"
        "import threading\n"
        "from folkrnn.score.reader_process import READER\n"
        "from folkrnn.score.reading import second_reading\n"
        f"thread = threading.Thread(target=lambda: print(len(second_reading({SHORT!r}))))\n"
        "thread.start(); thread.join()\n"
        "print(READER._process.pid)\n"
    )
    root = str(Path(__file__).parents[2])
    environment = os.environ | {"PYTHONPATH": root}
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, env=environment)
    once, sounds, process = done.stdout.split()
    assert (once, sounds, done.stderr) == ("once", "3", "")
    with pytest.raises(ProcessLookupError):
        os.kill(int(process), 0)
