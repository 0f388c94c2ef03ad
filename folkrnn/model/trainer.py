"""The trainer: one step of truncated back-propagation on a window of text."""

import copy
import functools
import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from folkrnn.errors import ModelError
from folkrnn.model.batches import Window
from folkrnn.model.distributed import ProcessGroup
from folkrnn.model.network import CharNetwork, NetworkState
from folkrnn.model.schedule import TrainingSettings
from folkrnn.model.threads import thread_count, thread_map

_MIN_ROWS = 16
"""A thread with fewer rows than this would spend more time on reading the weights than on multiplying."""


class Trainer:
    """A network and its optimizer; each step trains both on one window.

    ``averaged`` is the same network with the moving average of its weights, or the network itself without an average.

    The processes share the rows of a window, and the threads of each process share its rows; then their gradients are
    summed.
    """

    def __init__(
        self,
        network: CharNetwork,
        settings: TrainingSettings,
        dtype: torch.dtype,
        group: ProcessGroup | None = None,
    ) -> None:
        self.group = group or ProcessGroup()
        self.network = network
        self.averaged = copy.deepcopy(network).requires_grad_(False) if settings.average else network
        self.settings = settings
        self.dtype = dtype
        self.rng = torch.Generator().manual_seed(settings.seed)
        self.step_number = 0
        self.batch = 0
        self.state: NetworkState | None = None  # of this process's rows
        parameters = list(network.parameters())
        self.optimizer = torch.optim.AdamW(
            [
                {"params": [p for p in parameters if p.ndim > 1], "weight_decay": settings.weight_decay},
                {"params": [p for p in parameters if p.ndim == 1], "weight_decay": 0.0},
            ],
            lr=settings.learning_rate,
            betas=(0.9, 0.99),
            fused=True,
        )

    def step(self, window: Window, progress: float) -> float:
        """Train on one window; return its bits per character before that.

        ``progress`` is the share of the run that is done. Raise ModelError if the loss or its gradient is not finite.
        """
        rate = self.settings.rate(self.step_number, progress)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        batch, steps = window.targets.shape
        own = self.group.rows(batch)
        state = self.state
        if state is None or self.batch != batch:
            self.batch, state = batch, self.network.zero_state(len(own))
        masks, recurrent_masks = self.network.masks(batch, self.rng), self.network.recurrent_masks(self.rng)
        parameters = list(self.network.parameters())

        def learn(rows: slice) -> tuple[float, Sequence[Tensor], NetworkState]:
            logits, after = self.network(
                window.inputs[rows],
                (state[0][:, _shifted(rows, own)], state[1][:, _shifted(rows, own)]),
                starts=window.starts[rows],
                dtype=self.dtype,
                masks=None if masks is None else masks[:, rows],
                recurrent_masks=recurrent_masks,
            )
            targets = window.targets[rows].to(logits.device)
            loss = functional.cross_entropy(logits.transpose(1, 2), targets, reduction="sum") / (batch * steps)
            return loss.item(), torch.autograd.grad(loss, parameters), after

        losses, gradients, states = zip(*thread_map(learn, self._parts(own)), strict=True)
        sums = [functools.reduce(Tensor.add_, parts) for parts in zip(*gradients, strict=True)]
        total = torch.tensor([math.fsum(losses)], dtype=torch.float64)
        self.group.all_reduce(sums)
        self.group.all_reduce([total])
        for p, gradient in zip(parameters, sums, strict=True):
            p.grad = gradient
        self.state = (
            torch.cat([hidden for hidden, _ in states], 1),
            torch.cat([cell for _, cell in states], 1),
        )
        norm = nn.utils.clip_grad_norm_(parameters, self.settings.clip)
        value = total.item()
        if not (math.isfinite(value) and math.isfinite(norm.item())):
            raise ModelError(
                f"training step {self.step_number}: the loss is {value} and the gradient {norm.item()}; "
                "the best model so far is kept; a smaller learning rate may help"
            )
        self.optimizer.step()
        self.step_number += 1
        self._average()
        return value / math.log(2)

    def _average(self) -> None:
        """Move the averaged weights towards those that the optimizer has reached."""
        if self.averaged is self.network:
            return
        rate = self.settings.averaging_rate(self.step_number)
        with torch.no_grad():
            for mean, p in zip(self.averaged.parameters(), self.network.parameters(), strict=True):
                mean.lerp_(p, rate)

    def _networks(self) -> dict[str, CharNetwork]:
        """Return the network and, if it is another one, the averaged network, by their names in a state file."""
        own = {"network": self.network}
        return own if self.averaged is self.network else own | {"averaged": self.averaged}

    def tensors(self) -> dict[str, Tensor]:
        """Return all that the next step depends on; every process must take part."""
        tensors = {
            f"{part}.{name}": p.detach()
            for part, network in self._networks().items()
            for name, p in network.named_parameters()
        }
        for name, p in self.network.named_parameters():
            for key, value in self.optimizer.state.get(p, {}).items():
                tensors[f"optimizer.{name}.{key}"] = value
        tensors["rng"] = self.rng.get_state()
        if self.state is not None:
            tensors["hidden"], tensors["cell"] = (self.group.all_gather(part, self.batch) for part in self.state)
        return {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}

    def load(self, tensors: Mapping[str, Tensor], step_number: int, dtype: torch.dtype) -> None:
        """Restore what ``tensors`` gave after a step, to go on in the dtype of that run."""
        self.step_number, self.dtype = step_number, dtype
        for part, network in self._networks().items():
            network.load_state_dict({name: tensors[f"{part}.{name}"] for name, _ in network.named_parameters()})
        for name, p in self.network.named_parameters():
            prefix = f"optimizer.{name}."
            moments = {
                key.removeprefix(prefix): value.to(p.device) for key, value in tensors.items() if key.startswith(prefix)
            }
            if moments:
                self.optimizer.state[p] = moments
        self.rng.set_state(tensors["rng"])
        self.state = None
        if "hidden" in tensors:
            self.batch = tensors["hidden"].shape[1]
            own = _slice(self.group.rows(self.batch))
            device = self.network.device
            self.state = (tensors["hidden"][:, own].to(device), tensors["cell"][:, own].to(device))

    def _parts(self, rows: range) -> list[slice]:
        """Return the rows of each thread, evenly divided; a graphics card takes them all at once."""
        threads = max(1, min(thread_count(), len(rows) // _MIN_ROWS)) if self.network.device.type == "cpu" else 1
        edges = [rows.start + len(rows) * k // threads for k in range(threads + 1)]
        return [slice(*pair) for pair in pairwise(edges)]


def _slice(rows: range) -> slice:
    return slice(rows.start, rows.stop)


def _shifted(rows: slice, own: range) -> slice:
    """Return rows of a batch as rows of this process."""
    return slice(rows.start - own.start, rows.stop - own.start)
