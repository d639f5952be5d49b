"""Sets of patient (or replicate) numbers, kept as the fewest ranges."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Iterator, Sequence


class Ranges:
    """Disjoint ranges first .. stop - 1 in order, neighbours joined. A number is added once; twice is an error."""

    def __init__(self, pieces: Iterable[Sequence[int]] = ()) -> None:
        self.pieces: list[tuple[int, int]] = []
        for first, stop in pieces:
            self.add(first, stop)

    def add(self, first: int, stop: int) -> None:
        """Add first .. stop - 1; `ValueError` if one of them is there already: it would be counted twice."""
        if first >= stop:
            return
        place = bisect(self.pieces, (first, stop))
        before, after = self.pieces[max(place - 1, 0) : place], self.pieces[place : place + 1]
        if any(piece[1] > first for piece in before) or any(piece[0] < stop for piece in after):
            raise ValueError(f"{first} .. {stop - 1} is partly there already")
        start = place
        if before and before[0][1] == first:
            start, first = place - 1, before[0][0]
        if after and after[0][0] == stop:
            place, stop = place + 1, after[0][1]
        self.pieces[start:place] = [(first, stop)]

    def update(self, other: Ranges) -> None:
        """Add all of `other`."""
        for first, stop in other.pieces:
            self.add(first, stop)

    def missing(self, everyone: range) -> list[tuple[int, int]]:
        """The ranges of `everyone` that are not here."""
        gaps, at = [], everyone.start
        for first, stop in [*self.pieces, (everyone.stop, everyone.stop)]:
            if at < min(first, everyone.stop):
                gaps.append((at, min(first, everyone.stop)))
            at = max(at, stop)
        return gaps

    def __len__(self) -> int:
        return sum(stop - first for first, stop in self.pieces)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ranges) and self.pieces == other.pieces

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return f"Ranges({self.pieces})"


def blocks_of(ranges: Iterable[tuple[int, int]], size: int) -> Iterator[tuple[int, int]]:
    """`ranges` cut into blocks of at most `size`; one at a time, so that 10^9 patients need no list."""
    for first, stop in ranges:
        for start in range(first, stop, size):
            yield start, min(start + size, stop)
