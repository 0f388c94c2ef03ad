"""Composing with a warm model: progress, stopping, threads, and what is said of a tune."""

import logging
import multiprocessing
import random
import threading
import time
from pathlib import Path

import pytest
import torch

from folkrnn.analysis.originality import Index
from folkrnn.composition import index_cache
from folkrnn.composition.composer import Composer, Composition, Progress
from folkrnn.composition.index_cache import Interrupted, cache_folder, index_at_hand, index_for
from folkrnn.composition.settings import GenerationSettings
from folkrnn.corpus import recipe_of
from folkrnn.errors import GenerationError, ModelError
from folkrnn.model.checkpoint import Checkpoint, save_checkpoint
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.provenance import CorpusProvenance
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation import read_tunes, write_tune

VOCABULARY = Vocabulary("".join(sorted(map(chr, [10, *range(32, 127)]))))
TUNE = read_tunes("X:1\nT:Known\nM:2/4\nL:1/8\nK:D\nDEFG|A4|\n")[0]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an untrained model with an index beside it."""
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    network = CharNetwork(NetworkSettings(hidden=16), len(VOCABULARY), torch.Generator().manual_seed(4))
    save_checkpoint(path, Checkpoint(network, VOCABULARY))
    Index.of([(TUNE, "Known (book)")]).save(path.with_name("corpus.npz"))
    return path


@pytest.fixture(scope="module")
def composer(model: Path) -> Composer:
    return Composer(model)


def titles(compositions: list[Composition]) -> list[str]:
    return [composition.tune.title for composition in compositions]


def test_a_composition_says_all_that_is_known_of_a_tune(composer: Composer) -> None:
    wishes = {"title": "Mine", "meter": "2/4", "form": "4|"}
    (one,) = composer.generate(1, **wishes, seed=3)  # type: ignore[arg-type]
    assert (one.tune.title, one.tune.number, str(one.tune.meter)) == ("Mine", "1", "2/4")
    assert one.tune.source == "tunes-3"
    assert one.tune.field("N").endswith("seed 3, tune 1, temperature 1")
    assert one.report.playable
    assert (one.violation, one.fault) == ("", "")
    assert one.originality
    assert one.originality.copied == 0
    assert one.drafts == len(one.text.refusals) + 1


def test_the_same_seed_gives_the_same_tunes_whatever_their_number(composer: Composer) -> None:
    first = [write_tune(each.tune) for each in composer.generate(3, seed=5, form="2|")]
    assert [write_tune(each.tune) for each in composer.generate(1, seed=5, form="2|")] == first[:1]
    assert [write_tune(each.tune) for each in composer.generate(3, seed=6, form="2|")] != first


def test_without_a_seed_the_tunes_differ(composer: Composer) -> None:
    assert titles(list(composer.generate(1))) != titles(list(composer.generate(1)))


def test_a_violation_is_told_and_is_a_fault(composer: Composer, monkeypatch: pytest.MonkeyPatch) -> None:
    from folkrnn.composition.requests import Request

    monkeypatch.setattr(Request, "violation", lambda self, tune: "too dull")
    (one,) = composer.generate(1, meter="2/4", form="2|", seed=1)
    assert (one.violation, one.fault) == ("too dull", "not what was asked for: too dull")
    assert {refusal.reason for refusal in one.text.refusals} == {"too dull"}
    assert one.drafts == 64


def test_progress_is_told_inside_a_tune(composer: Composer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("folkrnn.generation.schedule.WATCH_INTERVAL", 0)
    seen: list[Progress] = []
    list(composer.generate(2, form="8|8|", meter="2/4", seed=1, progress=seen.append))
    finished = [each.tunes for each in seen]
    assert finished == sorted(finished)
    assert set(finished) <= {0, 1, 2}
    first = [each.share for each in seen if each.tunes == 0 and not each.drafts]
    assert len(set(first)) > 5
    assert first[0] == 0
    assert max(first) > 0.8
    assert all(0 <= share <= 1 for share in first)


def test_drafts_are_counted_while_they_are_written(composer: Composer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("folkrnn.generation.schedule.WATCH_INTERVAL", 0)
    seen: list[Progress] = []
    (one,) = composer.generate(1, key="D", form="4|", meter="2/4", seed=1, progress=seen.append)
    assert one.drafts > 2
    assert {each.drafts for each in seen} >= {0, 1}
    assert max(each.drafts for each in seen) < one.drafts


def test_it_stops_within_a_second(composer: Composer) -> None:
    stop = threading.Event()
    began = time.monotonic()

    def watch(progress: Progress) -> None:
        if progress.tunes >= 3:
            stop.set()

    found = list(composer.generate(10_000, form="2|", seed=1, progress=watch, stop=stop.is_set))
    assert 3 <= len(found) < 10_000
    assert [each.text.index for each in found] == sorted(each.text.index for each in found)
    assert time.monotonic() - began < 60


def test_what_is_stopped_before_it_begins_writes_nothing(composer: Composer) -> None:
    assert list(composer.generate(5, stop=lambda: True)) == []


def test_threads_get_the_tunes_of_the_main_thread(composer: Composer) -> None:
    expected = [write_tune(each.tune) for each in composer.generate(2, seed=8, form="2|")]
    found: dict[int, list[str]] = {}

    def work(number: int) -> None:
        found[number] = [write_tune(each.tune) for each in composer.generate(2, seed=8, form="2|")]

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {0: expected, 1: expected}


def test_a_tune_is_extended_and_rewritten(composer: Composer) -> None:
    tune = read_tunes("X:1\nT:Given\nM:2/4\nL:1/8\nK:D\n|:D2FG|A4|B2AF|D4:|\n")[0]
    longer = list(composer.extend(tune, 4, count=2, seed=1))
    assert [each.tune.bar_count for each in longer] == [8, 8]
    assert [each.tune.source for each in longer] == ["continued-1"] * 2
    (other,) = composer.rewrite(tune, (2, 2), seed=1)
    assert other.drafts == 16
    assert ", best of 16" in other.tune.field("N")
    assert other.tune.source == "rewritten-1"
    (other,) = composer.rewrite(tune, (2, 2), seed=1, best_of=2)
    assert other.drafts == 2


def test_what_cannot_be_met_is_refused_at_once(composer: Composer) -> None:
    with pytest.raises(GenerationError, match="count=0"):
        composer.generate(0)
    with pytest.raises(GenerationError, match="expected a max_length of at least 3664"):
        composer.generate(1, form="99:99:")
    with pytest.raises(GenerationError, match=r"tune:1: Known: bars 5-6 are not in the tune"):
        composer.rewrite(TUNE, (5, 6))


def test_a_model_without_its_tunes_says_so(model: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    alone = tmp_path / "alone.safetensors"
    alone.write_bytes(model.read_bytes())
    composer = Composer(alone)
    assert composer.name == "alone"
    assert composer.index_at_hand() is None
    with pytest.raises(ModelError, match="the tunes that it learned from are not at hand"):
        composer.generate(1, max_copied=0.5)
    with caplog.at_level(logging.WARNING, "folkrnn"):
        (one,) = composer.generate(1, form="2|", seed=1)
    assert "what tunes have copied is not known" in caplog.text
    assert one.originality is None


def test_a_run_names_its_model(model: Path) -> None:
    assert Composer(model).name == model.parent.name
    assert Composer().name == "default"


# Where the index lies ---------------------------------------------------------------------------------


def test_the_cache_can_be_moved(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FOLKRNN_CACHE", str(tmp_path / "here"))
    assert cache_folder() == tmp_path / "here"
    monkeypatch.delenv("FOLKRNN_CACHE")
    assert cache_folder().name == "folkrnn"


def test_an_index_is_kept_in_the_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model: Path) -> None:
    monkeypatch.setenv("FOLKRNN_CACHE", str(tmp_path))
    composer = Composer(model)
    elsewhere = tmp_path / "other" / "model.safetensors"
    assert index_at_hand(elsewhere, composer.checkpoint.corpus) is None
    kept = index_cache._kept(composer.checkpoint.corpus)
    assert kept.parent == tmp_path
    Index.of([(TUNE, "kept")]).save(kept)
    found = index_at_hand(elsewhere, composer.checkpoint.corpus)
    assert found
    assert found.names.tolist() == ["kept"]
    beside = index_at_hand(model, composer.checkpoint.corpus)
    assert beside
    assert beside.names.tolist() == ["Known (book)"]


def test_an_index_that_cannot_be_read_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("FOLKRNN_CACHE", str(tmp_path))
    checkpoint = Composer(model).checkpoint
    index_cache._kept(checkpoint.corpus).write_bytes(b"nothing of the kind")
    with caplog.at_level(logging.WARNING, "folkrnn"):
        assert index_at_hand(tmp_path / "other" / "model.safetensors", checkpoint.corpus) is None
    assert "not a readable index" in caplog.text


@pytest.fixture
def books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkpoint:
    """A checkpoint that learned from two books of five files: 20 tunes, two of them in both, and one that is faulty."""
    for book, seeds in (("first", range(10)), ("second", range(8, 20))):
        (tmp_path / book).mkdir()
        for seed in seeds:
            bars = "|".join("".join(random.Random(8 * seed + bar).choices("CDEFGABc", k=8)) for bar in range(4))
            with (tmp_path / book / f"{seed % 5}.abc").open("a") as file:
                file.write(f"X:{seed}\nT:Tune {seed}\nM:4/4\nL:1/8\nK:C\n{bars}|]\n\n")
    with (tmp_path / "first" / "3.abc").open("a") as file:
        file.write("X:99\nT:Faulty\nM:4/4\nL:1/8\nK:C\nCDE|CDEFGABc|c16|C|]\n")
    recipe = recipe_of([str(tmp_path / "first"), str(tmp_path / "second")])
    monkeypatch.setattr(index_cache, "list_recipes", lambda: [recipe])
    network = CharNetwork(NetworkSettings(hidden=16), len(VOCABULARY), torch.Generator())
    return Checkpoint(network, VOCABULARY, CorpusProvenance(recipe.settings(), "books"))


def test_processes_make_the_same_index_and_tell_the_same(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, books: Checkpoint, caplog: pytest.LogCaptureFixture
) -> None:
    kept, told = [], []
    for jobs in (1, 2):
        monkeypatch.setenv("FOLKRNN_CACHE", str(tmp_path / f"cache {jobs}"))
        caplog.clear()
        with caplog.at_level(logging.INFO, "folkrnn"):
            index = index_for(tmp_path / "model.safetensors", books.corpus, jobs=jobs)
        assert len(index) == 20
        kept.append(index_cache._kept(books.corpus).read_bytes())
        told.append(caplog.messages)
    assert kept[0] == kept[1]
    assert told[0] == told[1]
    assert told[0] == [
        "reading the corpus, this once",
        "first: 11 tunes read, 10 kept",
        "second: 12 tunes read, 10 kept",
    ]


def test_a_damaged_index_is_made_again_with_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, books: Checkpoint, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("FOLKRNN_CACHE", str(tmp_path / "cache"))
    index_for(tmp_path / "model.safetensors", books.corpus)
    kept = index_cache._kept(books.corpus)
    sound = kept.read_bytes()
    kept.write_bytes(sound[: len(sound) // 2] + bytes(len(sound) - len(sound) // 2))
    caplog.clear()
    with caplog.at_level(logging.WARNING, "folkrnn"):
        assert len(index_for(tmp_path / "model.safetensors", books.corpus)) == 20
    assert len(caplog.messages) == 1
    assert caplog.messages[0].startswith(f"{kept}: not a readable index")
    assert kept.read_bytes() == sound


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_index_that_was_stopped_is_not_kept(
    jobs: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, books: Checkpoint
) -> None:
    monkeypatch.setenv("FOLKRNN_CACHE", str(tmp_path / "cache"))
    asked = iter([False, False, True])
    with pytest.raises(Interrupted):
        index_for(tmp_path / "model.safetensors", books.corpus, lambda: next(asked), jobs)
    assert multiprocessing.active_children() == []
    assert not (tmp_path / "cache").exists()


# How tunes are written --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "note"),
    [
        (GenerationSettings(seed=7), ", temperature 1"),
        (GenerationSettings(seed=7, temperature=0.85, top_k=5, top_p=0.9), ", temperature 0.85, top-k 5, top-p 0.9"),
        (GenerationSettings(seed=7, best_of=4), ", temperature 1, best of 4"),
        (GenerationSettings(seed=7, sampler="greedy"), ", temperature 1, greedy"),
        (GenerationSettings(seed=7, sampler="beam", beam_width=3), ", temperature 1, beam of 3"),
    ],
)
def test_the_note_says_how_a_tune_was_made(settings: GenerationSettings, note: str) -> None:
    from folkrnn import __version__

    assert settings.note("mine", 2) == f"folkrnn {__version__}, model mine, seed 7, tune 2{note}"


def test_settings_say_what_is_sampled_how() -> None:
    greedy = GenerationSettings(temperature=0.7, top_k=3, sampler="greedy")
    assert (greedy.sampling.temperature, greedy.sampling.top_k, greedy.sampling.top_p) == (0.7, 3, 1.0)
    assert (greedy.music_sampling.temperature, greedy.beam) == (0.0, 0)
    beam = GenerationSettings(top_p=0.5, sampler="beam", beam_width=2)
    assert (beam.music_sampling.top_p, beam.beam) == (0.5, 2)
    seeded = GenerationSettings().seeded()
    assert seeded.seed is not None
    assert 0 <= seeded.seed < 10**6
    assert seeded.seeded() is seeded
    assert GenerationSettings(**seeded.options()) == seeded


def test_a_start_that_no_tune_can_have_is_refused_before_writing(composer: Composer) -> None:
    with pytest.raises(GenerationError, match="expected music before a bar line"):
        composer.generate(1, start="| d2")
