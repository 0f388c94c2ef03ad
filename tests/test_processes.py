"""How many processors there are, and work shared among processes."""

import os
from collections.abc import Generator
from itertools import count, islice
from pathlib import Path
from typing import cast

import pytest

from folkrnn.processes import ITEMS_AHEAD, process_map, processors


@pytest.fixture
def eight(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine of eight processors, all of which may be used."""
    monkeypatch.delattr(os, "process_cpu_count", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(8)), raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 64)


@pytest.mark.usefixtures("eight")
def test_affinity_limits_the_processors(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert processors(tmp_path) == 8
    monkeypatch.setattr(os, "process_cpu_count", lambda: 3, raising=False)
    assert processors(tmp_path) == 3
    monkeypatch.setattr(os, "process_cpu_count", lambda: None, raising=False)
    assert processors(tmp_path) == 1
    monkeypatch.delattr(os, "process_cpu_count")
    monkeypatch.delattr(os, "sched_getaffinity")
    assert processors(tmp_path) == 64
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert processors(tmp_path) == 1


@pytest.mark.usefixtures("eight")
@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("max 100000\n", 8),
        ("200000 100000\n", 2),
        ("150000 100000\n", 2),
        ("100000 100000\n", 1),
        ("20000 100000\n", 1),
        ("1600000 100000\n", 8),
        ("200000 0\n", 8),
        ("odd\n", 8),
        ("", 8),
    ],
)
def test_a_container_limits_the_processors(tmp_path: Path, content: str, expected: int) -> None:
    (tmp_path / "cpu.max").write_text(content)
    assert processors(tmp_path) == expected


@pytest.mark.usefixtures("eight")
@pytest.mark.parametrize(("quota", "expected"), [("300000", 3), ("250000", 3), ("-1", 8), ("50000", 1), ("0", 8)])
def test_an_older_container_limits_the_processors(tmp_path: Path, quota: str, expected: int) -> None:
    (tmp_path / "cpu").mkdir()
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(f"{quota}\n")
    assert processors(tmp_path) == 8
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    assert processors(tmp_path) == expected


def test_this_machine_has_a_processor() -> None:
    assert 1 <= processors() <= (os.cpu_count() or 1)


def double(number: int) -> int:
    if number == 30:
        raise KeyError(number)
    return 2 * number


def test_results_come_in_order_while_the_items_come() -> None:
    taken = count()
    results = cast(Generator[int, None, None], process_map(double, (next(taken) for _ in iter(int, 1)), 2))
    assert list(islice(results, 20)) == [2 * number for number in range(20)]
    assert next(taken) <= 20 + 2 * ITEMS_AHEAD
    results.close()


def test_what_a_function_raises_is_raised_in_its_turn() -> None:
    results = process_map(double, range(28, 40), 2)
    assert [next(results), next(results)] == [56, 58]
    with pytest.raises(KeyError):
        next(results)
