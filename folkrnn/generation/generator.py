"""Many tunes at once, each the same whatever company it is written in.

Tune i under seed s depends on (s, i) alone. Its random numbers are drawn from that pair. Its
arithmetic is also the same each time: matrix kernels may round differently for another number
of rows, or at another row, so tunes are written in blocks of BLOCK rows, full or not, and
tune i always has row i mod BLOCK.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from folkrnn.errors import GenerationError
from folkrnn.generation.prompts import HeaderWriter, Prompt
from folkrnn.generation.sampling import check_temperature, next_characters
from folkrnn.model.network import CharNetwork, Stepper, fast_dtype
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.model.workers import share

BLOCK = 64
"""Rows of one block: enough to keep the matrix products busy, few enough for a single tune."""


@dataclass(frozen=True)
class GeneratedText:
    """A tune text; unfinished where the model had not ended it within the characters allowed."""

    index: int
    text: str
    finished: bool


def generate_texts(
    network: CharNetwork,
    vocabulary: Vocabulary,
    prompts: Sequence[Prompt],
    *,
    temperature: float = 1.0,
    seed: int = 0,
    max_characters: int = 3000,
    batch: int = 256,
    dtype: torch.dtype | None = None,
) -> Iterator[GeneratedText]:
    """Write a tune for each prompt, at most `batch` at once, and yield them in order."""
    check_temperature(temperature)
    for name, value in (("max_characters", max_characters), ("batch", batch)):
        if value < 1:
            raise GenerationError(f"{name}={value!r} should be at least 1")
    if seed < 0:
        raise GenerationError(f"seed={seed!r} should be at least 0")
    for prompt in {id(prompt): prompt for prompt in prompts}.values():
        prompt.check(vocabulary)
    stepper = Stepper(network, fast_dtype() if dtype is None else dtype)
    return _Generator(prompts, batch, lambda: _Block(stepper, vocabulary, temperature, max_characters, seed)).run()


class _Generator:
    """The blocks, and the tunes that wait for a row."""

    def __init__(self, prompts: Sequence[Prompt], batch: int, block: Callable[[], "_Block"]) -> None:
        self._prompts = prompts
        self._batch = batch
        self._block = block

    def run(self) -> Iterator[GeneratedText]:
        """Write all tunes and yield them in order."""
        waiting = list(range(len(self._prompts)))
        blocks: list[_Block] = []
        done: dict[int, GeneratedText] = {}
        for following in range(len(self._prompts)):
            while following not in done:
                waiting = self._seat(waiting, blocks)
                for texts in share(_Block.step, blocks):
                    done |= {text.index: text for text in texts}
                blocks = [block for block in blocks if len(block)]
            yield done.pop(following)

    def _seat(self, waiting: list[int], blocks: list["_Block"]) -> list[int]:
        """Begin as many tunes as there is room for, first come first seated; give the rest."""
        free = self._batch - sum(map(len, blocks))
        still: list[int] = []
        for place, index in enumerate(waiting):
            if not free:
                return still + waiting[place:]
            prompt = self._prompts[index]
            if any(block.begin(index, prompt) for block in blocks):
                free -= 1
            elif len(blocks) * BLOCK < self._batch:
                blocks.append(self._block())
                blocks[-1].begin(index, prompt)
                free -= 1
            else:
                still.append(index)
        return still


@dataclass
class _Tune:
    """One tune on its way: the prompt's say in it, and what must be written next."""

    index: int
    header: HeaderWriter
    forced: list[int] = field(default_factory=list)
    in_body: bool = False


class _Block:
    """BLOCK rows that step together; each holds a tune or rests."""

    def __init__(
        self, stepper: Stepper, vocabulary: Vocabulary, temperature: float, max_characters: int, seed: int
    ) -> None:
        self._stepper = stepper
        self._vocabulary = vocabulary
        self._temperature = temperature
        self._seed = seed
        self._state = stepper.zero_state(BLOCK)
        self._last = torch.full((BLOCK,), vocabulary.start)
        self._tunes: dict[int, _Tune] = {}  # by row
        self._line_starts: set[int] = set()  # rows
        self._masks: dict[str, Tensor] = {}
        self._uniforms: NDArray[np.float64] = np.zeros((BLOCK, max_characters))
        self._written: NDArray[np.int64] = np.zeros((BLOCK, max_characters), dtype=np.int64)
        self._lengths: NDArray[np.int64] = np.zeros(BLOCK, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._tunes)

    def begin(self, index: int, prompt: Prompt) -> bool:
        """Put a tune on its row, before its first character; False if that row is taken."""
        row = index % BLOCK
        if row in self._tunes:
            return False
        self._tunes[row] = _Tune(index, HeaderWriter(prompt))
        self._line_starts.add(row)
        self._uniforms[row] = np.random.default_rng((self._seed, index)).random(self._uniforms.shape[1])
        self._lengths[row] = 0
        self._last[row] = self._vocabulary.start
        for part in self._state:
            part[:, row] = 0
        return True

    def step(self) -> list[GeneratedText]:
        """Write one character of every tune; give the tunes that are over."""
        logits, self._state = self._stepper(self._last, self._state)
        for row in self._line_starts:
            choices = self._tunes[row].header.choices
            if choices:
                logits[row] += self._only(choices)
        rows = np.arange(BLOCK)
        uniforms = torch.from_numpy(self._uniforms[rows, self._lengths])
        self._last = next_characters(logits, self._temperature, uniforms)
        ids = self._last.numpy()  # the same memory: what is forced below is read at the next step
        self._apply_prompts(ids)
        self._written[rows, self._lengths] = ids
        live = list(self._tunes)
        self._lengths[live] += 1
        return self._collect(ids)

    def _only(self, choices: str) -> Tensor:
        """Give what to add to logits (V,) so that nothing but the choices is left."""
        if choices not in self._masks:
            mask = torch.full((len(self._vocabulary),), -torch.inf)
            mask[[self._vocabulary.id(letter) for letter in choices if letter in self._vocabulary]] = 0
            self._masks[choices] = mask
        return self._masks[choices]

    def _apply_prompts(self, ids: NDArray[np.int64]) -> None:
        for row in self._line_starts:
            tune = self._tunes[row]
            tune.in_body = tune.header.in_body
            line = tune.header.line(self._vocabulary.characters[ids[row]])
            tune.forced = self._vocabulary.encode(line).tolist()[::-1]
        self._line_starts.clear()
        for row, tune in self._tunes.items():
            if tune.forced:
                ids[row] = tune.forced.pop()

    def _collect(self, ids: NDArray[np.int64]) -> list[GeneratedText]:
        ended = ids == self._vocabulary.start
        over = []
        for row in np.flatnonzero(ended | (self._lengths == self._written.shape[1])).tolist():
            tune = self._tunes.get(row)
            if tune is None:
                continue
            finished = bool(ended[row]) and tune.in_body
            if finished or self._lengths[row] == self._written.shape[1]:
                text = self._vocabulary.decode(self._written[row, : self._lengths[row]].tolist())
                over.append(GeneratedText(tune.index, text, finished))
                del self._tunes[row]
                self._lengths[row] = 0
            else:
                self._line_starts.add(row)
        return over
