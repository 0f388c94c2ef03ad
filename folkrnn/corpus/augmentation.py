"""Augmentation: every pass over the corpus meets each tune in another guise.

It stands in one of the keys that its collection uses, and its header's fields in another order. Only in the last passes
are all tunes in their own keys.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from folkrnn.corpus.build import CorpusTune
from folkrnn.errors import NotationError
from folkrnn.notation import Tune, canonical, read_tunes
from folkrnn.notation.headers import training_text
from folkrnn.notation.transposition import interval_between, transpose

SPELLINGS = "ABCDEFGabcdefg,'^_=#b"
"""All that the spelling of a pitch or a key may need, whatever key a tune is moved to."""

RANGE = (53, 91)
"""MIDI numbers, F3 to G6: a transposed tune that leaves it is moved by the other octave, or stays where it was."""


class KeyShuffle:
    """Training texts that differ from pass to pass in the keys of their tunes.

    New keys are drawn with the frequencies that the tune's collection and mode have, so that the model
    still learns which keys are usual. A tune's key in a pass depends only on ``seed``, the pass and the tune's place.
    In the last passes every tune is as it is: a tune in G lies between D and b, and what is moved there does not, so
    that a model of moved tunes alone strays high and low.
    """

    def __init__(self, tunes: Sequence[CorpusTune], seed: int) -> None:
        self.seed = seed
        self.texts = [tune.text for tune in tunes]
        self.collections = [tune.collection for tune in tunes]
        self.tunes = [read_tunes(text)[0] for text in self.texts]
        self.known: dict[tuple[int, str], str] = {}
        counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for tune, collection in zip(self.tunes, self.collections, strict=True):
            if tune.key.tonic:
                counts[collection, tune.key.mode][tune.key.tonic] += 1
        self.tonics = {group: (list(count), list(count.values())) for group, count in counts.items()}

    def __call__(self, number: int, last: bool = False) -> list[str]:
        """The texts of pass ``number`` (from 0), which may be one of the last."""
        if last:
            return self.texts
        rng = random.Random(self.seed * 1_000_003 + number)
        return [self._text(index, tune, rng) for index, tune in enumerate(self.tunes)]

    def _text(self, index: int, tune: Tune, rng: random.Random) -> str:
        names, weights = self.tonics.get((self.collections[index], tune.key.mode), ([""], [1]))
        tonic = rng.choices(names, weights)[0]
        if not tune.key.tonic or tonic == tune.key.tonic:
            return self.texts[index]
        if (index, tonic) not in self.known:
            self.known[index, tonic] = in_key(tune, tonic) or self.texts[index]
        return self.known[index, tonic]


def header_shuffle(texts_of: Callable[[int, bool], Sequence[str]], seed: int) -> Callable[[int, bool], list[str]]:
    """The same training texts with their fields in an order that depends only on ``seed``, the pass and the place."""

    def texts(number: int, last: bool) -> list[str]:
        rng = random.Random(f"{seed} {number}")
        return [training_text(text, rng) for text in texts_of(number, last)]

    return texts


def in_key(tune: Tune, tonic: str) -> str:
    """The canonical text of a tune on another tonic, within RANGE; empty where there is none."""
    try:
        steps, semitones = interval_between(tune.key, tonic)
    except NotationError:
        return ""
    numbers = [pitch.midi for note in tune.notes() for pitch in note.pitches]
    octave = (-7, -12) if semitones > 0 else (7, 12)
    for more_steps, more in ((0, 0), octave):
        low, high = min(numbers) + semitones + more, max(numbers) + semitones + more
        if RANGE[0] <= low and high <= RANGE[1]:
            try:
                return canonical(transpose(tune, steps + more_steps, semitones + more))
            except NotationError:
                return ""
    return ""
