"""Reads a file, plain, gzip or zstd, as pieces of bytes, and tells how far it was read."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from indexer.catalogue.files.encodings import utf_8_pieces
from indexer.catalogue.files.lines import with_line_feeds

PIECE = 1 << 17  # bytes of text at a time; larger pieces were no faster
_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"


class DamagedFile(ValueError):
    """The file is incomplete, or damaged in its middle; what comes before the damage is valid."""


class Source:
    """A file on disk that is read from its start, through a decompressor if it is compressed.

    `bytes_read` is the position in the file on disk, to be compared with `bytes_total`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.bytes_total = path.stat().st_size
        self.bytes_read = 0
        with path.open("rb") as file:
            magic = file.read(4)
        self.compression = "gzip" if magic[:2] == _GZIP else "zstd" if magic == _ZSTD else None

    def pieces(self) -> Iterator[bytes]:
        """The file's bytes after decompression and in UTF-8, none of the pieces empty.

        UTF-16, and XML that declares another encoding, are decoded. Lines that end with CR alone
        end with LF.

        Raises:
            DamagedFile: after all the bytes before the damage.
            ValueError: an XML declaration names an encoding that is not known.
        """
        raw = {"gzip": self._gzip, "zstd": self._zstd}.get(self.compression or "", self._plain)
        return with_line_feeds(utf_8_pieces(raw()))

    def head(self, size: int) -> bytes:
        """The first `size` bytes after decompression, or all there are."""
        head = b""
        try:
            for piece in self.pieces():
                head += piece
                if len(head) >= size:
                    break
        except DamagedFile:
            pass  # it is raised again when the records are read, and reported with a record's number
        self.bytes_read = 0
        return head[:size]

    def _plain(self) -> Iterator[bytes]:
        with _Counted(self) as file:
            while piece := file.read(PIECE):
                yield piece

    def _gzip(self) -> Iterator[bytes]:
        with _Counted(self) as file, gzip.GzipFile(fileobj=file) as stream:
            try:
                # read1, not read: on an incomplete file read loses the bytes before the damage.
                while piece := stream.read1(PIECE):
                    yield piece
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise DamagedFile(f"the gzip file is cut or damaged: {error}") from error

    def _zstd(self) -> Iterator[bytes]:
        position = 0
        try:
            for piece in self._zstd_pieces(PIECE):
                position += len(piece)
                yield piece
        except DamagedFile:
            yield from self._zstd_last(position)
            raise

    def _zstd_pieces(self, size: int, skip: int = 0) -> Iterator[bytes]:
        """Pieces of `size` bytes after the first `skip` bytes."""
        import pyarrow as pa

        with _Counted(self) as file:
            stream = pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd")
            try:
                while skip:
                    skip -= len(stream.read(min(skip, PIECE)))
                while piece := stream.read(size):
                    yield piece
            except (OSError, pa.ArrowException) as error:
                raise DamagedFile(f"the zstd file is cut or damaged: {error}") from error

    def _zstd_last(self, position: int) -> Iterator[bytes]:
        """The bytes from `position` to the damage: pyarrow drops the piece that it fails in."""
        last: list[bytes] = []
        try:
            last.extend(self._zstd_pieces(1, skip=position))
        except DamagedFile:
            yield b"".join(last)


class _Counted(io.RawIOBase):
    """A file that updates the `bytes_read` of its Source."""

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
