import io
import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from folkrnn.errors import ModelError
from folkrnn.model.batches import TuneStream, Window
from folkrnn.model.checkpoint import load_checkpoint, read_tensors, write_tensors
from folkrnn.model.curve import Curve
from folkrnn.model.locations import STATE_FILE
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.progress import TrainingProgress, TrainingProgressLine
from folkrnn.model.provenance import CorpusProvenance
from folkrnn.model.schedule import TrainingSettings
from folkrnn.model.scoring import bits
from folkrnn.model.trainer import Trainer
from folkrnn.model.training import STATE_FORMAT, _sample, saved_settings, train_network

NETWORK = NetworkSettings(hidden=16, layers=2, dropout=0.0)
TUNES = [
    f"X:1\nT:{name}\nM:4/4\nL:1/8\nK:D\n|:{body}:|\n"
    for name, body in (
        ("One", "ABcd efga|"),
        ("Two", "dcBA dcBA|"),
        ("Three", "fdfd AdAd|"),
        ("Four", "gfed cBAG|"),
    )
]
SETTINGS = TrainingSettings(minutes=None, max_steps=30, batch=4, window=16, warmup=5)
AVERAGED = replace(SETTINGS, average=0.5)


def test_a_small_text_is_learned_by_heart(tmp_path: Path) -> None:
    settings = replace(SETTINGS, max_steps=250, learning_rate=0.03)
    network = replace(NETWORK, hidden=32)
    result = train_network(TUNES, TUNES, network=network, training=settings, run_dir=tmp_path)
    model = load_checkpoint(result.model)
    spent = torch.cat(bits(model.network, model.vocabulary, TUNES))
    assert spent.mean() < 0.2
    assert model.validation.bits_per_character == pytest.approx(result.best_bits, abs=1e-4)
    assert result.best_bits == pytest.approx(spent.mean().item(), abs=0.02)


def test_the_schedule_reaches_the_optimizer() -> None:
    settings = replace(SETTINGS, max_steps=40, warmup=10, learning_rate=0.01, final_rate=0.1)
    network = CharNetwork(NETWORK, 5, torch.Generator().manual_seed(1))
    trainer = Trainer(network, settings, torch.float32)
    window = TuneStream([torch.tensor([[1], [2], [3], [4], [0]] * 20)], 0, 2, 8, 1, 0)[0]
    rates = []
    for step in range(40):
        trainer.step(window, settings.progress(step, 0.0))
        assert len({group["lr"] for group in trainer.optimizer.param_groups}) == 1
        rates.append(trainer.optimizer.param_groups[0]["lr"])
    peak = rates.index(max(rates))
    assert 8 <= peak <= 10
    assert rates[:peak] == sorted(rates[:peak])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert rates[0] == pytest.approx(0.01 / 11)
    assert rates[-1] == pytest.approx(0.001, rel=0.1)


def test_a_rate_of_nothing_moves_nothing() -> None:
    settings = replace(SETTINGS, final_rate=0.0)
    network = CharNetwork(NETWORK, 5, torch.Generator().manual_seed(1))
    before = [p.clone() for p in network.parameters()]
    window = TuneStream([torch.tensor([[1], [2], [3], [4], [0]] * 20)], 0, 2, 8, 1, 0)[0]
    Trainer(network, settings, torch.float32).step(window, 1.0)
    assert all(torch.equal(a, b) for a, b in zip(before, network.parameters(), strict=True))


def small_window() -> Window:
    return TuneStream([torch.tensor([[1], [2], [3], [4], [0]] * 20)], 0, 2, 8, 1, 0)[0]


def test_the_average_is_the_weighted_mean_of_the_weights_of_all_steps() -> None:
    trainer = Trainer(CharNetwork(NETWORK, 5, torch.Generator().manual_seed(1)), AVERAGED, torch.float32)
    mean = torch.zeros_like(trainer.network.output.weight)
    for step in range(1, 9):
        trainer.step(small_window(), 0.1)
        share = min(1, 1 / (AVERAGED.average * step))
        mean = (1 - share) * mean + share * trainer.network.output.weight.detach()
        torch.testing.assert_close(trainer.averaged.output.weight, mean)
    assert not torch.allclose(mean, trainer.network.output.weight)


