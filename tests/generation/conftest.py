import math
from collections.abc import Callable

import pytest
import torch

from folkrnn.model.batches import network_inputs, padded_batch
from folkrnn.model.network import CharNetwork
from folkrnn.model.stepper import Stepper
from folkrnn.model.vocabulary import Vocabulary


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """Give each test worker one thread: two workers of two threads on two cores wait for each other."""
    torch.set_num_threads(1)


@pytest.fixture
def step_bits() -> Callable[[CharNetwork, Vocabulary, str], list[float]]:
    """Return a function that reads a text step by step, alone, and returns the bits of each of its characters."""

    def read(network: CharNetwork, vocabulary: Vocabulary, text: str) -> list[float]:
        inputs, targets = padded_batch(network_inputs([text], vocabulary, network.settings), vocabulary.start)
        stepper = Stepper(network)
        state, spent = stepper.zero_state(1), []
        for place in range(len(text)):
            logits, state = stepper(inputs[:, place], state)
            spent.append(float(logits.log_softmax(1)[0, targets[0, place]]) / -math.log(2))
        return spent

    return read
