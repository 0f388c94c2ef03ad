"""Where the groups of a bar begin."""

from fractions import Fraction

import pytest

from folkrnn.notation import parse_meter
from folkrnn.notation.beaming import beat_starts


@pytest.mark.parametrize(
    ("meter", "busy", "starts"),
    [
        ("4/4", "", "0 1/2"),
        ("2/2", "", "0 1/2"),
        ("8/8", "", "0 1/2"),
        ("4/4", "0", "0 1/4 1/2"),
        ("4/4", "3/8", "0 1/4 1/2"),
        ("4/4", "1/2", "0 1/2 3/4"),  # the middle belongs to the second half
        ("4/4", "7/8", "0 1/2 3/4"),
        ("4/4", "1/8 5/8", "0 1/4 1/2 3/4"),
        ("2+2/4", "1/8", "0 1/2"),
        ("3/4", "1/8", "0 1/4 1/2"),
        ("2/4", "", "0 1/4"),
        ("6/8", "", "0 3/8"),
        ("9/8", "1/8", "0 3/8 3/4"),
        ("3/8", "", "0"),
        ("7/8", "", "0 1/4 1/2"),
        ("none", "1/8", "0"),
    ],
)
def test_groups_begin_on_the_beats_and_plain_half_bars_are_one(meter: str, busy: str, starts: str) -> None:
    assert beat_starts(parse_meter(meter), map(Fraction, busy.split())) == tuple(map(Fraction, starts.split()))
