"""Work on a cluster of two workers: the results of one machine, also if a worker is killed."""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from folkrnn.analysis.originality import Index
from folkrnn.cli import main
from folkrnn.cluster import CHUNK, Cluster
from folkrnn.corpus import build_corpus, recipe_of
from folkrnn.corpus.records import record_of, records
from folkrnn.errors import ClusterError
from folkrnn.notation import read_tunes
from folkrnn.validation import validate_all

pytest.importorskip("distributed", reason="needs the extra cluster")


def book(count: int) -> str:
    """Return a tunebook with a file header, a remark between tunes, a fault and a duplicate."""
    rng = random.Random(5)
    tunes = []
    for number in range(count):
        bars = "|".join("".join(rng.choice("DEFGABcdef") for _ in range(8)) for _ in range(16))
        tunes.append(f"X:{number + 1}\nT:Tune {number}\nR:reel\nM:4/4\nL:1/8\nK:D\n{bars}|]\n")
    tunes[7] = "% a remark\n" + tunes[7]
    tunes[11] = tunes[11].replace("|]", "A|]")
    tunes[-1] = tunes[0]
    return "%abc-2.1\nO:Nowhere\n\n" + "\n".join(tunes)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with Cluster("local", workers=2) as made:
        yield made


def slow(item: tuple[str, int]) -> tuple[int, int]:
    """Kill the worker at one item, the first time."""
    flag, number = item
    time.sleep(0.01)
    if number == 5 * CHUNK and not Path(flag).exists():
        Path(flag).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number, os.getpid()


def test_a_worker_that_is_killed_loses_nothing(cluster: Cluster, tmp_path: Path) -> None:
    count = 12 * CHUNK
    found = list(cluster.map(slow, [(str(tmp_path / "killed"), number) for number in range(count)]))
    assert (tmp_path / "killed").exists()
    assert [number for number, _ in found] == list(range(count))
    assert os.getpid() not in {process for _, process in found}


def test_a_corpus_is_the_same_as_on_one_machine(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "a.abc").write_text(book(120))
    (tmp_path / "b.abc").write_text("X:1\nT:Other\nM:4/4\nL:1/8\nK:G\n" + "GABc dedB|" * 12 + "\n")
    recipe = recipe_of([str(tmp_path)])
    alone, shared = build_corpus(recipe), build_corpus(recipe, cluster=cluster)
    assert shared == alone
    assert sum(map(len, alone.dropped.values())) == 2
    assert list(records(shared.tunes, cluster=cluster)) == list(map(record_of, alone.tunes))


def test_reports_and_originality_are_the_same_as_on_one_machine(cluster: Cluster) -> None:
    tunes = read_tunes(book(20))
    assert list(validate_all(tunes, cluster=cluster)) == list(validate_all(tunes))
    index = Index.of((tune, tune.title) for tune in tunes[::2])
    assert list(cluster.map_with(Index.judge, index, tunes)) == list(map(index.judge, tunes))


def refuse(number: int) -> int:
    if number == 2 * CHUNK:
        raise KeyError(number)
    return number


def test_what_a_function_raises_is_raised_in_its_turn(cluster: Cluster) -> None:
    results = cluster.map(refuse, range(4 * CHUNK))
    assert [next(results) for _ in range(2 * CHUNK)] == list(range(2 * CHUNK))
    with pytest.raises(KeyError):
        next(results)


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense://x", "tcp://127.0.0.1:port"])
def test_an_address_without_a_scheduler_is_named(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setattr("folkrnn.cluster.WAIT_SECONDS", 1)
    with pytest.raises(ClusterError, match="address of a Dask scheduler") as caught:
        Cluster(address)
    assert address in str(caught.value)


def test_the_command_works_on_a_cluster_that_runs(
    cluster: Cluster, tmp_path: Path, capsys: Callable[..., None]
) -> None:
    (tmp_path / "a.abc").write_text(book(40))
    for folder, more in (("alone", []), ("shared", ["--cluster", cluster.scheduler])):
        table = tmp_path / f"{folder}.parquet"
        arguments = ["corpus", "build", str(tmp_path / "a.abc"), "-o", str(tmp_path / folder), "--records", str(table)]
        with pytest.raises(SystemExit) as caught:
            main([*arguments, *more])
        assert not caught.value.code
    about = [json.loads((tmp_path / folder / "corpus.json").read_text()) for folder in ("alone", "shared")]
    assert about[0] == about[1]


@pytest.mark.parametrize("package", ["distributed", "pyarrow", "duckdb"])
def test_without_the_extra_one_line_says_what_brings_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path, package: str
) -> None:
    (tmp_path / "a.abc").write_text(book(20))
    monkeypatch.setitem(sys.modules, package, None)
    arguments = {
        "distributed": ["validate", "--cluster", "local"],
        "pyarrow": ["corpus", "build", "-o", str(tmp_path / "c"), "--records", str(tmp_path / "c.parquet")],
        "duckdb": ["originality", "--within"],
    }[package]
    with pytest.raises(SystemExit) as caught:
        main([*arguments, str(tmp_path / "a.abc")])
    assert caught.value.code == 2
    message = capsys.readouterr().err
    assert '`pip install ".[cluster]"`' in message
    assert message.count("\n") == 1
    assert not (tmp_path / "c").exists()
