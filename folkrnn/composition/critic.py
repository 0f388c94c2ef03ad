"""The critic that a model may bring along: would a listener take a tune for a machine's?

A small network learns to tell the model's tunes from real ones. Its output is the logarithm of how much more
often the model writes such a tune than people did. ``acceptors.PassesCritic`` refuses drafts by it.
"""

import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TypeVar
from zlib import crc32

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from folkrnn.analysis.features import COUNTED, counted_of
from folkrnn.analysis.structure import TABLE, table_of
from folkrnn.composition.imitation import distinct, imitate
from folkrnn.composition.ngram_learning import learn, pieces_of
from folkrnn.corpus import CorpusTune
from folkrnn.corpus.melody import melody_of
from folkrnn.errors import ModelError
from folkrnn.generation.drafts import DraftPolicy
from folkrnn.generation.ngram_critics import NO_CRITICS, BarCritic, NgramCritics, PlanCritic
from folkrnn.generation.sampling import DEFAULT_SAMPLING, SamplingParameters
from folkrnn.model.checkpoint import Checkpoint
from folkrnn.notation import Tune, read_tunes
from folkrnn.notation.context import planned_text
from folkrnn.notation.pitch import STEPS
from folkrnn.notation.rhythms import is_dance
from folkrnn.processes import process_map

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

MAX_INTERVAL = 12
"""Larger intervals, in semitones, count as this one."""

NOTE_LENGTHS = (60, 80, 120, 160, 180, 240, 360, 480, 720, 960)
"""The note lengths that are counted apart, in 1/960 of a whole note."""

BUCKETS = 768
"""Numbers over which the note n-grams are spread, each n-gram to one of them by a hash."""

LONGEST_NGRAM = 4
"""Notes of the longest n-gram."""

NGRAM_WEIGHT = 0.25
"""What the number of a bucket counts beside another feature: there are many, and each alone says little."""

_FIRST_SEEN = (
    *COUNTED,
    *(f"interval {step:+d}" for step in range(-MAX_INTERVAL, MAX_INTERVAL + 1)),
    *(f"degree {degree}" for degree in range(12)),
    *(f"length {length}/960" for length in NOTE_LENGTHS),
    "other lengths",
    "lowest pitch",
    "mean pitch",
    "highest pitch",
)

CRITIC_SEES = (*_FIRST_SEEN, *TABLE, *(f"note n-grams {bucket}" for bucket in range(BUCKETS)))
"""The names of what the critic sees of a tune, in the order of the vectors. ``evaluation.habits`` has none of them.

A critic of an earlier model sees the first of them.
"""

CRITIC_FEATURES = len(CRITIC_SEES)
"""The number of features of a tune that the critic sees."""

MAX_DEVIATIONS = 4.0
"""Features are clipped at this many standard deviations from their mean."""

HIDDEN, DROPOUT, PASSES, PEAK_RATE, DECAY, ROWS = 256, 0.5, 40, 3e-3, 1e-2, 256

UNSEEN = 0.3
"""The share of features that are left out at random in training: so the critic trusts no few of them."""

ROUNDS = 5
"""How often the critics of bars and plans learn, each time from what they let pass before."""

HELD_OUT = 10
"""One of this many tunes is held out to choose the weights by."""

MIN_REAL_TUNES = 2 * HELD_OUT
"""A critic cannot learn from fewer tunes."""


def critic_features(tune: Tune) -> NDArray[np.float64]:
    """Return what the critic sees of a tune, (CRITIC_FEATURES,); NaN for what does not apply to it.

    First come the counted features, the shares of intervals, degrees and lengths, and the lowest, mean and highest
    pitch. Then come the rows of ``analysis.structure.TABLE``, and for each bucket the logarithm of 1 plus how many of
    its n-grams stand in 100 notes.
    """
    melody = melody_of(tune)
    steps = Counter(np.diff(melody.pitches).clip(-MAX_INTERVAL, MAX_INTERVAL).tolist())
    degrees = Counter(((melody.pitches - (tune.key.tonic_class or 0)) % 12).tolist())
    lengths = Counter(melody.lengths.tolist())
    listed = [lengths[length] for length in NOTE_LENGTHS]
    notes = max(1, len(melody.pitches))
    span = [melody.pitches.min(), melody.pitches.mean(), melody.pitches.max()] if len(melody.pitches) else [0, 0, 0]
    counts = [
        *(steps[step] for step in range(-MAX_INTERVAL, MAX_INTERVAL + 1)),
        *(degrees[degree] for degree in range(12)),
        *listed,
        len(melody.pitches) - sum(listed),
    ]
    structure = (math.nan if figure is None else figure for figure in table_of(tune).values())
    first = [*counted_of(tune), *(count / notes for count in counts), *span, *structure]
    return np.concatenate([np.array(first, float), np.log1p(100 * _note_ngrams(tune) / notes)])


