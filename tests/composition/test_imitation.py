"""The real tunes with which a model's tunes are compared."""

import torch

from folkrnn.composition.imitation import distinct, write_unasked
from folkrnn.corpus import CorpusTune
from folkrnn.generation.sampling import DEFAULT_SAMPLING
from folkrnn.model.checkpoint import Checkpoint
from folkrnn.model.network import CharNetwork, NetworkSettings
from folkrnn.model.provenance import CorpusProvenance
from folkrnn.model.repertoire import Repertoire
from folkrnn.model.vocabulary import Vocabulary
from folkrnn.notation import canonical, read_tunes


def entry(music: str, family: str, playable: bool = True) -> CorpusTune:
    text = f"X:1\nT:Test\nM:4/4\nL:1/8\nI:form 2|\nK:C\n{music}\n"
    return CorpusTune(text, "in", "in:1", family, "train", 2, playable)


def test_only_tunes_that_the_grammar_could_write_are_compared_and_one_of_each_family() -> None:
    kept, loose = entry("A2|A8|A6|]", "a"), entry("A2|A8|A8|]", "b")
    unplayable, again = entry("A8|A8|]", "c", playable=False), entry("B8|B8|]", "a")
    assert list(distinct([kept, loose, unplayable, again, entry("c8|d8|]", "b")])) == [kept, entry("c8|d8|]", "b")]


def test_tunes_of_which_nothing_is_asked_have_the_rhythms_and_meters_of_the_repertoire() -> None:
    learned = [
        read_tunes(f"X:1\nT:A Tune\nR:{rhythm}\nM:{meter}\nL:1/8\nK:D\n{music}|]\n")[0]
        for rhythm, meter, music in (("reel", "4/4", "DEFG ABcd|d8"), ("jig", "6/8", "DEF GAB|d6"))
    ]
    vocabulary = Vocabulary.from_texts(canonical(tune) for tune in learned)
    network = CharNetwork(NetworkSettings(hidden=8, layers=1), len(vocabulary), torch.Generator().manual_seed(1))
    checkpoint = Checkpoint(network.eval(), vocabulary, CorpusProvenance(repertoire=Repertoire.of(learned)))
    texts = write_unasked(2, checkpoint, DEFAULT_SAMPLING, 1)
    assert {(text.tune.rhythm, str(text.tune.meter)) for text in texts} == {("reel", "4/4"), ("jig", "6/8")}
