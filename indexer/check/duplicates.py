"""Finds listings that appear twice. Hashes are kept on disk: memory does not grow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indexer.check.tally import Tally
from indexer.listing import Listing
from indexer.stores.hashes import HashRuns, first_of_each, hash_texts
from languages.normalise import normalise


class Duplicates:
    """The ids, GTINs and titles by seller seen so far; a tally counts those that repeat."""

    def __init__(self, folder: Path, tally: Tally) -> None:
        self._tally = tally
        self._ids = HashRuns(folder / "ids")
        self._gtins = HashRuns(folder / "gtins")
        self._titles = HashRuns(folder / "titles")
        self._sellers: dict[str, int] = {}

    def first_seen(self, listings: Sequence[Listing]) -> npt.NDArray[np.bool_]:
        """Whether each listing's id is new, in the catalogue and in the batch.  # (n,)"""
        ids = hash_texts(listing.listing_id for listing in listings)
        is_new: npt.NDArray[np.bool_] = first_of_each(ids) & (self._ids.find(ids) < 0)
        self._ids.add(ids[is_new], np.zeros(int(is_new.sum()), np.int64))
        return is_new

    def add(self, listings: Sequence[Listing]) -> None:
        """Count the repetitions in a batch of listings with distinct ids."""
        self._add_gtins([listing for listing in listings if listing.gtin])
        self._add_titles([listing for listing in listings if listing.group_id is None])

    def _add_gtins(self, listings: Sequence[Listing]) -> None:
        hashes = hash_texts((listing.gtin or "").lstrip("0") for listing in listings)
        sellers = np.array(
            [self._sellers.setdefault(listing.seller_id, len(self._sellers)) for listing in listings], np.int64
        )
        owners = self._gtins.find(hashes)
        _, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
        owners = np.where(owners >= 0, owners, sellers[first][inverse.reshape(-1)])
        is_new = first_of_each(hashes) & (self._gtins.find(hashes) < 0)
        for position in np.flatnonzero(~is_new).tolist():
            is_shared = owners[position] != sellers[position]
            (self._tally.shared_gtins if is_shared else self._tally.repeated_gtins).add(listings[position].listing_id)
        self._gtins.add(hashes[is_new], sellers[is_new])

    def _add_titles(self, listings: Sequence[Listing]) -> None:
        hashes = hash_texts(f"{listing.seller_id}\0{normalise(listing.title)}" for listing in listings)
        is_new = first_of_each(hashes) & (self._titles.find(hashes) < 0)
        for position in np.flatnonzero(~is_new).tolist():
            self._tally.repeated_titles.add(listings[position].listing_id)
        self._titles.add(hashes[is_new], np.zeros(int(is_new.sum()), np.int64))
