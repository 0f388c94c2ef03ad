"""MIDI files: what a player hears and what a sequencer shows."""

import io
import wave
from collections import Counter
from fractions import Fraction
from itertools import accumulate, pairwise

import mido
import numpy as np
import pytest

from folkrnn.errors import ExportError
from folkrnn.export.midi import _merged, _part, to_midi
from folkrnn.export.performance import VOICE, Part, default_tempo
from folkrnn.export.rendering import (
    DEFAULT_PLAYBACK,
    DOWNBEAT,
    FIDDLE,
    OFFBEAT,
    TICKS_PER_QUARTER,
    PerformedNote,
    PlaybackSettings,
)
from folkrnn.export.sound import SAMPLE_RATE, to_wav
from folkrnn.notation import Tune, read_tunes
from folkrnn.notation.performance import performance
from folkrnn.notation.rhythms import RHYTHMS


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
    assert (midi.type, midi.ticks_per_beat, len(midi.tracks)) == (1, TICKS_PER_QUARTER, 2)
    assert midi.tracks[0].name == "Bó & Tëst"
    assert [message.program for message in midi.tracks[1] if message.type == "program_change"] == [FIDDLE]
    assert all(track[-1].type == "end_of_track" for track in midi.tracks)


def test_repeats_and_endings_are_played():
    assert [pitch for _, pitch, _ in notes(file("|:A8|1 B8:|2 c8|]"))] == [69, 71, 69, 72]


