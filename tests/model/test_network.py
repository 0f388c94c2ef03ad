from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from folkrnn.errors import ModelError
from folkrnn.model.network import CharNetwork, NetworkSettings

SETTINGS = NetworkSettings(hidden=16, dropout=0.0)


def network(settings: NetworkSettings = SETTINGS, characters: int = 7) -> CharNetwork:
    return CharNetwork(settings, characters, torch.Generator().manual_seed(1))


def some_ids(batch: int, steps: int, characters: int = 7) -> Tensor:
    return torch.randint(characters, (batch, steps, 1), generator=torch.Generator().manual_seed(2))


def set_weights(theirs: torch.nn.RNNBase, inputs: Tensor, recurrent: Tensor, bias: Tensor) -> None:
    """Give one layer of torch's own the weights of ours."""
    theirs.load_state_dict(
        {"weight_ih_l0": inputs, "weight_hh_l0": recurrent, "bias_ih_l0": bias, "bias_hh_l0": torch.zeros_like(bias)}
    )


def gradients_of(module: torch.nn.Module) -> list[Tensor]:
    """Return copies of the gradients of all parameters, which must all have one."""
    gradients = [parameter.grad for parameter in module.parameters()]
    return [gradient.clone() for gradient in gradients if gradient is not None]


def test_one_layer_is_the_textbook_lstm() -> None:
    net, ids = network(NetworkSettings(layers=1, hidden=16, dropout=0.0)), some_ids(3, 20)
    (layer,), size = net.recurrent_layers(), 16
    lstm = torch.nn.LSTM(net.characters, size, batch_first=True)
    order = torch.cat([torch.arange(size) + k * size for k in (0, 1, 3, 2)])  # i f g o there
    halves = torch.ones(4 * size, 1)
    halves[2 * size : 3 * size] = 0.5
    set_weights(lstm, layer.input[order] * halves, layer.recurrent[order] * halves, layer.bias[order] * halves[:, 0])
    outputs, _ = lstm(torch.nn.functional.one_hot(ids[:, :, 0], net.characters).float())
    torch.testing.assert_close(net(ids)[0], net.output(outputs), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("rate", [0.0, 0.4])
def test_the_gradient_written_by_hand_is_autograds(rate: float) -> None:
    net, ids = network(replace(SETTINGS, recurrent_dropout=rate)), some_ids(3, 20)
    masks = net.recurrent_masks(torch.Generator().manual_seed(1))
    gradients = []
    for logits in (net(ids, recurrent_masks=masks)[0], plain_logits(net, ids, masks)):
        net.zero_grad()
        logits.logsumexp(2).sin().sum().backward()
        gradients.append(gradients_of(net))
    for ours, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-3)
    for number, layer in enumerate(net.recurrent_layers()):
        assert layer.recurrent.grad is not None
        if masks is not None:
            assert torch.equal(layer.recurrent.grad == 0, masks[number] == 0)  # only what is kept learns


def plain_logits(net: CharNetwork, ids: Tensor, masks: Tensor | None) -> Tensor:
    """Step through the network with autograd's own operations."""
    size = net.settings.hidden
    read = torch.nn.functional.one_hot(ids[:, :, 0], net.characters).float()
    x, layers = read, []
    for number, layer in enumerate(net.recurrent_layers()):
        recurrent = layer.recurrent if masks is None else layer.recurrent * masks[number]
        h = c = torch.zeros(len(ids), size)
        outputs = []
        for t in range(ids.shape[1]):
            a = x[:, t] @ layer.input.t() + layer.bias + h @ recurrent.t()
            i, f, o, u = a.chunk(4, 1)
            c = f.sigmoid() * c + i.sigmoid() * (u / 2).tanh()
            h = o.sigmoid() * c.tanh()
            outputs.append(h)
        layers.append(torch.stack(outputs, 1))
        x = torch.cat([read, layers[-1]], 2)
    logits: Tensor = net.output(torch.cat(layers, 2))
    return logits


@pytest.mark.parametrize("cell", ["gru", "rnn"])
def test_the_other_cells_are_torchs_own(cell: str) -> None:
    net, ids, size = network(NetworkSettings(cell, 1, 16, 0.0)), some_ids(3, 20), 16
    (layer,) = net.recurrent_layers()
    theirs = (torch.nn.GRU if cell == "gru" else torch.nn.RNN)(net.characters, size, batch_first=True)
    # z r n here, r z n there
    order = torch.cat([torch.arange(size) + k * size for k in (1, 0, 2)]) if cell == "gru" else torch.arange(size)
    set_weights(theirs, layer.input[order], layer.recurrent[order], layer.bias[order])
    outputs, _ = theirs(torch.nn.functional.one_hot(ids[:, :, 0], net.characters).float())
    logits = net.output(outputs)
    torch.testing.assert_close(net(ids)[0], logits, atol=1e-5, rtol=1e-4)
    logits.logsumexp(2).sin().sum().backward()
    expected = gradients_of(theirs)[:3]  # of the weights and of one bias: there are two that say the same
    net.zero_grad()
    net(ids)[0].logsumexp(2).sin().sum().backward()
    for name, their in zip(("input", "recurrent", "bias"), expected, strict=True):
        ours = dict(layer.named_parameters())[name].grad
        assert ours is not None
        torch.testing.assert_close(ours[order], their, atol=1e-4, rtol=1e-3)


