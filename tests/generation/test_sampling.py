import pytest
import torch

from folkrnn.errors import GenerationError
from folkrnn.generation.sampling import check_temperature, next_characters, pick


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_characters_come_as_often_as_their_probability(temperature: float) -> None:
    logits = torch.tensor([2.0, 0.0, -1.0, 1.0, -torch.inf, 0.5])
    draws = 60_000
    uniforms = torch.rand(draws, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    ids = next_characters(logits.expand(draws, -1), temperature, uniforms)
    seen = torch.bincount(ids, minlength=6).double()
    expected = torch.softmax(logits.double() / temperature, 0) * draws
    assert seen[4] == 0
    possible = expected > 0
    chi_square = ((seen - expected)[possible] ** 2 / expected[possible]).sum()
    assert chi_square < 18.5  # 4 degrees of freedom: exceeded once in a thousand


def test_greedy_takes_the_likeliest_whatever_the_uniform() -> None:
    logits = torch.tensor([[0.0, 3.0, 1.0], [5.0, 3.0, 1.0]])
    for uniform in (0.0, 0.999):
        assert next_characters(logits, 0.0, torch.full((2,), uniform)).tolist() == [1, 0]


def test_the_smallest_and_the_largest_uniform_choose_possible_characters() -> None:
    chances = torch.tensor([[0.0, 0.5, 0.5, 0.0]], dtype=torch.float64)
    assert pick(chances, torch.tensor([0.0], dtype=torch.float64)).item() == 1
    assert pick(chances, torch.tensor([1 - 2**-53], dtype=torch.float64)).item() == 2


def test_low_temperature_approaches_greedy() -> None:
    logits = torch.randn(50, 20, generator=torch.Generator().manual_seed(1))
    uniforms = torch.rand(50, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    assert torch.equal(next_characters(logits, 1e-4, uniforms), next_characters(logits, 0.0, uniforms))


@pytest.mark.parametrize("temperature", [-0.1, float("nan"), float("inf")])
def test_an_impossible_temperature_is_refused(temperature: float) -> None:
    with pytest.raises(GenerationError, match="temperature="):
        check_temperature(temperature)
