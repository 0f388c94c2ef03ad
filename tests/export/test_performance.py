"""The list of performed notes: times, written notes, passes."""

import io
from fractions import Fraction
from typing import Any

import mido
import pytest

from folkrnn.corpus import music21_collection
from folkrnn.export.midi import to_midi
from folkrnn.export.performance import COUNT_IN, VOICE, Passage, Performance, PlayedNote, perform
from folkrnn.export.rendering import PlaybackSettings
from folkrnn.notation import Tune, decode, read_tunes
from folkrnn.notation.harmony import with_chords
from folkrnn.notation.places import Place, written_notes


def tune(body: str, header: str = "", meter: str = "4/4") -> Tune:
    return read_tunes(f"X:1\nT:Test\n{header}M:{meter}\nL:1/8\nQ:1/4=120\nK:C\n{body}\n")[0]


def played(body: str, header: str = "", meter: str = "4/4", **settings: Any) -> Performance:
    return perform(tune(body, header, meter), PlaybackSettings(**settings))


def times(notes: tuple[PlayedNote, ...] | tuple[Passage, ...]) -> list[tuple[float, float]]:
    return [(round(each.onset, 6), round(each.length, 6)) for each in notes]


def test_notes_have_seconds_at_the_tempos() -> None:
    found = played("A4[Q:1/4=60]B4|A8|")
    assert times(found.notes) == [(0, 1), (1, 2), (3, 4)]
    assert times(found.passages) == times(found.notes)
    assert [note.pitch for note in found.notes] == [69, 71, 69]
    assert found.seconds == 7


def test_a_repeat_is_unrolled_with_the_number_of_the_pass() -> None:
    found = played("|:A8|1B8:|2c8|]")
    assert [(each.place.bar, each.number, round(each.onset, 6)) for each in found.passages] == [
        (0, 1, 0), (1, 1, 2), (0, 2, 4), (2, 1, 6),
    ]  # fmt: skip
    assert [found.passages[note.passage].place.bar for note in found.notes] == [0, 1, 0, 2]


def test_a_passage_says_where_its_note_stands_in_the_text() -> None:
    text = "X:1\nT:Test\nM:4/4\nL:1/8\nK:C\nA4 z2 [CE]2|\n~B8|\n"
    read = read_tunes(text)[0]
    lines = text.splitlines()
    places = [lines[each.line - 1][each.column - 1 :][:2] for each in perform(read).passages]
    assert places == ["A4", "[C", "B8"]


def test_all_notes_of_an_ornament_belong_to_the_note_that_has_it() -> None:
    found = played("~A4 {cd}B4|[Ac]8|")
    assert [note.passage for note in found.notes] == [0] * 5 + [1] * 3 + [2] * 2
    assert [note.member for note in found.notes] == [0] * 8 + [0, 1]
    assert times(found.passages) == [(0, 1), (1, 1), (2, 2)]


def test_members_of_a_chord_are_told_apart_when_transposed() -> None:
    found = played("[CEG]8|", "%%MIDI transpose 2\n")
    assert [(note.pitch, note.member) for note in found.notes] == [(62, 0), (66, 1), (69, 2)]


def test_tied_notes_are_one_sound_and_two_passages() -> None:
    found = played("A4-A4|")
    assert times(found.notes) == [(0, 2)]
    assert times(found.passages) == [(0, 1), (1, 1)]


def test_swing_moves_what_is_lit_and_what_is_heard_together() -> None:
    found = played("ABAB ABAB|", swing=Fraction(2, 3))
    assert times(found.notes)[:2] == [(0, 0.333333), (0.333333, 0.166667)]
    assert times(found.passages) == times(found.notes)


def test_voices_overlays_chords_and_count_in_are_parts() -> None:
    found = played('V:1\n"C"C4 E4 & G,8|\nV:2\nC,8|', count_in=1)
    assert [(part.kind, part.voice, part.channel) for part in found.parts] == [
        (VOICE, 0, 0), (VOICE, 1, 2), ("chords", -1, 1), (COUNT_IN, -1, 9),
    ]  # fmt: skip
    layers = {found.passages[note.passage].place for note in found.notes if note.passage >= 0}
    assert layers == {Place(0, 0, 0, 0), Place(0, 0, 0, 1), Place(0, 0, 1, 0), Place(1, 0, 0, 0)}
    assert {note.passage for note in found.notes if found.parts[note.part].kind != VOICE} == {-1}
    assert found.count_in == 2
    assert min(each.onset for each in found.passages) == 2


def test_bars_have_their_beats() -> None:
    found = played("A2|:B2A2G2:|]", meter="3/4")
    bars = [(each.index, each.number, each.printed, each.onset, each.length, len(each.beats)) for each in found.bars]
    assert bars == [(0, 1, 0, 0, 0.5, 1), (1, 1, 1, 0.5, 1.5, 3), (1, 2, 1, 2.0, 1.5, 3)]
    assert [beat for each in found.bars for beat in each.beats][:4] == [
        (0.0, False), (0.5, True), (1.0, False), (1.5, False),
    ]  # fmt: skip


def test_each_note_has_the_program_of_its_time() -> None:
    found = played("A8|\n%%MIDI program 73\nA8|")
    assert [note.program for note in found.notes] == [40, 73]
    assert found.parts[0].programs == ((0, 40), (1920, 73))


@pytest.mark.parametrize(
    "body",
    ["|:~A4 (3BcB {g}A2|[Ac]4-[Ac]4:|", "V:1\nA8|\nV:2\n[Q:1/4=90]C4 D4|", '"Am"A8|"G"z8|'],
)
def test_notes_sound_when_the_midi_file_says(body: str) -> None:
    read = tune(body)
    settings = PlaybackSettings(count_in=1)
    now, starts = 0.0, []
    for message in mido.MidiFile(file=io.BytesIO(to_midi(read, settings)), charset="utf-8"):
        now += message.time
        if message.type == "note_on":
            starts.append((round(now, 3), message.note))
    assert sorted(starts) == sorted((round(note.onset, 3), note.pitch) for note in perform(read, settings).notes)


def test_every_note_of_real_tunes_begins_within_the_written_note_it_comes_from() -> None:
    text = decode(next(iter(music21_collection("oneills1850"))).read_bytes())
    count = 0
    for read in read_tunes(text)[:30]:
        notes = dict(written_notes(read))
        found = perform(with_chords(read), PlaybackSettings(swing=Fraction(3, 5)))
        for note in found.notes:
            if note.passage >= 0:
                passage = found.passages[note.passage]
                assert passage.onset - 1e-9 <= note.onset < passage.onset + passage.length
                written = notes[passage.place]
                assert abs(note.pitch - written.pitches[note.member].midi) < 13, "itself, a grace note or a neighbour"
                count += 1
    assert count > 3000


def test_written_notes_have_names_of_their_own() -> None:
    read = tune("V:1\nA4 [CE]4 & G,8|z8|\nV:2\nC,8|")
    names = [place.id for place, _ in written_notes(read)]
    assert len(set(names)) == len(names) == 5
    assert names[1] == "v0-b0-l0-n1"
    assert Place(0, 0, 0, 1).member_id(1) == "v0-b0-l0-n1-p1"
    passed = {each.place for each in perform(read).passages}
    assert passed == {place for place, note in written_notes(read) if note.pitches}


def test_a_tune_without_bars_is_silence() -> None:
    found = perform(tune(""))
    assert (found.notes, found.passages, found.seconds) == ((), (), 0)