def _note_ngrams(tune: Tune) -> NDArray[np.float64]:
    """Return how many n-grams of notes are in each bucket, (BUCKETS,).

    A note is its step of the scale above the tonic with its accidental, and its length.
    """
    tonic = STEPS.index(tune.key.tonic[0]) if tune.key.tonic else 0
    signature = tune.key.semitones
    notes = [
        f"{top.place - tonic} {top.alter - signature.get(top.step, 0)} {note.duration}" if (top := note.top) else "z"
        for note in tune.notes()
    ]
    counts = np.zeros(BUCKETS)
    for size in range(2, LONGEST_NGRAM + 1):
        for first in range(len(notes) - size + 1):
            counts[crc32("|".join(notes[first : first + size]).encode()) % BUCKETS] += 1
    return counts


class Critic(nn.Module):
    """A network of two hidden layers over the ``critic_features`` of a tune."""

    mean: Tensor
    scale: Tensor  # both (F,), of the tunes that it learned from

    def __init__(self, features: int = CRITIC_FEATURES) -> None:
        """Take F, how many of the features it sees: the first of them."""
        super().__init__()
        self.features = features
        self.register_buffer("mean", torch.zeros(features))
        self.register_buffer("scale", torch.ones(features))
        self.layers = nn.Sequential(
            nn.Linear(features, HIDDEN), nn.ReLU(), nn.Dropout(DROPOUT),
            nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Dropout(DROPOUT),
            nn.Linear(HIDDEN, 1),
        )  # fmt: skip
        self.eval()

    def forward(self, features: Tensor) -> Tensor:
        """Map features of tunes (N, CRITIC_FEATURES) to log odds (N,) that the model wrote them."""
        scaled = ((features[:, : self.features] - self.mean) / self.scale).clamp(-MAX_DEVIATIONS, MAX_DEVIATIONS)
        seen = functional.dropout(scaled.nan_to_num(0), UNSEEN, self.training)
        log_odds: Tensor = self.layers(seen).squeeze(1)
        return log_odds

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> "Critic":
        """Return the critic of a model. Raises ModelError if it has none, or one of another make."""
        try:
            critic = cls(len(checkpoint.critic["mean"]))
            own = {name: tensor for name, tensor in checkpoint.critic.items() if name not in NgramCritics.ENTRIES}
            critic.load_state_dict(own)
            if critic.features > CRITIC_FEATURES:
                raise KeyError(critic.features)
        except (RuntimeError, KeyError, TypeError):
            raise ModelError("the model's critic is of another folkrnn; expected a new one, or no critic") from None
        return critic

    @torch.no_grad()
    def log_odds(self, tune: Tune) -> float:
        """Return the log odds that the model wrote a tune."""
        return float(self(torch.from_numpy(critic_features(tune)).float().unsqueeze(0)))


