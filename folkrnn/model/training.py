"""Training: truncated back-propagation through a stream of tunes, best model kept.

A run folder holds

    model.safetensors   the best model so far, always complete
    state.safetensors   all that `resume` needs: weights, optimizer, randomness, place
    curve.csv, .png     the learning curve
"""

import functools
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from folkrnn.errors import ModelError
from folkrnn.model.batches import TuneStream, Window, reading
from folkrnn.model.checkpoint import Checkpoint, read_tensors, save_checkpoint, write_tensors
from folkrnn.model.curve import Curve
from folkrnn.model.network import CharNetwork, NetworkSettings, State, fast_dtype
from folkrnn.model.progress import Progress
from folkrnn.model.scoring import bits_per_character
from folkrnn.model.together import Together
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.model.workers import share, worker_count

Texts = Sequence[str] | Callable[[int, bool], Sequence[str]]
"""The training tunes, or a function that gives those of each pass (0, 1, …), transposed anew, say.

It is also told whether the pass is one of the last, in which the network shall learn what it will be asked for.
"""

MODEL_FILE = "model.safetensors"
STATE_FILE = "state.safetensors"
STATE_FORMAT = "folkrnn training state"


@dataclass(frozen=True)
class TrainingSettings:
    """How to train; a run ends after `minutes` or `max_steps`, whichever comes first.

    `batch` rows learn from windows of `window` characters. The last passes, which begin in the last
    `long_share` of the run, have `long_batch` rows and windows of `long_window`: a gradient that
    reaches back over a whole tune teaches what short windows cannot, such as when to end.
    """

    minutes: float | None = 90.0
    max_steps: int | None = None
    batch: int = 32
    window: int = 128
    long_window: int = 512
    long_batch: int = 16
    long_share: float = 0.16
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
            "minutes": (self.minutes is None or self.minutes > 0, "more than 0, or None"),
            "max_steps": (self.max_steps is None or self.max_steps >= 0, "at least 0, or None"),
            "batch": (self.batch >= 1, "at least 1"),
            "window": (self.window >= 1, "at least 1"),
            "long_window": (self.long_window >= 1, "at least 1"),
            "long_batch": (self.long_batch >= 1, "at least 1"),
            "long_share": (0 <= self.long_share <= 1, "from 0 to 1, a share of the run"),
            "learning_rate": (0 < self.learning_rate < 1, "between 0 and 1"),
            "final_rate": (0 <= self.final_rate <= 1, "from 0 to 1, a share of the learning rate"),
            "warmup": (self.warmup >= 0, "at least 0"),
            "weight_decay": (0 <= self.weight_decay < 1, "at least 0 and below 1"),
            "clip": (self.clip > 0, "more than 0"),
            "evaluations": (self.evaluations >= 1, "at least 1 a pass"),
            "validation_characters": (self.validation_characters >= 1, "at least 1"),
            "seed": (self.seed >= 0, "at least 0"),
        }
        for field in fields(self):
            right, what = wanted[field.name]
            if not right:
                raise ModelError(f"training {field.name}={getattr(self, field.name)!r} should be {what}")
        if self.minutes is None and self.max_steps is None:
            raise ModelError("training minutes=None and max_steps=None: one of them should say when to stop")

    def progress(self, step: int, seconds: float) -> float:
        """Give the share of the run that is done, from 0 to 1."""
        by_steps = 0.0
        if self.max_steps is not None:
            by_steps = step / self.max_steps if self.max_steps else 1.0
        by_time = seconds / (60 * self.minutes) if self.minutes is not None else 0.0
        return min(1.0, max(by_steps, by_time))

    def rate(self, step: int, progress: float) -> float:
        """Give the learning rate: a linear warm-up, under a cosine that falls to the final rate."""
        warm = min(1.0, (step + 1) / (self.warmup + 1))
        cosine = (1 + math.cos(math.pi * progress)) / 2
        return self.learning_rate * warm * (self.final_rate + (1 - self.final_rate) * cosine)


@dataclass(frozen=True)
class TrainingResult:
    """Where the best model lies and how good it is."""

    model: Path
    best_bits: float
    steps: int
    passes: float
    seconds: float


_LEAST_ROWS = 16
"""A worker with fewer rows than this would read the weights more than it multiplies."""