def test_without_an_average_the_last_weights_are_the_model() -> None:
    network = CharNetwork(NETWORK, 5, torch.Generator().manual_seed(1))
    trainer = Trainer(network, replace(AVERAGED, average=0.0), torch.float32)
    trainer.step(small_window(), 0.1)
    assert trainer.averaged is network
    assert not any(name.startswith("averaged.") for name in trainer.tensors())


def test_the_average_is_what_is_validated_and_saved(tmp_path: Path) -> None:
    settings = replace(AVERAGED, max_steps=60)
    result = train_network(TUNES, TUNES, network=NETWORK, training=settings, run_dir=tmp_path, dtype=torch.float32)
    model = load_checkpoint(result.model)
    tensors, _ = read_tensors(tmp_path / STATE_FILE, STATE_FORMAT)
    assert model.training.steps == result.steps  # the last is the best here
    for name, weights in model.network.named_parameters():
        torch.testing.assert_close(weights, tensors[f"averaged.{name}"], atol=1e-3, rtol=1e-3)  # float16 in the file
    assert not torch.allclose(model.network.output.weight, tensors["network.output.weight"], atol=1e-2)
    spent = torch.cat(bits(model.network, model.vocabulary, TUNES))
    assert result.best_bits == pytest.approx(spent.mean().item(), abs=0.01)


def test_a_run_of_before_there_were_averages_goes_on_without_one(tmp_path: Path) -> None:
    def older(about: dict[str, Any]) -> None:
        del about["settings"]["average"], about["settings"]["dances"], about["network"]["recurrent_dropout"]

    damaged(tmp_path, older, average=0.0)
    settings = saved_settings(tmp_path)
    assert (settings.average, settings.dances) == (0.0, 1)
    again = replace(settings, max_steps=9)
    result = train_network(TUNES, TUNES, network=NETWORK, training=again, run_dir=tmp_path, resume=True)
    assert result.steps == 9
    with pytest.raises(ModelError, match=r"state.safetensors: .*averaged"):
        train_network(TUNES, TUNES, network=NETWORK, training=AVERAGED, run_dir=tmp_path, resume=True)


class StopAt:
    def __init__(self, step: int) -> None:
        self.step = step

    def __call__(self, progress: TrainingProgress) -> None:
        if progress.step == self.step:
            raise KeyboardInterrupt


