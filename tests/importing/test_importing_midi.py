"""MIDI files become the tunes that they play: on the grid, with repeats, in a key."""

import io
import random
from fractions import Fraction

import mido
import pytest

from folkrnn.export.midi import to_midi
from folkrnn.export.rendering import PlaybackSettings
from folkrnn.importing import import_tune
from folkrnn.notation import Tune, faults, form, performance, read_tunes

HEAD = "X:1\nT:The Kettle\nM:4/4\nL:1/8\nK:D\n"
PLAIN = PlaybackSettings(ornaments=False)
JIG_HEAD = "X:1\nT:a\nM:6/8\nL:1/8\nK:G\n"
A, B = "dfaf dfaf|gfed cdec|dfaf dfaf|edce d4", "f2df gfed|e2ce fedc|f2df gfed|ABce d4"


def back(text: str, playback: PlaybackSettings = PLAIN) -> tuple[Tune, Tune]:
    """Return a tune, and what becomes of it by way of MIDI."""
    (tune,) = read_tunes(text)
    return tune, import_tune(to_midi(tune, playback), "kettle.mid")


TUNES = {
    "two parts": HEAD + f"|:{A}|{A}:|\n|:{B}|{A}:|\n",
    "pickups": JIG_HEAD + "|:D|GAG G2A|B2G d2B|GAG G2B|A3 A2:|\n|:d|ded d2c|B2G d2B|ded d2B|A3 A2:|\n",
    "endings": HEAD + f"|:A2|{A}|{A}|dfaf dfaf|1 d6:|2 d4 cBAG||\n|:{B}|{B}|d8:|\n",
    "three passes": HEAD + f"|:{A}|{A}::|\n{B}|]\n",
    "no repeats": HEAD + f"{A}|{B}|]\n",
    "a part within a part": HEAD + f"|:{A}|{A}|{B}:|\n",
    "tuplets": HEAD + "|:(3abc (3:2:2d2e f2 z2|(3A/B/c/d (5:4:5d/e/f/g/a/ b4|a>b c<d e4|d8:|\n",
    "rests": HEAD + "|:z2 d2 z2 e2|d z e z f3 z|d/z/ d/z/ d2 z4|d6 z2:|\n",
    "ties and long notes": HEAD + "|:d8-|d2 e4 f2-|f2 g5 a|d8:|\n",
    "chords": HEAD + "|:[DFA]4 [EG]4|[FA]8|d8|d8:|\n",
    "accidentals": HEAD + "|:d^de=f ^gb^a=c'|d8|d8|d8:|\n",
    "two meters": HEAD + f"|:{A}:|\nM:3/4\n|:d2e2f2|d6|e6|d6:|\n",
    "odd pickups": HEAD.replace("4/4", "2/4") + "|:c/d/e/|ff fg|gg ge|fe dc|ff f:|\n|:c|Ac fa|Bd fd|ce ge|ff f:|\n",
    "odd parts": JIG_HEAD + "|:D|GAG G2A|B2G d2B|GAG G2B|A3 A3:|\n|:ded d2c|B2G d2B|ded d2B|A3 A3:|\n",
}


@pytest.mark.parametrize("name", TUNES)
def test_our_midi_is_the_same_notes_meter_and_form(name: str) -> None:
    tune, found = back(TUNES[name])
    assert performance(found) == performance(tune)
    assert form(found) == form(tune)
    assert [bar.meter for bar in found.bars] == [bar.meter for bar in tune.bars]
    assert found.title == tune.title
    assert not faults(found.findings)


def test_the_spelling_follows_the_key() -> None:
    _, found = back(TUNES["accidentals"])
    assert str(found).splitlines()[6].startswith("|: d^de=f ^gb^a=c' |")


@pytest.mark.parametrize("key", ["D", "Dm", "Ador", "Gmix", "Ebm", "F#m", "Bb"])
def test_the_key_is_that_of_the_signature_and_the_last_note(key: str) -> None:
    (tune,) = read_tunes(f"X:1\nT:a\nM:C\nL:1/8\nK:{key}\nABcd efga|{key[0]}8|]\n")
    assert str(import_tune(to_midi(tune, PLAIN), "x.mid").key) == key


def test_a_hornpipe_that_swings_is_written_evenly() -> None:
    hornpipe = HEAD.replace("M:", "R:hornpipe\nM:") + f"|:FG|{A}|dfaf (3agf ed|d2f2 d2:|\n"
    (tune,) = read_tunes(hornpipe)
    assert to_midi(tune, PLAIN) != to_midi(tune, PlaybackSettings(ornaments=False, swing=Fraction(1, 2)))
    _, found = back(hornpipe)
    assert performance(found) == performance(tune)


