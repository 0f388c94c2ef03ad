"""Reworking a tune of several voices, with all that a tunebook holds: only the notes of the melody are new."""

from fractions import Fraction

import pytest
import torch

from folkrnn.composition.reworking import Reworking, extension, replacement
from folkrnn.errors import GenerationError
from folkrnn.generation.generator import generate_texts
from folkrnn.model.checkpoint import Checkpoint
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation import Tune, read_tunes
from folkrnn.validation import validate_tune

VOCABULARY = Vocabulary("".join(sorted(map(chr, [10, *range(32, 127)]))))
NETWORK = CharNetwork(NetworkSettings(hidden=16), len(VOCABULARY), torch.Generator().manual_seed(4))
MODEL = Checkpoint(NETWORK, VOCABULARY)

DUET = """X:417
T:The Two
C:Somebody
%%MIDI program 73
M:4/4
L:1/4
V:1 name="Fiddle"
V:2 clef=bass name="Cello"
K:G
% the first strain
P:A
[V:1]G A B G|[Q:1/4=60]"D"c2 (G2|d) c A G|!fine!G2 G2 !D.C.!|]
w: one two three four five six seven eight nine ten eleven twelve
[V:2]G,2 D,2|C,2 G,2|D,2 D,2|G,4|]
W:Words below
"""


def one(text: str) -> Tune:
    return read_tunes(text)[0]


def written(reworking: Reworking) -> Tune:
    (text,) = generate_texts(
        NETWORK, VOCABULARY, [reworking.prompt], seed=5, max_characters=900, cautious=reworking.cautious
    )
    return one(text.text)


def reworked(reworking: Reworking) -> Tune:
    return reworking.finish(written(reworking))


def test_rewriting_leaves_all_but_the_notes_of_its_bars() -> None:
    tune = one(DUET)
    reworking = replacement(tune, 2, 2, MODEL)
    new = reworked(reworking)
    assert new.voices[1] == tune.voices[1]
    assert (new.number, new.fields, new.after) == ("417", tune.fields, tune.after)
    assert [bar.notes for index, bar in enumerate(new.bars) if index != 1] == [
        bar.notes for index, bar in enumerate(tune.bars) if index != 1
    ]
    assert [bar.changes for bar in new.bars] == [bar.changes for bar in tune.bars]
    assert [bar.closing for bar in new.bars] == [bar.closing for bar in tune.bars]
    assert new.bars[1].notes != tune.bars[1].notes
    assert validate_tune(new).playable
    assert reworking.remarks == ("the new bars are without the chord symbols and words of the old ones",)


def test_a_slur_that_led_out_of_the_new_bars_begins_at_their_last_note() -> None:
    new = reworked(replacement(one(DUET), 2, 2, MODEL))
    assert new.bars[1].notes[-1].slurs_opened == 1
    new = reworked(replacement(one(DUET), 3, 3, MODEL))
    assert new.bars[2].notes[0].slurs_closed == 1


def test_signs_of_jumps_and_overlays_stay_in_the_new_bars() -> None:
    tune = one("X:1\nM:4/4\nL:1/4\nK:C\n!segno!C D E C & C,2 G,2|C4|D4 !D.S.!|C4 !fine!|]\n")
    new = reworked(replacement(tune, 1, 3, MODEL))
    assert new.bars[0].notes[0].decorations == ("segno",)
    assert new.bars[0].overlays == tune.bars[0].overlays
    assert new.bars[2].closing.decorations == ("D.S.",)
    assert not replacement(tune, 1, 3, MODEL).remarks


@pytest.mark.parametrize(
    "line", ["P:B", "Q:1/4=60", "% a comment", "%%text prose", "N:softly", "K:G", "M:4/4", "T:Next"]
)
def test_other_fields_and_lines_stay_before_new_bars(line: str) -> None:
    tune = one(f"X:1\nM:4/4\nL:1/4\nK:G\nG A B G|\n{line}\nc2 G2|d c A G|G4|]\n")
    new = reworked(replacement(tune, 2, 3, MODEL))
    assert new.bars[1].changes == tune.bars[1].changes


@pytest.mark.parametrize("music", ["K:D\nc2 G2|d c A G|", "M:3/4\nc2 G|d c A|"])
def test_another_key_or_meter_hinders_new_bars(music: str) -> None:
    with pytest.raises(GenerationError, match="key or the meter"):
        replacement(one(f"X:1\nM:4/4\nL:1/4\nK:G\nG A B G|\n{music}]\n"), 2, 3, MODEL)


