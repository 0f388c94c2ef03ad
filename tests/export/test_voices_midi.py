"""Tunes of several voices as MIDI: every voice and overlay sounds, on a track of its own, in step with the melody."""

import io
import subprocess
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from shutil import which
from typing import Any

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from folkrnn.export.midi import to_midi
from folkrnn.export.performance import channels
from folkrnn.export.rendering import DEFAULT_PLAYBACK, PlaybackSettings
from folkrnn.export.sound import to_wav
from folkrnn.notation import Tune, read_tunes
from folkrnn.notation.clef import StaffSettings
from folkrnn.notation.tune import STAFF, Change

TWO = "V:1 name=Fiddle\nV:2 name=Cello\n"


def tune(body: str, header: str = "", key: str = "C") -> Tune:
    return read_tunes(f"X:1\nT:Test\n{header}M:4/4\nL:1/4\nK:{key}\n{body}\n")[0]


def midi(read: Tune, **settings: Any) -> mido.MidiFile:
    playback = replace(DEFAULT_PLAYBACK, ornaments=False, **settings)
    return mido.MidiFile(file=io.BytesIO(to_midi(read, playback)), charset="utf-8")


def heard(track: mido.MidiTrack) -> str:
    """Onsets in quarter notes and the pitches that begin there; no note may begin while it sounds."""
    now, found, sounding = 0, dict[Fraction, list[int]](), set[tuple[int, int]]()
    for message in track:
        now += message.time
        if message.type == "note_on":
            assert (message.channel, message.note) not in sounding
            sounding.add((message.channel, message.note))
            found.setdefault(Fraction(now, 480), []).append(message.note)
        elif message.type == "note_off":
            sounding.remove((message.channel, message.note))
    assert not sounding
    return " ".join(f"{onset}:" + "+".join(map(str, sorted(pitches))) for onset, pitches in found.items())


def voices(read: Tune, **settings: Any) -> list[tuple[str, str]]:
    return [(track.name, heard(track)) for track in midi(read, **settings).tracks[1:]]


def events(track: mido.MidiTrack, kind: str) -> list[tuple[Fraction, int]]:
    now, found = 0, []
    for message in track:
        now += message.time
        if message.type == kind:
            value = {"program_change": "program", "pitchwheel": "pitch", "set_tempo": "tempo"}[kind]
            found.append((Fraction(now, 480), getattr(message, value)))
    return found


def test_each_voice_has_a_track_with_its_name() -> None:
    read = tune("[V:1]G A B G|c2 G2|\n[V:2]G,2 D,2|C,2 G,2|", TWO, "G")
    assert voices(read) == [
        ("Fiddle", "0:67 1:69 2:71 3:67 4:72 6:67"),
        ("Cello", "0:55 2:50 4:48 6:55"),
    ]
    assert {track[-1].type for track in midi(read).tracks} == {"end_of_track"}


def test_a_voice_without_a_name_has_one_for_its_track() -> None:
    assert [name for name, _ in voices(tune("[V:T]C4|\n[V:B]E4|", "V:T\nV:B\n"))] == ["Melody", "Voice B"]


def test_the_melody_is_the_first_voice_with_notes() -> None:
    read = tune('[V:ch]"C"x4|"F"x4|\n[V:t]C4|F4|', "V:ch\nV:t\n")
    assert voices(read, chords=False) == [("Melody", "0:60 4:65")]
    assert [name for name, _ in voices(read)] == ["Melody", "Chords"]
    assert heard(midi(read).tracks[2]).startswith("0:48 1:55+60+64 2:48")


def test_overlays_sound_with_their_voice() -> None:
    assert voices(tune("C D E C & C,2 G,2|C4|")) == [("Melody", "0:48+60 1:62 2:55+64 3:60 4:60")]


def test_two_notes_of_one_pitch_are_one() -> None:
    read = tune("C2 z2 & C D C2|C4 & z2 C2|")
    assert voices(read) == [("Melody", "0:60 1:62 2:60 4:60 6:60")]


def test_voices_go_the_way_of_the_melody() -> None:
    # The second voice has no repeat signs of its own.
    read = tune("[V:1]|:C4|1 D4:|2 E4|]\n[V:2]C,4|D,4|E,4|", TWO)
    assert voices(read) == [("Fiddle", "0:60 4:62 8:60 12:64"), ("Cello", "0:48 4:50 8:48 12:52")]
    read = tune("[V:1]C4!fine!|D4!D.C.!|\n[V:2]C,4|D,4|", TWO)
    assert [sounds for _, sounds in voices(read)] == ["0:60 4:62 8:60", "0:48 4:50 8:48"]
    assert [sounds for _, sounds in voices(read, repeats=False)] == ["0:60 4:62", "0:48 4:50"]