def test_of_chords_and_melody_the_melody_is_read() -> None:
    _, found = back(HEAD + '"D"d8|"A"c8|"G"B8|"D"A8|]\n')
    assert [note.pitches[0].letters for note in found.notes()] == ["d", "c", "B", "A"]
    assert found.findings[0].message == "1 other voice of the file is left out"


# Files of others ------------------------------------------------------------------------------------------------------


def played(
    tune: str, jitter: float = 0, swing: float = 0.5, held: float = 1, meter: bool = True, times: int = 1, **about: int
) -> bytes:
    """Return a tune played on one track without markers: notes at random up to ``jitter`` quarters early or late."""
    (read,) = read_tunes(tune)
    rng = random.Random(7)
    events = []
    for onset, pitch, length in performance(read):
        start, end = (_swung(4 * float(time), swing) for time in (onset, onset + length))
        start += rng.uniform(-jitter, jitter)
        events += [(start, 1, pitch), (start + held * (end - start), 0, pitch)]
    file = mido.MidiFile(ticks_per_beat=960, type=0)
    track = mido.MidiTrack()
    if meter:
        track.append(mido.MetaMessage("time_signature", numerator=read.meter.beats, denominator=read.meter.unit))
    silence = 960 * 4 * read.meter.beats // read.meter.unit  # a bar
    now = 0
    for time, kind, pitch in sorted(events):
        tick = max(now, round(960 * time) + silence)
        track.append(mido.Message("note_on", note=pitch, velocity=90 * kind, time=tick - now, **about))
        now = tick
    file.tracks.append(track)
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def _swung(time: float, share: float) -> float:
    beat, into = divmod(time, 1)
    return beat + (into * 2 * share if into < 0.5 else share + (into - 0.5) * 2 * (1 - share))


AABB = HEAD + f"|:{A}|{A}:|\n|:{B}|{A}:|\n"


def test_parts_that_are_written_out_become_repeats() -> None:
    found = import_tune(played(AABB), "my_tune.mid")
    assert form(found) == "8:8:"
    assert found.title == "my tune"
    assert performance(found) == performance(read_tunes(AABB)[0])


def test_parts_that_end_in_two_ways_get_endings() -> None:
    text = HEAD + f"|:{A}|dfaf dfaf|gfed cdec|gfed cdec|1 edce d4:|2 dcde d4|]\n"
    found = import_tune(played(text), "x.mid")
    assert form(found) == "8:"
    assert performance(found) == performance(read_tunes(text)[0])


def test_a_note_a_tenth_of_a_quarter_off_is_where_it_should_be() -> None:
    found = import_tune(played(AABB, jitter=0.09, held=0.8), "x.mid")
    assert performance(found) == performance(read_tunes(AABB)[0])
    assert form(found) == "8:8:"


JIG = JIG_HEAD + "|:GAG G2A|B2G d2B|GAG G2B|A3 A3|GBd gfe|dBG c3|BAG AGF|G3 G3:|\n"


def test_a_jig_may_be_played_too() -> None:
    found = import_tune(played(JIG, jitter=0.09, held=0.7), "x.mid")
    assert performance(found) == performance(read_tunes(JIG)[0])


@pytest.mark.parametrize("share", [0.58, 0.62, 2 / 3])
@pytest.mark.parametrize("jitter", [0, 0.04])
def test_swing_is_undone(share: float, jitter: float) -> None:
    found = import_tune(played(AABB, jitter=jitter, swing=share, held=0.9), "x.mid")
    assert performance(found) == performance(read_tunes(AABB)[0])


def test_notes_held_a_little_short_make_no_rests() -> None:
    found = import_tune(played(AABB, held=0.95), "x.mid")
    assert not any(note.is_rest for note in found.notes())


def test_without_a_meter_it_is_common_time() -> None:
    assert str(import_tune(played(AABB, meter=False), "x.mid").meter) == "4/4"


def test_without_a_key_the_notes_tell_it() -> None:
    assert [str(import_tune(played(text), "x.mid").key) for text in (AABB, JIG)] == ["D", "G"]


def test_hours_of_silence_at_the_end_are_left_out() -> None:
    (tune,) = read_tunes(TUNES["no repeats"])
    file = mido.MidiFile(file=io.BytesIO(to_midi(tune, PLAIN)))
    for track in file.tracks:
        track[-1].time = 2**28 - 1
    content = io.BytesIO()
    file.save(file=content)
    found = import_tune(content.getvalue(), "kettle.mid")
    assert performance(found) == performance(tune)
    assert len(found.bars) < len(tune.bars) + 20
