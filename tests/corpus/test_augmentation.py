"""Key shuffling: other keys in every pass, the same tunes."""

from collections import Counter

import pytest

from folkrnn.corpus import CorpusTune
from folkrnn.corpus.augmentation import PITCH_RANGE, KeyShuffle, beside, header_shuffle, in_key, repeat_dances
from folkrnn.notation import Tune, canonical, performance, read_tunes
from folkrnn.notation.headers import in_canonical_order


def tunes() -> list[CorpusTune]:
    made = []
    for number, key in enumerate(["D", "G", "A", "D", "G", "C", "F", "none"] * 4):
        (tune,) = read_tunes(f"X:1\nT:Tune {number}\nM:4/4\nL:1/8\nK:{key}\n{'FGAB cdef|' * 2}c8|\n")
        made.append(CorpusTune(canonical(tune), "mine", f"{number}", str(number), "train", 17, True))
    return made


def test_tunes_change_key_and_nothing_else() -> None:
    shuffle = KeyShuffle(tunes(), seed=1)
    changed = 0
    for before, after in zip(tunes(), shuffle(0), strict=True):
        (old,), (new,) = read_tunes(before.text), read_tunes(after)
        assert canonical(new) == after
        assert new.title == old.title
        moves = {b.midi - a.midi for a, b in zip(performance(old), performance(new), strict=True)}
        assert len(moves) == 1
        changed += moves != {0}
    assert changed > 8


def test_keys_are_those_of_the_collection() -> None:
    keys = {str(read_tunes(text)[0].key) for number in range(4) for text in KeyShuffle(tunes(), seed=1)(number)}
    assert keys == {"C", "D", "F", "G", "A", "none"}


def test_in_the_last_passes_every_tune_is_in_its_own_key() -> None:
    assert KeyShuffle(tunes(), seed=1)(0, True) == [tune.text for tune in tunes()]


def test_the_same_seed_and_pass_give_the_same_texts() -> None:
    assert KeyShuffle(tunes(), seed=1)(3) == KeyShuffle(tunes(), seed=1)(3)
    assert KeyShuffle(tunes(), seed=1)(3) != KeyShuffle(tunes(), seed=2)(3)
    assert KeyShuffle(tunes(), seed=1)(3) != KeyShuffle(tunes(), seed=1)(4)


def tune(key: str, notes: str) -> Tune:
    return read_tunes(f"X:1\nT:Tune\nM:4/4\nL:1/8\nK:{key}\n{notes}|]\n")[0]


def pitches(text: str) -> list[int]:
    return [sound.midi for sound in performance(read_tunes(text)[0])]


@pytest.mark.parametrize(
    ("notes", "key", "tonic", "first"),
    [
        ("FGABcdef", "C", "D", 67),  # up by a tone
        ("FGABcdef", "C", "Bb", 63),  # down by a tone
        ("F,GABcdef", "C", "Bb", 63),  # from the lowest pitch down is outside the range: an octave higher
        ("g'gabcdef", "C", "D", 81),  # from the highest pitch up is outside the range: an octave lower
        ("E,GABcdef", "C", "D", 54),
        ("f'gabcdef", "C", "D", 91),
    ],
)
def test_a_tune_is_moved_within_the_range_of_a_fiddle(notes: str, key: str, tonic: str, first: int) -> None:
    moved = pitches(in_key(tune(key, notes), tonic))
    assert moved[0] == first
    assert PITCH_RANGE[0] <= min(moved)
    assert max(moved) <= PITCH_RANGE[1]


def test_a_tune_that_fits_no_octave_has_no_text_in_that_key() -> None:
    assert in_key(tune("C", "F,GABcdefgabc'd'e'f'g'2"), "D") == ""
    assert in_key(tune("C", "F,GABcdefgabc'd'e'f'g'2"), "Bb") == ""
    assert in_key(tune("C", "D,GABcdef"), "C#") == ""  # a semitone up is too low, and the octave below it too


def test_a_header_is_shuffled_by_seed_and_pass_and_its_music_is_kept() -> None:
    texts = [entry.text for entry in tunes()]
    passes = {
        (seed, number): header_shuffle(lambda *_: texts, seed)(number, False) for seed in (1, 2) for number in (0, 1)
    }
    assert passes[1, 0] == header_shuffle(lambda *_: texts, 1)(0, False)
    assert len({tuple(shuffled) for shuffled in passes.values()}) == 4
    for shuffled in passes.values():
        for text, other in zip(texts, shuffled, strict=True):
            assert sorted(text.split("\n")) == sorted(other.split("\n"))
            assert text.split("\n")[-2:] == other.split("\n")[-2:]


def test_dances_come_twice_in_the_last_passes_with_their_fields_in_another_order() -> None:
    header = "X:1\nT:{}\nR:{}\nO:Ireland\nM:4/4\nL:1/8\nK:D\nABcd efga|\n"
    titles = {"reel": "A", "song": "B", "slip jig": "C", "lament": "D", "air": "E", "cha-cha": "F", "": "R reel"}
    texts = [canonical(read_tunes(header.format(title, rhythm))[0]) for rhythm, title in titles.items()]
    twice = header_shuffle(repeat_dances(lambda *_: texts, 2), 1)
    assert len(twice(3, False)) == len(texts)
    last = twice(3, True)
    counts = Counter(read_tunes(in_canonical_order(text))[0].title for text in last)
    assert counts == {"A": 2, "B": 1, "C": 2, "D": 1, "E": 1, "F": 1, "R reel": 1}
    for one, other in (last[:2], last[3:5]):
        assert one != other
        assert sorted(one.split("\n")) == sorted(other.split("\n"))
    assert header_shuffle(repeat_dances(lambda *_: texts, 1), 1)(3, True) == header_shuffle(lambda *_: texts, 1)(
        3, True
    )


def test_texts_beside_others_are_in_every_pass_once() -> None:
    texts_of = beside(lambda number, last: [f"pass {number}"] * (1 + last), ["more", "and more"])
    assert texts_of(0, False) == ["pass 0", "more", "and more"]
    assert texts_of(4, True) == ["pass 4", "pass 4", "more", "and more"]


def test_the_texts_of_a_shuffled_pass_are_those_of_that_pass() -> None:
    asked = []

    def texts_of(number: int, last: bool) -> list[str]:
        asked.append((number, last))
        return []

    header_shuffle(texts_of, 1)(3, True)
    assert asked == [(3, True)]
