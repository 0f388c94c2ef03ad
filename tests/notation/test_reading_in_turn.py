"""The tunes of a book are read one after the other, as they are asked for."""

from typing import Any

import pytest

from folkrnn.notation import iter_tunes, read_tunes
from folkrnn.notation.reading import book, tune

BOOK = "%%scale 0.7\nX:1\nT:a\nK:C\nCDEF|\n\nlost\n\nX:2\nT:b\nK:C\nGABc|\n\nX:3\nT:c\nK:C\ncBAG|\n\n%%after\n"


def test_tunes_that_come_in_turn_are_those_of_the_whole_book() -> None:
    tunes = list(iter_tunes(BOOK, "book.abc"))
    assert tunes == read_tunes(BOOK, "book.abc")
    assert [finding.code for finding in tunes[0].findings if finding.line == 7] == ["after-empty-line"]
    assert tunes[2].after


def test_a_tune_is_there_before_the_next_but_one_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[tuple[Any, ...]] = []

    class Counted(tune.TuneReader):
        def __init__(self, *arguments: Any) -> None:
            begun.append(arguments)
            super().__init__(*arguments)

    monkeypatch.setattr(book, "TuneReader", Counted)
    tunes = iter_tunes(BOOK * 50)
    for number in range(1, 20):
        next(tunes)
        assert len(begun) <= number + 2