@pytest.mark.parametrize("stop", [7, 12, 20])
def test_a_resumed_run_ends_like_an_uninterrupted_one(tmp_path: Path, stop: int) -> None:
    network = replace(NETWORK, dropout=0.3, recurrent_dropout=0.2)
    options = {"network": network, "training": AVERAGED, "dtype": torch.float32}
    train_network(TUNES, TUNES, run_dir=tmp_path / "a", **options)  # type: ignore[arg-type]
    with pytest.raises(KeyboardInterrupt):
        train_network(TUNES, TUNES, run_dir=tmp_path / "b", progress=StopAt(stop), **options)  # type: ignore[arg-type]
    train_network(TUNES, TUNES, run_dir=tmp_path / "b", resume=True, **options)  # type: ignore[arg-type]
    one, other = (load_checkpoint(tmp_path / run / "model.safetensors") for run in "ab")
    for ours, theirs in zip(one.network.parameters(), other.network.parameters(), strict=True):
        assert torch.equal(ours, theirs)
    assert one.validation == other.validation
    table = [(tmp_path / run / "curve.csv").read_text().splitlines() for run in "ab"]
    without_seconds = [[row.split(",")[:2] + row.split(",")[3:] for row in rows] for rows in table]
    assert without_seconds[0] == without_seconds[1]


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = Trainer.step

    def poisoned(self: Trainer, *args: object) -> float:
        if self.step_number == 10:
            with torch.no_grad():
                self.network.output.bias[0] = math.nan
        return step(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(Trainer, "step", poisoned)
    with pytest.raises(ModelError, match="step 10"):
        train_network(TUNES, TUNES, network=NETWORK, training=SETTINGS, run_dir=tmp_path)
    kept = load_checkpoint(tmp_path / "model.safetensors")
    assert all(p.isfinite().all() for p in kept.network.parameters())


def test_no_steps_write_an_untrained_model(tmp_path: Path) -> None:
    result = train_network(TUNES, TUNES, network=NETWORK, training=replace(SETTINGS, max_steps=0), run_dir=tmp_path)
    assert result.steps == 0
    assert load_checkpoint(result.model).vocabulary.characters.startswith("\n")
    assert (tmp_path / "curve.png").stat().st_size > 1000


def test_the_clock_ends_the_run(tmp_path: Path) -> None:
    settings = TrainingSettings(minutes=0.02, batch=4, window=16)
    seen: list[TrainingProgress] = []
    result = train_network(TUNES, TUNES, network=NETWORK, training=settings, run_dir=tmp_path, progress=seen.append)
    assert 1 < result.seconds < 4
    assert result.steps > 5
    assert seen[-1].seconds_left < 0.5


def test_the_model_can_start_from_another(tmp_path: Path) -> None:
    first = train_network(TUNES, TUNES, network=NETWORK, training=SETTINGS, run_dir=tmp_path / "a")
    start = load_checkpoint(first.model)
    second = train_network(
        TUNES[:1],
        TUNES[:1],
        network=NetworkSettings(),
        training=replace(SETTINGS, max_steps=0),
        run_dir=tmp_path / "b",
        initial=start,
    )
    again = load_checkpoint(second.model)
    assert again.vocabulary == start.vocabulary
    assert all(torch.equal(a, b) for a, b in zip(again.network.parameters(), start.network.parameters(), strict=True))


def test_texts_may_change_with_the_pass(tmp_path: Path) -> None:
    asked = []

    def texts(number: int, last: bool) -> list[str]:
        asked.append((number, last))
        return TUNES

    train_network(texts, TUNES, network=NETWORK, training=SETTINGS, run_dir=tmp_path)
    numbers, lasts = zip(*asked, strict=True)
    assert numbers[-1] > 0
    assert sorted(numbers) == list(numbers)
    assert (lasts[0], lasts[-1]) == (False, True)
    assert sorted(lasts) == list(lasts)


def test_the_stream_holds_every_tune_whole_and_marks_its_start() -> None:
    tunes = [torch.arange(1, 9).unsqueeze(1) + 10 * k for k in range(20)]
    stream = TuneStream(tunes, 0, 4, 7, 1, 0)
    inputs, targets, starts = (
        torch.cat([getattr(stream[i], name) for i in range(len(stream))], 1).flatten()
        for name in ("inputs", "targets", "starts")
    )
    assert sorted(targets.tolist()) == sorted(torch.cat(tunes).flatten().tolist())
    first = torch.cat([tune[:1] for tune in tunes])
    at_start = torch.isin(targets, first)
    assert (inputs[at_start] == 0).all()
    assert starts[at_start].all()
    assert (inputs[~at_start] == targets[~at_start] - 1).all()
    assert TuneStream(tunes, 0, 4, 7, 1, 1)[0].targets.tolist() != stream[0].targets.tolist()


def test_bits_do_not_depend_on_the_company() -> None:
    from folkrnn.model.vocabulary import Vocabulary

    vocabulary = Vocabulary.from_texts(TUNES)
    network = CharNetwork(NETWORK, len(vocabulary), torch.Generator().manual_seed(1))
    texts = [*TUNES, "", TUNES[0] * 9]
    together = bits(network, vocabulary, texts, batch=3)
    assert [len(b) for b in together] == [len(text) for text in texts]
    for text, spent in zip(texts, together, strict=True):
        torch.testing.assert_close(spent, bits(network, vocabulary, [text])[0], atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    ("field", "value"),
    [("minutes", -1), ("batch", 0), ("learning_rate", 2.0), ("clip", 0), ("max_steps", -3), ("seed", -1)],
)
def test_bad_settings_name_field_and_value(field: str, value: float) -> None:
    with pytest.raises(ModelError, match=f"{field}={value!r} should be"):
        replace(SETTINGS, **{field: value})  # type: ignore[arg-type]


def damaged(folder: Path, change: Callable[[dict[str, Any]], object], **fields: Any) -> None:
    """Run some steps into a folder, then change the JSON of its state."""
    train_network(TUNES, TUNES, network=NETWORK, training=replace(SETTINGS, max_steps=5, **fields), run_dir=folder)
    path = folder / STATE_FILE
    tensors, about = read_tensors(path, STATE_FORMAT)
    change(about)
    write_tensors(path, tensors, STATE_FORMAT, about)


def test_a_state_with_the_old_name_of_the_context_is_resumed(tmp_path: Path) -> None:
    damaged(tmp_path, lambda about: about["network"].update(told=about["network"].pop("context")))
    result = train_network(TUNES, TUNES, network=NETWORK, training=SETTINGS, run_dir=tmp_path, resume=True)
    assert result.steps == SETTINGS.max_steps


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda about: about.pop("network"), "not a complete training state ('network')"),
        (lambda about: about.update(network=5), "network=5 should be an object"),
        (lambda about: about["network"].update(hidden=8), "its network is not that of this run"),
        (lambda about: about.update(vocabulary="\nab"), "its vocabulary is not that of this run"),
        (lambda about: about.pop("place"), "not a complete training state ('place')"),
        (lambda about: about["place"].update(number="x"), "place number='x' should be a whole number"),
        (lambda about: about.pop("step"), "not a complete training state ('step')"),
        (lambda about: about.update(dtype="float1"), "not a complete training state"),
    ],
)
def test_a_damaged_state_is_one_clear_line(
    tmp_path: Path, change: Callable[[dict[str, Any]], object], named: str
) -> None:
    damaged(tmp_path, change)
    with pytest.raises(ModelError) as caught:
        train_network(TUNES, TUNES, network=NETWORK, training=SETTINGS, run_dir=tmp_path, resume=True)
    assert str(caught.value).startswith(f"{tmp_path / STATE_FILE}: ")
    assert named in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_settings_of_a_stopped_run_are_known(tmp_path: Path) -> None:
    settings = replace(SETTINGS, max_steps=5)
    damaged(tmp_path, lambda about: None)
    assert saved_settings(tmp_path) == settings
    damaged(tmp_path, lambda about: about["settings"].update(batch="4"))
    with pytest.raises(ModelError, match=r"state.safetensors: .*training batch='4' should be a whole number"):
        saved_settings(tmp_path)
    damaged(tmp_path, lambda about: about.pop("settings"))
    with pytest.raises(ModelError, match="not a complete training state"):
        saved_settings(tmp_path)


