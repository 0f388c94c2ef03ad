"""The schedule of a run: its end, its windows, and the learning rate at each step."""

import pytest

from folkrnn.errors import ModelError
from folkrnn.model.schedule import TrainingSettings

SETTINGS = TrainingSettings(minutes=None, max_steps=100, learning_rate=0.01, final_rate=0.1, warmup=4)


@pytest.mark.parametrize(
    ("step", "progress", "rate"),
    [
        (0, 0.0, 0.002),
        (1, 0.0, 0.004),
        (3, 0.0, 0.008),
        (4, 0.0, 0.01),
        (5, 0.0, 0.01),
        (50, 0.5, 0.0055),
        (50, 1 / 3, 0.00775),
        (99, 1.0, 0.001),
        (0, 1.0, 0.0002),
    ],
)
def test_the_learning_rate_is_a_warm_up_times_a_cosine(step: int, progress: float, rate: float) -> None:
    assert SETTINGS.rate(step, progress) == pytest.approx(rate)


def test_without_a_warm_up_the_first_rate_is_the_whole_one() -> None:
    assert TrainingSettings(warmup=0, learning_rate=0.5).rate(0, 0.0) == 0.5


@pytest.mark.parametrize(
    ("minutes", "max_steps", "step", "seconds", "progress"),
    [
        (None, 100, 25, 1e9, 0.25),
        (2.0, None, 10**9, 30.0, 0.25),
        (2.0, 100, 10, 30.0, 0.25),
        (2.0, 100, 50, 30.0, 0.5),
        (2.0, 100, 500, 30.0, 1.0),
        (2.0, 100, 5, 500.0, 1.0),
        (None, 0, 0, 0.0, 1.0),
        (90.0, None, 0, 0.0, 0.0),
    ],
)
def test_progress_is_the_larger_share_of_steps_and_time(
    minutes: float | None, max_steps: int | None, step: int, seconds: float, progress: float
) -> None:
    assert TrainingSettings(minutes=minutes, max_steps=max_steps).progress(step, seconds) == progress


def test_the_last_passes_have_their_own_windows() -> None:
    settings = TrainingSettings(batch=3, window=5, long_batch=7, long_window=11)
    assert settings.shape(last_passes=False) == (3, 5)
    assert settings.shape(last_passes=True) == (7, 11)


@pytest.mark.parametrize(
    "right",
    [
        {"max_steps": 0}, {"batch": 1}, {"window": 1}, {"long_share": 0.0}, {"long_share": 1.0}, {"final_rate": 0.0},
        {"final_rate": 1.0}, {"warmup": 0}, {"weight_decay": 0.0}, {"evaluations": 1}, {"seed": 0},
        {"validation_characters": 1},
        {"dances": 1}, {"average": 0.0}, {"average": 1.0}, {"long_window": 1}, {"long_batch": 1},
        {"minutes": 0.01},
    ],
)  # fmt: skip
def test_settings_at_the_edge_of_their_range_are_right(right: dict[str, float]) -> None:
    TrainingSettings(**right)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("minutes", 0.0), ("max_steps", -1), ("batch", 0), ("window", 0), ("long_window", 0), ("long_batch", 0),
        ("long_share", -0.1), ("long_share", 1.1), ("learning_rate", 0.0), ("learning_rate", 1.0), ("final_rate", -0.1),
        ("final_rate", 1.1), ("warmup", -1), ("weight_decay", -0.1), ("weight_decay", 1.0), ("clip", 0.0),
        ("evaluations", 0), ("validation_characters", 0), ("seed", -1), ("dances", 0), ("average", -0.1),
        ("average", 1.1),
    ],
)  # fmt: skip
def test_settings_outside_their_range_are_named(name: str, wrong: float) -> None:
    with pytest.raises(ModelError, match=f"training {name}={wrong!r} should be"):
        TrainingSettings(**{name: wrong})  # type: ignore[arg-type]


def test_the_average_follows_the_weights_at_first_and_reaches_back_further_and_further() -> None:
    settings = TrainingSettings(average=0.1)
    assert [settings.averaging_rate(steps) for steps in (1, 10, 20, 1000)] == [1.0, 1.0, 0.5, 0.01]
    assert TrainingSettings(average=1.0).averaging_rate(4) == 0.25  # the mean of all four
    assert TrainingSettings(average=0.0).averaging_rate(1000) == 1.0


def test_settings_of_a_run_before_there_were_averages_are_as_they_were() -> None:
    assert TrainingSettings.entries({"batch": 4}) == {"batch": 4, "average": 0.0, "dances": 1}
    assert TrainingSettings.entries({"average": 0.5, "dances": 3}) == {"average": 0.5, "dances": 3}
    assert TrainingSettings.entries({"steps": 5}) == {}  # of a model that was not trained


def test_a_run_must_have_an_end() -> None:
    with pytest.raises(ModelError, match="one of them should say when to stop"):
        TrainingSettings(minutes=None, max_steps=None)
