"""Sets of patient numbers against Python's own sets.

Rank of proof: property, over all small sets of ranges.
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.ranges import Ranges, blocks_of

PIECES = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=12)


def numbers(pieces):
    return {number for first, stop in pieces for number in range(first, stop)}


def disjoint(pieces):
    """The pieces that share no number with an earlier one."""
    found = []
    for first, stop in pieces:
        if first < stop and not numbers(found) & set(range(first, stop)):
            found.append((first, stop))
    return found


def judge(ranges, pieces):
    """The same numbers, in the fewest ranges, in order."""
    assert numbers(ranges.pieces) == numbers(pieces) and len(ranges) == len(numbers(pieces))
    assert all(first < stop for first, stop in ranges.pieces)
    assert all(one[1] < other[0] for one, other in zip(ranges.pieces, ranges.pieces[1:], strict=False))


@given(PIECES, st.randoms())
def test_any_order_gives_the_same_fewest_ranges(pieces, random):
    pieces = disjoint(pieces)
    ranges = Ranges(pieces)
    judge(ranges, pieces)
    random.shuffle(pieces)
    assert Ranges(pieces) == ranges
    parts = Ranges(pieces[::2])
    parts.update(Ranges(pieces[1::2]))
    assert parts == ranges


@given(PIECES, PIECES)
def test_a_number_twice_is_an_error_and_changes_nothing(pieces, more):
    ranges, there = Ranges(disjoint(pieces)), numbers(disjoint(pieces))
    for first, stop in more:
        if there & set(range(first, stop)):
            before = list(ranges.pieces)
            with pytest.raises(ValueError, match="there already"):
                ranges.add(first, stop)
            assert ranges.pieces == before


@given(PIECES, st.integers(0, 60), st.integers(0, 60), st.integers(1, 9))
def test_what_is_missing(pieces, start, stop, size):
    ranges = Ranges(disjoint(pieces))
    missing = ranges.missing(range(start, stop))
    assert numbers(missing) == set(range(start, stop)) - numbers(ranges.pieces)
    blocks = list(blocks_of(missing, size))
    assert disjoint(blocks) == blocks and numbers(blocks) == numbers(missing)
    assert all(0 < stop - first <= size for first, stop in blocks)


def test_blocks_are_made_one_at_a_time():
    blocks = blocks_of([(0, 10**18)], 7)
    assert next(blocks) == (0, 7) and next(blocks) == (7, 14)


@pytest.mark.parametrize("wrong", [[(0, 5), (5, 9)], [(5, 9), (0, 3)], [(0, 4)], [(0, 10)], [(2, 2), (0, 9)]])
def test_sabotage_the_judge_sees_wrong_ranges(wrong):
    class Given:
        pieces = wrong

        def __len__(self):
            return len(numbers(wrong))

    right = Ranges([(0, 5), (5, 9)])
    judge(right, [(0, 9)])
    with pytest.raises(AssertionError):
        judge(Given(), [(0, 9)])