def test_tied_notes_sound_once():
    assert notes(file("A4-A4-|A8|")) == [(0, 69, 16 * TICKS_PER_QUARTER // 2)]


def test_chords_sound_together():
    assert notes(file("[CEG]4 z4|")) == [(0, pitch, 2 * TICKS_PER_QUARTER) for pitch in (60, 64, 67)]


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
    return int(position * 4 * TICKS_PER_QUARTER + Fraction(1, 2))


def test_a_tempo_field_is_kept():
    assert quarters(file("A8|", Q="3/8=100")) == [150]
    assert quarters(file("A8|", Q='"Slow" 1/4 = 60')) == [60]


def test_a_tempo_after_the_key_is_that_of_the_first_note():
    midi = file("[Q:1/4=90]A8|[Q:1/4=90]A8|[Q:fast]A8|")
    assert [tick for tick, _ in meta(midi, "set_tempo")] == [0]
    assert quarters(midi) == [90]
    assert quarters(file("[Q:1/4=90]A8|", Q="1/4=100")) == [90]
    assert quarters(file("|:[Q:1/4=90]A8|[Q:1/4=60]A8:|")) == [90, 60, 90, 60]


def test_of_a_range_of_tempos_the_slower_is_played():
    assert quarters(file("A8|", Q="1/4=80-100")) == [80]


def test_a_tempo_may_change():
    midi = file("A8|[Q:1/4=60]B8|", Q="1/4=120")
    assert [tick for tick, _ in meta(midi, "set_tempo")] == [0, 4 * TICKS_PER_QUARTER]
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
    for rhythm in RHYTHMS:
        for meter in rhythm.meters:
            assert 40 <= default_tempo(tune("A2|", meter, R=rhythm.name)).quarters <= 320


def test_meter_and_key_are_marked_where_they_change():
    midi = file("A8|[M:6/8][K:Em]ABc def|", key="D")
    assert [(tick, message.numerator) for tick, message in meta(midi, "time_signature")] == [(0, 4), (1920, 6)]
    assert [(tick, message.key) for tick, message in meta(midi, "key_signature")] == [(0, "D"), (1920, "Em")]


def test_a_key_that_is_only_repeated_is_marked_once():
    assert [message.key for _, message in meta(file("A8|[K:D]A8|", key="D"), "key_signature")] == ["D"]


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


# What a player adds


def played(
    body: str, meter: str = "4/4", playback: PlaybackSettings = DEFAULT_PLAYBACK, **fields: str
) -> mido.MidiFile:
    return mido.MidiFile(file=io.BytesIO(to_midi(tune(body, meter, **fields), playback)), charset="utf-8")


def track(midi: mido.MidiFile, name: str) -> list[tuple[int, int, int]]:
    """(start, pitch, end) of a track's notes, in ticks."""
    (index,) = [place for place, each in enumerate(midi.tracks) if each.name == name]
    return notes(mido.MidiFile(type=1, tracks=[midi.tracks[0], midi.tracks[index]]))


def test_without_repeats_the_last_endings_are_played():
    once = played("|:A8|1 B8:|2 c8||:d8:|", playback=PlaybackSettings(repeats=False))
    assert [pitch for _, pitch, _ in notes(once)] == [69, 72, 74]


def test_grace_notes_take_time_from_their_note():
    graced = notes(played("{gf}e4 A4|"))
    assert [pitch for _, pitch, _ in graced] == [79, 77, 76, 69]
    assert graced[0][0] == 0
    assert graced[2][2] == graced[3][0] == 960
    assert notes(played("{gf}e4 A4|", playback=PlaybackSettings(ornaments=False))) == notes(played("e4 A4|"))


@pytest.mark.parametrize(
    ("sign", "pitches"),
    [
        ("~", [69, 71, 69, 67, 69]),
        ("P", [69, 71, 69]),
        ("M", [69, 67, 69]),
        ("!turn!", [71, 69, 67, 69]),
        ("J", [67, 69]),
        ("T", [69, 71] * 6 + [69]),
    ],
)
def test_ornaments_are_played_in_the_key(sign, pitches):
    ornamented = notes(played(f"{sign}A3 z5|"))
    assert [pitch for _, pitch, _ in ornamented] == pitches
    assert (ornamented[0][0], ornamented[-1][2]) == (0, 720)
    assert all(before[2] == after[0] for before, after in pairwise(ornamented))


def test_neighbours_of_an_ornament_follow_the_signature():
    assert [pitch for _, pitch, _ in notes(mido.MidiFile(file=io.BytesIO(to_midi(tune("~E3 z5|", key="D")))))][1] == 66


def test_hornpipes_swing_unless_they_are_written_dotted():
    assert [start for start, _, _ in notes(played("ABcd efga|", R="hornpipe"))][:3] == [0, 288, 480]
    assert [start for start, _, _ in notes(played("A>Bc>d e>fg>a|", R="hornpipe"))][:3] == [0, 360, 480]
    assert [start for start, _, _ in notes(played("ABcd efga|", R="reel"))][:3] == [0, 240, 480]
    assert [start for start, _, _ in notes(played("ABcd efga|", R="Barn Dance"))][:3] == [0, 288, 480]


def test_an_air_has_chords_that_sound() -> None:
    def strokes(rhythm: str) -> dict[int, int]:
        """How many notes of the guitar begin at each tick."""
        track = played('"G"G4 "C"c4|"G"G8|', R=rhythm).tracks[2]
        now = accumulate(message.time for message in track)
        return Counter(tick for tick, message in zip(now, track, strict=True) if message.type == "note_on")

    assert strokes("Slow Air") == {0: 4, 960: 4, 1920: 4}
    assert strokes("reel") == {start: 3 if start % 960 else 1 for start in range(0, 3840, 480)}


def test_swing_can_be_asked_for():
    swung = played("ABcd efga|", playback=PlaybackSettings(swing=Fraction(2, 3)))
    assert [start for start, _, _ in notes(swung)][:3] == [0, 320, 480]
    assert notes(played("ABc def|", "6/8", playback=PlaybackSettings(swing=Fraction(2, 3)))) == notes(
        played("ABc def|", "6/8")
    )
    with pytest.raises(ExportError, match="should be from"):
        PlaybackSettings(swing=Fraction(9, 10))


def test_a_pickup_swings_towards_its_bar():
    starts = [
        start for start, _, _ in notes(played("A|Bcde fgab|c6|", playback=PlaybackSettings(swing=Fraction(2, 3))))
    ]
    assert starts[:3] == [0, 240, 560]


def test_chords_are_an_accompaniment():
    midi = played('"G"G4 "D7"D4|', playback=PlaybackSettings())
    bass = [(start, pitch) for start, pitch, _ in track(midi, "Chords") if pitch < 55]
    assert bass == [(0, 43), (960, 50)]
    struck = {start: {pitch % 12 for at, pitch, _ in track(midi, "Chords") if at == start} for start in (480, 1440)}
    assert struck == {480: {7, 11, 2}, 1440: {2, 6, 9, 0}}
    assert len(played('"G"G4 "D7"D4|', playback=PlaybackSettings(chords=False)).tracks) == 2


@pytest.mark.parametrize(
    ("meter", "body", "starts"),
    [
        ("6/8", '"G"G3 B3|', [0, 480, 720, 1200]),
        ("3/4", '"G"G2 B2 d2|', [0, 480, 960]),
        ("2/4", '"G"G2 B2|', [0, 240, 480, 720]),
        ("7/8", '"G"G2 B2 d3|', [0, 480, 960]),
        ("none", '"G"G2 B2|', []),
    ],
)
def test_accompaniments_are_in_the_style_of_the_meter(meter, body, starts):
    midi = played(body, meter)
    assert sorted({start for start, _, _ in (track(midi, "Chords") if len(midi.tracks) > 2 else [])}) == starts


def test_a_count_in_leads_to_the_pickup():
    midi = played("A|Bcde fgab|c7|", playback=PlaybackSettings(count_in=1))
    assert [start for start, _, _ in track(midi, "Count-in")] == [0, 480, 960, 1440]
    assert [start for start, _, _ in track(midi, "Melody")][:2] == [1680, 1920]


def test_the_bars_of_a_sequencer_are_those_of_the_tune():
    marks = [(at, each.numerator, each.denominator) for at, each in meta(file("A|Bcde fgab|c7|"), "time_signature")]
    assert marks == [(0, 1, 8), (240, 4, 4)]


def test_parts_are_marked():
    marks = [(at, each.text) for at, each in meta(file("|:A8:|B8|]"), "marker")]
    assert marks == [(0, "A"), (1920, "A"), (3840, "B")]


def test_one_track_holds_all():
    midi = played('"G"G4 A4|', playback=PlaybackSettings(one_track=True, count_in=1))
    assert (midi.type, len(midi.tracks)) == (0, 1)
    assert [message.name for message in midi.tracks[0] if message.type == "track_name"] == ["Bó & Tëst"]
    assert {message.channel for message in midi.tracks[0] if message.type == "note_on"} == {0, 1, 9}


def test_a_tempo_can_be_asked_for():
    assert quarters(played("ABc def|", "6/8", Q="3/8=100", playback=PlaybackSettings(tempo=Fraction(60)))) == [90]
    with pytest.raises(ExportError, match="beats a minute"):
        PlaybackSettings(tempo=Fraction(5))


def test_a_sound_file_lasts_as_long_as_the_tune():
    content = to_wav(tune("ABcd efga|", Q="1/4=120"))
    with wave.open(io.BytesIO(content)) as sound:
        samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").reshape(-1, 2).mean(axis=1)
    assert 2.0 <= len(samples) / SAMPLE_RATE <= 3.5
    assert 0.7 < np.abs(samples).max() / 32767 < 0.95
    quiet = np.abs(samples[int(2.5 * SAMPLE_RATE) :]).max(initial=0)
    assert quiet < 10, "the room is silent too"
    # The first note is the loudest at its own pitch.
    spectrum = np.abs(np.fft.rfft(samples[: SAMPLE_RATE // 4] * np.hanning(SAMPLE_RATE // 4)))
    assert np.argmax(spectrum) * 4 == pytest.approx(440, abs=6)


def test_a_tune_of_rests_is_silence():
    with wave.open(io.BytesIO(to_wav(tune("z8|")))) as sound:
        assert set(sound.readframes(sound.getnframes())) <= {0}


# Exact values


def velocities(body: str, meter: str = "4/4", **fields: str) -> list[int]:
    midi = played(body, meter, DEFAULT_PLAYBACK, **fields)
    return [message.velocity for message in midi.tracks[1] if message.type == "note_on"]


@pytest.mark.parametrize(
    ("body", "meter", "expected"),
    [
        ("ABcd efga|", "4/4", [96, 78, 86, 78, 86, 78, 86, 78]),
        ("ABcd efga|", "C|", [96, 78, 78, 78, 86, 78, 78, 78]),
        ("ABc def|", "6/8", [96, 78, 78, 86, 78, 78]),
        ("ABc|", "3/8", [96, 78, 78]),
        ("ABcde|", "5/8", [96, 78, 78, 86, 78]),
        ("A2 B2 c2|", "3/4", [96, 86, 86]),
        ("ABc|", "none", [96, 78, 78]),
        ("A|BAGF EDCB|c7|", "4/4", [78, 96, 78, 86, 78, 86, 78, 86, 78, 96]),
        ("A3|BAGF EDCB|c5|", "4/4", [78, 96, 78, 86, 78, 86, 78, 86, 78, 96]),
        ("AGF|BAGF EDCB|c5|", "4/4", [78, 86, 78, 96, 78, 86, 78, 86, 78, 86, 78, 96]),
        ("A4|:BAGF EDCB:|", "4/4", [86, *[96, 78, 86, 78, 86, 78, 86, 78] * 2]),
        ("!accent!A4 !accent!B c3|", "4/4", [110, 100, 78]),
    ],
)
def test_beats_have_their_velocities(body: str, meter: str, expected: list[int]) -> None:
    assert velocities(body, meter) == expected


@pytest.mark.parametrize(
    ("rhythm", "meter", "beat", "rate"),
    [
        ("reel", "C|", "1/2", 100), ("Reel", "4/4", "1/2", 100), ("reel", "2/4", "1/4", 100),
        ("slip jig", "9/8", "3/8", 120), ("hop jig", "9/8", "3/8", 126), ("slide", "12/8", "3/8", 140),
        ("slide", "6/8", "3/8", 140), ("slip jig", "9/16", "3/16", 120), ("hop jig", "9/16", "3/16", 126),
        ("double jig", "6/8", "3/8", 120), ("jig", "3/8", "3/16", 120),
        ("hornpipe", "4/4", "1/4", 160), ("hornpipe", "2/4", "1/8", 160), ("strathspey", "4/4", "1/4", 128),
        ("highland fling", "4/4", "1/4", 168), ("fling", "4/4", "1/4", 168), ("schottische", "4/4", "1/4", 150),
        ("barndance", "4/4", "1/4", 160), ("polka", "2/4", "1/4", 130), ("polka", "1/4", "1/8", 130),
        ("march", "4/4", "1/4", 112), ("march", "6/8", "3/8", 112), ("march", "2/4", "1/8", 112),
        ("waltz", "3/4", "1/4", 140), ("waltz", "3/8", "1/8", 140), ("mazurka", "3/4", "1/4", 138),
        ("minuet", "3/4", "1/4", 116), ("slow air", "6/8", "3/8", 76), ("air", "3/4", "1/4", 76),
        ("lament", "4/4", "1/4", 60), ("song", "none", "1/4", 100),
        ("clog", "2/2", "1/4", 152), ("rant", "4/4", "1/2", 96), ("quickstep", "2/4", "1/4", 120),
        ("Quick Step", "6/8", "3/8", 120), ("galop", "2/4", "1/4", 144), ("two-step", "6/8", "3/8", 116),
        ("single jig", "6/8", "3/8", 126), ("varsovienne", "3/4", "1/4", 132), ("polska", "3/4", "1/4", 112),
        ("three-two", "3/2", "1/2", 96), ("planxty", "6/8", "3/8", 100), ("planxty", "4/4", "1/4", 100),
        ("set dance", "6/8", "3/8", 120), ("set dance", "C|", "1/4", 160), ("set dance", "2/4", "1/8", 160),
        ("contradance", "4/4", "1/2", 100), ("contra", "6/8", "3/8", 120), ("contra", "2/4", "1/4", 100),
        ("Slip Jig", "9/8", "3/8", 120), ("Slip-Jigs", "9/8", "3/8", 120), ("slipjig", "9/8", "3/8", 120),
        ("Barn Dance", "4/4", "1/4", 160), ("Reels", "4/4", "1/2", 100), ("Jig/Reel", "6/8", "3/8", 120),
        ("", "C|", "1/2", 88), ("", "4/4", "1/4", 112), ("", "3/4", "1/4", 112), ("", "6/8", "3/8", 104),
        ("", "5/8", "3/8", 104), ("", "none", "1/4", 112),
    ],
)  # fmt: skip
def test_the_usual_tempo_has_a_beat_and_a_rate(rhythm: str, meter: str, beat: str, rate: int) -> None:
    tempo = default_tempo(tune("A2|", meter, R=rhythm))
    assert (tempo.words, tempo.beat, tempo.rate) == ("", Fraction(beat), rate)


@pytest.mark.parametrize(("tempo", "microseconds"), [("1/4=120", 500_000), ("1/4=70", 857_143), ("3/8=70", 571_429)])
def test_a_tempo_is_in_microseconds_a_quarter(tempo: str, microseconds: int) -> None:
    assert [message.tempo for _, message in meta(file("A8|", Q=tempo), "set_tempo")] == [microseconds]


def test_a_tempo_that_was_given_holds_to_the_end() -> None:
    midi = played("A8|[Q:1/4=60]B8|", Q="1/4=120", playback=PlaybackSettings(tempo=Fraction(90)))
    assert quarters(midi) == [90]
    assert quarters(played("A8|", "none", playback=PlaybackSettings(tempo=Fraction(90)))) == [90]


def test_changes_inside_a_bar_have_their_tick() -> None:
    midi = file("A4[K:G]B[Q:1/4=60]c3|d8|")
    assert [(tick, message.key) for tick, message in meta(midi, "key_signature")] == [(0, "C"), (960, "G")]
    assert [tick for tick, _ in meta(midi, "set_tempo")] == [0, 1200]
    counted = played("A4[K:G]B4|", playback=PlaybackSettings(count_in=1))
    assert [(tick, message.key) for tick, message in meta(counted, "key_signature")] == [(0, "C"), (1920 + 960, "G")]
    assert [tick for tick, _ in meta(file('A4[Q:"slowly"]B4|'), "set_tempo")] == [0]


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("C", ["C"]), ("F#", ["F#"]), ("C#", ["C#"]), ("Cb", ["Cb"]), ("Gb", ["Gb"]), ("Bb", ["Bb"]), ("D", ["D"]),
        ("Am", ["Am"]), ("A#m", ["A#m"]), ("Abm", ["Abm"]), ("F#m", ["F#m"]), ("Ador", ["Em"]), ("Dphr", ["Gm"]),
        ("Bloc", ["Am"]), ("Dmix", ["G"]), ("Flyd", ["C"]), ("HP", ["D"]), ("Hp", ["D"]), ("none", ["C"]),
        ("G#", []), ("Dphr ^f", []), ("D exp _b ^f", []),
    ],
)  # fmt: skip
def test_a_key_is_major_or_minor(key: str, expected: list[str]) -> None:
    assert [message.key for _, message in meta(file("A8|", key=key), "key_signature")] == expected


def meters(midi: mido.MidiFile) -> list[tuple[int, int, int, int]]:
    """(tick, beats, unit, clocks a click) of each time signature."""
    return [
        (tick, each.numerator, each.denominator, each.clocks_per_click) for tick, each in meta(midi, "time_signature")
    ]


@pytest.mark.parametrize(
    ("meter", "expected"),
    [
        ("4/4", (4, 4, 24)), ("C|", (2, 2, 48)), ("6/8", (6, 8, 36)), ("9/8", (9, 8, 36)), ("3/4", (3, 4, 24)),
        ("5/8", (5, 8, 36)), ("2+3/8", (5, 8, 24)), ("2/1", (2, 1, 96)), ("1/64", (1, 64, 1)),
    ],
)  # fmt: skip
def test_a_meter_has_a_click_a_beat(meter: str, expected: tuple[int, int, int]) -> None:
    assert meters(file("A2|", meter))[-1][1:] == expected


def test_a_free_meter_has_no_signature() -> None:
    assert meters(file("A2|", "none")) == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("A|BAGF EDCB|c7|", [(0, 1, 8, 24), (240, 4, 4, 24)]),
        ("A3|BAGF EDCB|c5|", [(0, 3, 8, 24), (720, 4, 4, 24)]),
        ("A2|BAGF EDCB|c6|", [(0, 1, 4, 24), (480, 4, 4, 24)]),
        ("A4|BAGF EDCB|c4|", [(0, 2, 4, 24), (960, 4, 4, 24)]),
        ("A/|BAGF EDCB|c15/2|", [(0, 1, 16, 24), (120, 4, 4, 24)]),
        ("A/8|BAGF EDCB|c|", [(0, 1, 64, 24), (30, 4, 4, 24)]),
        ("A/16|BAGF EDCB|c|", [(15, 4, 4, 24)]),
        ("A3/4|BAGF EDCB|c|", [(0, 3, 32, 24), (180, 4, 4, 24)]),
        ("A/3|BAGF EDCB|c|", [(80, 4, 4, 24)]),
        ("BAGF EDCB|c8|", [(0, 4, 4, 24)]),
    ],
)
def test_a_pickup_is_a_bar_of_its_own(body: str, expected: list[tuple[int, int, int, int]]) -> None:
    assert meters(file(body)) == expected


def test_after_a_count_in_the_pickup_belongs_to_it() -> None:
    assert meters(played("A|BAGF EDCB|c7|", playback=PlaybackSettings(count_in=1))) == [(0, 4, 4, 24)]


def clicks(body: str, meter: str, count: int) -> list[tuple[int, int, int]]:
    return track(played(body, meter, PlaybackSettings(count_in=count)), "Count-in")


def test_a_count_in_clicks_on_the_beats() -> None:
    assert clicks("A8|", "4/4", 1) == [(0, 76, 60), (480, 77, 540), (960, 77, 1020), (1440, 77, 1500)]
    assert clicks("A6|", "6/8", 2) == [(0, 76, 60), (720, 77, 780), (1440, 76, 1500), (2160, 77, 2220)]
    midi = played("A8|", playback=PlaybackSettings(count_in=1))
    struck = {(message.channel, message.velocity) for message in midi.tracks[2] if message.type == "note_on"}
    assert struck == {(9, 86)}
    assert [message.type for message in midi.tracks[2]][:2] == ["track_name", "note_on"]


@pytest.mark.parametrize(
    ("body", "meter", "count", "start"),
    [
        ("A8|", "4/4", 0, 0), ("A8|", "4/4", 2, 3840), ("A|BAGF EDCB|c7|", "4/4", 1, 1680),
        ("A|BAGF EDCB|c7|", "4/4", 2, 3600), ("A6|", "6/8", 1, 1440), ("A8|", "none", 2, 0),
    ],
)  # fmt: skip
def test_the_tune_begins_after_the_count_in(body: str, meter: str, count: int, start: int) -> None:
    midi = played(body, meter, PlaybackSettings(count_in=count))
    assert notes(midi)[0][0] == start
    assert [tick for tick, _ in meta(midi, "marker")][:1] == [start]
    assert ("Count-in" in [each.name for each in midi.tracks]) == bool(start)


def test_all_tracks_end_with_the_tune() -> None:
    midi = played('"G"G8|A4 z4|', playback=PlaybackSettings(count_in=1))
    assert [each.name for each in midi.tracks] == ["Bó & Tëst", "Melody", "Chords", "Count-in"]
    assert {sum(message.time for message in each) for each in midi.tracks} == {3 * 1920}


def test_programs_and_channels_are_those_of_the_settings() -> None:
    midi = played('"G"G8|', playback=PlaybackSettings(program=73, chord_program=46))
    found = [[each for each in one if each.type == "program_change"] for one in midi.tracks]
    assert [[(each.channel, each.program) for each in one] for one in found] == [[], [(0, 73)], [(1, 46)]]


def test_a_tune_without_a_title_has_a_name() -> None:
    (read,) = read_tunes("X:1\nT:\nM:4/4\nL:1/8\nK:C\nA8|\n")
    assert mido.MidiFile(file=io.BytesIO(to_midi(read))).tracks[0].name == "Untitled"


def test_one_track_has_the_same_messages_at_the_same_ticks() -> None:
    def messages(midi: mido.MidiFile) -> list[tuple[int, str]]:
        found = []
        for each in midi.tracks:
            now = 0
            for message in each:
                now += message.time
                if message.type not in ("end_of_track", "track_name"):
                    found.append((now, str(message.copy(time=0))))
        return sorted(found)

    body = 'A|"G"BAGF EDCB|c7|'
    several = played(body, playback=PlaybackSettings(count_in=1))
    one = played(body, playback=PlaybackSettings(count_in=1, one_track=True))
    assert messages(one) == messages(several)
    assert sum(message.time for message in one.tracks[0]) == sum(message.time for message in several.tracks[0])


def test_the_name_of_a_track_that_goes_leaves_its_time() -> None:
    tracks = [
        mido.MidiTrack([mido.MetaMessage("track_name", name="all")]),
        mido.MidiTrack(
            [mido.MetaMessage("track_name", name="one", time=5), mido.Message("note_on", note=60, velocity=9, time=7)]
        ),
    ]
    merged = [(message.type, message.time) for message in _merged(tracks)]
    assert merged == [("track_name", 0), ("note_on", 12), ("end_of_track", 0)]


def test_notes_end_before_others_begin_at_one_tick() -> None:
    kinds = [message.type for message in file("AA|", "2/8").tracks[1] if message.type.startswith("note_")]
    assert kinds == ["note_on", "note_off", "note_on", "note_off"]
    first = [message.type for message in file("A8|").tracks[1]][:3]
    assert first == ["track_name", "program_change", "note_on"]


def test_parts_beyond_z_begin_again_at_a() -> None:
    marks = [each.text for _, each in meta(file("A8||" * 27), "marker")]
    assert marks == [*"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "A"]


def test_notes_that_midi_does_not_have_are_left_out() -> None:
    given = [PerformedNote(0, 10, -1), PerformedNote(0, 10, 0), PerformedNote(0, 10, 127), PerformedNote(0, 10, 128)]
    messages = list(_part(Part(VOICE, "Part", 3, ()), [*given, PerformedNote(5, 5, 60), PerformedNote(5, 6, 61, 99)]))
    assert [(tick, message.type) for tick, message in messages] == [
        (0, "track_name"), (0, "note_on"), (10, "note_off"), (0, "note_on"), (10, "note_off"),
        (5, "note_on"), (6, "note_off"),
    ]  # fmt: skip
    assert [message.note for _, message in messages[1:]] == [0, 0, 127, 127, 61, 61]
    assert [message.velocity for _, message in messages[1:]] == [OFFBEAT, 0, OFFBEAT, 0, 99, 0]
    assert {message.channel for _, message in messages[1:]} == {3}


def test_a_file_may_last_for_hours() -> None:
    long = file("C16|" * 300, meter="4/2", Q="1/4=4")
    assert long.length == pytest.approx(10 * 3600, rel=1e-6)
