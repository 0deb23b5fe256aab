"""Reads the description of a sentence-transformers folder: name, prompts and token limits."""

from __future__ import annotations

import hashlib
import json
import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexer.encoders.encoder import EncoderUnavailable

log = logging.getLogger(__name__)

QUERY_TOKENS = 64
"""Tokens of a query that are read. The longest real queries have 40; time grows with length."""
LISTING_TOKENS = 64
"""Tokens of a listing's text that are read.

A title has 20, a keyword-stuffed one 60; the start of the description fits in the rest. 160
characters (`indexer.stores.listing_text`) are 45 tokens in English and 110 in Chinese. Twice the
length costs more than twice the time, and the mean over more words blurs what is sold."""

_E5 = re.compile(r"(^|[/_-])e5-(small|base|large)(?!.*instruct)")
_NOT_WEIGHTS = ("README.md", ".gitattributes")


@dataclass(frozen=True, slots=True)
class Prompts:
    """What is written before a query, and before a listing's text."""

    query: str = ""
    listing: str = ""


@dataclass(frozen=True, slots=True)
class Model:
    """A sentence-transformers folder.

    `name` identifies the weights. `mean_pooling_only` is true for a transformer followed by the
    mean of its tokens and a normalisation: OpenVINO can run such a model.
    """

    path: Path
    name: str
    prompts: Prompts
    query_tokens: int
    listing_tokens: int
    padding: int  # the token that fills a short row
    mean_pooling_only: bool

    @property
    def fingerprint(self) -> str:
        """Everything that vectors depend on: weights, prompts and where texts are cut.

        It does not depend on the library that computes them.
        """
        return f"{self.name} {self.prompts.query!r}:{self.query_tokens} {self.prompts.listing!r}:{self.listing_tokens}"


def read_model(path: Path, name: str, prompts: Prompts | None = None) -> Model:
    """Read the folder's description. With `prompts` None the folder's own are used, if it has any.

    Raises:
        EncoderUnavailable: it is not a sentence-transformers folder, or it has no weights.
    """
    modules = _json(path / "modules.json")
    if modules is None:
        raise EncoderUnavailable(
            f"{path} is not a sentence-transformers folder: it has no modules.json. "
            f"Save the model with SentenceTransformer(...).save(folder), or name another"
        )
    if not any((path / file).exists() for file in ("model.safetensors", "pytorch_model.bin", "0_Transformer")) and (
        not list(path.rglob("*.safetensors"))
    ):
        raise EncoderUnavailable(f"{path} holds no weights: model.safetensors is missing")
    limit = (_json(path / "sentence_bert_config.json") or {}).get("max_seq_length") or LISTING_TOKENS
    return Model(
        path=path,
        name=name,
        prompts=_own_prompts(path, name) if prompts is None else prompts,
        query_tokens=min(QUERY_TOKENS, limit),
        listing_tokens=min(LISTING_TOKENS, limit),
        padding=int((_json(path / "config.json") or {}).get("pad_token_id") or 0),
        mean_pooling_only=_is_mean_pooling_only(path, modules),
    )


def folder_name(path: Path) -> str:
    """The folder's name and twelve hex digits of the SHA-256 of its files."""
    digest = hashlib.sha256()
    for file in sorted(path.rglob("*")):
        relative = file.relative_to(path).as_posix()
        if file.is_file() and not relative.startswith(".") and relative not in _NOT_WEIGHTS:
            with file.open("rb") as content:
                digest.update(f"{relative}\0{hashlib.file_digest(content, 'sha256').hexdigest()}\n".encode())
    return f"{path.resolve().name}@{digest.hexdigest()[:12]}"


def _own_prompts(path: Path, name: str) -> Prompts:
    """The prompts in the folder; an e5, which was published without them, gets those of e5."""
    stored = (_json(path / "config_sentence_transformers.json") or {}).get("prompts") or {}
    listing = next((stored[key] for key in ("document", "passage", "corpus") if stored.get(key)), "")
    if not stored.get("query") and not listing and _E5.search(name.lower()):
        log.info("%s states no prompts; it is an e5, so 'query: ' and 'passage: ' are used", name)
        return Prompts("query: ", "passage: ")
    return Prompts(stored.get("query") or "", listing)


def _is_mean_pooling_only(path: Path, modules: list[dict[str, str]]) -> bool:
    kinds = [module["type"].rsplit(".", 1)[-1] for module in modules]
    if kinds != ["Transformer", "Pooling", "Normalize"] or modules[0]["path"]:
        return False
    pooling = _json(path / modules[1]["path"] / "config.json") or {}
    modes = {key for key, on in pooling.items() if key.startswith("pooling_mode_") and on is True}
    by_mean = modes == {"pooling_mode_mean_tokens"} or pooling.get("pooling_mode") == "mean"
    lower = (_json(path / "sentence_bert_config.json") or {}).get("do_lower_case", False)
    return by_mean and pooling.get("include_prompt", True) and not lower and (path / "tokenizer.json").exists()


def _json(path: Path) -> Any:
    """The content of a JSON file; None where there is no such file.

    Raises:
        EncoderUnavailable: it is not JSON.
    """
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise EncoderUnavailable(f"{path} is not JSON: {error}") from error
