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


def test_ids_are_positions_and_the_start_symbol_is_the_line_end() -> None:
    vocabulary = Vocabulary("\n abc")
    assert len(vocabulary) == 5
    assert [vocabulary.id(character) for character in "\n abc"] == [0, 1, 2, 3, 4]
    assert vocabulary.encode("cab\n").tolist() == [4, 2, 3, 0]
    assert vocabulary.encode("").shape == (0,)
    assert (vocabulary.start, Vocabulary("\t\nx").start) == (0, 1)
    assert vocabulary.decode([2, 4, 0]) == "ac\n"
    assert "a" in vocabulary
    assert "d" not in vocabulary


@pytest.mark.parametrize(("text", "named"), [("dab", "'d'"), ("a\tb", "'\\t'"), ("ab€", "'€'"), ("a~é", "'~'")])
def test_the_first_unknown_character_is_named(text: str, named: str) -> None:
    vocabulary = Vocabulary("\nabc")
    with pytest.raises(ModelError) as caught:
        vocabulary.encode(text)
    assert str(caught.value) == f"the model does not know the character {named}"
