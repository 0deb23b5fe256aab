"""The commands: a small engine makes a run, which is then measured."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from command_line import run_command

from eval.answer import answer_topics
from eval.command_eval import eval_
from eval.command_run import answer_all, run, summary
from eval.run import Run, read_run, write_run
from eval.topic import Topic, topic_from_qid
from languages.locale import Locale
from ranking.query import Query

QRELS = "q1 0 lamp 3\nq2 0 mug 2\nq3 0 sofa 0\n"
TOPICS = "qid\tlocale\tquery\nq1::de::clean\tde\tLampe\nq2::de::clean\tde\tTasse\nq3::de::clean\tde\tSofa\n"


@dataclass(frozen=True)
class FakeResult:
    listing_id: str
    score: float


@dataclass(frozen=True)
class FakePage:
    results: Sequence[FakeResult]
    near: Sequence[FakeResult] = ()
    degraded: Sequence[str] = ()


@dataclass
class FakeEngine:
    """Answers a text with its `finds`, and remembers the queries."""

    finds: dict[str, list[FakeResult]]
    searches: list[tuple[Query, str | None]] = field(default_factory=list)

    def search(self, query: Query, only: str | None = None) -> FakePage:
        if not query.text.isascii():
            raise ValueError("this engine reads only ASCII")
        self.searches.append((query, only))
        found = self.finds.get(query.text, [])[: query.size]
        return FakePage(found[:1], near=found[1:])


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    """A folder with judgements, topics, and two runs; their paths by name."""
    (tmp_path / "j.qrels").write_text(QRELS)
    (tmp_path / "t.tsv").write_text(TOPICS)
    write_run(tmp_path / "old.run", Run.ranked("old", {"q1::de::clean": [("x", 2.0), ("lamp", 1.0)]}))
    write_run(
        tmp_path / "new.run", Run.ranked("new", {"q1::de::clean": [("lamp", 1.0)], "q9::de::clean": [("x", 1.0)]})
    )
    return {path.name: str(path) for path in tmp_path.iterdir()}


def command(function: Callable[..., None], *arguments: str) -> tuple[int, str, str]:
    """Exit code, output and errors of one command."""
    return run_command("run" if function is run else "eval", *arguments)


def test_all_topics_are_searched_at_the_same_time_and_depth() -> None:
    engine = FakeEngine({"bag": [FakeResult("a", 2.0), FakeResult("b", 3.0), FakeResult("c", 1.0)]})
    topics = [topic_from_qid("bag"), topic_from_qid("cup")]

    answers = list(answer_topics(engine, topics, now=1_700_000_000, depth=2, country="DE", only="vector"))

    assert [answer.results for answer in answers] == [(("a", 2.0), ("b", 3.0)), ()]
    assert [(q.text, q.now, q.size, q.country, only) for q, only in engine.searches] == [
        ("bag", 1_700_000_000, 2, "DE", "vector"),
        ("cup", 1_700_000_000, 2, "DE", "vector"),
    ]
    assert all(answer.took_ms >= 0 for answer in answers)


def test_a_depth_beyond_a_page_and_an_invalid_query_are_errors() -> None:
    engine = FakeEngine({})

    with pytest.raises(ValueError, match="depth 500 is not between 1 and 200"):
        list(answer_topics(engine, [topic_from_qid("bag")], now=0, depth=500))
    with pytest.raises(ValueError, match="topic т: this engine reads only ASCII"):
        list(answer_topics(engine, [topic_from_qid("т")], now=0, depth=5))
    with pytest.raises(ValueError, match="none of the 1 topics has a result"):
        answer_all(engine, [topic_from_qid("bag")], 0, 5, None, None)


def test_answers_and_what_is_near_become_a_run_in_the_order_shown(tmp_path: Path) -> None:
    engine = FakeEngine({"bag": [FakeResult("a", 2.0), FakeResult("b", 3.0)]})

    answers = answer_all(engine, [topic_from_qid("bag"), topic_from_qid("cup")], 0, 10, None, None)
    write_run(tmp_path / "x.run", Run.ranked("x", {answer.qid: answer.results for answer in answers}))

    assert read_run(tmp_path / "x.run").listing_ids == {"bag": ["a", "b"]}
    assert "2 topics, 2 results, 1 topics without a result; a search took p50 " in summary(answers)


def test_ids_with_white_space_are_escaped_in_a_run_and_it_is_said(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = FakeEngine({"Lampe": [FakeResult("SKU 12 34", 2.0), FakeResult("b", 1.0)], "Tasse": []})
    monkeypatch.setattr("eval.command_run._open", lambda path, relevance, synonyms: engine)
    out = tmp_path / "new" / "x.run"
    (tmp_path / "CURRENT").write_text("1")

    code, shown, errors = command(run, "--snapshot", str(tmp_path), "--topics", files["t.tsv"], "--out", str(out))

    assert (code, errors) == (0, "")
    assert "1 listing ids have white space; the run has it as %20: 'SKU 12 34' is SKU%2012%2034" in shown
    assert read_run(out).listing_ids == {"q1::de::clean": ["SKU%2012%2034", "b"]}


def test_an_invalid_query_is_an_error_before_the_first_search() -> None:
    engine = FakeEngine({"bag": [FakeResult("a", 2.0)]})
    topics = [topic_from_qid("bag"), Topic("long", Locale("en"), "x" * 1_001)]

    with pytest.raises(ValueError, match=r"topic long: query has 1,001 characters"):
        list(answer_topics(engine, topics, now=0, depth=5))
    assert engine.searches == []


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--tag", "two words"], "--tag 'two words' must be one word"),
        (["--now", "yesterday"], "--now 'yesterday' is not an ISO 8601 time"),
        (["--topics", "nowhere.tsv"], "nowhere.tsv"),
        (["--snapshot", "nowhere"], "no snapshot is published in"),
        (["--depth", "500"], "depth 500 is not between 1 and 200"),
        (["--out", str(Path(__file__) / "x.run")], "which is a file; give the name of a file to write"),
        (["--out", str(Path(__file__).parent)], "is a folder, not a file; give the name of a file to write"),
    ],
)
def test_run_reports_an_error_in_one_line(
    files: dict[str, str], tmp_path: Path, arguments: list[str], complaint: str
) -> None:
    (tmp_path / "CURRENT").write_text("1")
    usual = ["--snapshot", str(tmp_path), "--topics", files["t.tsv"], "--out", str(tmp_path / "o.run")]

    code, _, errors = command(run, *usual, *arguments)

    assert code == 2
    assert errors.startswith("fondaco: ")
    assert complaint in errors
    assert errors.count("\n") == 1


def test_eval_compares_two_runs_on_the_topics_and_writes_json(files: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "figures.json"

    code, shown, errors = command(
        eval_,
        *("--qrels", files["j.qrels"], "--topics", files["t.tsv"], "--run", files["new.run"]),
        *("--baseline", files["old.run"], "--measure", "RR@10", "--out", str(out)),
    )

    assert (code, shown, errors) == (0, "", "")
    body = json.loads(out.read_text())
    german = body["tables"][0]["rows"][0]
    assert [run["name"] for run in body["runs"]] == ["old", "new"]
    assert body["left_out"] == ["q3::de::clean"]
    assert body["runs"][1]["ignored"] == 1
    # q1 at rank 2 and rank 1, q2 not answered: 0.5 / 2 and 1 / 2
    assert (german["runs"]["old"]["RR@10"]["value"], german["runs"]["new"]["RR@10"]["value"]) == (0.25, 0.5)
    assert german["runs"]["new"]["RR@10"]["change"]["delta"] == pytest.approx(0.25)


def test_eval_shows_a_table_or_markdown_and_warns_without_topics(files: dict[str, str]) -> None:
    usual = ["--qrels", files["j.qrels"], "--run", files["old.run"], "--by", "locale"]

    code, table, _ = command(eval_, *usual)
    _, text, _ = command(eval_, *usual, "--format", "markdown")

    assert code == 0
    assert "nDCG@10" in table
    assert "WARNING: no topics file" in table
    assert "| de | 1 | 0.631 | 0.500 | 1.000 | 0.500 |" in text


@pytest.mark.parametrize(
    ("option", "value", "complaint"),
    [
        ("--qrels", "t.tsv", "t.tsv, line 1: has 3 columns, expected 4"),
        ("--run", "j.qrels", "j.qrels, line 1: has 4 columns, expected 6"),
        ("--topics", "new.run", "new.run, line 1: the header lacks qid, locale, query"),
        ("--measure", "", "measure '"),
        ("--baseline", "missing.run", "missing.run"),
    ],
)
def test_eval_reports_bad_input_in_one_line(files: dict[str, str], option: str, value: str, complaint: str) -> None:
    usual = {"--qrels": files["j.qrels"], "--run": files["old.run"]} | {option: files.get(value, value)}

    code, shown, errors = command(eval_, *(part for pair in usual.items() for part in pair))

    assert (code, shown) == (2, "")
    assert errors.startswith("fondaco: ")
    assert complaint in errors
    assert errors.count("\n") == 1
