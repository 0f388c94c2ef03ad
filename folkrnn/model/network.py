"""The character network: one-hot characters in, a stack of recurrent layers, logits out.

Everything inside is time-major, (T, B, ·), so that one step of time is one contiguous block.
"""

from dataclasses import dataclass
from itertools import accumulate

import torch
from torch import Tensor, nn
from torch.nn import functional

from folkrnn.errors import ModelError
from folkrnn.model.cells import CELLS, Layer
from folkrnn.model.entries import read_object, read_settings
from folkrnn.notation.context import CONTEXT_SIZES, PLANNED_CONTEXT

NetworkState = tuple[Tensor, Tensor]
"""Hidden and cell state, (L, B, H) each, float32."""


MOST_LAYERS, MOST_HIDDEN = 64, 16_384
"""The most layers of a network, and the widest; more is a mistake, or an attempt to use up the memory."""


@dataclass(frozen=True)
class NetworkSettings:
    """The shape of a network.

    ``context`` is the number of context features (``folkrnn.notation``) that it reads with each character: the first
    of them, or none for 0.

    In training, ``dropout`` is the share of the outputs of each layer that are dropped, and ``recurrent_dropout`` the
    share of its recurrent weights.
    """

    cell: str = "lstm"
    layers: int = 2
    hidden: int = 512
    dropout: float = 0.4
    context: int = 0
    recurrent_dropout: float = 0.0

    def __post_init__(self) -> None:
        if self.cell not in CELLS:
            raise ModelError(f"network cell={self.cell!r} should be one of: {', '.join(CELLS)}")
        for name, most in (("layers", MOST_LAYERS), ("hidden", MOST_HIDDEN)):
            value = getattr(self, name)
            if not isinstance(value, int) or not 1 <= value <= most:
                raise ModelError(f"network {name}={value!r:.60} should be a whole number from 1 to {most:,}")
        if self.context not in range(len(CONTEXT_SIZES) + 1):
            raise ModelError(
                f"network context={self.context!r} should be a whole number from 0 to {len(CONTEXT_SIZES)}"
            )
        for name in ("dropout", "recurrent_dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise ModelError(f"network {name}={getattr(self, name)!r} should be at least 0 and below 1")

    @property
    def plans(self) -> bool:
        """Whether the network writes plans and reads what they say."""
        return self.context >= PLANNED_CONTEXT

    @classmethod
    def from_json(cls, data: object) -> "NetworkSettings":
        """Read the settings of a model file. Raise ModelError for an entry of a wrong type.

        Files of earlier versions call ``context`` ``told``, and have no recurrent dropout.
        """
        entries = {"recurrent_dropout": 0.0, **read_object(data, "network")}
        if "told" in entries:
            entries = {"context": entries["told"], **entries}
        return read_settings(cls, entries, "network")


def device_for(asked: str | None) -> str:
    """Return the device asked for; for None, CUDA if torch finds it, else the processor.

    Raise ModelError if CUDA is asked for and torch does not find it.
    """
    if asked == "cuda" and not torch.cuda.is_available():
        raise ModelError("device='cuda': torch finds no CUDA device here; expected cpu, or no device given")
    return asked or ("cuda" if torch.cuda.is_available() else "cpu")


class CharNetwork(nn.Module):
    """A network that predicts the next character from all earlier ones.

    Every layer reads the character, and the output reads every layer. These short cuts cost little; without them a
    deep stack learns next to nothing in the first thousand steps. Only the lowest layer reads the context features.
    """

    _firsts: Tensor

    def __init__(self, settings: NetworkSettings, characters: int, rng: torch.Generator | None) -> None:
        """Draw the first weights; without ``rng`` they are left to be loaded."""
        super().__init__()
        self.settings = settings
        self.characters = characters
        below = [0] + [settings.hidden] * (settings.layers - 1)
        sizes = (characters, *CONTEXT_SIZES[: settings.context])
        self.width = sum(sizes)
        firsts = torch.tensor([0, *accumulate(sizes[:-1])])  # the input for value 0 of each number read
        self.register_buffer("_firsts", firsts, persistent=False)
        self.layers = nn.ModuleList(
            CELLS[settings.cell](characters if size else self.width, size, settings.hidden, rng) for size in below
        )
        self.output = nn.Linear(settings.layers * settings.hidden, characters)
        if rng is None:
            return
        scale = settings.hidden**-0.5
        with torch.no_grad():
            self.output.weight.uniform_(-scale, scale, generator=rng)
            self.output.bias.zero_()

    @property
    def reads(self) -> int:
        """R, how many numbers the network reads with each character: its id and the context features."""
        return len(self._firsts)

    def recurrent_layers(self) -> list[Layer]:
        """Return the layers from the input up."""
        return [layer for layer in self.layers if isinstance(layer, Layer)]

    @property
    def device(self) -> torch.device:
        """The device of the weights; inputs may be on any device."""
        return self.output.weight.device

    def zero_state(self, batch: int) -> NetworkState:
        """Return the state before anything is read."""
        zeros = self.output.weight.new_zeros(self.settings.layers, batch, self.settings.hidden)
        return zeros, zeros.clone()

    def forward(
        self,
        ids: Tensor,
        state: NetworkState | None = None,
        *,
        starts: Tensor | None = None,
        dtype: torch.dtype = torch.float32,
        masks: Tensor | None = None,
        recurrent_masks: Tensor | None = None,
    ) -> tuple[Tensor, NetworkState]:
        """Map inputs (B, T, R) to next-character logits (B, T, V); state is (L, B, H) twice.

        The inputs are those of ``batches.network_inputs``: ids, then context features.

        ``starts``, (B, T) of bool, marks where the state of a row is reset before it reads.
        Matrix products run in ``dtype``; weights, state and logits are float32.
        Dropout happens only if its ``masks``, (L, B, H), are given, and that of recurrent weights only with
        ``recurrent_masks``, (L, S·H, H).
        """
        batch, steps, _ = ids.shape
        hidden, cell = self.zero_state(batch) if state is None else state
        keep = [None] * steps if starts is None else _keep(starts, hidden.device)
        read = self.one_hot_of(ids.transpose(0, 1).to(hidden.device), dtype)
        outputs: list[Tensor] = []
        after = []
        for number, layer in enumerate(self.layers):
            seen = torch.cat([read[:, :, : self.characters], outputs[-1]], 2) if number else read
            mask = None if recurrent_masks is None else recurrent_masks[number]
            x, next_state = layer(seen, (hidden[number], cell[number]), keep, mask)
            outputs.append(x if masks is None else x * masks[number].to(dtype))
            after.append(next_state)
        logits = functional.linear(torch.cat(outputs, 2), self.output.weight.to(dtype), self.output.bias.to(dtype))
        return logits.float().transpose(0, 1), (
            torch.stack([h for h, _ in after]),
            torch.stack([c for _, c in after]),
        )

    def one_hot_of(self, read: Tensor, dtype: torch.dtype) -> Tensor:
        """Map inputs (…, R) to (…, W): ones at the character and at each feature's value, else zeros."""
        ones = torch.zeros(*read.shape[:-1], self.width, dtype=dtype, device=read.device)
        return ones.scatter_(-1, read + self._firsts, 1)

    def masks(self, batch: int, rng: torch.Generator) -> Tensor | None:
        """Return dropout factors (L, B, H) for one window: 0, or what makes up for the zeros; None without dropout.

        All steps share one mask (Gal and Ghahramani, 2016). It regularises a recurrent network better than a new mask
        each step, whose random numbers would also cost a tenth of the training time.
        """
        return self._factors(self.settings.dropout, batch, rng)

    def recurrent_masks(self, rng: torch.Generator) -> Tensor | None:
        """Return factors of the recurrent weights (L, S·H, H) for one window, as ``masks`` does of the outputs.

        All rows and steps share one mask (DropConnect; Merity, Keskar and Socher, 2018), so it costs one product a
        window.
        """
        gates = CELLS[self.settings.cell].gates
        return self._factors(self.settings.recurrent_dropout, gates * self.settings.hidden, rng)

    def _factors(self, rate: float, rows: int, rng: torch.Generator) -> Tensor | None:
        """Return factors (L, rows, H), a share ``rate`` of them zeros; None without any."""
        if not rate:
            return None
        drawn = torch.rand(self.settings.layers, rows, self.settings.hidden, generator=rng)
        return ((drawn >= rate) / (1 - rate)).to(self.device)


def _keep(starts: Tensor, device: torch.device) -> list[Tensor | None]:
    """Return starts (B, T) as one factor (B, 1) a step, None if no row starts there."""
    any_start = starts.any(0).tolist()
    factors = (~starts).float().t().unsqueeze(2).to(device)
    return [factors[t] if any_start[t] else None for t in range(len(any_start))]
