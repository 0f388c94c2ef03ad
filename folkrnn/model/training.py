"""Training: truncated back-propagation through a stream of tunes; the best model is kept.

A run folder holds

    model.safetensors   the best model so far, always complete
    state.safetensors   all that a resumed run needs: weights, their average, optimizer, randomness, position
    curve.csv, .png     the learning curve
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Tensor

from folkrnn.errors import ModelError
from folkrnn.model.batches import TuneStream, Window, network_inputs
from folkrnn.model.checkpoint import Checkpoint, read_tensors, save_checkpoint, write_tensors
from folkrnn.model.curve import Curve
from folkrnn.model.distributed import ProcessGroup
from folkrnn.model.entries import read_settings
from folkrnn.model.locations import MODEL_FILE, STATE_FILE
from folkrnn.model.metadata import error_in
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.precision import DTYPES, dtype_name, fast_dtype
from folkrnn.model.progress import TrainingProgress
from folkrnn.model.provenance import CorpusProvenance, TrainingProvenance, ValidationFigures
from folkrnn.model.schedule import TrainingSettings
from folkrnn.model.scoring import bits_per_character
from folkrnn.model.trainer import Trainer
from folkrnn.model.vocabulary import Vocabulary

Texts = Sequence[str] | Callable[[int, bool], Sequence[str]]
"""The training tunes, or a function of the number of a pass (from 0) that gives its tunes, for example transposed.

Its second argument says whether the pass is one of the last, which prepare the network for what it will be asked for.
"""

STATE_FORMAT = "folkrnn training state"


@dataclass(frozen=True)
class TrainingResult:
    """The path of the best model, its bits per character, and the extent of the run that gave it."""

    model: Path
    best_bits: float
    steps: int
    passes: float
    seconds: float


def train_network(
    train_texts: Texts,
    validation_texts: Sequence[str],
    *,
    network: NetworkSettings,
    training: TrainingSettings,
    run_dir: Path,
    resume: bool = False,
    progress: Callable[[TrainingProgress], None] | None = None,
    corpus: CorpusProvenance | None = None,
    vocabulary: Vocabulary | None = None,
    initial: Checkpoint | None = None,
    dtype: torch.dtype | None = None,
    device: str = "cpu",
    jobs: int = 1,
    clock: Callable[[], float] = time.monotonic,
) -> TrainingResult:
    """Train a network and leave the best model in ``run_dir``, or the last one if the settings want that.

    Several processes that ``torchrun`` started train it together (see ``ProcessGroup``); the main one writes the files.

    The vocabulary, unless it is given, is that of the texts (of the first pass, if ``train_texts`` is a function).
    ``initial``, a model to start from, brings its own network and vocabulary. ``device`` is ``cpu`` or ``cuda``.
    Matrix products run in ``dtype``, by default the faster one (``fast_dtype``); a resumed run goes on in its own.
    ``jobs`` processes read the texts of a pass, and ``clock`` counts the seconds of the run.

    Raise ModelError for texts without a tune, a run that cannot be resumed, files that cannot be written, and a loss
    that is not finite.
    """
    texts_of = train_texts if callable(train_texts) else lambda number, last: train_texts
    first = texts_of(0, False)
    if not any(first) or not any(validation_texts):
        raise ModelError("training needs at least one tune to learn from and one to validate with")
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
    group = ProcessGroup.from_environment()
    if dtype is None:
        dtype = torch.float32 if resume else fast_dtype(device, group)
    run = _Run(
        trainer=Trainer(model, training, dtype, group),
        passes=_Passes(texts_of, vocabulary, network, training, jobs),
        sample=_sample(validation_texts, training.validation_characters),
        files=_RunFiles(run_dir),
        corpus=corpus or CorpusProvenance(),
        report=progress or (lambda _: None),
        now=clock,
    )
    run.begin(resume)
    run.go()
    return run.finish()


def saved_settings(run_dir: Path) -> TrainingSettings:
    """Return the settings of a run that was stopped. Raise ModelError if there is none."""
    path = run_dir / STATE_FILE
    _, about = read_tensors(path, STATE_FORMAT)
    try:
        return TrainingSettings(**TrainingSettings.entries(about["settings"]))
    except (KeyError, ModelError) as error:
        raise ModelError(f"{path}: not a complete training state ({error})") from None


@dataclass
class _RunState:
    """The position in a run: what a resumed run must know besides the trainer's tensors."""

    number: int = 0  # of the pass
    window: int = 0  # within it
    long: bool = False  # whether this is one of the last passes, which have long windows
    seconds: float = 0.0
    train_bits: float = math.nan
    validation_bits: float = math.nan
    best_bits: float = math.inf
    characters: int = 0