def test_parts_are_played_in_all_voices() -> None:
    read = tune("[V:1]\nP:A\nC4|\nP:B\nD4|\n[V:2]C,4|D,4|", "P:BAB\n" + TWO)
    assert [sounds for _, sounds in voices(read)] == ["0:62 4:60 8:62", "0:50 4:48 8:50"]
    marks = [message.text for message in midi(read).tracks[0] if message.type == "marker"]
    assert marks == ["B", "A", "B"]


def test_a_measure_lasts_as_long_as_its_longest_voice() -> None:
    read = tune("[V:1]C D E|F4|\n[V:2]C,4|F,4|G,4|", TWO)
    assert [sounds for _, sounds in voices(read)] == ["0:60 1:62 2:64 4:65", "0:48 4:53 8:55"]
    read = tune("[V:1]C4|D4|E4|\n[V:2]C,4|", TWO)
    assert [sounds for _, sounds in voices(read)] == ["0:60 4:62 8:64", "0:48"]


def test_only_the_members_of_a_chord_that_are_tied_sound_on() -> None:
    assert voices(tune("[GB-]2 [dB]2|G4|")) == [("Melody", "0:67+71 2:74 4:67")]


def test_a_tie_leads_over_no_gap_of_an_overlay() -> None:
    read = tune("C4 & E4-|D4|C4 & E4|")
    assert voices(read) == [("Melody", "0:60+64 4:62 8:60+64")]


def test_chord_symbols_at_a_bar_line_hold_from_the_next_bar() -> None:
    (_, chords) = midi(tune('"C"C4"G7"|D4|')).tracks[1:]
    assert heard(chords).startswith("0:48 1:55+60+64")
    assert "4:43 5:55+59+62+65" in heard(chords)


def test_a_chord_of_grace_notes_sounds_together() -> None:
    read = tune("{[CE]G}c4|")
    (_, track) = mido.MidiFile(file=io.BytesIO(to_midi(read))).tracks
    assert heard(track) == "0:60+64 1/8:67 1/4:72"


def test_swing_count_in_and_one_track_are_for_all_voices() -> None:
    read = tune("[V:1]C/D/E/F/ G2|\n[V:2]C,/D,/E,/F,/ G,2|", TWO)
    swung = [sounds.split(":")[1] for _, sounds in voices(read, swing=Fraction(2, 3), count_in=1)]
    assert swung == ["60 14/3", "48 14/3", "76 1"]
    one = midi(read, one_track=True)
    assert (one.type, len(one.tracks)) == (0, 1)
    assert {message.channel for message in one.tracks[0] if message.type == "note_on"} == {0, 2}


# What the tune asks for


def programs(read: Tune, **settings: Any) -> list[list[int]]:
    return [[each for _, each in events(track, "program_change")] for track in midi(read, **settings).tracks[1:]]


def test_programs_are_those_of_the_tune_unless_others_are_asked_for() -> None:
    read = tune('[V:1]"C"C4|\n[V:2]C,4|', "V:1\n%%MIDI program 73\n%%MIDI chordprog 0\nV:2\n%%MIDI program 42\n")
    assert programs(read) == [[73], [42], [0]]
    assert programs(read, program=20, chord_program=46) == [[20], [42], [46]]
    plain = tune("[V:1]C4|\n[V:2]C,4|", TWO)
    assert programs(plain) == [[40], [40]]
    assert programs(plain, program=20) == [[20], [20]]


def test_a_program_may_change() -> None:
    read = tune("|:C4|\n%%MIDI program 73\nD4:|", "%%MIDI program 20\n")
    assert events(midi(read).tracks[1], "program_change") == [(0, 20), (4, 73), (8, 20), (12, 73)]


def test_channels_are_those_of_the_tune() -> None:
    assert channels(tune("[V:1]C4|\n[V:2]D4|\n[V:3]E4|", "V:1\nV:2\nV:3\n")) == ({"1": 0, "2": 2, "3": 3}, 1, 4)
    asked = tune("[V:1]C4|\n[V:2]D4|", "V:1\n%%MIDI channel 3\nV:2\n%%MIDI channel 2\n")
    assert channels(asked) == ({"1": 2, "2": 1}, 0, 3)
    crowd = "".join(f"[V:{number}]C4|\n" for number in range(30))
    found = channels(tune(crowd, "".join(f"V:{number}\n" for number in range(30))))
    assert set(found.voices.values()) <= set(range(16)) - {9}
    assert found.chords not in found.voices.values()


