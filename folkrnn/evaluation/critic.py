"""Would a listener take a tune for a machine's? A critic, which a model may bring along.

A small network learns to tell what the model writes from the tunes that it has learned from; what it says is how much
more often the model writes such a tune than people did. Drafts are then refused as often as that tells, so that those
which are left are distributed more nearly as real tunes are: discriminator rejection sampling (Azadi et al., 2019).
"""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from math import exp
from zlib import crc32

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from folkrnn.corpus import CorpusTune
from folkrnn.errors import ModelError
from folkrnn.evaluation.features import COUNTED, counted_of
from folkrnn.evaluation.melody import melody_of
from folkrnn.evaluation.samples import composed_like, distinct
from folkrnn.generation.generator import PLAIN, Drafts, GeneratedText
from folkrnn.generation.sampling import Choice
from folkrnn.model import Checkpoint
from folkrnn.notation import Tune, read_tunes
from folkrnn.processes import process_map

WIDEST = 12
"""Intervals are told apart up to so many semitones."""

LENGTHS = (60, 80, 120, 160, 180, 240, 360, 480, 720, 960)
"""Note lengths that are told apart, in 1/960 of a whole note."""

SEEN = len(COUNTED) + (2 * WIDEST + 1) + 12 + (len(LENGTHS) + 1) + 3
"""How many numbers the critic sees of a tune."""

MOST = 12
"""Of so many drafts the last is taken whatever the critic says."""

STRICTNESS = 2.0
"""A tune is refused if fewer real ones are like it than so many times those that the model writes, in proportion."""

FARTHEST = 4.0
"""Numbers further from their mean than so many standard deviations are taken for that."""

HIDDEN, DROPOUT, PASSES, RATE, DECAY, ROWS = 256, 0.5, 40, 3e-3, 1e-2, 256

TESTED = 10
"""One of so many tunes is kept to judge the critic by."""

FEWEST = 2 * TESTED
"""Of fewer tunes nothing can be learned."""


def seen(tune: Tune) -> NDArray[np.float64]:
    """What the critic sees of a tune, (SEEN,).

    That is the counted features, the shares of intervals, degrees and lengths, and the lowest, mean and highest pitch.
    """
    melody = melody_of(tune)
    steps = Counter(np.diff(melody.pitches).clip(-WIDEST, WIDEST).tolist())
    degrees = Counter(((melody.pitches - (tune.key.tonic_class or 0)) % 12).tolist())
    lengths = Counter(melody.lengths.tolist())
    listed = [lengths[length] for length in LENGTHS]
    notes = max(1, len(melody.pitches))
    span = [melody.pitches.min(), melody.pitches.mean(), melody.pitches.max()] if len(melody.pitches) else [0, 0, 0]
    counts = [
        *(steps[step] for step in range(-WIDEST, WIDEST + 1)),
        *(degrees[degree] for degree in range(12)),
        *listed,
        len(melody.pitches) - sum(listed),
    ]
    return np.array([*counted_of(tune), *(count / notes for count in counts), *span], float)


class Critic(nn.Module):
    """Two hidden layers over what is ``seen`` of a tune; positive where the model writes more such than there are."""

    mean: Tensor
    scale: Tensor  # both (SEEN,), of the tunes that it learned from

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(SEEN))
        self.register_buffer("scale", torch.ones(SEEN))
        self.layers = nn.Sequential(
            nn.Linear(SEEN, HIDDEN), nn.ReLU(), nn.Dropout(DROPOUT),
            nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Dropout(DROPOUT),
            nn.Linear(HIDDEN, 1),
        )  # fmt: skip
        self.eval()

    def forward(self, values: Tensor) -> Tensor:
        """Map what is seen of tunes (N, SEEN) to log odds (N,) that the model wrote them."""
        scaled = ((values - self.mean) / self.scale).clamp(-FARTHEST, FARTHEST)
        odds: Tensor = self.layers(scaled).squeeze(1)
        return odds

    @classmethod
    def of(cls, checkpoint: Checkpoint) -> "Critic":
        """The critic that a model brings along. Raises ModelError if it brings none, or one of another make."""
        critic = cls()
        try:
            critic.load_state_dict(checkpoint.critic)
        except RuntimeError:
            raise ModelError(
                "the model's critic is of another folkrnn; expected one learned anew, or --no-critic"
            ) from None
        return critic

    @torch.no_grad()
    def odds(self, tune: Tune) -> float:
        """The logarithm of how much more often the model writes such a tune than people did."""
        return float(self(torch.from_numpy(seen(tune)).float().unsqueeze(0)))

    def refuses(self, text: GeneratedText) -> bool:
        """Whether a draft shall be written again; what chance has to say is drawn from its text."""
        if text.draft + 1 >= MOST:
            return False
        drawn = crc32(text.written.encode()) / 2**32
        return drawn * STRICTNESS >= exp(-self.odds(read_tunes(text.text)[0]))

    def drafts(self, drafts: Drafts) -> Drafts:
        """Drafts that it does not refuse either."""
        return replace(drafts, accept=lambda text: drafts.accept(text) and not self.refuses(text))


