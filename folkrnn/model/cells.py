"""The recurrent cells: LSTM, GRU and Elman's, behind one interface.

A layer makes its input's share of the gates for all T at once (one large matrix product) and steps through time only
for the recurrent share; its gradient is written by hand. Everything is time-major, (T, B, ·). Matrix products run in
the dtype of what comes in, gates and states in float32.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn


class Buffers:
    """Memory that a training step needs until its gradient is known, kept for the next step.

    On a processor fresh memory costs a page fault every 4 KB, together a sixth of the time of a step.
    """

    def __init__(self) -> None:
        self._free: dict[tuple[object, ...], list[Tensor]] = defaultdict(list)

    def take(self, like: Tensor, *shape: int) -> Tensor:
        """Return memory of a shape, of the dtype and on the device of a tensor, with anything in it."""
        try:
            return self._free[shape, like.dtype, like.device].pop()
        except IndexError:
            return like.new_empty(shape)

    def give_back(self, *tensors: Tensor) -> None:
        """Take memory back that nobody reads any more."""
        for tensor in tensors:
            self._free[tuple(tensor.shape), tensor.dtype, tensor.device].append(tensor)


_buffers = Buffers()


class Steps(NamedTuple):
    """What a layer made of all steps: outputs (T, B, H), the last hidden and cell (B, H), and what the gradient needs.

    ``kept`` are buffers.
    """

    outputs: Tensor
    hidden: Tensor
    cell: Tensor
    kept: tuple[Tensor, ...]


class Recurrence:
    """The part of a layer that goes step by step, with its gradient by hand.

    Matrix products run in the dtype of the inputs; gates and cells are always float32.
    """

    @staticmethod
    def forward(inputs: Tensor, weight: Tensor, hidden: Tensor, cell: Tensor, keep: Sequence[Tensor | None]) -> Steps:
        """Map inputs (T, B, S·H), weight (S·H, H), hidden and cell (B, H) to what all steps make.

        keep[t], (B, 1), is zero for the rows whose state is reset at t; None means no row's is.
        """
        raise NotImplementedError

    @staticmethod
    def backward(
        kept: tuple[Tensor, ...], weight: Tensor, keep: Sequence[Tensor | None], grad: Tensor, d_inputs: Tensor
    ) -> Tensor:
        """Fill the gradient of the inputs and return that of the weight from grad (T, B, H); the first state gets none.

        ``kept`` is what the steps kept.
        """
        raise NotImplementedError


class RecurrentLayer(torch.autograd.Function):
    """A layer of any cell: one matrix product for the inputs of all steps, then the steps.

    Its gradient can be asked for once: then its memory serves another step.
    """

    @staticmethod
    def forward(
        ctx: Any,
        recurrence: type[Recurrence],
        x: Tensor,
        input_weight: Tensor,
        bias: Tensor,
        weight: Tensor,
        hidden: Tensor,
        cell: Tensor,
        keep: Sequence[Tensor | None],
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Map x (T, B, I), its weight (S·H, I) and bias (S·H,), and what the recurrence takes, to what it makes."""
        width = len(input_weight)
        inputs = _buffers.take(x, *x.shape[:2], width)
        torch.addmm(bias, x.flatten(0, 1), input_weight.t(), out=inputs.view(-1, width))
        made = recurrence.forward(inputs, weight, hidden, cell, keep)
        _buffers.give_back(inputs)
        ctx.save_for_backward(x, input_weight, weight, *made.kept)
        ctx.recurrence, ctx.keep = recurrence, keep
        ctx.mark_non_differentiable(made.hidden, made.cell)
        return made.outputs, made.hidden, made.cell

    @staticmethod
    def backward(ctx: Any, grad: Tensor, *_: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients of x and of all weights from grad (T, B, H); the first state gets none."""
        x, input_weight, weight, *kept = ctx.saved_tensors
        d_inputs = _buffers.take(x, *x.shape[:2], len(input_weight))
        d_weight = ctx.recurrence.backward(kept, weight, ctx.keep, grad, d_inputs)
        d_sums = d_inputs.flatten(0, 1)
        d_x = (d_sums @ input_weight).view(x.shape) if ctx.needs_input_grad[1] else None
        gradients = None, d_x, d_sums.t() @ x.flatten(0, 1), d_sums.sum(0), d_weight, None, None, None
        _buffers.give_back(d_inputs, *kept)
        return gradients


sigmoid_gradient, tanh_gradient = (
    getattr(torch.ops.aten, f"{name}_backward").grad_input for name in ("sigmoid", "tanh")
)
"""Each maps the gradient of a value, and the value, to the gradient of what it was made from."""


class LstmRecurrence(Recurrence):
    """The recurrence of long short-term memory.

    With gate inputs a_t = x_t + W h_{t-1}, split into i, f, o, u (H each):

        i, f, o, s = σ(a)       g = 2 s - 1
        c_t = f c_{t-1} + i g   q = 2 σ(2 c_t) - 1   h_t = o q

    g is tanh(u / 2) and q is tanh(c). Written this way, one sigmoid serves all four gates, which on a CPU costs half
    of a sigmoid and a tanh.
    """

    @staticmethod
    def forward(inputs: Tensor, weight: Tensor, hidden: Tensor, cell: Tensor, keep: Sequence[Tensor | None]) -> Steps:
        """Make the steps; S is 4."""
        steps, batch, width = inputs.shape
        size = width // 4
        gates = _buffers.take(cell, steps, batch, width)
        squashed = _buffers.take(cell, steps, batch, size)
        cells = _buffers.take(cell, steps + 1, batch, size)
        read = _buffers.take(inputs, steps, batch, size)
        outputs = inputs.new_empty(steps, batch, size)
        cells[0] = cell
        before = hidden
        scratch = cell.new_empty(batch, size)
        for t in range(steps):
            rows = keep[t]
            if rows is not None:
                cells[t].mul_(rows)
                before = before * rows  # a copy: outputs of earlier steps must not change
            read[t] = before
            a = gates[t].copy_(torch.addmm(inputs[t], read[t], weight.t())).sigmoid_()
            i, f, o, s = a.chunk(4, 1)
            g = torch.mul(s, 2, out=scratch).sub_(1)
            torch.mul(f, cells[t], out=cells[t + 1]).addcmul_(i, g)
            q = torch.mul(cells[t + 1], 2, out=squashed[t]).sigmoid_().mul_(2).sub_(1)
            before = outputs[t].copy_(torch.mul(o, q, out=scratch))
        return Steps(outputs, outputs[-1].float(), cells[-1].clone(), (gates, squashed, cells, read))

    @staticmethod
    def backward(
        kept: tuple[Tensor, ...], weight: Tensor, keep: Sequence[Tensor | None], grad: Tensor, d_inputs: Tensor
    ) -> Tensor:
        """Fill the gradient of the inputs and return that of the weight."""
        gates, squashed, cells, read = kept
        steps, batch, width = gates.shape
        size = width // 4
        d_sums = gates.new_empty(batch, width)
        d_i, d_f, d_o, d_s = d_sums.chunk(4, 1)
        d_cell = gates.new_zeros(batch, size)
        d_hidden = grad[-1].float()
        scratch = gates.new_empty(batch, size)
        for t in reversed(range(steps)):
            i, f, o, s = gates[t].chunk(4, 1)
            q = squashed[t]
            torch.mul(d_hidden, q, out=d_o)
            d_cell.add_(tanh_gradient(torch.mul(d_hidden, o, out=scratch), q, grad_input=scratch))
            torch.mul(d_cell, torch.mul(s, 2, out=scratch).sub_(1), out=d_i)
            torch.mul(d_cell, cells[t], out=d_f)
            torch.mul(d_cell, i, out=d_s).mul_(2)
            d_inputs[t] = sigmoid_gradient(d_sums, gates[t], grad_input=d_sums)
            if t:
                d_cell.mul_(f)
                rows = keep[t]
                if rows is None:
                    d_hidden = torch.addmm(grad[t - 1], d_inputs[t], weight).float()
                else:
                    d_hidden = torch.mm(d_inputs[t], weight).float().mul_(rows).add_(grad[t - 1])
                    d_cell.mul_(rows)
        return d_inputs.flatten(0, 1).t() @ read.flatten(0, 1)


class GruRecurrence(Recurrence):
    """The recurrence of a gated recurrent unit (Cho et al., 2014), with the reset gate after the product as in cuDNN.

    With products b_t = W h_{t-1}, inputs and products split into z, r, n (H each):

        z, r = σ(x + b)    n = tanh(x_n + r b_n)    h_t = (1 - z) n + z h_{t-1}
    """

    @staticmethod
    def forward(inputs: Tensor, weight: Tensor, hidden: Tensor, cell: Tensor, keep: Sequence[Tensor | None]) -> Steps:
        """Make the steps; S is 3. The cell stays."""
        steps, batch, width = inputs.shape
        size = width // 3
        gates = _buffers.take(cell, steps, batch, width)
        products = _buffers.take(cell, steps, batch, size)
        befores = _buffers.take(cell, steps, batch, size)
        read = _buffers.take(inputs, steps, batch, size)
        outputs = cell.new_empty(steps, batch, size)
        before = hidden
        for t in range(steps):
            rows = keep[t]
            befores[t] = before if rows is None else before * rows
            read[t] = befores[t]
            b = (read[t] @ weight.t()).float()
            x = inputs[t].float()
            gates[t, :, : 2 * size] = torch.add(x[:, : 2 * size], b[:, : 2 * size]).sigmoid_()
            z, r, n = gates[t].chunk(3, 1)
            products[t] = b[:, 2 * size :]
            torch.addcmul(x[:, 2 * size :], r, products[t], out=n).tanh_()
            before = torch.lerp(n, befores[t], z, out=outputs[t])
        return Steps(outputs.to(inputs.dtype), outputs[-1].clone(), cell.clone(), (gates, products, befores, read))

    @staticmethod
    def backward(
        kept: tuple[Tensor, ...], weight: Tensor, keep: Sequence[Tensor | None], grad: Tensor, d_inputs: Tensor
    ) -> Tensor:
        """Fill the gradient of the inputs and return that of the weight."""
        gates, products, befores, read = kept
        steps, batch, width = gates.shape
        d_products = torch.empty_like(d_inputs)
        d_hidden = gates.new_zeros(batch, width // 3)
        for t in reversed(range(steps)):
            d_hidden = d_hidden + grad[t].float()
            z, r, n = gates[t].chunk(3, 1)
            d_candidate = d_hidden * (1 - z) * (1 - n * n)
            d_update = d_hidden * (befores[t] - n) * z * (1 - z)
            d_reset = d_candidate * products[t] * r * (1 - r)
            d_inputs[t] = torch.cat([d_update, d_reset, d_candidate], 1)
            d_products[t] = torch.cat([d_update, d_reset, d_candidate * r], 1)
            d_hidden = d_hidden * z + (d_products[t] @ weight).float()
            rows = keep[t]
            if rows is not None:
                d_hidden = d_hidden * rows
        return d_products.flatten(0, 1).t() @ read.flatten(0, 1)


class ElmanRecurrence(Recurrence):
    """The recurrence of the simple network of Elman (1990): h_t = tanh(x_t + W h_{t-1})."""

    @staticmethod
    def forward(inputs: Tensor, weight: Tensor, hidden: Tensor, cell: Tensor, keep: Sequence[Tensor | None]) -> Steps:
        """Make the steps; S is 1. The cell stays."""
        outputs = torch.empty_like(inputs)
        made = _buffers.take(inputs, *inputs.shape)
        read = _buffers.take(inputs, *inputs.shape)
        before = hidden.to(inputs.dtype)
        for t, rows in enumerate(keep):
            read[t] = before if rows is None else before * rows.to(before.dtype)
            before = outputs[t].copy_(torch.addmm(inputs[t], read[t], weight.t()).float().tanh_())
        made.copy_(outputs)
        return Steps(outputs, outputs[-1].float(), cell.clone(), (made, read))

    @staticmethod
    def backward(
        kept: tuple[Tensor, ...], weight: Tensor, keep: Sequence[Tensor | None], grad: Tensor, d_inputs: Tensor
    ) -> Tensor:
        """Fill the gradient of the inputs and return that of the weight."""
        outputs, read = kept
        d_hidden = outputs.new_zeros(outputs.shape[1:], dtype=torch.float32)
        for t in reversed(range(len(outputs))):
            h = outputs[t].float()
            d_inputs[t] = (d_hidden + grad[t].float()) * (1 - h * h)
            d_hidden = (d_inputs[t] @ weight).float()
            rows = keep[t]
            if rows is not None:
                d_hidden = d_hidden * rows
        return d_inputs.flatten(0, 1).t() @ read.flatten(0, 1)


class Layer(nn.Module):
    """A recurrent layer; it reads the character and, except the lowest, the layer below."""

    gates: int
    recurrence: type[Recurrence]

    def __init__(self, read: int, below: int, hidden: int, rng: torch.Generator | None) -> None:
        """Take ``read`` inputs that are ones and zeros, and ``below`` inputs from the layer below.

        Without ``rng`` the weights are left to be loaded.
        """
        super().__init__()
        self.recurrent = nn.Parameter(torch.empty(self.gates * hidden, hidden))
        self.input = nn.Parameter(torch.empty(self.gates * hidden, read + below))
        self.bias = nn.Parameter(torch.empty(self.gates * hidden))
        if rng is None:
            return
        scale = hidden**-0.5
        with torch.no_grad():
            self.recurrent.uniform_(-scale, scale, generator=rng)
            self.input.uniform_(-scale, scale, generator=rng)
            # A one-hot character reaches each gate through a single weight, a hidden vector through hundreds. The
            # character's weight must therefore be large.
            self.input[:, :read].uniform_(-0.7, 0.7, generator=rng)
            self.bias.zero_()
            self.prepare(hidden, rng)

    def prepare(self, hidden: int, rng: torch.Generator) -> None:
        """Change the first weights as the cell needs."""

    def forward(
        self,
        x: Tensor,
        state: tuple[Tensor, Tensor],
        keep: Sequence[Tensor | None],
        mask: Tensor | None = None,
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Map x (T, B, I) and state (B, H) twice to outputs (T, B, H) and the next state.

        ``mask``, (S·H, H), holds factors of the recurrent weights.
        """
        weight = self.recurrent if mask is None else self.recurrent * mask
        weights = (part.to(x.dtype) for part in (self.input, self.bias, weight))
        outputs, hidden, cell = RecurrentLayer.apply(self.recurrence, x, *weights, *state, keep)  # type: ignore[no-untyped-call]
        return outputs, (hidden, cell)

    def joined(self) -> tuple[Tensor, Tensor]:
        """Return weights (S·H, I + H) and biases (S·H,): how one product makes the sums of ``step`` from [x, h]."""
        return torch.cat([self.input, self.recurrent], 1), self.bias

    @staticmethod
    def step(sums: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
        """Map sums (B, S·H) and cell (B, H), float32, to the next hidden, within (-1, 1), and cell; for writing."""
        raise NotImplementedError


class LstmLayer(Layer):
    """Long short-term memory (Hochreiter and Schmidhuber, 1997)."""

    gates = 4
    recurrence = LstmRecurrence

    def prepare(self, hidden: int, rng: torch.Generator) -> None:
        """Open the forget gates, and scale the candidate, tanh(u / 2), to that of a usual LSTM."""
        self.recurrent[3 * hidden :] *= 2
        self.input[3 * hidden :] *= 2
        self.bias[hidden : 2 * hidden] = 1

    @staticmethod
    def step(sums: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
        """Make one step of LstmRecurrence."""
        i, f, o, g = sums.sigmoid().chunk(4, 1)
        c = (f * cell).addcmul_(i, g.mul_(2).sub_(1))
        return o * (2 * c).sigmoid_().mul_(2).sub_(1), c


class GruLayer(Layer):
    """Gated recurrent unit."""

    gates = 3
    recurrence = GruRecurrence

    def joined(self) -> tuple[Tensor, Tensor]:
        """Return what makes z, r, x_n and b_n: the reset gate comes between the last two."""
        weight, bias = super().joined()
        size, read = self.recurrent.shape[1], self.input.shape[1]
        weight = torch.cat([weight, weight[2 * size :]])
        weight[2 * size : 3 * size, read:] = 0
        weight[3 * size :, :read] = 0
        return weight, torch.cat([bias, bias.new_zeros(size)])

    @staticmethod
    def step(sums: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
        """Make one step of GruRecurrence; the cell is the hidden state before it is rounded."""
        z, r, x, b = sums.chunk(4, 1)
        hidden = torch.lerp(torch.addcmul(x, r.sigmoid(), b).tanh_(), cell, z.sigmoid())
        return hidden, hidden


class ElmanLayer(Layer):
    """Elman's simple recurrent network."""

    gates = 1
    recurrence = ElmanRecurrence

    def prepare(self, hidden: int, rng: torch.Generator) -> None:
        """Make the recurrent weights a rotation: it neither shrinks nor grows the state."""
        nn.init.orthogonal_(self.recurrent, generator=rng)

    @staticmethod
    def step(sums: Tensor, cell: Tensor) -> tuple[Tensor, Tensor]:
        """Make one step of ElmanRecurrence."""
        return sums.tanh(), cell


CELLS: dict[str, type[Layer]] = {"lstm": LstmLayer, "gru": GruLayer, "rnn": ElmanLayer}
"""The cells by name; all have a hidden and a cell state, but only an LSTM uses the second."""
