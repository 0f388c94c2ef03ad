"""The character network: one-hot characters in, a stack of recurrent layers, logits out.

Everything inside is time-major, (T, B, ·), so that one step of time is one contiguous block.
A layer receives its input's share of the gates for all T at once (one large matrix product)
and steps through time only for the recurrent share.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from folkrnn.errors import ModelError
from folkrnn.notation.place import SHAPE

State = tuple[Tensor, Tensor]
"""Hidden and cell state, (L, B, H) each, float32."""

CELLS = ("lstm",)


@dataclass(frozen=True)
class NetworkSettings:
    """The shape of a network.

    ``places`` is how many inputs tell what is known at each place of a tune, the sum of ``notation.place.SHAPE``,
    or 0 for none.
    """

    cell: str = "lstm"
    layers: int = 2
    hidden: int = 512
    dropout: float = 0.3
    places: int = 0

    def __post_init__(self) -> None:
        if self.cell not in CELLS:
            raise ModelError(f"network cell={self.cell!r} should be one of: {', '.join(CELLS)}")
        for name in ("layers", "hidden"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise ModelError(f"network {name}={value!r} should be a whole number of at least 1")
        if not isinstance(self.places, int) or self.places < 0:
            raise ModelError(f"network places={self.places!r} should be a whole number of at least 0")
        if not 0 <= self.dropout < 1:
            raise ModelError(f"network dropout={self.dropout!r} should be at least 0 and below 1")


@lru_cache
def fast_dtype() -> torch.dtype:
    """Choose bfloat16 where the processor multiplies it in hardware, else float32.

    Asked of the processor, not measured: a measurement could answer differently on a busy
    day, and the same seed would then write different tunes.
    """
    probes = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    native = any(getattr(torch.cpu, probe, bool)() for probe in probes)
    return torch.bfloat16 if native else torch.float32


class LstmRecurrence(torch.autograd.Function):
    """The part of an LSTM layer that must go step by step, with its gradient by hand.

    With gate inputs a_t = x_t + W h_{t-1}, split into i, f, o, u (H each):

        i, f, o = σ(a)          g = 2 σ(u) - 1
        c_t = f c_{t-1} + i g   q = 2 σ(2 c_t) - 1   h_t = o q

    g is tanh(u / 2) and q is tanh(c): written so, one sigmoid serves all four gates, which on
    a CPU costs half of a sigmoid and a tanh. Matrix products run in the dtype of x; gates
    and cells are float32 whatever that is.
    """

    @staticmethod
    def forward(
        ctx: Any, inputs: Tensor, weight: Tensor, hidden: Tensor, cell: Tensor, keep: Sequence[Tensor | None]
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Map inputs (T, B, 4H), weight (4H, H), hidden and cell (B, H) to outputs (T, B, H), hidden, cell.

        keep[t], (B, 1), is zero for the rows that start afresh at t; None means no row does.
        """
        steps, batch, width = inputs.shape
        size = width // 4
        gates = torch.empty(steps, batch, width)
        squashed = torch.empty(steps, batch, size)
        cells = torch.empty(steps + 1, batch, size)
        outputs = torch.empty(steps + 1, batch, size, dtype=inputs.dtype)
        cells[0], outputs[0] = cell, hidden
        hq = torch.empty(batch, size)
        for t in range(steps):
            kept = keep[t]
            if kept is not None:
                cells[t].mul_(kept)
                outputs[t].mul_(kept)
            a = gates[t].copy_(torch.addmm(inputs[t], outputs[t], weight.t())).sigmoid_()
            i, f, o, g = a.chunk(4, 1)
            g.mul_(2).sub_(1)
            torch.mul(f, cells[t], out=cells[t + 1]).addcmul_(i, g)
            q = torch.mul(cells[t + 1], 2, out=squashed[t]).sigmoid_().mul_(2).sub_(1)
            outputs[t + 1].copy_(torch.mul(o, q, out=hq))
        ctx.save_for_backward(gates, squashed, cells, outputs, weight)
        ctx.keep = keep
        last_hidden, last_cell = outputs[-1].float(), cells[-1].clone()
        ctx.mark_non_differentiable(last_hidden, last_cell)
        return outputs[1:], last_hidden, last_cell

    @staticmethod
    def backward(ctx: Any, grad: Tensor, *_: Tensor) -> tuple[Tensor, Tensor, None, None, None]:
        """Carry grad (T, B, H) back to the inputs and the weight; state carried in gets none."""
        gates, squashed, cells, outputs, weight = ctx.saved_tensors
        steps, batch, width = gates.shape
        size = width // 4
        d_inputs = torch.empty(steps, batch, width, dtype=outputs.dtype)
        d_gates = torch.empty(batch, 4, size)
        slope = torch.empty(batch, 4, size)
        d_cell = torch.zeros(batch, size)
        d_hidden = grad[-1].float()
        for t in reversed(range(steps)):
            a, q = gates[t].view(batch, 4, size), squashed[t]
            i, f, o, g = a.unbind(1)
            # dc += dh · o · (1 - q²)
            d_cell.addcmul_(d_hidden, torch.mul(q, q, out=slope[:, 0]).neg_().add_(1).mul_(o))
            # The slopes: σ' = s - s² for i, f, o, and for g, which is 2 s - 1, (1 - g²) / 2.
            torch.mul(a, a, out=slope).neg_()
            slope[:, :3].add_(a[:, :3])
            slope[:, 3].add_(1).mul_(0.5)
            torch.mul(d_cell, g, out=d_gates[:, 0])
            torch.mul(d_cell, cells[t], out=d_gates[:, 1])
            torch.mul(d_hidden, q, out=d_gates[:, 2])
            torch.mul(d_cell, i, out=d_gates[:, 3])
            d_inputs[t].copy_(d_gates.mul_(slope).view(batch, width))
            if t:
                d_cell.mul_(f)
                kept = ctx.keep[t]
                if kept is None:
                    d_hidden = torch.addmm(grad[t - 1], d_inputs[t], weight).float()
                else:
                    d_hidden = torch.mm(d_inputs[t], weight).float().mul_(kept).add_(grad[t - 1])
                    d_cell.mul_(kept)
        d_weight = d_inputs.flatten(0, 1).t() @ outputs[:-1].flatten(0, 1)
        return d_inputs, d_weight, None, None, None


