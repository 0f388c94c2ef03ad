"""Bits per note: what is counted, and among what it is shared out."""

import pytest
import torch

from folkrnn.corpus import CorpusTune
from folkrnn.evaluation import Bits, measure_bits, summarise
from folkrnn.model.checkpoint import Checkpoint
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.scoring import bits
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation import canonical, read_tunes
from folkrnn.notation.headers import training_text


def corpus_tune(body: str, collection: str) -> CorpusTune:
    (tune,) = read_tunes(f"X:1\nT:A Tune\nM:2/4\nL:1/8\nK:D\n{body}\n")
    return CorpusTune(canonical(tune), collection, "a.abc:1", "f", "test", sum(1 for _ in tune.notes()), True)


TUNES = [corpus_tune("DEFG|A2z2|", "oneills1850"), corpus_tune("A4|G4|F4|", "oneills1850"), corpus_tune("d4|", "mine")]


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    vocabulary = Vocabulary.from_texts([tune.text for tune in TUNES])
    network = CharNetwork(NetworkSettings(layers=1, hidden=8), len(vocabulary), torch.Generator().manual_seed(1))
    return Checkpoint(network, vocabulary)


def test_the_body_is_the_last_line_with_its_line_end(checkpoint: Checkpoint) -> None:
    totals = measure_bits(checkpoint, TUNES[:1])["oneills1850"]
    (spent,) = bits(checkpoint.network, checkpoint.vocabulary, [training_text(TUNES[0].text)])
    body = len("DEFG|A2z2|]\n")
    assert TUNES[0].text.endswith("DEFG|A2z2|]\n")
    assert totals.body == pytest.approx(float(spent[-body:].sum()))
    assert totals.text == pytest.approx(float(spent.sum()))
    assert totals.notes == 6
    assert totals.per_note == pytest.approx(totals.body / 6)


def test_the_form_line_is_counted_apart(checkpoint: Checkpoint) -> None:
    totals = measure_bits(checkpoint, TUNES)["mine"]
    assert 0 < totals.form < totals.text - totals.body
    assert totals.per_note_with_form == pytest.approx(totals.per_note + totals.form / totals.notes)


def test_an_untrained_model_spends_about_what_guessing_does(checkpoint: Checkpoint) -> None:
    guess = torch.tensor(float(len(checkpoint.vocabulary))).log2().item()
    assert summarise(measure_bits(checkpoint, TUNES))["all"]["bits_per_character"] == pytest.approx(guess, rel=0.15)


def test_a_summary_names_the_collections_and_the_fiddle_ones_together(checkpoint: Checkpoint) -> None:
    summary = summarise(measure_bits(checkpoint, TUNES))
    assert set(summary) == {"all", "fiddle", "oneills1850", "mine"}
    assert summary["fiddle"] == summary["oneills1850"]
    assert summary["all"]["tunes"] == 3


def test_nothing_measured_is_nothing() -> None:
    assert Bits().per_note == Bits().per_character == 0


def test_totals_are_added_and_shared_out() -> None:
    total = Bits(100.0, 60.0, 12.0, 50, 30, 1) + Bits(20.0, 10.0, 3.0, 10, 5, 2)
    assert total == Bits(120.0, 70.0, 15.0, 60, 35, 3)
    assert (total.per_note, total.per_note_with_form, total.per_character) == (2.0, 85 / 35, 2.0)


def test_a_summary_is_of_sums_not_of_means() -> None:
    one, other = Bits(100.0, 60.0, 12.0, 50, 30, 1), Bits(20.0, 20.0, 3.0, 10, 5, 2)
    summary = summarise({"ryansMammoth": one, "airdsAirs": other, "essenFolksong": Bits(0, 0, 0, 40, 5, 1)})
    assert summary["all"] == {
        "bits_per_note": 2.0, "bits_per_note_with_form": 2.375, "bits_per_character": 1.2, "tunes": 4
    }  # fmt: skip
    assert summary["fiddle"]["bits_per_note"] == round(80 / 35, 4)
    assert "fiddle" not in summarise({"essenFolksong": one})