def real_tunes(learned: Sequence[CorpusTune], count: int, seed: int) -> list[CorpusTune]:
    """Return ``count`` distinct tunes of those that a model learns from, or all there are, for a critic.

    Half of them are dances, as long as there are both. Raises ModelError if they are too few. That is better known
    before the training than after it.
    """
    rng = random.Random(seed)
    sorts: dict[bool, list[CorpusTune]] = {True: [], False: []}
    for tune in distinct(rng.sample(learned, len(learned))):
        sorts[is_dance(read_tunes(tune.text)[0].rhythm)].append(tune)
    dances, others = sorts[True], sorts[False]
    half = min(count // 2, *(len(sort) for sort in (dances, others) if sort))
    tunes = [*dances[:half], *others[:half]] if dances and others else [*dances, *others][:count]
    _check_count(len(tunes))
    rng.shuffle(tunes)
    return tunes


def _check_count(count: int) -> None:
    if count < MIN_REAL_TUNES:
        raise ModelError(f"a critic cannot learn from {count} tunes; expected {MIN_REAL_TUNES}")


def with_critic(
    checkpoint: Checkpoint,
    real: Sequence[CorpusTune],
    *,
    sampling: SamplingParameters = DEFAULT_SAMPLING,
    seed: int = 0,
    jobs: int = 1,
    progress: Callable[[str], None] = lambda line: None,
) -> Checkpoint:
    """Return the same model with critics that have learned to tell real tunes from as many of the model's.

    The critics of bars and plans learn in ROUNDS rounds. In each of them the model writes under what was learned
    before. The critic of tunes then learns from tunes whose plans and bars have passed. Raises ModelError if the tunes
    are too few.
    """
    tunes = [read_tunes(tune.text)[0] for tune in real]
    people = _each(pieces_of, [planned_text(tune.text) for tune in real], jobs)
    critics = NO_CRITICS
    for number in range(ROUNDS + 1):
        progress(f"writing {len(real)} tunes for the critic, {number + 1} of {ROUNDS + 1}")
        texts = imitate(tunes, checkpoint, sampling, seed + number, policy=DraftPolicy(critics=critics))
        if number < ROUNDS:
            progress("training the critics of bars and plans")
            model = _each(pieces_of, [text.written for text in texts], jobs)
            critics = NgramCritics(
                learn(BarCritic, (it.bars for it in people), (it.bars for it in model), seed, critics.bars),
                learn(PlanCritic, (it.plans for it in people), (it.plans for it in model), seed, critics.plans),
            )
    progress("training the critic")
    critic, accuracy = train_critic(_features(tunes, jobs), _features([text.tune for text in texts], jobs), seed)
    progress(f"the critic is right about {accuracy:.0%} of tunes that it has not seen")
    weights = {name: torch.from_numpy(array) for name, array in critics.weights().items()}
    return replace(checkpoint, critic={**critic.state_dict(), **weights})


def _features(tunes: Sequence[Tune], jobs: int) -> NDArray[np.float64]:
    """Return the features of tunes (N, CRITIC_FEATURES)."""
    return np.array(_each(critic_features, tunes, jobs))


def _each(function: Callable[[_Item], _Result], items: Sequence[_Item], jobs: int) -> list[_Result]:
    """Return what a function returns for each item; one job needs no other process."""
    return list(process_map(function, items, jobs))


def train_critic(real: NDArray[np.float64], written: NDArray[np.float64], seed: int = 0) -> tuple[Critic, float]:
    """Train a critic on the features of real tunes (N, CRITIC_FEATURES) and of written ones (M, CRITIC_FEATURES).

    A tenth of them is held out; the weights are those of the pass with the lowest loss on it. Returns the critic
    and its accuracy on the held-out tunes. Raises ModelError if there are too few.
    """
    _check_count(min(len(real), len(written)))
    features = torch.from_numpy(np.concatenate([real, written])).float()
    labels = torch.cat([torch.zeros(len(real)), torch.ones(len(written))])
    held_out = torch.arange(len(features)) % HELD_OUT == 0
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        critic = Critic()
        known = features[~held_out]
        applies = (~known.isnan()).sum(0).clamp_min(1)
        critic.mean.copy_(known.nansum(0) / applies)
        critic.scale.copy_((((known - critic.mean) ** 2).nansum(0) / applies).sqrt().clamp_min(1e-3))
        critic.scale[-BUCKETS:] /= NGRAM_WEIGHT
        with torch.no_grad():  # torch draws smaller weights where there are more features
            next(critic.layers.parameters()).mul_(math.sqrt(CRITIC_FEATURES / (CRITIC_FEATURES - BUCKETS)))
        learned, targets = features[~held_out], labels[~held_out]
        optimizer = torch.optim.AdamW(critic.parameters(), PEAK_RATE, weight_decay=DECAY)
        steps = PASSES * -(-len(learned) // ROWS)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, PEAK_RATE, total_steps=steps)
        lowest, best = float("inf"), critic.state_dict()
        for _ in range(PASSES):
            critic.train()
            for rows in torch.split(torch.randperm(len(learned)), ROWS):
                loss = functional.binary_cross_entropy_with_logits(critic(learned[rows]), targets[rows])
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                schedule.step()
            critic.eval()
            with torch.no_grad():
                loss = functional.binary_cross_entropy_with_logits(critic(features[held_out]), labels[held_out])
            if float(loss) < lowest:
                lowest, best = float(loss), {name: weight.clone() for name, weight in critic.state_dict().items()}
    critic.load_state_dict(best)
    with torch.no_grad():
        right = ((critic(features[held_out]) > 0) == (labels[held_out] > 0)).float().mean()
    return critic, float(right)