def test_the_other_voices_rest_while_the_melody_goes_on() -> None:
    tune = one(DUET)
    reworking = extension(tune, 4, MODEL)
    new = reworked(reworking)
    melody, cello = new.voices
    assert len(melody.bars) == len(cello.bars) > len(tune.bars)
    assert [bar.notes for bar in melody.bars[:4]] == [bar.notes for bar in tune.bars]
    assert [bar.changes for bar in melody.bars[:4]] == [bar.changes for bar in tune.bars]
    assert [bar.notes for bar in cello.bars[:4]] == [bar.notes for bar in tune.voices[1].bars]
    for ours, theirs in zip(melody.bars, cello.bars, strict=True):
        assert (ours.duration, ours.opens, ours.plays, ours.edge, ours.number) == (
            theirs.duration, theirs.opens, theirs.plays, theirs.edge, theirs.number,
        )  # fmt: skip
    assert all(note.is_rest and not note.hidden for bar in cello.bars[4:] for note in bar.notes)
    assert (new.number, new.fields, new.after) == ("417", tune.fields, tune.after)
    assert reworking.remarks == ("Cello rests in the new bars",)
    assert validate_tune(new).playable


def test_a_begun_bar_is_filled_and_the_other_voices_rest_for_the_time() -> None:
    tune = one("X:1\nM:4/4\nL:1/4\nV:1\nV:2\nK:C\n[V:1]C D E C|C2\n[V:2]E4|E2\n")
    new = reworked(extension(tune, 3, MODEL))
    assert [bar.duration for bar in new.voices[1].bars][:2] == [1, 1]
    assert new.voices[1].bars[1].notes[-1].duration == Fraction(1, 2)
    assert not [finding for finding in new.findings if finding.code == "voices-differ"]


def test_bars_that_no_upbeat_makes_full_stay_as_they_are_when_the_tune_goes_on() -> None:
    tune = one("X:1\nM:3/4\nL:1/4\nK:C\nC|DEF|GFE|D|]\n")
    new = reworked(extension(tune, 2, MODEL))
    assert [bar.duration for bar in new.bars[:4]] == [Fraction(1, 4), Fraction(3, 4), Fraction(3, 4), Fraction(1, 4)]
    assert [bar.number for bar in new.bars][:6] == [0, 1, 2, 3, 4, 5]


def test_a_tune_whose_upbeat_nothing_takes_back_is_rewritten() -> None:
    tune = one("X:1\nM:3/4\nL:1/4\nK:C\nC|DEF|GFE|D3|]\n")
    new = reworked(replacement(tune, 2, 2, MODEL))
    assert [bar.duration for bar in new.bars] == [Fraction(1, 4), Fraction(3, 4), Fraction(3, 4), Fraction(3, 4)]
    assert [bar.notes for bar in new.bars[:2]] == [bar.notes for bar in tune.bars[:2]]
    assert [bar.number for bar in new.bars] == [0, 1, 2, 3]


def test_a_deep_melody_is_given_to_the_model_in_its_range_and_comes_back() -> None:
    tune = one("X:1\nM:4/4\nL:1/4\nK:G\nG,, A,, B,, G,,|C,2 G,,2|D, C, A,, G,,|G,,4|]\n")
    reworking = replacement(tune, 2, 3, MODEL)
    assert min(pitch.midi for note in reworking.given.notes() for pitch in note.pitches) >= 55
    new = reworked(reworking)
    assert [bar.notes for bar in new.bars[:1] + new.bars[3:]] == [bar.notes for bar in tune.bars[:1] + tune.bars[3:]]
    model, ours = written(reworking).bars[1], new.bars[1]
    assert [note.pitches[0].midi - 12 for note in model.notes if note.pitches] == [
        note.pitches[0].midi for note in ours.notes if note.pitches
    ]


def test_what_was_found_about_another_voice_is_still_said() -> None:
    tune = one(DUET.replace("C,2 G,2|", "C,2 G,2-|"))
    assert [finding.code for finding in tune.findings] == ["tie-between-pitches"]
    new = reworked(replacement(tune, 2, 2, MODEL))
    assert [(finding.code, finding.voice) for finding in new.findings] == [("tie-between-pitches", "2")]
    assert not validate_tune(new).playable


def test_the_melody_is_reworked_though_it_is_not_the_first_voice() -> None:
    text = 'X:1\nM:4/4\nL:1/4\nV:Ch\nV:T\nK:G\n[V:Ch]"G"x4|"C"x4|]\n[V:T]G A B G|c2 G2|]\n'
    tune = one(text)
    new = reworked(replacement(tune, 1, 1, MODEL))
    assert new.voices[0] == tune.voices[0]
    assert new.voices[1].bars[1].notes == tune.voices[1].bars[1].notes
    longer = reworked(extension(tune, 2, MODEL))
    assert all(note.hidden for bar in longer.voices[0].bars for note in bar.notes)
