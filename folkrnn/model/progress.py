"""How a training run reports its progress."""

import sys
import time
from dataclasses import dataclass
from typing import TextIO


@dataclass(frozen=True)
class TrainingProgress:
    """The state of a training run; bits are bits per character, the rate is characters a second."""

    step: int
    passes: float
    train_bits: float
    validation_bits: float
    best_bits: float
    rate: float
    learning_rate: float
    seconds: float
    seconds_left: float
    evaluated: bool

    def __str__(self) -> str:
        left = round(self.seconds_left)
        return (
            f"step {self.step}  pass {self.passes:.2f}  "
            f"bits/character: training {self.train_bits:.3f}, validation {self.validation_bits:.3f}  "
            f"{self.rate:,.0f} characters/s  {left // 60}:{left % 60:02d} left"
        )


class TrainingProgressLine:
    """A printer of progress: one line rewritten on a terminal, elsewhere a line for each evaluation."""

    def __init__(self, stream: TextIO | None = None, every: float = 0.5) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._every = every
        self._printed = float("-inf")
        self._width = 0

    def __call__(self, progress: TrainingProgress) -> None:
        """Show the progress if it is time to."""
        now = time.monotonic()
        if self._stream.isatty():
            if progress.evaluated or now - self._printed >= self._every:
                line = str(progress)
                print("\r" + line.ljust(self._width), end="", file=self._stream, flush=True)
                self._width, self._printed = len(line), now
        elif progress.evaluated:
            print(progress, file=self._stream, flush=True)

    def close(self) -> None:
        """End the rewritten line, so that what follows begins on its own line."""
        if self._width:
            print(file=self._stream, flush=True)
            self._width = 0
