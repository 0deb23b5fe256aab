"""Here is a file, plain, gzip or zstd: give me its bytes, in pieces, and say how far we are."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PIECE = 1 << 17  # bytes of text at a time; larger pieces were no faster
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


class DamagedFile(ValueError):
    """The file ends too early or is broken in its middle; what came before it is good."""


class Source:
    """A file on disk that is read from its start, perhaps through a decompressor.

    `bytes_read` is the position in the file as it lies on disk, so that it can be set against `bytes_total`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.bytes_total = path.stat().st_size
        self.bytes_read = 0
        with path.open("rb") as file:
            magic = file.read(4)
        self.compression = "gzip" if magic[:2] == _GZIP else "zstd" if magic == _ZSTD else None

    def pieces(self) -> Iterator[bytes]:
        """The file's bytes after decompression, none of the pieces empty.

        Raises:
            DamagedFile: after every byte that could be read has been given.
        """
        if self.compression == "gzip":
            return self._gzip()
        return self._zstd() if self.compression == "zstd" else self._plain()

    def head(self, size: int) -> bytes:
        """The first `size` bytes after decompression, or all there are."""
        head = b""
        try:
            for piece in self.pieces():
                head += piece
                if len(head) >= size:
                    break
        except DamagedFile:
            pass  # whoever reads the records meets it again, and reports it with the record's number
        self.bytes_read = 0
        return head[:size]

    def _plain(self) -> Iterator[bytes]:
        with _Counted(self) as file:
            while piece := file.read(PIECE):
                yield piece

    def _gzip(self) -> Iterator[bytes]:
        with _Counted(self) as file, gzip.GzipFile(fileobj=file) as stream:
            try:
                # read1, not read: read would lose what it had gathered when the file turns out to be cut.
                while piece := stream.read1(PIECE):
                    yield piece
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise DamagedFile(f"the gzip file is cut or damaged: {error}") from error

    def _zstd(self) -> Iterator[bytes]:
        given = 0
        try:
            for piece in self._zstd_pieces(PIECE):
                given += len(piece)
                yield piece
        except DamagedFile:
            yield from self._zstd_last(given)
            raise

    def _zstd_pieces(self, size: int, before: int = 0) -> Iterator[bytes]:
        """Pieces of `size` bytes after the first `before` ones."""
        import pyarrow as pa

        with _Counted(self) as file:
            stream = pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd")
            try:
                while before:
                    before -= len(stream.read(min(before, PIECE)))
                while piece := stream.read(size):
                    yield piece
            except (OSError, pa.ArrowException) as error:
                raise DamagedFile(f"the zstd file is cut or damaged: {error}") from error

    def _zstd_last(self, given: int) -> Iterator[bytes]:
        """What lies between the last whole piece and the damage: pyarrow throws away the piece that it fails in."""
        last: list[bytes] = []
        try:
            last.extend(self._zstd_pieces(1, before=given))
        except DamagedFile:
            yield b"".join(last)


class _Counted(io.RawIOBase):
    """A file that tells its Source how far it was read."""

    def __init__(self, source: Source) -> None:
        self._file = io.FileIO(source.path)
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        count = self._file.readinto(buffer)
        self._source.bytes_read = self._file.tell()
        return count

    def close(self) -> None:
        self._file.close()
        super().close()
