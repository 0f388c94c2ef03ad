"""The recurrent cells: LSTM, GRU and Elman's, behind one interface.

A layer receives its input's share of the gates for all T at once (one large matrix product) and steps through time
only for the recurrent share; that part has its gradient written by hand. Everything is time-major, (T, B, ·). Matrix
products run in the dtype of what comes in, gates and states in float32.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional


class LstmRecurrence(torch.autograd.Function):
    """The part of an LSTM layer that goes step by step, with its gradient by hand.

    With gate inputs a_t = x_t + W h_{t-1}, split into i, f, o, u (H each):

        i, f, o = σ(a)          g = 2 σ(u) - 1
        c_t = f c_{t-1} + i g   q = 2 σ(2 c_t) - 1   h_t = o q

    g is tanh(u / 2) and q is tanh(c). Written this way, one sigmoid serves all four gates, which on a CPU costs half
    of a sigmoid and a tanh. Matrix products run in the dtype of x; gates and cells are always float32.
    """

    @staticmethod
    def forward(
        ctx: Any, inputs: Tensor, weight: Tensor, hidden: Tensor, cell: Tensor, keep: Sequence[Tensor | None]
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Map inputs (T, B, 4H), weight (4H, H), hidden and cell (B, H) to outputs (T, B, H), hidden, cell.

        keep[t], (B, 1), is zero for the rows whose state is reset at t; None means no row's is.
        """
        steps, batch, width = inputs.shape
        size = width // 4
        gates = cell.new_empty(steps, batch, width)
        squashed = cell.new_empty(steps, batch, size)
        cells = cell.new_empty(steps + 1, batch, size)
        outputs = inputs.new_empty(steps, batch, size)
        read = inputs.new_empty(steps, batch, size)
        cells[0] = cell
        before = hidden
        hq = cell.new_empty(batch, size)
        for t in range(steps):
            kept = keep[t]
            if kept is not None:
                cells[t].mul_(kept)
                before = before * kept  # a copy: outputs of earlier steps must not change
            read[t] = before
            a = gates[t].copy_(torch.addmm(inputs[t], read[t], weight.t())).sigmoid_()
            i, f, o, g = a.chunk(4, 1)
            g.mul_(2).sub_(1)
            torch.mul(f, cells[t], out=cells[t + 1]).addcmul_(i, g)
            q = torch.mul(cells[t + 1], 2, out=squashed[t]).sigmoid_().mul_(2).sub_(1)
            before = outputs[t].copy_(torch.mul(o, q, out=hq))
        ctx.save_for_backward(gates, squashed, cells, read, weight)
        ctx.keep = keep
        last_hidden, last_cell = outputs[-1].float(), cells[-1].clone()
        ctx.mark_non_differentiable(last_hidden, last_cell)
        return outputs, last_hidden, last_cell

    @staticmethod
    def backward(ctx: Any, grad: Tensor, *_: Tensor) -> tuple[Tensor, Tensor, None, None, None]:
        """Return the gradients of the inputs and the weight from grad (T, B, H); the first state gets none."""
        gates, squashed, cells, read, weight = ctx.saved_tensors
        steps, batch, width = gates.shape
        size = width // 4
        d_inputs = read.new_empty(steps, batch, width)
        d_gates = gates.new_empty(batch, 4, size)
        slope = gates.new_empty(batch, 4, size)
        d_cell = gates.new_zeros(batch, size)
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
        d_weight = d_inputs.flatten(0, 1).t() @ read.flatten(0, 1)
        return d_inputs, d_weight, None, None, None