class _RunFiles:
    """The files of a run: the best model, the state to resume from, and the learning curve."""

    def __init__(self, folder: Path) -> None:
        self.model = folder / MODEL_FILE
        self.state = folder / STATE_FILE
        self.curve = Curve(folder)

    def save_state(
        self, trainer: Trainer, tensors: Mapping[str, Tensor], vocabulary: Vocabulary, at: _RunState
    ) -> None:
        """Write all that the next step depends on; ``tensors`` are the trainer's."""
        about = {
            "network": asdict(trainer.network.settings),
            "vocabulary": vocabulary.characters,
            "settings": asdict(trainer.settings),
            "place": asdict(at),
            "step": trainer.step_number,
            "dtype": dtype_name(trainer.dtype),
        }
        write_tensors(self.state, tensors, STATE_FORMAT, about)

    def load_state(self, trainer: Trainer, vocabulary: Vocabulary) -> _RunState:
        """Restore the trainer from the state file; return the position in the run. Raise ModelError."""
        tensors, about = read_tensors(self.state, STATE_FORMAT)
        try:
            if NetworkSettings.from_json(about["network"]) != trainer.network.settings:
                raise ModelError("its network is not that of this run")
            if about["vocabulary"] != vocabulary.characters:
                raise ModelError("its vocabulary is not that of this run")
            position = read_settings(_RunState, about["place"], "place")
            trainer.load(tensors, about["step"], DTYPES[about["dtype"]])
            return position
        except ModelError as error:
            raise error_in(self.state, error) from None
        except (KeyError, TypeError, RuntimeError, AttributeError) as error:
            raise ModelError(f"{self.state}: not a complete training state ({error})") from None


@dataclass(frozen=True)
class _Passes:
    """The passes over the training texts, cut into windows."""

    texts_of: Callable[[int, bool], Sequence[str]]
    vocabulary: Vocabulary
    network: NetworkSettings
    settings: TrainingSettings
    jobs: int

    def stream(self, number: int, last: bool) -> TuneStream:
        """Return the windows of a pass, which may be one of the last. Raise ModelError if it has no tunes."""
        texts = [text for text in self.texts_of(number, last) if text]
        tunes = network_inputs(texts, self.vocabulary, self.network, self.jobs)
        if not tunes:
            raise ModelError(f"training pass {number + 1} has no tunes")
        rows, length = self.settings.shape(last_passes=last)
        return TuneStream(tunes, self.vocabulary.start, rows, length, self.settings.seed, number)


@dataclass(frozen=True)
class _Clock:
    """The seconds of a run, by the clock ``now``: ``earlier`` ones from before it was resumed, and those since then."""

    now: Callable[[], float]
    begun: float
    earlier: float = 0.0

    def seconds(self) -> float:
        """Return the seconds of the whole run."""
        return self.earlier + self.now() - self.begun


