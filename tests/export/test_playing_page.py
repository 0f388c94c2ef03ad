"""docs/playing.md says how a tune is played: its table is that of the rhythms."""

from fractions import Fraction
from pathlib import Path

from folkrnn.notation.rhythms import RHYTHMS, SWING, Rhythm

PAGE = (Path(__file__).parents[2] / "docs" / "playing.md").read_text(encoding="utf-8")
BEATS = {Fraction(1, 2): "♩♩", Fraction(1, 4): "♩", Fraction(3, 8): "♩."}


def row(rhythm: Rhythm) -> str:
    tempo = f"{BEATS[rhythm.tempo.beat]} = {rhythm.tempo.rate}" if rhythm.tempo else "as the nearest"
    swing = f"{float(rhythm.swing):g}" if rhythm.swing else ""
    return f"| {rhythm.name} | {', '.join(rhythm.meters)} | {tempo} | {swing} |"


def test_the_table_of_the_page_is_that_of_the_rhythms() -> None:
    table = next(block for block in PAGE.split("\n\n") if block.startswith("| rhythm |"))
    assert table.splitlines()[2:] == [row(rhythm) for rhythm in RHYTHMS]
    assert f"swing at {float(SWING):g}" in PAGE
