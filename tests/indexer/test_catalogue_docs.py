"""docs/catalogue.md is true: its Python runs from top to bottom, its other examples are read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from indexer.catalogue.reference_data import read_markets, read_rates, read_sellers, read_shipping
from indexer.market import Seller, ShippingTemplate

DOCS = (Path(__file__).parents[2] / "docs" / "catalogue.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCS, re.DOTALL | re.MULTILINE)


def test_the_python_examples_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile("\n".join(blocks("python")), "docs/catalogue.md", "exec"), {})
    first, second = capsys.readouterr().out.splitlines()

    assert first.startswith("1 Stuhl aus Eiche")
    assert second == "2 rejected: price_minor must be a whole number of minor units, such as 1999 for 19.99 EUR"


def test_the_examples_of_reference_data_are_read(tmp_path: Path) -> None:
    _, seller, template = blocks("json")
    market, rates = blocks("toml")
    for name, text in (("s.jsonl", seller), ("t.jsonl", template), ("m.toml", market), ("r.toml", rates)):
        (tmp_path / name).write_text(text, "utf-8")

    assert [type(entry) for entry in read_sellers(tmp_path / "s.jsonl")] == [Seller] * len(seller.splitlines())
    assert [type(entry) for entry in read_shipping(tmp_path / "t.jsonl")] == [ShippingTemplate] * len(
        template.splitlines()
    )
    assert list(read_markets(tmp_path / "m.toml")) == ["DE"]
    assert read_rates(tmp_path / "r.toml").knows("JPY")
