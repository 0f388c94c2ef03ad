"""The front door: what ``import folkrnn`` offers, and that it is light."""

import io
import logging
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import folkrnn
from folkrnn.errors import ExportError, GenerationError, InputError, ModelError
from folkrnn.notation import Tune, form, write_tunebook

TUNE = "X:1\nT:The Wheelwright\nR:jig\nM:6/8\nL:1/8\nK:A\n|:Ace ecA|Bdf fdB|Ace ecA|B2G A3:|\n"
SMALL = {"seed": 3, "max_copied": 1, "critic": False}


@pytest.fixture
def tune() -> Tune:
    return folkrnn.parse(TUNE)[0]


def test_the_front_door_has_these_names_and_no_others() -> None:
    assert folkrnn.__all__ == [
        "Composer", "FolkrnnError", "extend", "generate", "parse", "read", "rewrite", "train", "validate", "vary",
        "write",
    ]  # fmt: skip
    assert set(folkrnn.__all__) <= set(dir(folkrnn))
    assert all(callable(getattr(folkrnn, name)) for name in folkrnn.__all__)
    with pytest.raises(AttributeError, match="no attribute 'compose'"):
        folkrnn.compose  # noqa: B018


def loaded(code: str) -> set[str]:
    """Return the packages that are loaded once some code has run."""
    code += "\nimport sys; print(' '.join({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines()[-1].split())


HEAVY = {"torch", "music21", "numpy", "verovio", "click", "mido", "typst", "sklearn"}


def test_importing_it_loads_nothing_heavy() -> None:
    assert not loaded("import folkrnn") & HEAVY


def test_reading_and_printing_load_nothing_heavy() -> None:
    code = f"import folkrnn\ntune, = folkrnn.parse({TUNE!r})\nprint(tune, repr(tune))"
    assert not loaded(code) & HEAVY


def test_a_bad_argument_is_refused_before_torch_is_loaded() -> None:
    code = f"""import folkrnn
(tune,) = folkrnn.parse({TUNE!r})
for call in (
    lambda: folkrnn.generate(key="H"),
    lambda: folkrnn.generate(model="nowhere"),
    lambda: folkrnn.generate(temprature=1),
    lambda: folkrnn.extend(tune, 0),
    lambda: folkrnn.extend(tune, 4, model="nowhere"),
    lambda: folkrnn.rewrite(tune, 9),
    lambda: folkrnn.rewrite(tune, 1, seed=-1),
    lambda: folkrnn.vary(tune, closeness=11),
    lambda: folkrnn.vary(tune, model="nowhere"),
):
    try:
        call()
    except folkrnn.FolkrnnError:
        pass
    else:
        raise AssertionError
"""
    assert not loaded(code) & HEAVY - {"numpy"}  # which safetensors brings


def test_python_m_folkrnn_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "folkrnn", "-V"], capture_output=True, text=True, check=True)
    assert done.stdout == f"folkrnn, version {folkrnn.__version__}\n"


# Reading and writing ----------------------------------------------------------------------------------


def test_tunes_are_read_from_a_path_a_string_path_and_an_open_file(tmp_path: Path) -> None:
    path = tmp_path / "session.abc"
    path.write_text(TUNE)
    with path.open() as file:
        found = [folkrnn.read(path), folkrnn.read(str(path)), folkrnn.read(file)]
    assert [[tune.title for tune in tunes] for tunes in found] == [["The Wheelwright"]] * 3
    assert {tunes[0].source for tunes in found} == {str(path)}
    assert folkrnn.read(io.StringIO(TUNE))[0].source == ""


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none\.abc: there is no such file"):
        folkrnn.read(tmp_path / "none.abc")
    with pytest.raises(InputError, match=r"is a folder"):
        folkrnn.read(tmp_path)
    (tmp_path / "prose.abc").write_text("No tune at all.\n")
    with pytest.raises(InputError, match=r"prose\.abc: holds no tune"):
        folkrnn.read(tmp_path / "prose.abc")
    with pytest.raises(InputError, match="the text: holds no tune"):
        folkrnn.read(io.StringIO("No tune at all.\n"))
    assert folkrnn.parse("No tune at all.\n") == []


def test_a_tune_prints_itself(tune: Tune) -> None:
    assert repr(tune) == '<Tune "The Wheelwright", jig in A, 4 bars>'
    assert folkrnn.parse(str(tune))[0].bars[0].notes[0].pitches == tune.bars[0].notes[0].pitches
    assert str(tune).startswith("X:1\nT:The Wheelwright\n")


