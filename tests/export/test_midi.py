"""MIDI files: what a player hears and what a sequencer shows."""

import io
from fractions import Fraction

import mido
import pytest

from folkrnn.export.midi import DOWNBEAT, PROGRAM, TEMPOS, TICKS, to_midi
from folkrnn.notation import Tune, read_tunes
from folkrnn.notation.performance import performance


def tune(body: str, meter: str = "4/4", key: str = "C", **fields: str) -> Tune:
    header = "".join(f"{name}:{value}\n" for name, value in fields.items())
    return read_tunes(f"X:1\nT:Bó & Tëst\n{header}M:{meter}\nL:1/8\nK:{key}\n{body}\n")[0]


def file(*args: str, **fields: str) -> mido.MidiFile:
    return mido.MidiFile(file=io.BytesIO(to_midi(tune(*args, **fields))), charset="utf-8")


def notes(midi: mido.MidiFile) -> list[tuple[int, int, int]]:
    """(start, pitch, end) in ticks; every note must end, and none begin while it sounds."""
    now, began, found = 0, {}, []
    for message in midi.tracks[1]:
        now += message.time
        if message.type == "note_on":
            assert message.note not in began
            began[message.note] = now
        elif message.type == "note_off":
            found.append((began.pop(message.note), message.note, now))
    assert not began
    return sorted(found)


def meta(midi: mido.MidiFile, kind: str) -> list[tuple[int, mido.MetaMessage]]:
    now, found = 0, []
    for message in midi.tracks[0]:
        now += message.time
        if message.type == kind:
            found.append((now, message))
    return found


def quarters(midi: mido.MidiFile) -> list[int]:
    return [round(60_000_000 / message.tempo) for _, message in meta(midi, "set_tempo")]


def test_the_file_is_what_players_expect():
    midi = file("ABcd efga|")
    assert (midi.type, midi.ticks_per_beat, len(midi.tracks)) == (1, TICKS, 2)
    assert midi.tracks[0].name == "Bó & Tëst"
    assert [message.program for message in midi.tracks[1] if message.type == "program_change"] == [PROGRAM]
    assert all(track[-1].type == "end_of_track" for track in midi.tracks)


def test_repeats_and_endings_are_played():
    assert [pitch for _, pitch, _ in notes(file("|:A8|1 B8:|2 c8|]"))] == [69, 71, 69, 72]


def test_tied_notes_sound_once():
    assert notes(file("A4-A4-|A8|")) == [(0, 69, 16 * TICKS // 2)]


def test_chords_sound_together():
    assert notes(file("[CEG]4 z4|")) == [(0, pitch, 2 * TICKS) for pitch in (60, 64, 67)]


def test_repeated_notes_do_not_overlap():
    assert notes(file("AA[AA]A|", "2/4")) == [(place * 240, 69, place * 240 + 240) for place in range(4)]


@pytest.mark.parametrize(
    "body", ["(3ABc (3ABc (3ABc (3ABc|", "(5ABcde (5ABcde z4|", "(7:4ABcdefg (7:4ABcdefg|", "A/3B/3c/3 z7|"]
)
def test_tuplets_do_not_drift(body):
    read = tune("|" + body * 8)
    exact = [(sound.onset, sound.midi, sound.onset + sound.duration) for sound in performance(read)]
    ticks = [(round_up(start), pitch, round_up(end)) for start, pitch, end in exact]
    assert notes(mido.MidiFile(file=io.BytesIO(to_midi(read)))) == ticks


def round_up(position: Fraction) -> int:
    return int(position * 4 * TICKS + Fraction(1, 2))


def test_a_tempo_field_is_kept():
    assert quarters(file("A8|", Q="3/8=100")) == [150]
    assert quarters(file("A8|", Q='"Slow" 1/4 = 60')) == [60]


def test_a_tempo_may_change():
    midi = file("A8|[Q:1/4=60]B8|", Q="1/4=120")
    assert [tick for tick, _ in meta(midi, "set_tempo")] == [0, 4 * TICKS]
    assert quarters(midi) == [120, 60]


@pytest.mark.parametrize(
    ("rhythm", "meter", "expected"),
    [
        ("reel", "C|", 200),
        ("Reel", "2/4", 100),
        ("double jig", "6/8", 180),
        ("slip jig", "9/8", 180),
        ("hornpipe", "4/4", 160),
        ("march", "6/8", 168),
        ("", "6/8", 156),
        ("", "4/4", 112),
        ("", "none", 112),
        ("something", "5/8", 156),
    ],
)
def test_a_tune_without_tempo_has_the_usual_one(rhythm, meter, expected):
    assert quarters(file("ABc|", meter, R=rhythm)) == [expected]


def test_usual_tempos_are_playable():
    assert all(40 <= 4 * beat * rate <= 320 for _, beat, rate in TEMPOS.values())


def test_meter_and_key_are_marked_where_they_change():
    midi = file("A8|[M:6/8][K:Em]ABc def|", key="D")
    assert [(tick, message.numerator) for tick, message in meta(midi, "time_signature")] == [(0, 4), (1920, 6)]
    assert [(tick, message.key) for tick, message in meta(midi, "key_signature")] == [(0, "D"), (1920, "Em")]


def test_keys_beyond_midi_are_left_out():
    assert not meta(file("A8|", key="G#"), "key_signature")
    assert [message.key for _, message in meta(file("A8|", key="Ador"), "key_signature")] == ["Em"]


def test_beats_are_accented():
    midi = file("AB|cdef gabc'|", "4/4")
    velocities = [message.velocity for message in midi.tracks[1] if message.type == "note_on"]
    assert velocities.index(DOWNBEAT) == 2
    assert velocities.count(DOWNBEAT) == 1
    assert len(set(velocities)) == 3


def test_the_same_tune_is_the_same_bytes():
    assert to_midi(tune("A>B~c2|")) == to_midi(tune("A>B~c2|"))
