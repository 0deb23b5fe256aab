"""Atomic writes: a reader sees the old content or all of the new one."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from languages.durable import publish_folder, replace_file, replacing


def test_a_file_is_replaced_whole_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "CURRENT"
    replace_file(path, b"1\n")
    replace_file(path, b"2\n")

    assert path.read_bytes() == b"2\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_write_that_fails_leaves_the_old_content(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    replace_file(path, b"old")

    def fail() -> None:
        with replacing(path) as temporary:
            temporary.write_bytes(b"half")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert path.read_bytes() == b"old"


def test_a_reader_sees_the_old_content_until_a_write_ends(tmp_path: Path) -> None:
    path = tmp_path / "CURRENT"
    replace_file(path, b"old")
    with path.open("rb") as opened_before, replacing(path) as temporary:
        temporary.write_bytes(b"new and longer")
        during = path.read_bytes()
        replaced_later = opened_before.read()

    assert during == replaced_later == b"old"
    assert path.read_bytes() == b"new and longer"


def test_a_reader_beside_many_writes_never_sees_a_part_of_one(tmp_path: Path) -> None:
    path = tmp_path / "facts.npy"
    contents = (b"a" * 1_000_000, b"b" * 2_000_000)
    replace_file(path, contents[0])
    written = threading.Event()
    read: list[bytes] = []

    def read_until_written() -> None:
        while not written.is_set():
            content = path.read_bytes()
            if not read or content != read[-1]:
                read.append(content)

    reader = threading.Thread(target=read_until_written)
    reader.start()
    for number in range(40):
        replace_file(path, contents[(number + 1) % 2])
    written.set()
    reader.join()

    assert len(read) > 1
    assert set(read) <= set(contents)


def test_a_folder_is_published_with_all_that_is_in_it(tmp_path: Path) -> None:
    working = tmp_path / "facts.tmp"
    (working / "deep").mkdir(parents=True)
    (working / "deep" / "stock.npy").write_bytes(b"x")
    publish_folder(working, tmp_path / "facts")

    assert not working.exists()
    assert (tmp_path / "facts" / "deep" / "stock.npy").read_bytes() == b"x"


def test_a_folder_does_not_replace_one_with_content(tmp_path: Path) -> None:
    for name in ("working", "target"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    with pytest.raises(OSError, match="target"):
        publish_folder(tmp_path / "working", tmp_path / "target")

    assert (tmp_path / "target" / "file").read_text() == "target"