def test_in_a_notebook_a_tune_shows_its_score_and_a_player(tune: Tune) -> None:
    shown = tune._repr_html_()
    assert "<svg" in shown
    assert '<audio controls="controls" src="data:audio/wav;base64,' in shown
    assert "The Wheelwright" in shown


def test_validation_asks_two_readers(tune: Tune) -> None:
    assert folkrnn.validate(tune).playable
    assert folkrnn.validate(tune).agrees is True
    assert folkrnn.validate(tune, second=False).agrees is None
    assert not folkrnn.validate(folkrnn.parse(TUNE.replace("fdB", "fdBB"))[0]).playable


@pytest.mark.parametrize("ending", ["abc", "mid", "musicxml", "svg", "pdf", "wav", "png", "html"])
def test_tunes_are_written_by_the_names_ending(tune: Tune, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"set.{ending}"
    assert folkrnn.write(tune, path) == [path]
    first = path.read_bytes()
    with pytest.raises(ExportError, match="exists") as refused:
        folkrnn.write([tune], path)
    assert "--force" not in str(refused.value)
    assert folkrnn.write([tune], str(path), overwrite=True) == [path]
    assert path.read_bytes() == first


def test_an_ending_that_no_format_has_is_refused(tune: Tune, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"x\.m4a"):
        folkrnn.write(tune, tmp_path / "x.m4a")
    assert list(tmp_path.iterdir()) == []


# Composing --------------------------------------------------------------------------------------------


def test_tunes_are_those_of_the_command(run_command: Callable[..., str]) -> None:
    options = {"rhythm": "jig", "key": "D", "seed": 7, "max_copied": 1.0}
    tunes = folkrnn.generate(2, **options)  # type: ignore[arg-type]
    arguments = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", str(value))]
    assert write_tunebook(tunes) == run_command("generate", "-n", "2", *arguments, "-o", "-")
    assert [tune.number for tune in tunes] == ["1", "2"]


@pytest.fixture
def run_command() -> Callable[..., str]:
    def run(*arguments: str) -> str:
        done = subprocess.run([sys.executable, "-m", "folkrnn", *arguments], capture_output=True, text=True, check=True)
        return done.stdout

    return run


def test_a_tune_is_extended_and_rewritten(tune: Tune) -> None:
    longer = folkrnn.extend(tune, 4, seed=1)
    assert (form(tune), form(longer)) == ("4:", "4:4:")
    assert [bar.notes for bar in longer.bars[: len(tune.bars)]] == [bar.notes for bar in tune.bars]
    other = folkrnn.rewrite(tune, bars=(2, 3), seed=1, best_of=2)
    assert [bar.notes == old.notes for bar, old in zip(other.bars, tune.bars, strict=True)] == [
        True,
        False,
        False,
        True,
    ]


def test_a_tune_is_varied(tune: Tune, tmp_path: Path) -> None:
    import torch

    from folkrnn.model.checkpoint import Checkpoint, save_checkpoint
    from folkrnn.model.network import CharNetwork, NetworkSettings
    from folkrnn.model.vocabulary import Vocabulary
    from folkrnn.notation.context import CONTEXT_SIZES

    vocabulary = Vocabulary("".join(sorted(map(chr, [10, *range(32, 127)]))))
    settings = NetworkSettings(hidden=16, context=len(CONTEXT_SIZES))
    network = CharNetwork(settings, len(vocabulary), torch.Generator().manual_seed(4))
    save_checkpoint(tmp_path / "model.safetensors", Checkpoint(network, vocabulary))
    new = folkrnn.vary(tune, closeness=0, model=tmp_path / "model.safetensors", seed=1)
    assert [bar.notes == old.notes for bar, old in zip(new.bars, tune.bars, strict=True)] == [False, False, False, True]
    first, _, third, _ = [[note.pitches for note in bar.notes] for bar in new.bars]
    assert first == third
    assert new.title == tune.title


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"key": "H"}, "no key"),
        ({"rhythm": "xyzzy"}, "there is no rhythm"),
        ({"temperature": -1}, "temperature=-1"),
        ({"seed": -1}, "seed=-1"),
        ({"sampler": "wild"}, "sampler='wild' should be one of random, greedy, beam"),
        ({"best_of": 0}, "best_of=0"),
        ({"top_p": 0}, "top_p=0"),
        ({"max_copied": 2}, "max_copied=2"),
        ({"unconstrained": True, "similarity": 3}, "leave out unconstrained"),
        ({"title": " "}, "title is empty"),
        ({"temperature": "hot"}, "temperature='hot' should be a number"),
        ({"temperature": None}, "temperature=None should be a number"),
        ({"start": 3}, "start=3 should be music in ABC"),
        ({"seed": 1.5}, "seed=1.5 should be a whole number"),
        ({"temprature": 1}, "there is no option 'temprature'; expected temperature"),
    ],
)
def test_what_cannot_be_met_is_a_library_error(options: dict[str, object], message: str) -> None:
    with pytest.raises(folkrnn.errors.FolkrnnError, match=message):
        folkrnn.generate(1, **options)  # type: ignore[arg-type]


