"""The dtype of the matrix products in training: bfloat16 where the device has it and is faster with it."""

import logging
import time
from functools import lru_cache

import torch

from folkrnn.model.distributed import ProcessGroup
from folkrnn.model.threads import thread_map

_log = logging.getLogger(__name__)

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
"""The dtypes by name."""

_BOTH = tuple(DTYPES.values())

LEAST_GAIN = 1.25
"""How many times as fast products must be: conversions cost a part of the gain.

Known processors are far from it: 1.8 to 2.1 on Zen 4, 0.5 on an Intel without AMX. So a busy day changes no choice.
"""

_SHAPE = (32, 512, 2048)
"""Rows, inputs and outputs of the product that is measured: one step of the default network.

It is the same for every network, so the choice depends on the processor alone.
"""

_SECONDS = 0.2


def dtype_name(dtype: torch.dtype) -> str:
    """Return the name of a dtype in files."""
    return str(dtype).removeprefix("torch.")


def has_bfloat16(device: str) -> bool:
    """Whether a device multiplies bfloat16 in hardware, by the features that it names."""
    if device == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    probes = ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    return any(getattr(torch.cpu, probe, bool)() for probe in probes)


@lru_cache(maxsize=1)
def bfloat16_gain() -> float:
    """Return how many times as fast as float32 one core of the processor multiplies in bfloat16.

    The dtypes take turns, and the shortest time of each counts: other work on the machine only adds to times.
    """
    return thread_map(_measured_gain, [_SECONDS])[0]  # there torch splits no product between cores


def _measured_gain(budget: float) -> float:
    rows, read, made = _SHAPE
    pairs = {dtype: (torch.ones(rows, read, dtype=dtype), torch.ones(read, made, dtype=dtype)) for dtype in _BOTH}
    best = dict.fromkeys(_BOTH, float("inf"))
    end = time.perf_counter() + budget
    while time.perf_counter() < end or float("inf") in best.values():
        for dtype, (inputs, weights) in pairs.items():
            begun = time.perf_counter()
            torch.mm(inputs, weights)
            best[dtype] = min(best[dtype], time.perf_counter() - begun)
    return best[torch.float32] / best[torch.bfloat16]


def fast_dtype(device: str = "cpu", group: ProcessGroup | None = None) -> torch.dtype:
    """Return bfloat16 if the device is clearly faster with it, else float32; all processes of a group agree.

    The main process measures on a processor, and tells the result in the log. A graphics card that has bfloat16 is
    faster with it.
    """
    group = group or ProcessGroup()
    pays = group.is_main and has_bfloat16(device) and (device == "cuda" or _pays())
    return torch.bfloat16 if group.broadcast(float(pays)) else torch.float32


def _pays() -> bool:
    gain = bfloat16_gain()
    pays = gain >= LEAST_GAIN
    _log.info(f"bfloat16 products are {gain:.2f} times as fast as float32 here: {'' if pays else 'not '}used")
    return pays
