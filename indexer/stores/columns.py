"""Writes a ``.npy`` file piece by piece, so that a column of any length needs little memory."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib import format as npy


def write_column(path: Path, pieces: Iterable[npt.NDArray[Any]], dtype: str, shape: tuple[int, ...]) -> None:
    """Write `pieces` one after another as one ``.npy`` file of `shape`.

    Raises:
        ValueError: the pieces do not fill the shape.
    """
    expected = int(np.prod(shape))
    written = 0
    with path.open("wb") as out:
        npy.write_array_header_1_0(out, {"descr": dtype, "fortran_order": False, "shape": shape})
        for piece in pieces:
            piece.astype(dtype, copy=False).tofile(out)
            written += piece.size
    if written != expected:
        raise ValueError(f"{path.name}: {written} values for a column of {expected}")
