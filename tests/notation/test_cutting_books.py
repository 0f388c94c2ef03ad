"""Pieces of a tunebook hold the tunes of the whole."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from folkrnn.notation import read_tunes
from folkrnn.notation.reading import cut_book
from folkrnn.notation.tune import Tune

PARAGRAPHS = st.sampled_from(
    [
        "X:1\nT:One\nL:1/8\nK:D\nDEFG|\n",
        "X:2\nT:Two\nK:G\nGABc|\nX:3\nT:Three\nK:G\nG8|\n",
        "% a remark\n",
        "%%stretchlast\nX:4\nT:Four\nK:C\nCDEF|\n",
        "some words\n",
        "T:A field\n",
        "X:5\nT:Five\nK:C\nCDEF|\n% a remark\n",
        "%%begintext\n",
        "%%endtext\n",
        "",
    ]
)


def facts(tune: Tune, lines: int = 0) -> tuple[object, ...]:
    """Return what a tune says and where it stands; each piece has the notes on what stands before the first tune."""
    found = [finding.code for finding in tune.findings if finding.code != "before-tunes"]
    return str(tune), tune.fields, tune.number, tune.line + lines, tune.after, found


@settings(max_examples=60)
@given(st.sampled_from(["", "%abc-2.1\nM:3/4\nO:Nowhere\n\n", "\ufeffR:jig\n"]), st.lists(PARAGRAPHS, max_size=8))
def test_pieces_hold_the_tunes_of_the_whole(header: str, paragraphs: list[str]) -> None:
    text = header + "\n".join(paragraphs)
    found = [facts(tune, lines) for lines, piece in cut_book(text, 1) for tune in read_tunes(piece)]
    assert found == [facts(tune) for tune in read_tunes(text)]


def test_a_simple_book_is_cut_and_others_are_not() -> None:
    book = "O:Nowhere\n\n" + "\n".join(f"X:{number}\nT:T\nK:D\nDEFG|\n" for number in range(10))
    assert [lines for lines, _ in cut_book(book, 1)] == list(range(0, 50, 5))
    assert len(list(cut_book(book, 60))) == 3
    assert len(list(cut_book(book.replace("\n", "\r\n"), 1))) == 1


@pytest.mark.parametrize("text", ["", "K:D\nDEFG|\n", "no tune"])
def test_a_text_without_numbers_is_one_piece(text: str) -> None:
    assert list(cut_book(text, 1)) == [(0, text)]
