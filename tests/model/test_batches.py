"""What a network reads of texts."""

import pytest
import torch

from folkrnn.model import batches
from folkrnn.model.batches import reading
from folkrnn.model.network import NetworkSettings
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation.context import CONTEXT_SIZES

TEXTS = [
    f"X:1\nT:{name}\nK:D\nM:2/4\nI:form 2:\nL:1/8\n|:{body}:|\n" for name, body in (("A", "d4|A4"), ("B", "e4|D4"))
]


def test_several_processes_read_what_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MANY", 2)
    vocabulary, settings = Vocabulary.from_texts(TEXTS), NetworkSettings(told=len(CONTEXT_SIZES))
    one, two = (reading(TEXTS, vocabulary, settings, jobs) for jobs in (1, 2))
    assert [read.shape for read in one] == [(len(text), 1 + len(CONTEXT_SIZES)) for text in TEXTS]
    assert all(map(torch.equal, one, two))


def test_a_network_that_is_told_less_reads_less() -> None:
    vocabulary = Vocabulary.from_texts(TEXTS)
    whole, less = (reading(TEXTS, vocabulary, NetworkSettings(told=told)) for told in (len(CONTEXT_SIZES), 3))
    assert all(torch.equal(read[:, :4], part) for read, part in zip(whole, less, strict=True))
