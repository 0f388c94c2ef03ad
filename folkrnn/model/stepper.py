"""A network that reads one character a row at a time, in exact arithmetic: the same row gives the same logits anywhere.

A floating-point product depends on the order of its sums, and so on the number of rows, the row, and the kernel. A
product of whole numbers does not. So weights and hidden values are rounded to whole numbers from -LEVELS to LEVELS
(Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", 2018).
Each row of a weight matrix has its own scale; hidden values lie between -1 and 1 anyway. Gates and cells stay in
float32, for they are computed value by value.
"""

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn import functional

from folkrnn.model.network import CharNetwork, NetworkState

LEVELS = 127
"""The largest of the whole numbers: an int8 holds it."""

LANES = 64
"""A row of a state is filled up to a multiple of this many values.

What is left over by vector instructions is computed by other code, which may round differently.
"""

_EXACT_FLOAT = 2**24
"""Up to here float32 holds every whole number."""


@lru_cache
def multiplies_int8() -> bool:
    """Return whether products of int8 are exact and fast here.

    A processor with neither VNNI nor AMX would use 16-bit sums, which overflow.
    """
    probes = ("_is_vnni_supported", "_is_avx512_vnni_supported", "_is_amx_tile_supported")
    return hasattr(torch, "_int_mm") and any(getattr(torch.cpu, probe, bool)() for probe in probes)


class _Product:
    """The product with a weight matrix (N, K) that is rounded to whole numbers, plus a bias (N,)."""

    def __init__(self, weight: Tensor, bias: Tensor, int8: bool) -> None:
        largest = torch.maximum(weight.amax(1, keepdim=True), -weight.amin(1, keepdim=True))
        scale = largest.clamp_min(torch.finfo().tiny) / LEVELS
        whole = (weight / scale).round_()
        self._int8 = int8
        self._dtype = torch.int8 if int8 else _exact_float(whole)
        self._weight = whole.to(self._dtype).t()
        self._scale = scale.squeeze(1) / LEVELS
        self._bias = bias

    def __call__(self, read: Tensor) -> Tensor:
        """Map whole numbers (B, K), int8, to float32 (B, N)."""
        sums = torch._int_mm(read, self._weight) if self._int8 else read.to(self._dtype) @ self._weight
        return sums.float().mul_(self._scale).add_(self._bias)


def _exact_float(whole: Tensor) -> torch.dtype:
    """Return a dtype that holds every sum in the product of whole numbers, at most LEVELS, with a weight (N, K)."""
    most = LEVELS * whole.double().abs().sum(1).max()
    return torch.float32 if most < _EXACT_FLOAT else torch.float64


class Stepper:
    """A network that reads one character a row at a time; its weights are rounded once.

    ``int8`` says whether products run on int8, or on floating-point numbers that hold every sum exactly. The logits
    are the same; by default the faster way is taken.
    """

    def __init__(self, network: CharNetwork, int8: bool | None = None) -> None:
        int8 = multiplies_int8() if int8 is None else int8
        self.network = network
        self._layers = layers = network.recurrent_layers()
        size = network.settings.hidden
        self._units = size + -size % LANES
        with torch.no_grad():
            self._sums = []
            for number, layer in enumerate(layers):
                weight, bias = (part.float().cpu() for part in layer.joined())
                weight = self._filled_up(weight, network.characters if number else network.width)
                self._sums.append(_Product(self._with_units(weight), self._with_units(bias), int8))
            output = self._filled_up(network.output.weight.float().cpu(), 0)
            self._output = _Product(output, network.output.bias.float().cpu(), int8)

    def _filled_up(self, weight: Tensor, read: int) -> Tensor:
        """Add columns of zeros, so that each hidden state after the ``read`` inputs fills its lanes."""
        size = self.network.settings.hidden
        if size == self._units:
            return weight
        hidden = torch.split(weight[:, read:], size, 1)
        return torch.cat([weight[:, :read], *(functional.pad(part, (0, self._units - size)) for part in hidden)], 1)

    def _with_units(self, part: Tensor) -> Tensor:
        """Add zeros to weights or biases (S·H, …) for the units that fill the lanes up."""
        size = self.network.settings.hidden
        if size == self._units:
            return part
        zeros = part.new_zeros(self._units - size, *part.shape[1:])
        return torch.cat([each for rows in torch.split(part, size) for each in (rows, zeros)])

    @property
    def reads(self) -> int:
        """R, how many numbers the network reads with each character."""
        return self.network.reads

    def zero_state(self, batch: int) -> NetworkState:
        """Return the state before anything is read: hidden, in int8, and cell; H is filled up to whole LANES."""
        shape = len(self._layers), batch, self._units
        return torch.zeros(shape, dtype=torch.int8), torch.zeros(shape)

    @torch.no_grad()
    def __call__(self, ids: Tensor, state: NetworkState) -> tuple[Tensor, NetworkState]:
        """Map inputs (B, R) to next-character logits (B, V), float32, and the next state."""
        hidden, cell = state
        next_hidden, next_cell = torch.empty_like(hidden), torch.empty_like(cell)
        read = self.network.one_hot_of(ids, torch.int8).mul_(LEVELS)
        for number, layer in enumerate(self._layers):
            seen = [read[:, : self.network.characters], next_hidden[number - 1]] if number else [read]
            sums = self._sums[number](torch.cat([*seen, hidden[number]], 1))
            value, next_cell[number] = layer.step(sums, cell[number])
            next_hidden[number] = value.mul(LEVELS).round_()
        return self._output(next_hidden.transpose(0, 1).flatten(1)), (next_hidden, next_cell)
