"""Writing goes step by step in whole numbers: near to the network, and the same for any rows and on any processor."""

import numpy as np
import pytest
import torch
from torch import Tensor

from folkrnn.generation.generator import generate_texts
from folkrnn.generation.prompts import Prompt
from folkrnn.model.cells import CELLS
from folkrnn.model.checkpoint import load_checkpoint
from folkrnn.model.locations import bundled_model
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.scoring import bits_per_character
from folkrnn.model.stepper import Stepper, multiplies_int8

cells = pytest.mark.parametrize("cell", list(CELLS))


def network(cell: str, hidden: int = 40, layers: int = 2) -> CharNetwork:
    settings = NetworkSettings(cell=cell, layers=layers, hidden=hidden, dropout=0.0)
    return CharNetwork(settings, 9, torch.Generator().manual_seed(1))


def some_ids(batch: int, steps: int = 30) -> Tensor:
    return torch.randint(9, (batch, steps, 1), generator=torch.Generator().manual_seed(2))


def stepped(net: CharNetwork, ids: Tensor, int8: bool | None = None) -> Tensor:
    """Return the logits (B, T, V) of inputs (B, T, R)."""
    stepper = Stepper(net, int8)
    state = stepper.zero_state(len(ids))
    logits = []
    for t in range(ids.shape[1]):
        after, state = stepper(ids[:, t], state)
        logits.append(after)
    return torch.stack(logits, 1)


@cells
def test_stepping_agrees_with_reading_at_once(cell: str) -> None:
    net, ids = network(cell), some_ids(3)
    torch.testing.assert_close(stepped(net, ids), net(ids)[0], atol=0.03, rtol=0)


@cells
def test_a_row_is_the_same_alone_and_at_any_place(cell: str) -> None:
    net, ids = network(cell), some_ids(37)
    together = stepped(net, ids)
    assert torch.equal(stepped(net, ids.flip(0)).flip(0), together)
    for row in (0, 20, 36):
        assert torch.equal(stepped(net, ids[row : row + 1]), together[row : row + 1])
        assert torch.equal(stepped(net, ids[: row + 1]), together[: row + 1])


@cells
def test_both_ways_of_multiplying_give_the_same_bits(cell: str) -> None:
    net, ids = network(cell), some_ids(5)
    assert torch.equal(stepped(net, ids, int8=False), stepped(net, ids, int8=multiplies_int8()))


def test_sums_too_large_for_float32_are_exact_too() -> None:
    net, ids = network("rnn", hidden=1200, layers=1), some_ids(3)
    with torch.no_grad():
        # All weights are the largest whole number, so that sums pass 2 ** 24; the scale keeps the state from settling.
        net.recurrent_layers()[0].recurrent.fill_(1.0)
        net.recurrent_layers()[0].input.uniform_(-1, 1, generator=torch.Generator().manual_seed(3))
        net.output.weight.sign_()
    assert torch.equal(stepped(net, ids, int8=False), stepped(net, ids, int8=multiplies_int8()))


def test_rounding_costs_the_bundled_model_next_to_nothing() -> None:
    model = load_checkpoint(bundled_model())
    written = list(generate_texts(model.network, model.vocabulary, [Prompt({"R": "jig"})] * 16, seed=1))
    spent = np.concatenate([text.bits for text in written]).mean()
    expected = bits_per_character(model.network, model.vocabulary, [text.written for text in written])
    assert spent == pytest.approx(expected, abs=0.002)
