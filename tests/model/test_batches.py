"""What a network reads of texts."""

import pytest
import torch

from folkrnn.model import batches
from folkrnn.model.batches import network_inputs
from folkrnn.model.network import NetworkSettings
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation.place import SHAPE

TEXTS = [
    f"X:1\nT:{name}\nK:D\nM:2/4\nI:form 2:\nL:1/8\n|:{body}:|\n" for name, body in (("A", "d4|A4"), ("B", "e4|D4"))
]


def test_several_processes_read_what_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MIN_SHARED_TEXTS", 2)
    vocabulary, settings = Vocabulary.from_texts(TEXTS), NetworkSettings(context=len(SHAPE))
    one, two = (network_inputs(TEXTS, vocabulary, settings, jobs) for jobs in (1, 2))
    assert [read.shape for read in one] == [(len(text), 1 + len(SHAPE)) for text in TEXTS]
    assert all(map(torch.equal, one, two))


def test_a_network_that_is_told_less_reads_less() -> None:
    vocabulary = Vocabulary.from_texts(TEXTS)
    whole, less = (network_inputs(TEXTS, vocabulary, NetworkSettings(context=told)) for told in (len(SHAPE), 3))
    assert all(torch.equal(read[:, :4], part) for read, part in zip(whole, less, strict=True))