def test_resuming_without_a_state_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such file"):
        train_network(TUNES, TUNES, network=NETWORK, training=SETTINGS, run_dir=tmp_path, resume=True)


def test_progress_is_sparse_where_nobody_watches() -> None:
    stream = io.StringIO()
    line = TrainingProgressLine(stream)
    values = (1, 0.5, 2.0, 2.1, 2.1, 1e4, 1e-3, 60.0, 90.0)
    for evaluated in (False, True, False):
        line(TrainingProgress(*values, evaluated=evaluated))
    assert stream.getvalue().count("\n") == 1
    assert "1:30 left" in stream.getvalue()
    assert "\r" not in stream.getvalue()


def test_the_last_passes_have_long_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shapes: list[tuple[int, ...]] = []
    step = Trainer.step

    def watch(self: Trainer, window: Window, progress: float) -> float:
        shapes.append(tuple(window.targets.shape))
        return step(self, window, progress)

    monkeypatch.setattr(Trainer, "step", watch)
    settings = replace(SETTINGS, batch=2, window=16, long_batch=1, long_window=64, long_share=0.5)
    train_network(TUNES, TUNES, network=NETWORK, training=settings, run_dir=tmp_path)
    short = [length for rows, length in shapes if rows == 2]
    long = [length for rows, length in shapes if rows == 1]
    assert (max(short), max(long)) == (16, 64)
    assert len(short) >= 15
    assert [rows for rows, _ in shapes] == [2] * len(short) + [1] * len(long)


@pytest.mark.parametrize(
    ("characters", "taken"),
    [(10, [0]), (50, [0, 4, 8]), (100, [0, 2, 4, 6, 8]), (140, list(range(10))), (999, list(range(10)))],
)
def test_the_validation_sample_is_evenly_spread(characters: int, taken: list[int]) -> None:
    texts = [f"{index}" * 20 for index in range(10)]
    assert _sample(["", *texts, ""], characters) == [texts[index] for index in taken]


