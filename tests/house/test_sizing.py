"""Sizing by hand, and the page that shows it."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

from sizing import SizingInput, disk_gb, graph_gb, main, nodes, shards, vector_bytes  # noqa: E402 (a script, not a package)


def test_a_vector_in_a_graph_takes_what_opensearch_s_documentation_says() -> None:
    # 1.1 * (4 * 384 + 8 * 16) = 1.1 * 1664; its own example: 256 dimensions, m 16, fp16, a million
    # take about 0.656 GB (which is 0.704 in 10^9 bytes and 0.656 in 2^30).
    assert vector_bytes(384, 16, "none") == pytest.approx(1830.4)
    assert vector_bytes(384, 16, "fp16") == pytest.approx(985.6)
    assert vector_bytes(384, 16, "byte") == pytest.approx(563.2)
    assert vector_bytes(256, 16, "fp16") * 1e6 / 2**30 == pytest.approx(0.656, abs=5e-4)


def test_ten_million_listings_by_hand() -> None:
    sizing = SizingInput(
        10_000_000, bytes_words=1_000, bytes_vectors=1_700, bytes_texts=300, bytes_facts=200, generations=2, node_gb=64
    )

    # Graph: 10^7 * 1830.4 * 2 = 36.6 GB. Disk: 10^7 * 3200 * 2 copies * 2 generations / 0.85 =
    # 150.6 GB.
    assert graph_gb(sizing) == pytest.approx(36.608)
    assert disk_gb(sizing) == pytest.approx(150.588, abs=1e-3)
    # Words 10 GB, vectors 17 GB: one shard of each. 36.6 + 10 GB of cache in (64 - 31 - 2) GB a
    # node: two, so three.
    assert shards(sizing) == (1, 1)
    assert nodes(sizing) == 3


def test_fifty_million_listings_by_hand() -> None:
    sizing = SizingInput(50_000_000, replicas=1, bytes_words=1_000, bytes_vectors=2_000, node_gb=64)

    # Words 50 GB: two shards of 30 GB at most. Vectors 100 GB: four. 183 + 50 GB of cache over 31
    # GB a node: 7.52.
    assert shards(sizing) == (2, 4)
    assert nodes(sizing) == 8


def test_memory_for_faiss_is_limited_to_half_of_what_is_beside_the_heap() -> None:
    # Half of 64 - 31 = 16.5 GB a node, and 183 GB of graph: 11.1 nodes.
    assert nodes(SizingInput(50_000_000, knn_engine="faiss")) == 12


def test_one_copy_needs_one_node_and_two_copies_three() -> None:
    assert nodes(SizingInput(1_000, replicas=0)) == 1
    assert nodes(SizingInput(1_000, replicas=1)) == 3


def test_a_node_without_memory_beside_its_heap_is_refused() -> None:
    with pytest.raises(ValueError, match="--node-gb"):
        nodes(SizingInput(1_000, node_gb=4))


def test_the_page_s_table_is_what_its_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    page = (ROOT / "docs" / "opensearch.md").read_text("utf-8")
    commands = re.findall(r"^\.venv/bin/python benchmarks/sizing\.py (.*)$", page, re.MULTILINE)

    assert commands
    for command in commands:
        main(shlex.split(command, comments=True))

        assert capsys.readouterr().out.strip() in page, "run the command again and put its table into the page"
