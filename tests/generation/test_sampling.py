import pytest
import torch

from folkrnn.errors import GenerationError
from folkrnn.generation.sampling import SamplingParameters, sample, sample_next, top_k, top_p

LOGITS = torch.tensor([2.0, 0.0, -1.0, 1.0, -torch.inf, 0.5])
CHANCES = torch.tensor([[0.4, 0.1, 0.2, 0.3], [0.25, 0.25, 0.25, 0.25]], dtype=torch.float64)


@pytest.mark.parametrize(
    ("choice", "possible"),
    [
        (SamplingParameters(0.5), {0, 1, 2, 3, 5}),
        (SamplingParameters(1.0), {0, 1, 2, 3, 5}),
        (SamplingParameters(2.0), {0, 1, 2, 3, 5}),
        (SamplingParameters(1.0, top_k=3), {0, 3, 5}),
        (SamplingParameters(1.0, top_p=0.8), {0, 3, 5}),
        (SamplingParameters(2.0, top_k=5, top_p=0.5), {0, 3}),
    ],
)
def test_characters_come_as_often_as_their_probability(choice: SamplingParameters, possible: set[int]) -> None:
    draws = 60_000
    uniforms = torch.rand(draws, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    seen = torch.bincount(sample_next(LOGITS.expand(draws, -1), choice, uniforms), minlength=6).double()
    assert set(seen.nonzero().flatten().tolist()) == possible
    kept = sorted(possible)
    expected = torch.softmax(LOGITS[kept].double() / choice.temperature, 0) * draws
    assert ((seen[kept] - expected) ** 2 / expected).sum() < 18.5  # 4 degrees of freedom: once in a thousand


def test_greedy_takes_the_likeliest_whatever_the_uniform() -> None:
    logits = torch.tensor([[0.0, 3.0, 1.0], [5.0, 3.0, 1.0]])
    for uniform in (0.0, 0.999):
        assert sample_next(logits, SamplingParameters(0.0, top_k=2), torch.full((2,), uniform)).tolist() == [1, 0]


def test_one_likeliest_character_and_a_tiny_nucleus_are_greedy() -> None:
    logits = torch.randn(50, 20, generator=torch.Generator().manual_seed(1))
    uniforms = torch.rand(50, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    for choice in (SamplingParameters(3.0, top_k=1), SamplingParameters(3.0, top_p=1e-9), SamplingParameters(1e-4)):
        assert torch.equal(sample_next(logits, choice, uniforms), logits.argmax(1))


def test_the_likeliest_are_kept_and_the_first_of_equal_ones() -> None:
    assert top_k(CHANCES, 2).tolist() == [[0.4, 0, 0, 0.3], [0.25, 0.25, 0, 0]]
    assert torch.equal(top_k(CHANCES, 0), CHANCES)
    assert torch.equal(top_k(CHANCES, 9), CHANCES)


@pytest.mark.parametrize(
    ("share", "first"),
    [(1.0, [0.4, 0.1, 0.2, 0.3]), (0.95, [0.4, 0.1, 0.2, 0.3]), (0.8, [0.4, 0, 0.2, 0.3]), (0.3, [0.4, 0, 0, 0])],
)
def test_the_nucleus_is_the_fewest_that_make_up_the_share(share: float, first: list[float]) -> None:
    assert top_p(CHANCES, share)[0].tolist() == first
    assert top_p(10 * CHANCES, share)[0].tolist() == [10 * chance for chance in first]


def test_the_smallest_and_the_largest_uniform_choose_possible_characters() -> None:
    chances = torch.tensor([[0.0, 0.5, 0.5, 0.0]], dtype=torch.float64)
    assert sample(chances, torch.tensor([0.0], dtype=torch.float64)).item() == 1
    assert sample(chances, torch.tensor([1 - 2**-53], dtype=torch.float64)).item() == 2


@pytest.mark.parametrize(
    "option", [{"temperature": -0.1}, {"temperature": float("nan")}, {"top_k": -1}, {"top_p": 0.0}, {"top_p": 1.5}]
)
def test_an_impossible_choice_is_refused(option: dict[str, float]) -> None:
    with pytest.raises(GenerationError, match=f"{next(iter(option))}="):
        SamplingParameters(**option)  # type: ignore[arg-type]


def test_of_equally_likely_characters_the_nucleus_keeps_the_first() -> None:
    assert top_p(CHANCES, 0.5)[1].tolist() == [0.25, 0.25, 0, 0]
    assert top_p(CHANCES, 0.51)[1].tolist() == [0.25, 0.25, 0.25, 0]
    assert top_p(CHANCES, 0.25)[1].tolist() == [0.25, 0, 0, 0]
    logits = torch.zeros(2, 4)
    uniforms = torch.tensor([0.0, 0.999], dtype=torch.float64)
    assert sample_next(logits, SamplingParameters(top_p=0.5), uniforms).tolist() == [0, 1]


def test_a_whole_nucleus_and_more_characters_than_there_are_change_nothing() -> None:
    assert top_p(CHANCES, 1.0) is CHANCES
    assert top_k(CHANCES, 4) is CHANCES
    assert top_k(CHANCES, 3)[0].tolist() == [0.4, 0, 0.2, 0.3]


def test_each_row_has_its_own_choice() -> None:
    logits = torch.log(torch.tensor([[0.5, 0.5, 0.0], [0.2, 0.3, 0.5], [1.0, 0.0, 0.0]]))
    uniforms = torch.tensor([0.49, 0.5, 0.99], dtype=torch.float64)
    assert sample_next(logits, SamplingParameters(), uniforms).tolist() == [0, 2, 0]
