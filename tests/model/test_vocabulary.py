import pytest
from hypothesis import given
from hypothesis import strategies as st

from folkrnn.errors import ModelError
from folkrnn.model.vocabulary import Vocabulary


@given(st.lists(st.text(max_size=20), max_size=5))
def test_decoding_undoes_encoding(texts: list[str]) -> None:
    vocabulary = Vocabulary.from_texts(texts)
    for text in texts:
        assert vocabulary.decode(vocabulary.encode(text).tolist()) == text


def test_characters_are_sorted_and_hold_the_line_end() -> None:
    assert Vocabulary.from_texts(["cab", "é|"]).characters == "\nabc|é"


def test_an_unknown_character_is_named() -> None:
    with pytest.raises(ModelError, match="'ø'"):
        Vocabulary.from_texts(["abc"]).encode("abø")


@pytest.mark.parametrize("characters", ["", "ba\n", "\naa", "ab"])
def test_a_disordered_vocabulary_is_refused(characters: str) -> None:
    with pytest.raises(ModelError, match="vocabulary"):
        Vocabulary(characters)
