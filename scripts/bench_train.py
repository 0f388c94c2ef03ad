"""Measure training speed: folkrnn and plain loops of the same shape, in turns within one run.

All train on the same random text with two layers and the same batch, window, vocabulary and optimizer step:

    classic   separate float32 cells stepped through time in Python, as in ports of char-rnn;
    plain     float32 nn.LSTM and Adam on all threads;
    autocast  the plain loop under bf16 autocast;
    folkrnn   this package's Trainer.

Then torchrun starts one process of one thread, and two such processes that share the rows of a batch.

The rate of a large matrix product is the upper bound. The share of it counts the products that the network needs, 6
operations a weight and character, without those of the one-hot characters.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import torch
from benchmarking import add_json_option, write_figures
from torch import Tensor, nn
from torch.nn import functional

from folkrnn.model.batches import Window
from folkrnn.model.distributed import ProcessGroup
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.precision import fast_dtype
from folkrnn.model.schedule import TrainingSettings
from folkrnn.model.trainer import Trainer


class Plain(nn.Module):
    """A first draft: embedding, nn.LSTM, linear."""

    def __init__(self, characters: int, hidden: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(characters, hidden)
        self.lstm = nn.LSTM(hidden, hidden, 2, batch_first=True, dropout=0.3)
        self.output = nn.Linear(hidden, characters)

    def forward(self, ids: Tensor) -> Tensor:
        """Map ids (B, T) to logits (B, T, V)."""
        logits: Tensor = self.output(self.lstm(self.embedding(ids))[0])
        return logits


class Classic(nn.Module):
    """Two cells in a Python loop, one character at a time."""

    def __init__(self, characters: int, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.embedding = nn.Embedding(characters, hidden)
        self.hidden = hidden
        self.cells = nn.ModuleList(nn.LSTMCell(hidden, hidden) for _ in range(2))
        self.dropout = nn.Dropout(0.3)
        self.output = nn.Linear(hidden, characters)

    def forward(self, ids: Tensor) -> Tensor:
        """Map ids (B, T) to logits (B, T, V)."""
        zeros = torch.zeros(len(ids), self.hidden)
        states = [(zeros, zeros), (zeros, zeros)]
        logits = []
        for t in range(ids.shape[1]):
            x = self.embedding(ids[:, t])
            for k, cell in enumerate(self.cells):
                states[k] = cell(x, states[k])
                x = self.dropout(states[k][0])
            logits.append(self.output(x))
        return torch.stack(logits, 1)


def torch_loop(model: nn.Module, ids: Tensor, autocast: bool) -> Callable[[], None]:
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)

    def step() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            logits = model(ids[:, :-1])
        loss = functional.cross_entropy(logits.float().transpose(1, 2), ids[:, 1:])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    return step


def folkrnn_loop(ids: Tensor, characters: int, hidden: int) -> Callable[[], None]:
    network = CharNetwork(NetworkSettings(hidden=hidden), characters, torch.Generator().manual_seed(1))
    trainer = Trainer(network, TrainingSettings(), fast_dtype(), ProcessGroup.from_environment())
    starts = torch.rand(len(ids), ids.shape[1] - 1) < 1 / 300
    window = Window(ids[:, :-1, None], ids[:, 1:], starts)
    return lambda: void(trainer.step(window, 0.5))


def distributed_rate(processes: int, options: argparse.Namespace) -> float:
    """Return the characters a second of several processes of one thread that torchrun starts."""
    shape = [f"--{name}={getattr(options, name)}" for name in ("batch", "window", "hidden", "characters", "rounds")]
    command = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}", __file__, "--alone"]
    ran = subprocess.run(
        [sys.executable, *command, *shape],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    if ran.returncode:
        sys.exit(f"torchrun: {ran.stderr}")
    return float(ran.stdout.split()[-1])


def alone(options: argparse.Namespace, ids: Tensor) -> None:
    """Train as one of those processes; the first prints the rate."""
    torch.set_num_threads(1)
    step = folkrnn_loop(ids, options.characters, options.hidden)
    step()
    spent = statistics.median(seconds(step, time.perf_counter) for _ in range(2 * options.rounds))
    if os.environ.get("RANK", "0") == "0":
        print(options.batch * options.window / spent)


def void(_: float) -> None:
    """Return nothing."""


def seconds(action: Callable[[], None], clock: Callable[[], float]) -> float:
    begun = clock()
    action()
    return clock() - begun


def product_rate(dtype: torch.dtype, clock: Callable[[], float], size: int = 1024) -> float:
    """Return the operations a second of a square matrix product."""
    a, b = torch.randn(2, size, size).to(dtype)
    return 2 * size**3 / statistics.median(seconds(lambda: void(a @ b), clock) for _ in range(20))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--window", type=int, default=128)
    parser.add_argument("--hidden", type=int, default=512)
    parser.add_argument("--characters", type=int, default=90)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument(
        "--cpu-time",
        action="store_true",
        help="count processor seconds: with --threads 1, fair on a busy machine",
    )
    add_json_option(parser)
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    clock = time.process_time if options.cpu_time else time.perf_counter
    torch.set_num_threads(options.threads)
    hidden, characters = options.hidden, options.characters

    torch.manual_seed(1)
    torch.set_flush_denormal(True)
    ids = torch.randint(characters, (options.batch, options.window + 1))
    if options.alone:
        alone(options, ids)
        return
    contestants = {
        "classic": torch_loop(Classic(characters, hidden), ids, False),
        "plain": torch_loop(Plain(characters, hidden), ids, False),
        "autocast": torch_loop(Plain(characters, hidden), ids, True),
        "folkrnn": folkrnn_loop(ids, characters, hidden),
    }
    times: dict[str, list[float]] = {name: [] for name in contestants}
    products: dict[torch.dtype, list[float]] = {torch.float32: [], torch.bfloat16: []}
    for step in contestants.values():
        step()  # the first step allocates and packs
    for _ in range(options.rounds):
        for name, step in contestants.items():
            times[name].append(seconds(step, clock))
        for dtype, rates in products.items():
            rates.append(product_rate(dtype, clock))

    rate = {name: options.batch * options.window / statistics.median(spent) for name, spent in times.items()}
    matrix = {dtype: statistics.median(rates) for dtype, rates in products.items()}
    # The recurrent matrices of both layers, the matrix between them, and the output, which reads both.
    weights = 3 * 4 * hidden**2 + 2 * hidden * characters
    print(f"batch {options.batch}, window {options.window}, 2 x {hidden}, {options.threads} threads, {clock.__name__}")
    for name, value in rate.items():
        print(f"{name:10s}{value:10,.0f} characters/s")
    for dtype, value in matrix.items():
        print(f"{str(dtype).removeprefix('torch.'):10s}{value / 1e9:10,.0f} GFLOP/s in a 1024 x 1024 x 1024 product")
    used = 6 * weights * rate["folkrnn"] / matrix[fast_dtype()]
    print(f"folkrnn / plain    {rate['folkrnn'] / rate['plain']:5.2f}")
    print(f"folkrnn / autocast {rate['folkrnn'] / rate['autocast']:5.2f}")
    print(f"folkrnn / classic  {rate['folkrnn'] / rate['classic']:5.2f}")
    print(f"share of the {str(fast_dtype()).removeprefix('torch.')} product rate: {used:.0%}")
    shared: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(3):
        for processes, found in shared.items():
            found.append(distributed_rate(processes, options))
    one, two = (statistics.median(found) for found in shared.values())
    print(f"one process {one:8,.0f} characters/s\ntwo         {two:8,.0f} characters/s\ntwo / one {two / one:13.2f}")
    figures = {
        "characters_per_second": rate | {"one process": one, "two processes": two},
        "products_gflops": {str(dtype).removeprefix("torch."): value / 1e9 for dtype, value in matrix.items()},
        "folkrnn_over": {name: rate["folkrnn"] / rate[name] for name in ("plain", "autocast", "classic")},
        "share_of_product_rate": used,
        "two_processes_over_one": two / one,
    }
    write_figures(options, figures)


if __name__ == "__main__":
    main()
