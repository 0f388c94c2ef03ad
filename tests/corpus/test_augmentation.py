"""Key shuffling: other keys in every pass, the same tunes."""

from folkrnn.corpus import CorpusTune
from folkrnn.corpus.augmentation import KeyShuffle
from folkrnn.notation import canonical, performance, read_tunes


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
