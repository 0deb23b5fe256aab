"""A sample of fixed size from a stream of unknown length."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")
_SEED = 7


class Reservoir(Generic[Item]):
    """At most `size` items of all that were added, each with the same chance.

    Algorithm R of Vitter, "Random Sampling with a Reservoir", ACM TOMS 11 (1985), with a fixed
    seed: the same stream gives the same sample.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._random = random.Random(_SEED)
        self._added = 0
        self._items: list[Item] = []

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def add(self, item: Item) -> None:
        self._added += 1
        if len(self._items) < self._size:
            self._items.append(item)
        elif (place := int(self._random.random() * self._added)) < self._size:
            self._items[place] = item
