"""Sequences of which few items are in memory."""

import pytest

from folkrnn.spool import Spool, identity, in_order


def filled(held: int) -> Spool[list[int]]:
    spool = Spool[list[int]](held)
    for number in range(7):
        spool.append([number] * number)
    return spool


@pytest.mark.parametrize("held", [0, 3, 7, 8])
def test_items_are_the_same_in_memory_and_out_of_it(held: int) -> None:
    items = filled(held).items()
    assert [*items] == [[number] * number for number in range(7)]
    assert (items[3], items[-1], len(items)) == ([3] * 3, [6] * 6, 7)
    assert [*items[2:5]] == [[2] * 2, [3] * 3, [4] * 4]
    with pytest.raises(IndexError):
        items[7]


def test_only_some_items_stay_in_memory() -> None:
    items = filled(3).items()
    assert items[2] is items[2]
    assert items[3] is not items[3]


@pytest.mark.parametrize("held", [0, 8])
def test_items_are_put_in_order_and_known_again(held: int) -> None:
    items = filled(held).items()
    turned = in_order(items, [5, 1, 5])
    assert [*turned] == [[5] * 5, [1], [5] * 5]
    assert identity(turned, 0) == identity(turned, 2) == identity(items, 5) != identity(turned, 1)
    assert in_order([4, 5, 6], [2, 0]) == [6, 4]


def test_items_come_while_others_are_read() -> None:
    spool = filled(0)
    assert spool.items()[6] == [6] * 6
    spool.append([7])
    assert spool.items()[7] == [7]
    assert spool.items()[0] == []