def heeding(checkpoint: Checkpoint, drafts: Drafts) -> Drafts:
    """Drafts that the critic of a model, if it brings one along, does not refuse either."""
    return Critic.of(checkpoint).drafts(drafts) if checkpoint.critic else drafts


def real_tunes(learned: Sequence[CorpusTune], count: int, seed: int) -> list[CorpusTune]:
    """For a critic, ``count`` of the tunes that a model learns from, or all that are ``distinct``.

    Raises ModelError where they are too few, which is better known before the model learns than after it.
    """
    shuffled = random.Random(seed).sample(learned, len(learned))
    tunes = list(islice(distinct(shuffled), count))
    _check_count(len(tunes))
    return tunes


def _check_count(count: int) -> None:
    if count < FEWEST:
        raise ModelError(f"a critic cannot learn from {count} tunes; expected {FEWEST}")


def learn_critic(
    checkpoint: Checkpoint,
    real: Sequence[CorpusTune],
    *,
    choice: Choice = PLAIN,
    seed: int = 0,
    jobs: int = 1,
    progress: Callable[[str], None] = lambda line: None,
) -> Checkpoint:
    """The same model with a critic, which has learned to tell apart real tunes, and as many that the model writes.

    Raises ModelError where they are too few.
    """
    progress(f"writing {len(real)} tunes for the critic")
    tunes = [read_tunes(tune.text)[0] for tune in real]
    texts = composed_like(tunes, checkpoint, choice, seed)
    progress("teaching the critic")
    written = [read_tunes(text.text)[0] for text in texts]
    values = [list(process_map(seen, each, jobs) if jobs > 1 else map(seen, each)) for each in (tunes, written)]
    critic, right = critic_of(np.array(values[0]), np.array(values[1]), seed)
    progress(f"the critic tells {right:.0%} of tunes right that it has not seen")
    return replace(checkpoint, critic=critic.state_dict())


def critic_of(real: NDArray[np.float64], written: NDArray[np.float64], seed: int = 0) -> tuple[Critic, float]:
    """A critic that has learned from what is ``seen`` of real tunes (N, SEEN) and of written ones (M, SEEN).

    A tenth of them is kept to judge it by; the weights are those of the pass after which it judged best. The second
    result is the share of these that it tells right. Raises ModelError where there are too few.
    """
    _check_count(min(len(real), len(written)))
    values = torch.from_numpy(np.concatenate([real, written])).float()
    labels = torch.cat([torch.zeros(len(real)), torch.ones(len(written))])
    tested = torch.arange(len(values)) % TESTED == 0
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        critic = Critic()
        critic.mean.copy_(values[~tested].mean(0))
        critic.scale.copy_(values[~tested].std(0).clamp_min(1e-3))
        learned, targets = values[~tested], labels[~tested]
        optimizer = torch.optim.AdamW(critic.parameters(), RATE, weight_decay=DECAY)
        steps = PASSES * -(-len(learned) // ROWS)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps)
        best, kept = float("inf"), critic.state_dict()
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
                cost = float(functional.binary_cross_entropy_with_logits(critic(values[tested]), labels[tested]))
            if cost < best:
                best, kept = cost, {name: weight.clone() for name, weight in critic.state_dict().items()}
    critic.load_state_dict(kept)
    with torch.no_grad():
        right = ((critic(values[tested]) > 0) == (labels[tested] > 0)).float().mean()
    return critic, float(right)
