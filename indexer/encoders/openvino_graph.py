"""Traces a model from torch into an OpenVINO graph and caches it; later runs need no torch."""

from __future__ import annotations

import gc
import logging
import re
import sys
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import numpy as np

from indexer.encoders.model import Model
from languages.cache import cache_folder, ensure_folder

log = logging.getLogger(__name__)

TRACER = 1  # raise it whenever the written graph changes
MIN_COSINE = 0.9999  # of the graph to torch, both in float32, that a trace must reach
_TRIALS = ((2, 7), (1, 5), (3, 19))  # (texts, tokens): traced with the first, compared with all


class NotConvertible(Exception):
    """OpenVINO cannot run this model, or gives other vectors than torch."""


def import_openvino() -> Any:
    """Import openvino without its telemetry, which reports each import to its vendor."""
    sys.modules.setdefault("openvino_telemetry", cast(ModuleType, None))  # None: "there is no such package"
    import openvino

    return openvino


def graph_file(model: Model) -> Path:
    """The graph of `model`, which maps input_ids and attention_mask to vectors.

    The inputs are (n, length) int64, the vectors (n, dim): the mean of a text's tokens. The first
    call traces the graph, which takes some seconds and loads torch. Weights are stored as float16.

    Raises:
        NotConvertible: see the class.
    """
    version = import_openvino().__version__.split("-")[0]
    key = re.sub(r"[^\w.@-]+", "-", model.name)
    target = cache_folder() / f"{key}-openvino-{version}.{TRACER}"
    return ensure_folder(target, lambda folder: _trace(model, folder)) / "graph.xml"


def _trace(model: Model, folder: Path) -> None:
    started = time.perf_counter()
    log.info("%s: tracing for OpenVINO, once", model.name)
    try:
        with warnings.catch_warnings():
            # the tracer warns of each Python branch; `_compare` finds out whether one matters
            warnings.simplefilter("ignore")
            _trace_and_compare(model, folder / "graph.xml")
    except NotConvertible:
        raise
    except Exception as error:  # failures of torch, transformers and OpenVINO have no common class
        raise NotConvertible(f"{type(error).__name__}: {error}") from error
    gc.collect()  # frees the module's own copy of the weights
    log.info("%s: traced and compared in %.1f s", model.name, time.perf_counter() - started)


def _trace_and_compare(model: Model, target: Path) -> None:
    import torch
    from transformers import AutoModel

    openvino = import_openvino()

    class MeanOfTokens(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.transformer = AutoModel.from_pretrained(model.path, dtype=torch.float32, local_files_only=True)
            # The tracer reads every property of the module. `loss_function` of a model without a
            # loss logs a warning unless it is set.
            self.transformer.loss_function = None

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            tokens = self.transformer(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            weights = attention_mask.unsqueeze(-1).to(tokens.dtype)
            mean: torch.Tensor = (tokens * weights).sum(1) / weights.sum(1).clamp(min=1e-9)
            return mean

    module = MeanOfTokens().eval()
    vocabulary = int(module.transformer.config.vocab_size)
    trials = [_trial(shape, vocabulary) for shape in _TRIALS]
    inputs = [(name, [-1, -1], openvino.Type.i64) for name in ("input_ids", "attention_mask")]
    example = {name: torch.from_numpy(array) for name, array in trials[0].items()}
    openvino.save_model(
        openvino.convert_model(module, example_input=example, input=inputs), target, compress_to_fp16=True
    )
    compiled = openvino.Core().compile_model(target, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    for trial in trials:
        with torch.no_grad():
            expected = module(**{name: torch.from_numpy(array) for name, array in trial.items()}).numpy()
        _compare(expected, compiled(trial)[0])


def _trial(shape: tuple[int, int], vocabulary: int) -> dict[str, np.ndarray[Any, np.dtype[np.int64]]]:
    """Tokens from a fixed seed; the last text has only the first half of its tokens."""
    ids = np.random.default_rng(0).integers(5, vocabulary, shape)
    mask = np.ones(shape, np.int64)
    mask[-1, (shape[1] + 1) // 2 :] = 0
    return {"input_ids": ids, "attention_mask": mask}


def _compare(expected: np.ndarray[Any, Any], actual: np.ndarray[Any, Any]) -> None:
    lengths = np.linalg.norm(expected, axis=1) * np.linalg.norm(actual, axis=1)
    cosine = float((np.einsum("ij,ij->i", expected, actual) / lengths).min())
    if not cosine >= MIN_COSINE:
        raise NotConvertible(f"its graph gives other vectors than torch: cosine {cosine:.5f} at {expected.shape}")


def properties(threads: int, precision: str, purpose: str) -> Mapping[str, Any]:
    """The properties a graph is compiled with. `purpose` is ``LATENCY`` or ``THROUGHPUT``.

    An int8 graph says itself which operations are int8; the others run in float32.
    """
    hint = "f32" if precision == "int8" else precision
    return {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": hint, "PERFORMANCE_HINT": purpose}