def test_training_needs_tunes(tmp_path: Path) -> None:
    for learned, held_out in (([], TUNES), (TUNES, []), ([""], TUNES), (TUNES, [""])):
        with pytest.raises(ModelError, match="at least one tune"):
            train_network(learned, held_out, network=NETWORK, training=SETTINGS, run_dir=tmp_path)

    def texts(number: int, last: bool) -> list[str]:
        return TUNES if number == 0 else []

    with pytest.raises(ModelError, match="training pass 2 has no tunes"):
        train_network(texts, TUNES, network=NETWORK, training=SETTINGS, run_dir=tmp_path)


def test_a_run_counts_the_seconds_of_its_clock(tmp_path: Path) -> None:
    ticks = iter(range(10_000))
    settings = replace(SETTINGS, minutes=1.0, max_steps=None)
    seen: list[TrainingProgress] = []
    result = train_network(
        TUNES, TUNES, network=NETWORK, training=settings, run_dir=tmp_path, progress=seen.append,
        clock=lambda: next(ticks),
    )  # fmt: skip
    assert 60 <= result.seconds < 70
    assert all(one.seconds < other.seconds for one, other in pairwise(seen))
    for progress in seen:
        done = settings.progress(progress.step, progress.seconds)
        assert progress.seconds_left == pytest.approx(max(0, 60 - progress.seconds) if done else 0)
        assert progress.learning_rate == settings.rate(progress.step, done)


def test_a_resumed_run_counts_its_earlier_seconds(tmp_path: Path) -> None:
    options = {"network": NETWORK, "run_dir": tmp_path}
    ticks = iter(range(10_000))
    clock = lambda: next(ticks)  # noqa: E731
    first = train_network(TUNES, TUNES, training=replace(SETTINGS, max_steps=5), clock=clock, **options)  # type: ignore[arg-type]
    seen: list[TrainingProgress] = []
    train_network(
        TUNES, TUNES, training=SETTINGS, resume=True, clock=clock, progress=seen.append, **options  # type: ignore[arg-type]
    )  # fmt: skip
    saved = [row["seconds"] for row in Curve(tmp_path).rows()]
    assert float(saved[0]) < first.seconds < seen[0].seconds < first.seconds + 10
    assert seen[0].step == 6
    assert seen[0].rate < 4 * 16  # the characters of this part alone, over its seconds


def test_the_saved_model_tells_its_training(tmp_path: Path) -> None:
    corpus = CorpusProvenance({"name": "mine"}, "0123", True, {"R": ["reel"]})
    result = train_network(TUNES, TUNES, network=NETWORK, training=SETTINGS, run_dir=tmp_path, corpus=corpus)
    model = load_checkpoint(result.model)
    assert model.corpus == corpus
    assert model.training.settings == SETTINGS
    assert 0 < model.training.steps <= result.steps
    assert 0 < model.training.passes <= result.passes
    assert model.validation.splits == {}


def test_a_progress_is_one_line() -> None:
    progress = TrainingProgress(7, 1.25, 2.0, 2.1, 2.05, 12345.6, 1e-3, 60.0, 90.4, evaluated=True)
    assert str(progress) == (
        "step 7  pass 1.25  bits/character: training 2.000, validation 2.100  12,346 characters/s  1:30 left"
    )


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_one_line_is_rewritten() -> None:
    stream = Terminal()
    line = TrainingProgressLine(stream, every=1000.0)
    for step, evaluated in ((1, False), (2, False), (3, True)):
        line(TrainingProgress(step, 1, 0.5, 2.0, 2.1, 2.1, 1e4, 1e-3, 60.0, evaluated=evaluated))
    line.close()
    line.close()
    assert stream.getvalue().count("\r") == 2
    assert stream.getvalue().count("\n") == 1
    assert "step 2" not in stream.getvalue()


@pytest.mark.parametrize("keep_best", [True, False])
def test_the_best_model_is_kept_unless_the_last_one_is_wanted(tmp_path: Path, keep_best: bool) -> None:
    # What is held out is nothing like what is learned, so that learning makes it less likely.
    held_out = ["X:1\nK:D\n" + "z8|" * 20]
    settings = replace(SETTINGS, max_steps=60, learning_rate=0.03, keep_best=keep_best)
    model = load_checkpoint(train_network(TUNES, held_out, network=NETWORK, training=settings, run_dir=tmp_path).model)
    assert (model.training.steps < 60) == keep_best