class Trainer:
    """A network and its optimizer; each step moves both by one window.

    The rows of a window are shared out among the processes, and within one among its workers; then their gradients are
    added up.
    """

    def __init__(
        self,
        network: CharNetwork,
        settings: TrainingSettings,
        dtype: torch.dtype,
        together: Together | None = None,
    ) -> None:
        self.together = together or Together()
        self.network = network
        self.settings = settings
        self.dtype = dtype
        self.rng = torch.Generator().manual_seed(settings.seed)
        self.step_number = 0
        self.batch = 0
        self.state: State | None = None  # of this process's rows
        parameters = list(network.parameters())
        self.optimizer = torch.optim.AdamW(
            [
                {"params": [p for p in parameters if p.ndim > 1], "weight_decay": settings.weight_decay},
                {"params": [p for p in parameters if p.ndim == 1], "weight_decay": 0.0},
            ],
            lr=settings.learning_rate,
            betas=(0.9, 0.99),
            fused=True,
        )

    def step(self, window: Window, progress: float) -> float:
        """Learn from one window; give its bits per character before that."""
        rate = self.settings.rate(self.step_number, progress)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        batch, steps = window.targets.shape
        own = self.together.rows(batch)
        state = self.state
        if state is None or self.batch != batch:
            self.batch, state = batch, self.network.zero_state(len(own))
        masks = self.network.masks(batch, self.rng)
        parameters = list(self.network.parameters())

        def learn(rows: slice) -> tuple[float, Sequence[Tensor], State]:
            logits, after = self.network(
                window.inputs[rows],
                (state[0][:, _shifted(rows, own)], state[1][:, _shifted(rows, own)]),
                starts=window.starts[rows],
                dtype=self.dtype,
                masks=None if masks is None else masks[:, rows],
            )
            targets = window.targets[rows].to(logits.device)
            loss = functional.cross_entropy(logits.transpose(1, 2), targets, reduction="sum") / (batch * steps)
            return loss.item(), torch.autograd.grad(loss, parameters), after

        losses, gradients, states = zip(*share(learn, self._parts(own)), strict=True)
        sums = [functools.reduce(Tensor.add_, parts) for parts in zip(*gradients, strict=True)]
        total = torch.tensor([math.fsum(losses)], dtype=torch.float64)
        self.together.add_up(sums)
        self.together.add_up([total])
        for p, gradient in zip(parameters, sums, strict=True):
            p.grad = gradient
        self.state = (
            torch.cat([hidden for hidden, _ in states], 1),
            torch.cat([cell for _, cell in states], 1),
        )
        norm = nn.utils.clip_grad_norm_(parameters, self.settings.clip)
        value = total.item()
        if not (math.isfinite(value) and math.isfinite(norm.item())):
            raise ModelError(
                f"training step {self.step_number}: the loss is {value} and the gradient {norm.item()}; "
                "the best model so far is kept; a smaller learning rate may help"
            )
        self.optimizer.step()
        self.step_number += 1
        return value / math.log(2)

    def tensors(self) -> dict[str, Tensor]:
        """Give all that the next step depends on."""
        tensors = {f"network.{name}": p.detach() for name, p in self.network.named_parameters()}
        for name, p in self.network.named_parameters():
            for key, value in self.optimizer.state.get(p, {}).items():
                tensors[f"optimizer.{name}.{key}"] = value
        tensors["rng"] = self.rng.get_state()
        if self.state is not None:
            tensors["hidden"], tensors["cell"] = (self.together.gathered(part, self.batch) for part in self.state)
        return {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}

    def load(self, tensors: Mapping[str, Tensor], step_number: int) -> None:
        """Take up what `tensors` gave."""
        self.step_number = step_number
        self.network.load_state_dict({name: tensors[f"network.{name}"] for name, _ in self.network.named_parameters()})
        for name, p in self.network.named_parameters():
            prefix = f"optimizer.{name}."
            moments = {
                key.removeprefix(prefix): value.to(p.device) for key, value in tensors.items() if key.startswith(prefix)
            }
            if moments:
                self.optimizer.state[p] = moments
        self.rng.set_state(tensors["rng"])
        self.state = None
        if "hidden" in tensors:
            self.batch = tensors["hidden"].shape[1]
            own = _slice(self.together.rows(self.batch))
            device = self.network.device
            self.state = (tensors["hidden"][:, own].to(device), tensors["cell"][:, own].to(device))

    def _parts(self, rows: range) -> list[slice]:
        """Divide rows evenly among the workers; a graphics card takes them all at once."""
        workers = max(1, min(worker_count(), len(rows) // _LEAST_ROWS)) if self.network.device.type == "cpu" else 1
        edges = [rows.start + len(rows) * k // workers for k in range(workers + 1)]
        return [slice(*pair) for pair in pairwise(edges)]


def _slice(rows: range) -> slice:
    return slice(rows.start, rows.stop)


def _shifted(rows: slice, own: range) -> slice:
    """Where rows of a batch stand among this process's own."""
    return slice(rows.start - own.start, rows.stop - own.start)


@dataclass
class _Place:
    """Where in the run we are: what a resumed run must know beside the trainer's tensors."""

    number: int = 0  # of the pass
    window: int = 0  # within it
    long: bool = False  # whether this is one of the last passes, which have long windows
    seconds: float = 0.0
    train_bits: float = math.nan
    validation_bits: float = math.nan
    best_bits: float = math.inf
    characters: int = 0


def train(
    train_texts: Texts,
    validation_texts: Sequence[str],
    *,
    network: NetworkSettings,
    training: TrainingSettings,
    run_dir: Path,
    resume: bool = False,
    progress: Callable[[Progress], None] | None = None,
    corpus: Mapping[str, Any] | None = None,
    vocabulary: Vocabulary | None = None,
    initial: Checkpoint | None = None,
    dtype: torch.dtype | None = None,
    device: str = "cpu",
    jobs: int = 1,
) -> TrainingResult:
    """Train a network and leave the best model in run_dir.

    Started by ``torchrun``, several processes train it together (see ``Together``); the leader writes the files.

    The vocabulary is that of the texts (of the first pass, where train_texts is a function)
    unless one is given. initial, a model to start from, brings its own network and vocabulary.
    device is ``cpu`` or ``cuda``; jobs processes read the texts of a pass (see ``processes.process_map``).
    """
    texts_of = train_texts if callable(train_texts) else lambda number, last: train_texts
    first = texts_of(0, False)
    if not any(first) or not any(validation_texts):
        raise ModelError("training needs at least one tune to learn from and one to validate with")
    dtype = fast_dtype(device) if dtype is None else dtype
    if initial is not None:
        network, vocabulary = initial.network.settings, initial.vocabulary
    elif vocabulary is None:
        vocabulary = Vocabulary.from_texts((*first, *validation_texts))
    rng = torch.Generator().manual_seed(training.seed)
    model = CharNetwork(network, len(vocabulary), rng)
    if initial is not None:
        model.load_state_dict(initial.network.state_dict())
    model.to(device)
    try:
        run_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ModelError(f"{run_dir}: cannot be made a run folder: {error.strerror}") from None
    # Denormal gradients of nearly silent units would be computed in microcode, many times slower.
    torch.set_flush_denormal(True)
    run = _Run(
        trainer=Trainer(model, training, dtype),
        vocabulary=vocabulary,
        texts_of=texts_of,
        sample=_sample(validation_texts, training.validation_characters),
        folder=run_dir,
        corpus=corpus or {},
        report=progress or (lambda _: None),
        jobs=jobs,
    )
    run.begin(resume)
    run.go()
    return run.finish()


def saved_settings(run_dir: Path) -> TrainingSettings:
    """The settings of a run that was stopped. Raises ModelError where there is none."""
    path = run_dir / STATE_FILE
    _, about = read_tensors(path, STATE_FORMAT)
    try:
        return TrainingSettings(**about["settings"])
    except (KeyError, TypeError) as error:
        raise ModelError(f"{path}: not a complete training state ({error})") from None


class _Run:
    """One training run: windows in, reports, checkpoints and state files out."""

    def __init__(
        self,
        *,
        trainer: Trainer,
        vocabulary: Vocabulary,
        texts_of: Callable[[int, bool], Sequence[str]],
        sample: Sequence[str],
        folder: Path,
        corpus: Mapping[str, Any],
        report: Callable[[Progress], None],
        jobs: int,
    ) -> None:
        self.trainer = trainer
        self.together = trainer.together
        self.settings = trainer.settings
        self.vocabulary = vocabulary
        self.texts_of = texts_of
        self.sample = sample
        self.model_file = folder / MODEL_FILE
        self.state_file = folder / STATE_FILE
        self.curve = Curve(folder)
        self.corpus = corpus
        self.report = report
        self.jobs = jobs
        self.place = _Place()
        self.clock = time.monotonic()
        self.since = 0.0
        self.passes = 0.0
        self.evaluated = -1

    def begin(self, resume: bool) -> None:
        """Take up the saved state, or write the untrained model."""
        if resume:
            tensors, about = read_tensors(self.state_file, STATE_FORMAT)
            expected = self._about()
            for name in ("network", "vocabulary"):
                if about.get(name) != expected[name]:
                    raise ModelError(f"{self.state_file}: its {name} is not that of this run")
            try:
                self.trainer.load(tensors, about["step"])
                self.place = _Place(**about["place"])
                self.trainer.dtype = getattr(torch, about["dtype"])
            except (KeyError, TypeError, RuntimeError, AttributeError) as error:
                raise ModelError(f"{self.state_file}: not a complete training state ({error})") from None
        if self.together.leads:
            self.curve.begin(self.trainer.step_number if resume else None)
        self.clock = time.monotonic()
        self.since = self.place.seconds
        self.first_characters = self.place.characters
        if resume:
            self.evaluated = self.trainer.step_number
        else:
            self._evaluate()

    def go(self) -> None:
        """Train until the settings say stop."""
        for number, window, every, passes in self._windows():
            progress = self._progress()
            if progress >= 1:
                break
            place = self.place
            value = self.trainer.step(window, progress)
            place.number, place.window = number
            place.characters += window.targets.numel()
            place.train_bits = value if math.isnan(place.train_bits) else 0.98 * place.train_bits + 0.02 * value
            self.passes = passes
            if self.trainer.step_number % every == 0:
                self._evaluate()
            else:
                self._report(evaluated=False)

    def finish(self) -> TrainingResult:
        """Evaluate once more, draw the curve, and say what came of it."""
        if self.evaluated != self.trainer.step_number:
            self._evaluate()
        if self.together.leads:
            self.curve.draw()
        return TrainingResult(
            self.model_file,
            self.place.best_bits,
            self.trainer.step_number,
            self.passes,
            self._seconds(),
        )

    def _windows(self) -> Iterator[tuple[tuple[int, int], Window, int, float]]:
        """Yield (pass and window to go on with afterwards), window, steps between evaluations, passes."""
        number, first = self.place.number, self.place.window
        while True:
            settings = self.settings
            if not first:
                self.place.long = self._progress() > 1 - settings.long_share
            texts = [text for text in self.texts_of(number, self.place.long) if text]
            tunes = reading(texts, self.vocabulary, self.trainer.network.settings, self.jobs)
            if not tunes:
                raise ModelError(f"training pass {number + 1} has no tunes")
            rows, length = settings.batch, settings.window
            if self.place.long:
                rows, length = settings.long_batch, settings.long_window
            stream = TuneStream(tunes, self.vocabulary.start, rows, length, settings.seed, number)
            every = max(1, len(stream) // settings.evaluations)
            for i in range(first, len(stream)):
                yield (number, i + 1), stream[i], every, number + (i + 1) / len(stream)
            number, first = number + 1, 0

    def _progress(self) -> float:
        """The share of the run that is done, the same in all processes."""
        return self.together.agreed(self.settings.progress(self.trainer.step_number, self._seconds()))

    def _seconds(self) -> float:
        return self.since + time.monotonic() - self.clock

    def _about(self) -> dict[str, Any]:
        return {
            "network": asdict(self.trainer.network.settings),
            "vocabulary": self.vocabulary.characters,
        }

    def _evaluate(self) -> None:
        """Validate; keep the model if it is the best; save the state; add to the curve."""
        place, trainer = self.place, self.trainer
        self.evaluated = trainer.step_number
        tensors = trainer.tensors()  # for which the processes meet
        if not self.together.leads:
            return
        place.validation_bits = bits_per_character(trainer.network, self.vocabulary, self.sample, dtype=trainer.dtype)
        if place.validation_bits < place.best_bits:
            place.best_bits = place.validation_bits
            self._save_model()
        place.seconds = self._seconds()
        self.curve.add(self._report(evaluated=True))
        about = self._about() | {
            "settings": asdict(self.settings),
            "place": asdict(place),
            "step": trainer.step_number,
            "dtype": str(trainer.dtype).removeprefix("torch."),
        }
        write_tensors(self.state_file, tensors, STATE_FORMAT, about)

    def _save_model(self) -> None:
        about = asdict(self.settings) | {
            "steps": self.trainer.step_number,
            "passes": round(self.passes, 3),
            "seconds": round(self._seconds(), 1),
        }
        validation = {"bits_per_character": round(self.place.best_bits, 5)}
        save_checkpoint(
            self.model_file,
            Checkpoint(self.trainer.network, self.vocabulary, self.corpus, about, validation),
        )

    def _report(self, *, evaluated: bool) -> Progress:
        place, seconds = self.place, self._seconds()
        done = self.settings.progress(self.trainer.step_number, seconds)
        spent = max(seconds - self.since, 1e-9)
        report = Progress(
            step=self.trainer.step_number,
            passes=self.passes,
            train_bits=place.train_bits,
            validation_bits=place.validation_bits,
            best_bits=place.best_bits,
            rate=(place.characters - self.first_characters) / spent,
            learning_rate=self.settings.rate(self.trainer.step_number, done),
            seconds=seconds,
            seconds_left=seconds * (1 - done) / done if done else 0.0,
            evaluated=evaluated,
        )
        if self.together.leads:
            self.report(report)
        return report


def _sample(texts: Sequence[str], characters: int) -> list[str]:
    """Take whole tunes, evenly spread, of about so many characters in all."""
    texts = [text for text in texts if text]
    every = max(1, round(sum(map(len, texts)) / characters))
    return texts[::every]