@pytest.fixture(params=["lstm", "gru", "rnn"])
def cell(request: pytest.FixtureRequest) -> NetworkSettings:
    """A small network of each cell."""
    return NetworkSettings(request.param, hidden=16, dropout=0.0)


def test_state_carried_over_windows_changes_nothing(cell: NetworkSettings) -> None:
    net, ids = network(cell), some_ids(3, 20)
    whole, _ = net(ids)
    first, state = net(ids[:, :8])
    second, _ = net(ids[:, 8:], state)
    torch.testing.assert_close(torch.cat([first, second], 1), whole)


def test_a_start_forgets_what_was_before(cell: NetworkSettings) -> None:
    net, ids = network(cell), some_ids(2, 12)
    starts = torch.zeros_like(ids[:, :, 0], dtype=torch.bool)
    starts[1, 5] = True
    mixed, _ = net(ids, starts=starts)
    torch.testing.assert_close(mixed[0], net(ids)[0][0])
    torch.testing.assert_close(mixed[1, 5:], net(ids[1:, 5:])[0][0])
    torch.testing.assert_close(mixed[1, :5], net(ids[1:, :5])[0][0])  # what was said before it stays said


def test_no_gradient_crosses_a_start(cell: NetworkSettings) -> None:
    net, ids = network(cell), some_ids(1, 12)
    starts = torch.zeros_like(ids[:, :, 0], dtype=torch.bool)
    starts[0, 5] = True
    gradients = []
    for logits in (net(ids, starts=starts)[0][:, 5:], net(ids[:, 5:])[0]):
        net.zero_grad()
        logits.logsumexp(2).sum().backward()
        gradients.append(gradients_of(net))
    for ours, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-4)


def test_a_window_reads_no_memory_of_another(cell: NetworkSettings) -> None:
    net, ids = network(cell), some_ids(6, 12)
    parameters = list(net.parameters())

    def gradients(*windows: Tensor) -> list[tuple[Tensor, ...]]:
        """Read all windows before any gradient is asked for."""
        losses = [net(window)[0].logsumexp(2).sin().sum() for window in windows]
        return [torch.autograd.grad(loss, parameters) for loss in losses]

    first, second = ids[:3], ids[3:]
    alone = [gradients(window)[0] for window in (first, second)]
    for _ in range(2):
        torch.testing.assert_close(gradients(first, second), alone)


def test_nothing_stays_on_the_processor_when_the_weights_do_not(cell: NetworkSettings) -> None:
    dropping = replace(cell, dropout=0.5, recurrent_dropout=0.5)
    net, ids = network(dropping).to("meta"), some_ids(2, 12)  # a device that computes nothing
    starts = torch.zeros_like(ids[:, :, 0], dtype=torch.bool)
    starts[1, 5] = True
    masks = net.masks(2, torch.Generator().manual_seed(1))
    recurrent = net.recurrent_masks(torch.Generator().manual_seed(1))
    options: dict[str, Any] = {"starts": starts, "masks": masks, "recurrent_masks": recurrent, "dtype": torch.bfloat16}
    logits, state = net(ids, **options)
    logits, state = net(ids, state, **options)
    gradients = torch.autograd.grad(logits.sum(), list(net.parameters()))
    assert {tensor.device.type for tensor in (logits, *state, *gradients)} == {"meta"}


def test_dropout_obeys_its_generator() -> None:
    net, ids = network(NetworkSettings(hidden=16, dropout=0.5)), some_ids(3, 10)
    masks = [net.masks(3, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)]
    assert masks[0] is not None
    assert set(masks[0].flatten().tolist()) == {0.0, 2.0}
    a, b, c = (net(ids, masks=mask)[0] for mask in masks)
    assert torch.equal(a, b)
    assert not torch.equal(a, c)
    assert not torch.equal(a, net(ids)[0])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cell", "transformer"),
        ("layers", 0),
        ("hidden", 1.5),
        ("dropout", 1.0),
        ("dropout", -0.1),
        ("recurrent_dropout", 1.0),
        ("recurrent_dropout", -0.1),
        ("context", -1),
    ],
)
def test_bad_settings_name_field_and_value(field: str, value: object) -> None:
    with pytest.raises(ModelError, match=f"{field}={value!r}"):
        NetworkSettings(**{field: value})  # type: ignore[arg-type]


def test_without_dropout_there_are_no_masks() -> None:
    assert network().masks(3, torch.Generator()) is None
    assert network().recurrent_masks(torch.Generator()) is None


def test_recurrent_weights_are_dropped_by_the_generator_one_mask_a_layer(cell: NetworkSettings) -> None:
    net, ids = network(replace(cell, recurrent_dropout=0.25)), some_ids(3, 10)
    masks = [net.recurrent_masks(torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)]
    assert masks[0] is not None
    assert masks[0].shape == (2, *net.recurrent_layers()[0].recurrent.shape)
    assert masks[0].mean().item() == pytest.approx(1, abs=0.1)  # what is kept makes up for what is dropped
    assert (masks[0] == 0).float().mean().item() == pytest.approx(0.25, abs=0.07)
    assert not torch.equal(masks[0][0], masks[0][1])
    a, b, c = (net(ids, recurrent_masks=mask)[0] for mask in masks)
    assert torch.equal(a, b)
    assert not torch.equal(a, c)
    alone = net(ids[1:2], recurrent_masks=masks[0])[0]  # a row has the mask that its neighbours have
    torch.testing.assert_close(alone, a[1:2])
