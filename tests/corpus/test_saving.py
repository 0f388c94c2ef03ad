import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from folkrnn.corpus import SPLITS, Corpus, CorpusTune, load_corpus, save_corpus
from folkrnn.errors import CorpusError
from folkrnn.notation import read_tunes


def a_tune(number: int, split: str) -> CorpusTune:
    text = f"X:1\nT:Été {number}\nM:4/4\nL:1/8\nI:form {number}|\nK:C\n{'A8|' * number}]\n"
    return CorpusTune(text, "here", f"a.abc:{number}", f"family{number}", split, number, number % 2 == 0)


@pytest.fixture
def corpus() -> Corpus:
    tunes = [a_tune(number, SPLITS[number % 2]) for number in range(1, 6)]
    return Corpus("mine", {"name": "mine"}, tuple(tunes), {"here": {"duplicate": 3}})


def refused(folder: Path) -> str:
    with pytest.raises(CorpusError) as error:
        load_corpus(folder)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_saved_corpus_loads_the_same(tmp_path: Path, corpus: Corpus) -> None:
    save_corpus(corpus, tmp_path / "deep" / "out")
    assert load_corpus(tmp_path / "deep" / "out") == corpus


def test_every_split_is_a_tunebook(tmp_path: Path, corpus: Corpus) -> None:
    save_corpus(corpus, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "corpus.json",
        "test.abc",
        "train.abc",
        "validation.abc",
    ]
    for split in SPLITS:
        tunes = read_tunes((tmp_path / f"{split}.abc").read_text(encoding="utf-8"))
        assert [tune.title for tune in tunes] == [read_tunes(text)[0].title for text in corpus.texts(split)]


def test_saving_twice_writes_the_same_bytes(tmp_path: Path, corpus: Corpus) -> None:
    for name in ("one", "other"):
        save_corpus(corpus, tmp_path / name)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "other" / path.name).read_bytes()


@pytest.mark.parametrize("name", ["corpus.json", "train.abc", "validation.abc", "test.abc"])
def test_nothing_is_overwritten_unless_it_should_be(tmp_path: Path, corpus: Corpus, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(CorpusError, match=f"{name}: exists already; --force overwrites it"):
        save_corpus(corpus, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    save_corpus(corpus, tmp_path, overwrite=True)
    assert load_corpus(tmp_path) == corpus


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path, corpus: Corpus) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(CorpusError, match="cannot be written"):
        save_corpus(corpus, tmp_path / "file")


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "is not there; expected a folder that 'folkrnn corpus build' wrote" in refused(tmp_path / "none")


@pytest.mark.parametrize("name", ["corpus.json", "train.abc"])
def test_a_corpus_without_one_of_its_files_is_refused(tmp_path: Path, corpus: Corpus, name: str) -> None:
    save_corpus(corpus, tmp_path)
    (tmp_path / name).unlink()
    assert f"{name}: is not there" in refused(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"3", b'"x"', b"null", b"{}", b'{"tunes": 3}', b"\xff\xfe\x00", b'{"tunes": []}']
)
def test_a_damaged_description_is_refused(tmp_path: Path, corpus: Corpus, content: bytes) -> None:
    save_corpus(corpus, tmp_path)
    (tmp_path / "corpus.json").write_bytes(content)
    assert str(tmp_path) in refused(tmp_path)


@pytest.mark.parametrize(
    "damage",
    [lambda about: about.pop("name"), lambda about: about.pop("digest"), lambda about: about.pop("recipe"),
     lambda about: about["tunes"][0].pop("split"), lambda about: about["tunes"][0].update(split="nowhere"),
     lambda about: about["tunes"][0].update(split="test"), lambda about: about["tunes"][0].update(colour="red"),
     lambda about: about["tunes"].append(dict(about["tunes"][0])), lambda about: about["tunes"].pop(),
     lambda about: about.update(tunes=["x"]), lambda about: about.update(digest="0")],
)  # fmt: skip
def test_a_description_that_does_not_fit_is_refused(
    tmp_path: Path, corpus: Corpus, damage: Callable[[dict[str, Any]], Any]
) -> None:
    save_corpus(corpus, tmp_path)
    about = json.loads((tmp_path / "corpus.json").read_text(encoding="utf-8"))
    damage(about)
    (tmp_path / "corpus.json").write_text(json.dumps(about), encoding="utf-8")
    assert str(tmp_path) in refused(tmp_path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("A8", "B8", 1),
        lambda text: "",
        lambda text: text + "\n" + text,
        lambda text: text[:-40],
    ],
)
def test_tunes_that_were_changed_are_refused(tmp_path: Path, corpus: Corpus, damage: Callable[[str], str]) -> None:
    save_corpus(corpus, tmp_path)
    path = tmp_path / "train.abc"
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    assert str(tmp_path) in refused(tmp_path)


def test_what_is_saved_of_a_tune_is_all_there_is(corpus: Corpus) -> None:
    assert set(asdict(corpus.tunes[0])) == {"text", "collection", "source", "family", "split", "notes", "playable"}