def test_music_is_transposed_for_playing() -> None:
    assert voices(tune("%%MIDI transpose -2\nC F G B|")) == [("Melody", "0:58 1:63 2:65 3:69")]
    assert voices(tune("C4|[I:MIDI=transpose 12]D4|")) == [("Melody", "0:60 4:74")]
    read = tune('"C"C4|D4|')
    moved = replace(read, voices=(replace(read.voices[0], staff=StaffSettings(transpose=-2)),))
    assert [sounds.split(" ")[0] for _, sounds in voices(moved)] == ["0:58", "0:46"]
    later = replace(read.bars[1], changes=(Change(0, STAFF, StaffSettings(transpose=12)),))
    assert voices(read.with_bars((read.bars[0], later)), chords=False) == [("Melody", "0:60 4:74")]


def test_ornaments_are_transposed_with_their_notes() -> None:
    read = tune("%%MIDI transpose 12\n{G}~A4|")
    (_, track) = mido.MidiFile(file=io.BytesIO(to_midi(read))).tracks
    assert [int(each.split(":")[1]) for each in heard(track).split()] == [79, 81, 83, 81, 79, 81]


def test_the_accompaniment_is_what_the_tune_asks_for() -> None:
    read = tune('%%MIDI gchord fzcz\n"C"C4|\n%%MIDI gchordoff\nD4|\n%%MIDI gchordon\n%%MIDI gchord\nE4|')
    assert heard(midi(read).tracks[2]) == "0:48 2:55+60+64 8:48 9:55+60+64 10:48 11:55+60+64"
    read = tune('%%MIDI gchord GHbz\n%%MIDI chordvol 90\n%%MIDI bassvol 30\n"C"C4|')
    assert heard(midi(read).tracks[2]) == "0:43 1:48 2:48+55+60+64"
    struck = {message.velocity for message in midi(read).tracks[2] if message.type == "note_on"}
    assert struck == {90, 30}


def test_a_bass_with_its_own_program_has_a_track() -> None:
    read = tune('"C"C4|', "%%MIDI bassprog 32\n")
    assert [(name, sounds.split(" ")[0]) for name, sounds in voices(read)] == [
        ("Melody", "0:60"), ("Chords", "1:55+60+64"), ("Bass", "0:48"),
    ]  # fmt: skip
    assert programs(read) == [[40], [24], [32]]


# Tempo


def tempos(read: Tune) -> list[tuple[Fraction, int]]:
    return [(place, round(60_000_000 / each)) for place, each in events(midi(read).tracks[0], "set_tempo")]


def test_a_tempo_after_the_key_is_the_tempo() -> None:
    assert tempos(tune("Q:1/4=90\nC4|")) == [(0, 90)]
    assert tempos(tune("[Q:1/4=90]C4|", "Q:1/4=120\n")) == [(0, 90)]


def test_tempos_change_where_they_stand_in_any_voice_and_once() -> None:
    read = tune("[V:1]C4|[Q:1/4=60]D4|\n[V:2]C,4|[Q:1/4=60]D,2 [Q:1/4=80]D,2|", "Q:1/4=120\n" + TWO)
    assert tempos(read) == [(0, 120), (4, 60), (6, 80)]


def test_what_is_played_again_has_its_tempo_again() -> None:
    read = tune("|:C4|[Q:1/4=60]D4:|", "Q:1/4=120\n")
    assert tempos(read) == [(0, 120), (4, 60), (8, 120), (12, 60)]


# Microtones


def with_alters(read: Tune, *alters: Any) -> Tune:
    """The tune with its first notes altered, one after the other."""
    (bar,) = read.bars
    notes = list(bar.notes)
    for place, alter in enumerate(alters):
        pitches = (*notes[place].pitches[:-1], notes[place].pitches[-1]._replace(alter=alter))
        notes[place] = notes[place]._replace(pitches=pitches)
    return read.with_bars((replace(bar, notes=tuple(notes)),))


