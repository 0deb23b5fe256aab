"""Quantises an OpenVINO graph to int8 by NNCF's post-training quantisation, and caches it."""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from indexer.encoders.calibration import calibration_listings, calibration_queries, calibration_revision
from indexer.encoders.model import Model
from indexer.encoders.openvino_graph import graph_file, import_openvino
from indexer.encoders.openvino_tokenizer import STEP, Tokenizer, Tokens
from languages.cache import ensure_folder

log = logging.getLogger(__name__)

QUANTISER = 1  # raise it whenever the written graph changes
OUTLIER = 200  # of the largest to the mean magnitude of an input: an outlier
BATCH = 8  # texts of equal length in one calibration step: a third less time than one by one


def int8_folder(model: Model) -> Path:
    """Where the int8 graph of `model` is, or will be."""
    traced = graph_file(model).parent
    return traced.with_name(f"{traced.name}-int8-nncf-{version('nncf')}.{QUANTISER}-{calibration_revision()}")


def int8_graph_file(model: Model) -> Path:
    """The graph of `model` with int8 weights and activations, with the inputs of `graph_file`.

    The first call quantises it, which takes some twenty seconds of two cores, and loads torch.
    """
    return ensure_folder(int8_folder(model), lambda folder: _quantise(model, folder)) / "graph.xml"


def _quantise(model: Model, folder: Path) -> None:
    started = time.perf_counter()
    openvino = import_openvino()
    import nncf
    from nncf.common.logging.logger import disable_logging

    disable_logging()  # it writes to standard output
    inputs = calibration_inputs(model)
    source = openvino.Core().read_model(graph_file(model))
    exact = outlier_multiplications(graph_file(model), inputs[::5])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the check of the vectors finds out whether one matters
        graph = nncf.quantize(
            source,
            nncf.Dataset(inputs),
            ignored_scope=nncf.IgnoredScope(names=exact),
            model_type=nncf.ModelType.TRANSFORMER,
            subset_size=len(inputs),
        )
    openvino.save_model(graph, folder / "graph.xml")
    log.info("%s: quantised to int8 in %.1f s", model.name, time.perf_counter() - started)


def outlier_multiplications(graph: Path, inputs: Sequence[Mapping[str, Tokens]]) -> list[str]:
    """The names of the multiplications by weights whose input has outliers; they stay in float32.

    One value of 65 among values of 0.1 leaves three of 256 steps to all others. In
    multilingual-e5-small 3 of 72 are such, each the second of a feed-forward layer. Leaving them in
    float32 raised the share of nearest products that stay the same.
    """
    openvino = import_openvino()
    traced = openvino.Core().read_model(graph)
    own_outputs = len(traced.outputs)
    readers: dict[tuple[str, int], list[str]] = {}
    sources = []
    for operation in traced.get_ops():
        if operation.get_type_name() == "MatMul" and _is_constant(operation.input_value(1).get_node()):
            source = operation.input_value(0)
            key = (source.get_node().get_friendly_name(), source.get_index())
            if key not in readers:
                sources.append(source)
            readers.setdefault(key, []).append(operation.get_friendly_name())
    traced.add_outputs(sources)
    compiled = openvino.Core().compile_model(traced, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    results = [compiled(batch) for batch in inputs]
    names: list[str] = []
    for place, operations in enumerate(readers.values(), start=own_outputs):
        sizes = [np.abs(result[place]) for result in results]
        if max(size.max() for size in sizes) > OUTLIER * np.mean([size.mean() for size in sizes]):
            names += operations
    return names


def _is_constant(node: Any) -> bool:
    while node.get_type_name() in ("Convert", "Transpose", "Reshape"):
        node = node.input_value(0).get_node()
    return bool(node.get_type_name() == "Constant")


def calibration_inputs(model: Model) -> list[dict[str, Tokens]]:
    """Inputs of the graph: the calibration texts, each with the prompt of its kind.

    A batch has no padding, whose activations must not count: its texts are cut to one length.
    """
    tokenizer = Tokenizer(model)
    ids = [
        *tokenizer(calibration_queries(), model.prompts.query, model.query_tokens),
        *tokenizer(calibration_listings(), model.prompts.listing, model.listing_tokens),
    ]
    ids.sort(key=len)
    return [tokenizer.pad(_cut_to_one_length(ids[start : start + BATCH])) for start in range(0, len(ids), BATCH)]


def _cut_to_one_length(ids: Sequence[list[int]]) -> list[list[int]]:
    """All to the length of the shortest, rounded down to `STEP`; the last token stays the last."""
    shortest = min(map(len, ids))
    length = max(shortest // STEP * STEP, min(shortest, STEP))
    return [tokens[: length - 1] + tokens[-1:] for tokens in ids]
