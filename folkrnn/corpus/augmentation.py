"""Augmentation: in every pass over the corpus each tune has another key and another order of header fields.

The keys are those that its collection uses. In the last passes all tunes are in their own keys, and dances come more
than once.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from folkrnn.corpus.build import CorpusTune
from folkrnn.errors import NotationError
from folkrnn.notation import Tune, canonical, read_tunes
from folkrnn.notation.headers import plan_in, split_header, training_text, with_plan
from folkrnn.notation.rhythms import is_dance
from folkrnn.notation.transposition import interval_between, transpose

SPELLINGS = "ABCDEFGabcdefg,'^_=#b"
"""All characters that the spelling of a pitch or a key may need in any key."""

PITCH_RANGE = (53, 91)
"""MIDI numbers, F3 to G6. A transposed tune outside it is moved by an octave, or stays in its own key."""


class KeyShuffle:
    """Training texts whose keys differ from pass to pass.

    New keys are drawn with their frequencies in the tune's collection and mode, so that the model still learns which
    keys are usual. The key of a tune in a pass depends only on ``seed``, the pass and the tune's index.

    In the last passes every tune is in its own key. A tune in G usually lies between D and b, but one that was
    transposed to G does not. A model that learned transposed tunes only would write too high and too low.
    """

    def __init__(self, tunes: Sequence[CorpusTune], seed: int, texts: Sequence[str] = ()) -> None:
        """Take tunes, and the text of each in its own key, with its plan, if the texts shall have plans."""
        self.seed = seed
        self.texts = list(texts) or [tune.text for tune in tunes]
        self.collections = [tune.collection for tune in tunes]
        self.tunes = [read_tunes(tune.text)[0] for tune in tunes]
        self.known: dict[tuple[int, str], str] = {}
        counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for tune, collection in zip(self.tunes, self.collections, strict=True):
            if tune.key.tonic:
                counts[collection, tune.key.mode][tune.key.tonic] += 1
        self.tonics = {group: (list(count), list(count.values())) for group, count in counts.items()}

    def __call__(self, number: int, last: bool = False) -> list[str]:
        """Return the texts of pass ``number`` (from 0), which may be one of the last."""
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
            moved, own = in_key(tune, tonic), self.texts[index]
            self.known[index, tonic] = with_plan(moved, plan_in(own)) if moved else own
        return self.known[index, tonic]


def repeat_dances(texts_of: Callable[[int, bool], Sequence[str]], times: int) -> Callable[[int, bool], Sequence[str]]:
    """Return a function of the same texts; in the last passes each dance comes ``times`` times.

    The copies are equal; ``header_shuffle`` then gives each another order of fields.
    """

    def texts(number: int, last: bool) -> Sequence[str]:
        once = texts_of(number, last)
        if not last:
            return once
        return [text for text in once for _ in range(times if _of_dance(text) else 1)]

    return texts


def beside(texts_of: Callable[[int, bool], Sequence[str]], more: Sequence[str]) -> Callable[[int, bool], Sequence[str]]:
    """Return a function of the same texts, with more of them in every pass."""
    return lambda number, last: [*texts_of(number, last), *more]


def _of_dance(text: str) -> bool:
    """Whether the header of a canonical text names the rhythm of a dance."""
    return any(is_dance(line[2:]) for line in split_header(text)[0] if line.startswith("R:"))


def header_shuffle(texts_of: Callable[[int, bool], Sequence[str]], seed: int) -> Callable[[int, bool], list[str]]:
    """Return a function of the same texts with their fields in an order drawn from ``seed`` and the pass alone."""

    def texts(number: int, last: bool) -> list[str]:
        rng = random.Random(f"{seed} {number}")
        return [training_text(text, rng) for text in texts_of(number, last)]

    return texts


def in_key(tune: Tune, tonic: str) -> str:
    """Return the canonical text of a tune on another tonic, within PITCH_RANGE; empty if there is none."""
    try:
        steps, semitones = interval_between(tune.key, tonic)
    except NotationError:
        return ""
    numbers = [pitch.midi for note in tune.notes() for pitch in note.pitches]
    octave = (-7, -12) if semitones > 0 else (7, 12)
    for more_steps, more in ((0, 0), octave):
        low, high = min(numbers) + semitones + more, max(numbers) + semitones + more
        if PITCH_RANGE[0] <= low and high <= PITCH_RANGE[1]:
            try:
                return canonical(transpose(tune, steps + more_steps, semitones + more))
            except NotationError:
                return ""
    return ""