def test_what_is_no_count_is_a_library_error(tune: Tune) -> None:
    for count in (0, "jig", 1.5):
        with pytest.raises(folkrnn.FolkrnnError, match="should be a whole number from 1 up"):
            folkrnn.generate(count)  # type: ignore[arg-type]
        with pytest.raises(folkrnn.FolkrnnError, match=r"tune:1: The Wheelwright: bars=.* should be a whole"):
            folkrnn.extend(tune, count)  # type: ignore[arg-type]


def test_one_bar_is_rewritten_by_its_number(tune: Tune) -> None:
    again, pair = (folkrnn.rewrite(tune, bars, seed=1, best_of=1) for bars in (2, (2, 2)))
    assert again == pair
    for bars in ("2", (1, 2, 3), (1.0, 2.0), None):
        with pytest.raises(folkrnn.FolkrnnError, match="should be the number of a bar, or the first and the last"):
            folkrnn.rewrite(tune, bars)  # type: ignore[arg-type]


def test_a_key_and_a_meter_may_be_those_of_a_tune(tune: Tune) -> None:
    (new,) = folkrnn.generate(1, key=tune.key, meter=tune.meter, form="2|", **SMALL)  # type: ignore[arg-type]
    assert (new.key, new.meter) == (tune.key, tune.meter)


@pytest.mark.parametrize(
    "call",
    [
        lambda: folkrnn.validate(TUNE),  # type: ignore[arg-type]
        lambda: folkrnn.validate([]),  # type: ignore[arg-type]
        lambda: folkrnn.write(TUNE, "x.abc"),  # type: ignore[arg-type]
        lambda: folkrnn.write(["abc"], "x.abc"),  # type: ignore[list-item]
        lambda: folkrnn.extend(TUNE, 4),  # type: ignore[arg-type]
        lambda: folkrnn.rewrite(None, 4),  # type: ignore[arg-type]
        lambda: folkrnn.vary(TUNE),  # type: ignore[arg-type]
        lambda: folkrnn.parse(b"X:1"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_tune_or_text_is_a_library_error(call: Callable[[], object]) -> None:
    with pytest.raises(folkrnn.FolkrnnError, match="a value of the type"):
        call()


def test_bars_that_are_not_there_name_the_tune(tune: Tune) -> None:
    with pytest.raises(GenerationError, match="tune:1: The Wheelwright: bars 9-12 are not in the tune"):
        folkrnn.rewrite(tune, (9, 12))


def test_a_tune_that_is_not_as_wanted_is_left_out_with_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from folkrnn.composition.requests import Request

    monkeypatch.setattr(Request, "violation", lambda self, tune: "too dull")
    monkeypatch.setattr("folkrnn.generation.drafts.DraftPolicy.__post_init__", lambda self: None)
    with caplog.at_level(logging.WARNING, "folkrnn"):
        assert folkrnn.generate(1, meter="2/4", form="2|", title="A", **SMALL) == []  # type: ignore[arg-type]
    assert "tune 1, A, is not what was asked for: too dull" in caplog.text


def test_a_model_is_trained_and_used(tmp_path: Path) -> None:
    book = tmp_path / "book.abc"
    book.write_text("\n".join(TUNE.replace("Wheelwright", f"Wheelwright {number}") for number in range(3)))
    options = {"max_steps": 0, "batch": 2}
    model = folkrnn.train(book, tmp_path / "run", **options)  # type: ignore[arg-type]
    assert model == tmp_path / "run" / "model.safetensors"
    assert model.is_file()
    with pytest.raises(ModelError, match="holds a run already"):
        folkrnn.train(book, tmp_path / "run", **options)  # type: ignore[arg-type]
    assert folkrnn.train([book], str(tmp_path / "run"), overwrite=True, **options) == model  # type: ignore[arg-type]
