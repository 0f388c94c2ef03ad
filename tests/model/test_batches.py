"""What a network reads of texts."""

import pytest
import torch

from folkrnn.model import batches
from folkrnn.model.batches import TuneStream, network_inputs, padded_batch
from folkrnn.model.network import NetworkSettings
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation.context import CONTEXT_SIZES

TEXTS = [
    f"X:1\nT:{name}\nK:D\nM:2/4\nI:form 2:\nL:1/8\n|:{body}:|\n" for name, body in (("A", "d4|A4"), ("B", "e4|D4"))
]


def test_several_processes_read_what_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MIN_SHARED_TEXTS", 2)
    vocabulary, settings = Vocabulary.from_texts(TEXTS), NetworkSettings(context=len(CONTEXT_SIZES))
    one, two = (network_inputs(TEXTS, vocabulary, settings, jobs) for jobs in (1, 2))
    assert [read.shape for read in one] == [(len(text), 1 + len(CONTEXT_SIZES)) for text in TEXTS]
    assert all(map(torch.equal, one, two))


def test_a_network_that_is_told_less_reads_less() -> None:
    vocabulary = Vocabulary.from_texts(TEXTS)
    whole, less = (network_inputs(TEXTS, vocabulary, NetworkSettings(context=read)) for read in (len(CONTEXT_SIZES), 3))
    assert all(torch.equal(read[:, :4], part) for read, part in zip(whole, less, strict=True))


def stream_of(tunes: list[list[int]], batch: int, window: int, seed: int = 1, number: int = 0) -> TuneStream:
    return TuneStream([torch.tensor(tune).unsqueeze(1) for tune in tunes], 0, batch, window, seed, number)


def test_the_first_row_begins_with_the_start_symbol_and_each_window_goes_on_from_the_last() -> None:
    stream = stream_of([[1, 2, 3, 4, 5, 6, 7, 8]], 2, 3)
    windows = [stream[number] for number in range(len(stream))]
    assert [window.targets.tolist() for window in windows] == [[[1, 2, 3], [5, 6, 7]], [[4], [8]]]
    assert [window.inputs[:, :, 0].tolist() for window in windows] == [[[0, 1, 2], [4, 5, 6]], [[3], [7]]]
    # The second row begins inside the tune: from the zero state, but with the character before it.
    assert [window.starts.tolist() for window in windows] == [
        [[True, False, False], [True, False, False]],
        [[False], [False]],
    ]


def test_a_tune_that_starts_inside_a_window_is_marked_and_reads_the_start_symbol() -> None:
    stream = stream_of([[1, 2, 3], [4, 5, 6]], 1, 4)
    first, second = stream[0], stream[1]
    assert first.starts.tolist() == [[True, False, False, True]]
    assert first.inputs[0, :, 0].tolist() in ([0, 1, 2, 0], [0, 4, 5, 0])
    assert second.starts.tolist() == [[False, False]]
    assert sorted([*first.targets[0].tolist(), *second.targets[0].tolist()]) == [1, 2, 3, 4, 5, 6]
    assert second.inputs[0, 0, 0] == first.targets[0, -1]


def test_context_features_before_a_tune_are_zero() -> None:
    stream = TuneStream([torch.tensor([[1, 7], [2, 8], [3, 9]])], 5, 1, 3, 1, 0)
    assert stream[0].inputs.tolist() == [[[5, 0], [1, 7], [2, 8]]]


@pytest.mark.parametrize(
    ("characters", "batch", "window", "rows", "width"),
    [(24, 2, 4, 2, 12), (24, 5, 4, 5, 4), (24, 9, 4, 6, 4), (3, 9, 4, 1, 3), (25, 2, 4, 2, 12)],
)
def test_there_are_as_many_rows_as_are_asked_for_and_fill_a_window(
    characters: int, batch: int, window: int, rows: int, width: int
) -> None:
    stream = stream_of([list(range(1, characters + 1))], batch, window)
    assert len(stream) == -(-width // window)
    assert sum(stream[number].targets.shape[1] for number in range(len(stream))) == width
    assert {stream[number].targets.shape[0] for number in range(len(stream))} == {rows}


def test_there_is_no_window_outside_the_stream() -> None:
    stream = stream_of([[1, 2, 3, 4]], 1, 2)
    assert [stream[number].targets.shape for number in range(len(stream))] == [(1, 2), (1, 2)]
    for number in (-1, 2):
        with pytest.raises(IndexError):
            stream[number]


def test_the_order_of_the_tunes_depends_on_the_seed_and_the_pass() -> None:
    tunes = [[number] for number in range(1, 40)]
    orders = [
        stream_of(tunes, 1, 39, seed, number)[0].targets.tolist() for seed, number in ((1, 0), (1, 0), (1, 1), (2, 0))
    ]
    assert orders[0] == orders[1]
    assert orders[0] not in orders[2:]
    assert all(sorted(order[0]) == list(range(1, 40)) for order in orders)


def test_a_padded_batch_holds_each_tune_whole() -> None:
    tunes = [torch.tensor([[1, 7], [2, 8], [3, 9]]), torch.tensor([[4, 6]])]
    inputs, targets = padded_batch(tunes, 5)
    assert inputs.tolist() == [[[5, 0], [1, 7], [2, 8]], [[5, 0], [5, 0], [5, 0]]]
    assert targets.tolist() == [[1, 2, 3], [4, 5, 5]]
    assert (inputs.dtype, targets.dtype) == (torch.int64, torch.int64)
