"""The real tunes with which a model's tunes are compared."""

from folkrnn.composition.imitation import distinct
from folkrnn.corpus import CorpusTune


def entry(music: str, family: str, playable: bool = True) -> CorpusTune:
    text = f"X:1\nT:Test\nM:4/4\nL:1/8\nI:form 2|\nK:C\n{music}\n"
    return CorpusTune(text, "in", "in:1", family, "train", 2, playable)


def test_only_tunes_that_the_grammar_could_write_are_compared_and_one_of_each_family() -> None:
    kept, loose = entry("A2|A8|A6|]", "a"), entry("A2|A8|A8|]", "b")
    unplayable, again = entry("A8|A8|]", "c", playable=False), entry("B8|B8|]", "a")
    assert list(distinct([kept, loose, unplayable, again, entry("c8|d8|]", "b")])) == [kept, entry("c8|d8|]", "b")]