class LstmLayer(nn.Module):
    """One LSTM layer; it reads the character and, but for the lowest, the layer below."""

    gates = 4

    def __init__(self, characters: int, below: int, hidden: int, rng: torch.Generator) -> None:
        super().__init__()
        self.characters = characters
        self.hidden = hidden
        self.recurrent = nn.Parameter(torch.empty(self.gates * hidden, hidden))
        self.input = nn.Parameter(torch.empty(self.gates * hidden, characters + below))
        self.bias = nn.Parameter(torch.empty(self.gates * hidden))
        scale = hidden**-0.5
        with torch.no_grad():
            self.recurrent.uniform_(-scale, scale, generator=rng)
            self.input.uniform_(-scale, scale, generator=rng)
            # A one-hot character reaches each gate through a single weight, so that weight must be
            # large for the character to be heard at all; a hidden vector arrives through hundreds.
            self.input[:, :characters].uniform_(-0.7, 0.7, generator=rng)
            # The candidate is tanh(u / 2): twice the weight makes it start like any LSTM's.
            self.recurrent[3 * hidden :] *= 2
            self.input[3 * hidden :] *= 2
            self.bias.zero_()
            # Forget gates start open.
            self.bias[hidden : 2 * hidden] = 1

    def forward(
        self, x: Tensor, state: tuple[Tensor, Tensor], keep: Sequence[Tensor | None]
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Map x (T, B, I) and state (B, H) twice to outputs (T, B, H) and the next state."""
        inputs = functional.linear(x, self.input.to(x.dtype), self.bias.to(x.dtype))
        outputs, hidden, cell = LstmRecurrence.apply(  # type: ignore[no-untyped-call]
            inputs, self.recurrent.to(x.dtype), *state, keep
        )
        return outputs, (hidden, cell)


class CharNetwork(nn.Module):
    """Predicts the next character from all before it.

    Every layer sees the character and the output sees every layer: these short cuts cost
    little, and without them the first thousand steps teach a deep stack next to nothing.
    """

    def __init__(self, settings: NetworkSettings, characters: int, rng: torch.Generator) -> None:
        super().__init__()
        self.settings = settings
        self.characters = characters
        below = [0] + [settings.hidden] * (settings.layers - 1)
        self.layers = nn.ModuleList(
            LstmLayer(characters + settings.places, size, settings.hidden, rng) for size in below
        )
        self.output = nn.Linear(settings.layers * settings.hidden, characters)
        scale = settings.hidden**-0.5
        with torch.no_grad():
            self.output.weight.uniform_(-scale, scale, generator=rng)
            self.output.bias.zero_()

    def recurrent_layers(self) -> list[LstmLayer]:
        """Give the layers from the input up."""
        return [layer for layer in self.layers if isinstance(layer, LstmLayer)]

    def zero_state(self, batch: int) -> State:
        """Give the state before anything is read."""
        shape = (self.settings.layers, batch, self.settings.hidden)
        return torch.zeros(shape), torch.zeros(shape)

    def forward(
        self,
        ids: Tensor,
        state: State | None = None,
        *,
        starts: Tensor | None = None,
        dtype: torch.dtype = torch.float32,
        masks: Tensor | None = None,
    ) -> tuple[Tensor, State]:
        """Map what is read (B, T) to next-character logits (B, T, V); state is (L, B, H) twice.

        What is read is the id of a character, plus V times the code of the place behind it (see ``batches.reading``).

        starts, (B, T) of bool, marks where a row forgets its state before it reads.
        Matrix products run in dtype; weights, state and logits are float32.
        Dropout happens only where its masks, (L, B, H), are given.
        """
        batch, steps = ids.shape
        hidden, cell = self.zero_state(batch) if state is None else state
        keep = [None] * steps if starts is None else _keep(starts)
        read = self.one_hot_of(ids.t()).to(dtype)
        outputs: list[Tensor] = []
        after = []
        for number, layer in enumerate(self.layers):
            x, next_state = layer(torch.cat([read, *outputs[-1:]], 2), (hidden[number], cell[number]), keep)
            outputs.append(x if masks is None else x * masks[number].to(dtype))
            after.append(next_state)
        logits = functional.linear(torch.cat(outputs, 2), self.output.weight.to(dtype), self.output.bias.to(dtype))
        return logits.float().transpose(0, 1), (
            torch.stack([h for h, _ in after]),
            torch.stack([c for _, c in after]),
        )

    def one_hot_of(self, read: Tensor) -> Tensor:
        """Map what is read (…) to ones at the character and at each part of the place's code (…, V + P)."""
        parts, rest = [], read
        for size in (self.characters, *(SHAPE if self.settings.places else ())):
            parts.append(functional.one_hot(rest % size, size))
            rest = rest // size
        return torch.cat(parts, -1)

    def masks(self, batch: int, rng: torch.Generator) -> Tensor | None:
        """Draw dropout factors (L, B, H) for one window: 0, or what makes up for the zeros.

        One mask for all T: it regularises a recurrent network better than a fresh mask a step,
        and drawing T times as many random numbers would cost a tenth of the training time.
        """
        rate = self.settings.dropout
        if not rate:
            return None
        drawn = torch.rand(self.settings.layers, batch, self.settings.hidden, generator=rng)
        return (drawn >= rate) / (1 - rate)


def _keep(starts: Tensor) -> list[Tensor | None]:
    """Turn starts (B, T) into one factor (B, 1) a step, None where no row starts."""
    any_start = starts.any(0).tolist()
    factors = (~starts).float().t().unsqueeze(2)
    return [factors[t] if any_start[t] else None for t in range(len(any_start))]


class Stepper:
    """A network that only reads on, one character a row at a time: its weights are cast once."""

    def __init__(self, network: CharNetwork, dtype: torch.dtype) -> None:
        self.network = network
        self.dtype = dtype
        layers = network.recurrent_layers()
        with torch.no_grad():
            self._input = [layer.input.to(dtype) for layer in layers]
            self._bias = [layer.bias.to(dtype) for layer in layers]
            self._recurrent = [layer.recurrent.to(dtype) for layer in layers]
            self._output = (network.output.weight.to(dtype), network.output.bias.to(dtype))

    def zero_state(self, batch: int) -> State:
        """Give the state before anything is read; the hidden part is in the stepper's dtype."""
        hidden, cell = self.network.zero_state(batch)
        return hidden.to(self.dtype), cell

    @torch.no_grad()
    def __call__(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        """Map what is read (B,) to next-character logits (B, V), float32, and the next state."""
        hidden, cell = state
        next_hidden, next_cell = torch.empty_like(hidden), torch.empty_like(cell)
        read = self.network.one_hot_of(ids).to(self.dtype)
        for layer, weight in enumerate(self._input):
            seen = torch.cat([read, next_hidden[layer - 1]], 1) if layer else read
            x = torch.addmm(self._bias[layer], seen, weight.t())
            gates = torch.addmm(x, hidden[layer], self._recurrent[layer].t()).float().sigmoid_()
            i, f, o, g = gates.chunk(4, 1)
            g.mul_(2).sub_(1)
            c = torch.mul(f, cell[layer], out=next_cell[layer]).addcmul_(i, g)
            next_hidden[layer] = o * (2 * c).sigmoid_().mul_(2).sub_(1)
        outputs = next_hidden.transpose(0, 1).flatten(1)
        return functional.linear(outputs, *self._output).float(), (next_hidden, next_cell)
