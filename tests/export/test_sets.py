"""Sets: several tunes played as one, and books of them."""

import io
from typing import Any

import mido
import pytest

from folkrnn.errors import ExportError
from folkrnn.export.midi import midi_file, to_midi
from folkrnn.export.performance import COUNT_IN, Performance, perform
from folkrnn.export.rendering import PlaybackSettings
from folkrnn.export.sets import beats_a_minute, perform_set, perform_tunes, set_name
from folkrnn.export.settings import SetSettings
from folkrnn.export.sound import synthesised
from folkrnn.notation import Tune, read_tunes


def tune(body: str, title: str = "One", meter: str = "4/4", key: str = "C", header: str = "Q:1/4=120\n") -> Tune:
    return read_tunes(f"X:1\nT:{title}\nM:{meter}\nL:1/8\n{header}K:{key}\n{body}\n")[0]


def together(*tunes: Tune, name: str = "", times: tuple[int, ...] = (), **settings: Any) -> Performance:
    return perform_tunes(tunes, SetSettings(name, times), PlaybackSettings(**settings))


def onsets(performance: Performance) -> list[tuple[int, float, float]]:
    return [(note.pitch, round(note.onset, 6), round(note.length, 6)) for note in performance.notes]


def test_one_tune_follows_the_other_without_a_gap() -> None:
    found = together(tune("A4 B4|"), tune("c8|", header="Q:1/4=60\n"))
    assert onsets(found) == [(69, 0, 1), (71, 1, 1), (72, 2, 4)]
    assert found.seconds == 6
    assert found.tempos == ((0, 500_000), (1920, 1_000_000))


def test_each_tune_is_played_as_often_as_asked() -> None:
    found = together(tune("A8|"), tune("B8|"), times=(2, 3))
    assert [note.pitch for note in found.notes] == [69, 69, 71, 71, 71]
    assert [(each.number, each.onset) for each in found.passages] == [(1, 0), (2, 2), (1, 4), (2, 6), (3, 8)]
    assert [(bar.number, bar.onset) for bar in found.bars] == [(1, 0), (2, 2), (1, 4), (2, 6), (3, 8)]
    alone = perform(tune("|:A8:|B8|"), PlaybackSettings(times=2))
    assert [note.pitch for note in alone.notes] == [69, 69, 71] * 2


def test_notes_know_the_passages_of_their_own_tune() -> None:
    found = together(tune("A4 B4|"), tune("c8|"))
    assert [note.passage for note in found.notes] == [0, 1, 2]
    assert [each.onset for each in found.passages] == [0, 1, 2]


@pytest.mark.parametrize(
    ("first", "second", "begins", "ends"),
    [
        ("G2|A8|B6|", "F2|c8|", 4.0, 4.0),  # the pickup has its place
        ("G2|A8|B6|", "c8|", 4.5, 4.0),  # a rest fills the bar
        ("A8|B8|", "F2|c8|", 3.5, 3.5),  # the last note makes room
        ("A8|B6 BB|", "F2|c8|", 5.5, 4.0),  # nothing can make room
    ],
)
def test_the_beat_goes_on_from_tune_to_tune(first: str, second: str, begins: float, ends: float) -> None:
    one, other = tune(first), tune(second)
    found = together(one, other)
    downbeat = next(note.onset for note in found.notes if note.pitch == 72)
    pickup = 0.5 if first.startswith("G2") else 0
    assert (downbeat - pickup) % 2 == 0
    notes = perform(one).notes
    assert found.notes[len(notes)].onset == begins
    last = found.notes[len(notes) - 1]
    assert last.onset + last.length == ends


def test_only_the_first_tune_is_counted_in() -> None:
    found = together(tune("A8|"), tune("B8|"), count_in=1)
    assert sum(found.parts[note.part].kind == COUNT_IN for note in found.notes) == 4
    assert [note.onset for note in found.notes if note.pitch in (69, 71) and note.program >= 0] == [2, 4]
    assert found.count_in == 2


def test_the_midi_file_of_a_set_has_one_track_for_the_melodies_and_marks_each_tune() -> None:
    one = tune("A2|B8|c6|", "Kettle, The")
    other = tune("%%MIDI program 73\nd|edc BAG|", "Two", "6/8", "G", "Q:3/8=100\n")
    file = mido.MidiFile(file=io.BytesIO(midi_file(together(one, other, name="Our Set"))))
    assert [track.name for track in file.tracks] == ["Our Set", "Melody"]
    assert [each.text for each in file.tracks[0] if each.type == "marker" and len(each.text) > 1] == [
        "The Kettle", "Two",
    ]  # fmt: skip
    assert [each.program for each in file.tracks[1] if each.type == "program_change"] == [40, 73]
    assert [each.key for each in file.tracks[0] if each.type == "key_signature"] == ["C", "G"]
    now, meters = 0, {}
    for each in file.tracks[0]:
        now += each.time
        if each.type == "time_signature":
            meters[now] = each.numerator
    # The pickup of the second tune stands in a bar of the first one's meter.
    assert list(meters.values())[-1] == 6
    first_full = next(note for note in together(one, other).notes if note.pitch == 76)
    assert list(meters)[-1] == first_full.start


def test_a_set_of_one_tune_sounds_as_the_tune_does() -> None:
    alone = tune('"C"A4 ~B4|"G"c8|', "Alone")
    assert [*perform_set([perform(alone)]).notes] == [*perform(alone).notes]
    found = mido.MidiFile(file=io.BytesIO(midi_file(perform_set([perform(alone)]))))
    plain = mido.MidiFile(file=io.BytesIO(to_midi(alone)))
    notes = [[each for each in track if each.type.startswith("note")] for track in found.tracks]
    assert notes == [[each for each in track if each.type.startswith("note")] for track in plain.tracks]


def test_a_set_is_one_sound() -> None:
    sound = synthesised(together(tune("A4|", meter="2/4"), tune("B4|", meter="2/4")), rate=8000)
    assert sound.shape == (2, 3 * 8000)  # a second each, and a second that dies away
    assert abs(sound[:, 9000:15000]).max() > 0.1


def test_a_set_is_called_after_its_tunes() -> None:
    assert set_name(["Kettle, The", "Two", "Two", ""]) == "The Kettle / Two / Untitled"
    assert together(tune("A8|", "Kettle, The"), tune("B8|", "Two")).tune.title == "The Kettle / Two"
    assert together(tune("A8|"), name="50% \\ more").tune.title == "50% \\ more"


def test_a_set_may_keep_the_tempo_of_its_first_tune() -> None:
    assert beats_a_minute(tune("A8|")) == 120
    assert beats_a_minute(tune("A6|", meter="6/8", header="Q:3/8=100\n")) == 100
    assert beats_a_minute(tune("[Q:1/4=90]A8|", meter="2/2", header="")) == 45


def test_times_that_nobody_plays_are_refused() -> None:
    with pytest.raises(ExportError, match="times=0 should be from 1 to 20"):
        PlaybackSettings(times=0)
    with pytest.raises(ExportError, match="times=2,3 should have a number for each tune of the set"):
        SetSettings("", (2, 3)).played(3, PlaybackSettings())
