"""The hits of one index for one query."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """Rows and their scores, best first, ties by row; no padding."""

    rows: npt.NDArray[np.int64]  # (n,)
    scores: npt.NDArray[np.float64]  # (n,)

    def __len__(self) -> int:
        return len(self.rows)

    @classmethod
    def none(cls) -> Hits:
        return cls(np.empty(0, np.int64), np.empty(0, np.float64))

    def with_others(self, others: Hits) -> Hits:
        """These and the hits of other rows."""
        return best(
            np.concatenate([self.rows, others.rows]),
            np.concatenate([self.scores, others.scores]),
            len(self) + len(others),
        )


def best(rows: npt.NDArray[np.int64], scores: npt.NDArray[np.float64], k: int) -> Hits:
    """The `k` best of the scored rows, ties by row."""
    if k < len(rows):
        lowest = np.partition(scores, len(scores) - k)[len(scores) - k]
        keep = scores >= lowest  # with all that tie with the last, so that ties are cut by row
        rows = rows[keep]
        scores = scores[keep]
    order = np.lexsort((rows, -scores))[:k]
    return Hits(rows[order], scores[order])