def test_microtones_are_bent() -> None:
    read = with_alters(tune("F B C D|"), Fraction(1, 2), Fraction(-1, 2), 0, Fraction(3, 2))
    (track,) = midi(read).tracks[1:]
    assert heard(track) == "0:65 1:71 2:60 3:63"
    assert events(track, "pitchwheel") == [(0, 2048), (1, -2048), (2, 0), (3, 2048)]
    assert len(to_wav(read, rate=8000)) > 8000


def test_a_chord_of_different_microtones_has_the_nearest_notes() -> None:
    read = with_alters(tune("[CF]2 [CF]2|"), Fraction(1, 2))
    (track,) = midi(read).tracks[1:]
    assert heard(track) == "0:60+65 2:60+65"
    assert events(track, "pitchwheel") == []


def test_no_other_voice_is_bent_with_microtones() -> None:
    read = tune("[V:1]C4|\n[V:2]E4|", "V:1\n%%MIDI channel 1\nV:2\n%%MIDI channel 1\n")
    assert channels(read).voices == {"1": 0, "2": 0}
    second = with_alters(read.alone(read.voices[1]), Fraction(1, 2)).voices[0]
    read = replace(read, voices=(read.voices[0], second))
    assert len(set(channels(read).voices.values())) == 2


# Beside another program


PIECES = [
    TWO + "K:G\n[V:1]|:G2 B2|A4:|\n[V:2]|:G,4|D,2 D,2:|\n",
    TWO + "K:C\n[V:1]|:C4|1 D4:|2 E4|]\n[V:2]|:C,4|1 D,4:|2 E,4|]\n",
    TWO + "K:C\n[V:1](3CDE F2|G4|\n[V:2]C,3/2D,/ E,2|z4|\n",
    "P:A(AB)2\nK:D\nP:A\n|:d2 f2:|\nP:B\na4|\n",
    "P:AB\nK:C\nc4|\nP:A\nC4|\nP:B\nD4|\n",
    "K:C\n%%MIDI transpose 5\nC4|D4|\n%%MIDI transpose -3\nE4|\n",
    "K:C\n[CE-]2 [DE]2|[C-E-G]4|[CEG]4|\n",
    "K:C\nC D E C & C,2 G,2|C4|\n",
]


@pytest.mark.skipif(which("abc2midi") is None, reason="abc2midi is not installed")
@pytest.mark.parametrize("piece", PIECES)
def test_abc2midi_plays_the_same(piece: str, tmp_path: Path) -> None:
    def sounds(file: mido.MidiFile) -> set[tuple[int, int]]:
        found = set()
        for track in file.tracks:
            now = 0
            for message in track:
                now += message.time
                if message.type == "note_on" and message.velocity:
                    found.add((round(now * 24 / file.ticks_per_beat), message.note))
        return found

    source, target = tmp_path / "tune.abc", tmp_path / "tune.mid"
    source.write_text(f"X:1\nT:Test\nM:4/4\nL:1/4\n{piece}")
    subprocess.run(["abc2midi", source, "-quiet", "-o", target], check=True, capture_output=True)
    assert sounds(midi(read_tunes(source.read_text())[0])) == sounds(mido.MidiFile(target))


def test_overlapping_notes_end_before_the_next_begins() -> None:
    playback = PlaybackSettings(ornaments=False)
    read = tune("C4 & z C2 z|")
    (_, track) = mido.MidiFile(file=io.BytesIO(to_midi(read, playback))).tracks
    assert heard(track) == "0:60 1:60"
    kinds = [message.type for message in track if message.type.startswith("note")]
    assert all(before != after for before, after in pairwise(kinds))


PIECES_OF_MUSIC = [
    "C", "D2", "E-", "[CE-]", "z", '"G"A', "!fine!", "!D.C.!", "!segno!", "!coda!", '"To Coda"', "|", "|:", ":|", "||",
    "|1", "|2", "&", "&&", "[V:1]", "[V:2]", "\nP:A\n", "\nP:B\n", "\n%%MIDI program 2 7\n", "[I:MIDI transpose 3]",
    "\n%%MIDI channel 4\n", "\n%%MIDI gchordoff\n", "\n%%MIDI gchord z0\n", "[Q:1/4=70]", "~A", "(3CDE",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES_OF_MUSIC), max_size=30), st.sampled_from(["", "P:A(BA)2\n", TWO]), st.booleans())
@settings(max_examples=200, deadline=None)
def test_any_music_is_played(pieces: list[str], header: str, once: bool) -> None:
    for track in midi(tune("".join(pieces), header), repeats=not once).tracks:
        heard(track)
