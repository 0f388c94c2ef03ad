import pytest
import torch


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """Give each test worker one thread: two workers of two threads on two cores wait for each other."""
    torch.set_num_threads(1)