class GruRecurrence(torch.autograd.Function):
    """The recurrence of a gated recurrent unit (Cho et al., 2014), with the reset gate after the product as in cuDNN.

    With products b_t = W h_{t-1}, inputs and products split into z, r, n (H each):

        z, r = σ(x + b)    n = tanh(x_n + r b_n)    h_t = (1 - z) n + z h_{t-1}
    """

    @staticmethod
    def forward(
        ctx: Any, inputs: Tensor, weight: Tensor, hidden: Tensor, cell: Tensor, keep: Sequence[Tensor | None]
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Map inputs (T, B, 3H), weight (3H, H), hidden (B, H) to outputs (T, B, H), hidden; the cell stays."""
        steps, batch, width = inputs.shape
        size = width // 3
        gates = cell.new_empty(steps, batch, width)
        products = cell.new_empty(steps, batch, size)
        befores = cell.new_empty(steps, batch, size)
        read = inputs.new_empty(steps, batch, size)
        outputs = cell.new_empty(steps, batch, size)
        before = hidden
        for t in range(steps):
            kept = keep[t]
            befores[t] = before if kept is None else before * kept
            read[t] = befores[t]
            b = (read[t] @ weight.t()).float()
            x = inputs[t].float()
            gates[t, :, : 2 * size] = torch.add(x[:, : 2 * size], b[:, : 2 * size]).sigmoid_()
            z, r, n = gates[t].chunk(3, 1)
            products[t] = b[:, 2 * size :]
            torch.addcmul(x[:, 2 * size :], r, products[t], out=n).tanh_()
            before = torch.lerp(n, befores[t], z, out=outputs[t])
        ctx.save_for_backward(gates, products, befores, read, weight)
        ctx.keep = keep
        last = outputs[-1].clone()
        ctx.mark_non_differentiable(last, cell)
        return outputs.to(inputs.dtype), last, cell

    @staticmethod
    def backward(ctx: Any, grad: Tensor, *_: Tensor) -> tuple[Tensor, Tensor, None, None, None]:
        """Return the gradients of the inputs and the weight from grad (T, B, H); the first state gets none."""
        gates, products, befores, read, weight = ctx.saved_tensors
        steps, batch, width = gates.shape
        size = width // 3
        d_inputs = read.new_empty(steps, batch, width)
        d_products = read.new_empty(steps, batch, width)
        d_hidden = gates.new_zeros(batch, size)
        for t in reversed(range(steps)):
            d_hidden = d_hidden + grad[t].float()
            z, r, n = gates[t].chunk(3, 1)
            d_candidate = d_hidden * (1 - z) * (1 - n * n)
            d_update = d_hidden * (befores[t] - n) * z * (1 - z)
            d_reset = d_candidate * products[t] * r * (1 - r)
            d_inputs[t] = torch.cat([d_update, d_reset, d_candidate], 1)
            d_products[t] = torch.cat([d_update, d_reset, d_candidate * r], 1)
            d_hidden = d_hidden * z + (d_products[t] @ weight).float()
            kept = ctx.keep[t]
            if kept is not None:
                d_hidden = d_hidden * kept
        d_weight = d_products.flatten(0, 1).t() @ read.flatten(0, 1)
        return d_inputs, d_weight, None, None, None


class ElmanRecurrence(torch.autograd.Function):
    """The recurrence of the simple network of Elman (1990): h_t = tanh(x_t + W h_{t-1})."""

    @staticmethod
    def forward(
        ctx: Any, inputs: Tensor, weight: Tensor, hidden: Tensor, cell: Tensor, keep: Sequence[Tensor | None]
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Map inputs (T, B, H), weight (H, H), hidden (B, H) to outputs (T, B, H), hidden; the cell stays."""
        steps, batch, size = inputs.shape
        outputs = inputs.new_empty(steps, batch, size)
        read = inputs.new_empty(steps, batch, size)
        before = hidden.to(inputs.dtype)
        for t in range(steps):
            kept = keep[t]
            read[t] = before if kept is None else before * kept.to(before.dtype)
            before = outputs[t].copy_(torch.addmm(inputs[t], read[t], weight.t()).float().tanh_())
        ctx.save_for_backward(outputs, read, weight)
        ctx.keep = keep
        last = outputs[-1].float()
        ctx.mark_non_differentiable(last, cell)
        return outputs, last, cell

    @staticmethod
    def backward(ctx: Any, grad: Tensor, *_: Tensor) -> tuple[Tensor, Tensor, None, None, None]:
        """Return the gradients of the inputs and the weight from grad (T, B, H); the first state gets none."""
        outputs, read, weight = ctx.saved_tensors
        d_inputs = torch.empty_like(outputs)
        d_hidden = outputs.new_zeros(outputs.shape[1:], dtype=torch.float32)
        for t in reversed(range(len(outputs))):
            h = outputs[t].float()
            d_inputs[t] = (d_hidden + grad[t].float()) * (1 - h * h)
            d_hidden = (d_inputs[t] @ weight).float()
            kept = ctx.keep[t]
            if kept is not None:
                d_hidden = d_hidden * kept
        d_weight = d_inputs.flatten(0, 1).t() @ read.flatten(0, 1)
        return d_inputs, d_weight, None, None, None


class Layer(nn.Module):
    """A recurrent layer; it reads the character and, except the lowest, the layer below."""

    gates: int
    recurrence: type[torch.autograd.Function]

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
        inputs = functional.linear(x, self.input.to(x.dtype), self.bias.to(x.dtype))
        weight = self.recurrent if mask is None else self.recurrent * mask
        outputs, hidden, cell = self.recurrence.apply(  # type: ignore[no-untyped-call]
            inputs, weight.to(x.dtype), *state, keep
        )
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
