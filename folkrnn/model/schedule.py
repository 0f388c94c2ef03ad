"""The settings of a training run, and its schedule: when it ends, and the learning rate at each step."""

import math
from dataclasses import dataclass, fields
from typing import Any

from folkrnn.errors import ModelError
from folkrnn.model.entries import read_entries, read_object


@dataclass(frozen=True)
class TrainingSettings:
    """The settings of a training run, which ends after ``minutes`` or ``max_steps``, whichever comes first.

    ``batch`` rows learn from windows of ``window`` characters. The last passes begin in the last ``long_share`` of
    the run. They have ``long_batch`` rows and windows of ``long_window``: a gradient that reaches back over a whole
    tune teaches what short windows cannot, such as when to end. Each dance comes ``dances`` times in each of them.

    The model is a moving average of the weights that the optimizer reaches. It reaches back over about the share
    ``average`` of the steps so far; 0 takes the last weights. The model with the lowest loss on held-out tunes is kept,
    or without ``keep_best`` that of the end.
    """

    minutes: float | None = 90.0
    max_steps: int | None = None
    batch: int = 32
    window: int = 128
    long_window: int = 512
    long_batch: int = 16
    long_share: float = 0.16
    dances: int = 2
    average: float = 0.02
    keep_best: bool = True
    learning_rate: float = 3e-3
    final_rate: float = 0.01
    warmup: int = 100
    weight_decay: float = 0.01
    clip: float = 1.0
    evaluations: int = 4
    validation_characters: int = 50_000
    seed: int = 1

    def __post_init__(self) -> None:
        wanted: dict[str, tuple[bool, str]] = {
            "minutes": (self.minutes is None or 0 < self.minutes < math.inf, "more than 0, or None"),
            "max_steps": (self.max_steps is None or self.max_steps >= 0, "at least 0, or None"),
            "batch": (self.batch >= 1, "at least 1"),
            "window": (self.window >= 1, "at least 1"),
            "long_window": (self.long_window >= 1, "at least 1"),
            "long_batch": (self.long_batch >= 1, "at least 1"),
            "long_share": (0 <= self.long_share <= 1, "from 0 to 1, a share of the run"),
            "dances": (self.dances >= 1, "at least 1"),
            "average": (0 <= self.average <= 1, "from 0 to 1, a share of the steps"),
            "keep_best": (isinstance(self.keep_best, bool), "true or false"),
            "learning_rate": (0 < self.learning_rate < 1, "between 0 and 1"),
            "final_rate": (0 <= self.final_rate <= 1, "from 0 to 1, a share of the learning rate"),
            "warmup": (self.warmup >= 0, "at least 0"),
            "weight_decay": (0 <= self.weight_decay < 1, "at least 0 and below 1"),
            "clip": (self.clip > 0, "more than 0"),
            "evaluations": (self.evaluations >= 1, "at least 1 a pass"),
            "validation_characters": (self.validation_characters >= 1, "at least 1"),
            "seed": (0 <= self.seed < 2**63, "from 0 to 2^63 - 1"),
        }
        for field in fields(self):
            right, what = wanted[field.name]
            if not right:
                raise ModelError(f"training {field.name}={getattr(self, field.name)!r} should be {what}")
        if self.minutes is None and self.max_steps is None:
            raise ModelError("training minutes=None and max_steps=None: one of them should say when to stop")

    @classmethod
    def entries(cls, data: object) -> dict[str, Any]:
        """Return the settings in a file, none if it has none. Raise ModelError for an entry of a wrong type.

        Runs of earlier versions had no average, and each dance came once.
        """
        found = read_entries(cls, read_object(data, "training"), "training")
        return {"dances": 1, "average": 0.0, **found} if found else {}

    def progress(self, step: int, seconds: float) -> float:
        """Return the share of the run that is done, from 0 to 1."""
        by_steps = 0.0
        if self.max_steps is not None:
            by_steps = step / self.max_steps if self.max_steps else 1.0
        by_time = seconds / (60 * self.minutes) if self.minutes is not None else 0.0
        return min(1.0, max(by_steps, by_time))

    def rate(self, step: int, progress: float) -> float:
        """Return the learning rate: a linear warm-up, times a cosine that falls to the final rate."""
        warm = min(1.0, (step + 1) / (self.warmup + 1))
        cosine = (1 + math.cos(math.pi * progress)) / 2
        return self.learning_rate * warm * (self.final_rate + (1 - self.final_rate) * cosine)

    def averaging_rate(self, steps: int) -> float:
        """Return the weight of the latest weights in the average, after ``steps`` steps."""
        return min(1.0, 1 / (self.average * steps)) if self.average else 1.0

    def shape(self, *, last_passes: bool) -> tuple[int, int]:
        """Return the rows and the characters of a window, in the last passes or before them."""
        return (self.long_batch, self.long_window) if last_passes else (self.batch, self.window)