class _Run:
    """A training run: the loop over the windows, its reports, and when it evaluates and saves."""

    def __init__(
        self,
        *,
        trainer: Trainer,
        passes: _Passes,
        sample: Sequence[str],
        files: _RunFiles,
        corpus: CorpusProvenance,
        report: Callable[[TrainingProgress], None],
        now: Callable[[], float],
    ) -> None:
        self.trainer = trainer
        self.passes = passes
        self.sample = sample
        self.files = files
        self.corpus = corpus
        self.report = report
        self.state = _RunState()
        self.clock = _Clock(now, now())
        self.first_characters = 0
        self.passes_done = 0.0
        self.evaluated = -1

    def begin(self, resume: bool) -> None:
        """Restore the saved state, or write the untrained model."""
        if resume:
            self.state = self.files.load_state(self.trainer, self.passes.vocabulary)
            if self.trainer.group.is_main:
                self.files.curve.begin(after=self.trainer.step_number)
        self.clock = _Clock(self.clock.now, self.clock.now(), self.state.seconds)
        self.first_characters = self.state.characters
        if resume:
            self.evaluated = self.trainer.step_number
        else:
            self._evaluate()

    def go(self) -> None:
        """Train until the settings end the run."""
        for number, window, every, passes in self._windows():
            progress = self._progress()
            if progress >= 1:
                break
            state = self.state
            value = self.trainer.step(window, progress)
            state.number, state.window = number
            state.characters += window.targets.numel()
            state.train_bits = value if math.isnan(state.train_bits) else 0.98 * state.train_bits + 0.02 * value
            self.passes_done = passes
            if self.trainer.step_number % every == 0:
                self._evaluate()
            else:
                self._report(evaluated=False)

    def finish(self) -> TrainingResult:
        """Evaluate the last step, draw the curve, and return the result."""
        if self.evaluated != self.trainer.step_number:
            self._evaluate()
        if self.trainer.group.is_main:
            self.files.curve.draw()
        return TrainingResult(
            self.files.model,
            self.state.best_bits,
            self.trainer.step_number,
            self.passes_done,
            self.clock.seconds(),
        )

    def _windows(self) -> Iterator[tuple[tuple[int, int], Window, int, float]]:
        """Yield (pass and window to go on with afterwards), window, steps between evaluations, passes."""
        number, first = self.state.number, self.state.window
        settings = self.trainer.settings
        while True:
            if not first:
                self.state.long = self._progress() > 1 - settings.long_share
            stream = self.passes.stream(number, self.state.long)
            every = max(1, len(stream) // settings.evaluations)
            for i in range(first, len(stream)):
                yield (number, i + 1), stream[i], every, number + (i + 1) / len(stream)
            number, first = number + 1, 0

    def _progress(self) -> float:
        """Return the share of the run that is done, the same in all processes."""
        trainer = self.trainer
        return trainer.group.broadcast(trainer.settings.progress(trainer.step_number, self.clock.seconds()))

    def _evaluate(self) -> None:
        """Validate; keep the model if it is the best or the last is wanted; save the state; add to the curve."""
        state, trainer = self.state, self.trainer
        self.evaluated = trainer.step_number
        tensors = trainer.tensors()  # every process takes part in this
        if not trainer.group.is_main:
            return
        vocabulary = self.passes.vocabulary
        state.validation_bits = bits_per_character(trainer.averaged, vocabulary, self.sample, dtype=trainer.dtype)
        if state.validation_bits < state.best_bits or not trainer.settings.keep_best:
            state.best_bits = state.validation_bits
            save_checkpoint(self.files.model, self._checkpoint())
        if not trainer.step_number:  # the curve of a run before stays until there is a new model
            self.files.curve.begin(after=None)
        state.seconds = self.clock.seconds()
        self.files.curve.add(self._report(evaluated=True))
        self.files.save_state(trainer, tensors, vocabulary, state)

    def _checkpoint(self) -> Checkpoint:
        """Return the model as it is now, with its provenance."""
        return Checkpoint(
            self.trainer.averaged,
            self.passes.vocabulary,
            self.corpus,
            TrainingProvenance(
                settings=self.trainer.settings,
                steps=self.trainer.step_number,
                passes=round(self.passes_done, 3),
                seconds=round(self.clock.seconds(), 1),
                dtype=dtype_name(self.trainer.dtype),
            ),
            ValidationFigures(bits_per_character=round(self.state.best_bits, 5)),
        )

    def _report(self, *, evaluated: bool) -> TrainingProgress:
        """Return the progress; the main process also reports it."""
        state, trainer, seconds = self.state, self.trainer, self.clock.seconds()
        done = trainer.settings.progress(trainer.step_number, seconds)
        progress = TrainingProgress(
            step=trainer.step_number,
            passes=self.passes_done,
            train_bits=state.train_bits,
            validation_bits=state.validation_bits,
            best_bits=state.best_bits,
            rate=(state.characters - self.first_characters) / max(seconds - self.clock.earlier, 1e-9),
            learning_rate=trainer.settings.rate(trainer.step_number, done),
            seconds=seconds,
            seconds_left=seconds * (1 - done) / done if done else 0.0,
            evaluated=evaluated,
        )
        if trainer.group.is_main:
            self.report(progress)
        return progress


def _sample(texts: Sequence[str], characters: int) -> list[str]:
    """Return whole texts, evenly spread, of about this number of characters in all."""
    texts = [text for text in texts if text]
    every = max(1, round(sum(map(len, texts)) / characters))
    return texts[::every]
