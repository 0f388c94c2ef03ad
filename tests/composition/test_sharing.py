"""New tunes composed by several processes: the same ones, in order, and none lost when something goes wrong."""

import multiprocessing
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from folkrnn.analysis.originality import Index
from folkrnn.composition.composer import Composer, Composition, Progress
from folkrnn.composition.requests import RequestOptions
from folkrnn.composition.sharing import FEWEST_TUNES, MOST_PROCESSES, shares_of
from folkrnn.errors import GenerationError, ModelError
from folkrnn.model.checkpoint import Checkpoint, save_checkpoint
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.provenance import CorpusProvenance
from folkrnn.model.repertoire import HeaderCount, Repertoire
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation import read_tunes, write_tune
from folkrnn.notation.titles import END, TitleWords

VOCABULARY = Vocabulary("".join(sorted(map(chr, [10, *range(32, 127)]))))
TUNE = read_tunes("X:1\nT:Known\nM:2/4\nL:1/8\nK:D\nDEFG|A4|\n")[0]
LAST_WORDS = tuple(
    f"{first}{second}"
    for first in ("Bal", "Kil", "Glen", "Dun", "Ros", "Tul")
    for second in ("more", "beg", "ford", "lea", "ton")
)
TITLES = TitleWords(
    following={
        "": ("Old",),
        "old": LAST_WORDS,
        **{word.lower(): (END,) for word in LAST_WORDS},
        **{f"word{number}": (END,) for number in range(40)},
    }
)
WISHES: RequestOptions = {"meter": "2/4", "form": "2|", "seed": 3}
NAMED: RequestOptions = {**WISHES, "title": "Mine"}
COUNT = 2 * FEWEST_TUNES + 1


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an untrained model that knows 30 titles, with an index beside it."""
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    headers = (HeaderCount("polka", "Ireland", "2/4", "D", 1000),)
    corpus = CorpusProvenance(repertoire=Repertoire(headers, {"polka": 1.0}, (TITLES,)))
    network = CharNetwork(NetworkSettings(hidden=16), len(VOCABULARY), torch.Generator().manual_seed(4))
    save_checkpoint(path, Checkpoint(network, VOCABULARY, corpus))
    Index.of([(TUNE, "Known (book)")]).save(path.with_name("corpus.npz"))
    return path


def told(each: Composition) -> tuple[object, ...]:
    """Return all that is said of a tune."""
    bits = each.text.bits.tobytes()
    return write_tune(each.tune), each.report, each.originality, each.text, bits, each.violation, each.composed_as


def test_two_processes_compose_the_tunes_of_one(model: Path) -> None:
    alone = list(Composer(model).generate(COUNT, **WISHES))
    seen: list[Progress] = []
    shared = list(Composer(model, jobs=2).generate(COUNT, **WISHES, progress=seen.append))
    assert [told(each) for each in shared] == [told(each) for each in alone]
    titles = [each.tune.title for each in shared]
    assert len(set(titles)) > len({each.text.tune.title for each in shared})  # some were given another title here
    assert [each.tunes for each in seen] == sorted(each.tunes for each in seen)
    assert multiprocessing.active_children() == []


def test_a_stop_ends_the_processes_and_keeps_what_is_finished(model: Path) -> None:
    seen: list[Progress] = []
    made = Composer(model, jobs=2).generate(
        10_000,
        **NAMED,
        progress=seen.append,
        stop=lambda: bool(seen and seen[-1].tunes >= 3),
    )
    numbers = [each.number for each in made]
    assert 3 <= len(numbers) < 10_000
    assert numbers == sorted(set(numbers))
    assert multiprocessing.active_children() == []


def test_a_stop_before_the_processes_have_begun_leaves_nothing(model: Path) -> None:
    assert list(Composer(model, jobs=2).generate(COUNT, **NAMED, stop=lambda: True)) == []
    assert multiprocessing.active_children() == []


def test_who_wants_no_more_tunes_ends_the_processes(model: Path) -> None:
    made = Composer(model, jobs=2).generate(10_000, **NAMED)
    assert next(made).number == 1
    made.close()  # type: ignore[attr-defined]
    assert multiprocessing.active_children() == []


def test_an_error_in_a_process_is_raised_here(model: Path, tmp_path: Path) -> None:
    with safe_open(model, framework="pt") as file:
        weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        about = file.metadata()
    weights.popitem()
    broken = tmp_path / "broken.safetensors"
    save_file(weights, broken, about)
    unlimited: RequestOptions = {**NAMED, "max_copied": None}
    with pytest.raises(ModelError, match=r"broken\.safetensors: the weights output\.weight have the shape none"):
        list(Composer(broken, jobs=2).generate(COUNT, **unlimited))
    assert multiprocessing.active_children() == []


def test_a_process_that_is_killed_is_an_error_of_one_line(model: Path) -> None:
    def kill(progress: Progress) -> None:
        for child in multiprocessing.active_children():
            child.kill()

    with pytest.raises(GenerationError, match="a process that writes tunes ended with status -9") as error:
        list(Composer(model, jobs=2).generate(10_000, **NAMED, progress=kill))
    assert "\n" not in str(error.value)


def test_a_stop_that_is_sent_to_the_processes_too_keeps_what_is_finished(model: Path) -> None:
    ended = False

    def end(progress: Progress) -> None:
        nonlocal ended
        if progress.tunes >= 3 and not ended:
            ended = True
            for child in multiprocessing.active_children():
                child.terminate()

    made = Composer(model, jobs=2).generate(10_000, **NAMED, progress=end, stop=lambda: ended)
    numbers = [each.number for each in made]
    assert 3 <= len(numbers) < 10_000
    assert numbers == sorted(set(numbers))
    assert multiprocessing.active_children() == []


def test_a_composer_with_a_batch_of_its_own_starts_no_process(model: Path) -> None:
    made = Composer(model, jobs=2, batch=4).generate(2 * FEWEST_TUNES, **NAMED)
    next(made)
    assert multiprocessing.active_children() == []


def test_few_tunes_are_composed_by_one_process_and_many_by_not_too_many() -> None:
    assert [shares_of(count, 4) for count in (1, 2 * FEWEST_TUNES - 1, 2 * FEWEST_TUNES, 1000)] == [1, 1, 2, 4]
    assert shares_of(100_000, 1) == 1
    assert shares_of(100_000, 256) == MOST_PROCESSES
