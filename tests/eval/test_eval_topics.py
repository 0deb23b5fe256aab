"""Figures by topic, complete judgements, and what an evaluation says of ids, files and formats."""

from __future__ import annotations

import csv
import json
from io import StringIO
from pathlib import Path

import pytest
from command_line import run_command
from rich.cells import cell_len

from eval.judgement import Judgement, read_judgements
from eval.measure import gain_map, is_of_judged_share, measure, relevant_from
from eval.run import Run, read_run, write_run
from eval.topic import Topic, read_topics
from eval.trec import escape_id
from languages.locale import Locale

EN = Locale("en")
QRELS = "q1 0 lamp 3\nq1 0 torch 1\nq2 0 mug 2\nq3 0 sofa -2\nq3 0 chair 1\n"
TOPICS = "qid\tlocale\tquery\nq1::de::clean\tde\tLampe\nq2::de::clean\tde\tTasse\nq3::ja::typo\tja\tイス\n"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with judgements, topics and two runs, which is the current one."""
    monkeypatch.chdir(tmp_path)
    Path("j.qrels").write_text(QRELS)
    Path("t.tsv").write_text(TOPICS)
    old = {"q1::de::clean": ["x", "lamp"], "q2::de::clean": ["mug"], "q3::ja::typo": ["chair"]}
    new = {"q1::de::clean": ["lamp", "torch"], "q2::de::clean": ["y", "z", "mug"], "q3::ja::typo": ["chair", "sofa"]}
    for tag, rankings in (("old", old), ("new", new)):
        results = {qid: [(name, 1.0 - rank) for rank, name in enumerate(names)] for qid, names in rankings.items()}
        write_run(Path(f"{tag}.run"), Run.ranked(tag, results))
    return tmp_path


def evaluate(*arguments: str) -> tuple[int, str, str]:
    return run_command("eval", "--qrels", "j.qrels", *arguments)


COMPARED = ("--topics", "t.tsv", "--run", "new.run", "--baseline", "old.run", "--measure", "RR@10")


# Figures by topic


def test_figures_by_topic_have_the_query_its_graded_results_and_its_change(files: Path) -> None:
    _, text, _ = evaluate(*COMPARED, "--by", "topic", "--format", "json")
    body = json.loads(text)
    first, second, third = body["by_topic"]

    assert (first["qid"], first["locale"], first["kind"], first["judged_query"]) == (
        "q1::de::clean",
        "de",
        "clean",
        "q1",
    )
    assert [topic["query"] for topic in body["by_topic"]] == ["Lampe", "Tasse", "イス"]
    assert first["runs"]["old"] == {
        "values": {"RR@10": 0.5},
        "results": [{"listing_id": "x"}, {"listing_id": "lamp", "grade": 3}],
    }
    assert first["runs"]["new"]["change"] == {"RR@10": 0.5}
    assert second["runs"]["new"]["change"]["RR@10"] == pytest.approx(1 / 3 - 1)
    assert third["runs"]["new"]["results"] == [{"listing_id": "chair", "grade": 1}, {"listing_id": "sofa", "grade": 0}]
    assert (body["winners"], body["losers"]) == ({"new": ["q1::de::clean"]}, {"new": ["q2::de::clean"]})
    assert body["tables"] == []


def test_figures_by_topic_in_a_terminal_show_winners_and_losers(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    code, text, _ = evaluate(*COMPARED, "--by", "topic")
    lines = text.splitlines()

    assert code == 0
    assert lines[0] == "new against old by RR@10: 1 topics better, 1 worse, 1 equal."
    assert lines[2:6] == [
        "Winners of new:",
        "q1::de::clean Lampe",
        "    old: 0.500 x:- lamp:3",
        "    new: 1.000 +0.500 lamp:3 torch:1",
    ]
    assert lines[7:9] == ["Losers of new:", "q2::de::clean Tasse"]
    assert max(map(cell_len, lines)) <= 80


def test_figures_by_topic_without_a_baseline_begin_with_the_weakest(files: Path) -> None:
    _, text, _ = evaluate("--topics", "t.tsv", "--run", "new.run", "--by", "topic", "--measure", "RR@10")

    assert text.startswith("The 3 topics with the lowest RR@10 of new:\nq2::de::clean Tasse\n")


def test_figures_by_topic_are_rows_of_a_table_file(files: Path) -> None:
    evaluate(*COMPARED, "--by", "topic", "--out", "new/folder/topics.tsv")
    evaluate(*COMPARED, "--by", "topic", "--out", "topics.md")
    rows = list(csv.DictReader(StringIO(Path("new/folder/topics.tsv").read_text()), delimiter="\t"))

    assert [row["qid"] for row in rows] == ["q1::de::clean", "q2::de::clean", "q3::ja::typo"]
    assert (rows[0]["old RR@10"], rows[0]["new RR@10"], rows[0]["new RR@10 change"]) == ("0.5000", "1.0000", "+0.5000")
    assert rows[0]["old results"] == "x:- lamp:3"
    assert "| q1::de::clean | de | clean | q1 | Lampe | 0.5000 | x (-), lamp (3) |" in Path("topics.md").read_text()


def test_the_rows_of_tables_are_lines_of_a_tsv_file(files: Path) -> None:
    _, text, _ = evaluate(*COMPARED, "--by", "locale", "--format", "tsv")
    rows = list(csv.DictReader(StringIO(text), delimiter="\t"))

    assert [(row["row"], row["run"], row["value"]) for row in rows[:2]] == [
        ("de", "old", "0.75"),
        ("de", "new", "0.666667"),
    ]
    assert float(rows[1]["change"]) == pytest.approx(2 / 3 - 0.75, abs=1e-6)


# The terminal


@pytest.mark.parametrize("columns", [80, 120])
def test_tables_fit_the_terminal_and_keep_every_figure(
    files: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    _, text, _ = evaluate(
        *COMPARED, "--measure", "nDCG@10", "--measure", "R@100", "--measure", "P@5", "--measure", "AP"
    )
    lines = text.splitlines()
    heads = " ".join(line for line in lines if "┃" in line)

    assert max(map(cell_len, lines)) <= columns
    assert "…" not in text
    for name in ("nDCG@10", "R@100", "RR@10", "P@5", "AP"):
        assert heads.count(f" {name} ") == 4  # of two runs, in two tables


def test_a_table_in_a_file_or_a_pipe_is_whole(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    options = ("--measure", "nDCG@10", "--measure", "R@100", "--measure", "P@5", "--by", "locale")
    _, text, _ = evaluate(*COMPARED, *options)
    monkeypatch.setenv("COLUMNS", "80")
    evaluate(*COMPARED, *options, "--out", "whole.txt")

    assert text.count("topics ┃") == 1
    assert Path("whole.txt").read_text() == text


# What is judged, and by whom


def test_complete_judgements_leave_no_question_of_what_is_judged(files: Path) -> None:
    _, text, _ = evaluate("--topics", "t.tsv", "--run", "new.run", "--complete", "--format", "json")
    body = json.loads(text)

    assert body["measures"] == ["nDCG@10", "RR@10", "R@100"]
    assert body["complete"] is True
    assert body["runs"][0]["judged_share"] == 1.0
    assert "An unjudged listing is not relevant: the judgements are declared complete (--complete)." in "\n".join(
        body["notes"]
    )
    assert "always 1; name another measure" in evaluate("--run", "new.run", "--complete", "--measure", "Judged@5")[2]


def test_a_negative_grade_is_judged_and_not_relevant(tmp_path: Path) -> None:
    (tmp_path / "j.qrels").write_text("1 0 a -2\n1 0 b 1\n")
    judgements = read_judgements(tmp_path / "j.qrels")
    run = Run.ranked("t", {"1": [("a", 2.0), ("b", 1.0)]})

    figures = measure(run, judgements, [Topic("1", EN, "x")], ["RR@10", "Judged@10", "nDCG@10", "P@1"])

    assert judgements[0] == Judgement("1", "a", -2)
    # b is at rank 2: nDCG = (1 / log2(3)) / 1
    assert figures.values[0].tolist() == pytest.approx([0.5, 1.0, 0.6309298, 0.0])
    assert gain_map("nDCG@10", [-2, 0, 1]) == {-2: 0.0, 0: 0.0, 1: 1.0}


def test_it_is_said_which_topics_are_measured_by_the_judgements_of_their_parent(files: Path) -> None:
    _, text, _ = evaluate("--topics", "t.tsv", "--run", "new.run", "--format", "markdown")

    assert (
        "All 3 topics are measured by the judgements of their parent topic, the first part of their qid: "
        "q1::de::clean by q1." in text
    )
    assert "with dots" not in text


def test_topics_with_dots_are_measured_and_it_is_said(files: Path) -> None:
    Path("t.tsv").write_text(TOPICS.replace("::", ".").replace("q3.ja.typo", "q3"))
    Path("new.run").write_text(Path("new.run").read_text().replace("::", ".").replace("q3.ja.typo", "q3"))
    _, text, _ = evaluate("--topics", "t.tsv", "--run", "new.run", "--format", "markdown")

    assert "2 of the 3 topics are measured by the judgements of their parent topic" in text
    assert "2 of them have qids with dots" in text
    assert "In new files write :: instead of the dots." in text


def test_dotted_topics_without_a_topics_file_are_an_error_with_the_remedy(files: Path) -> None:
    Path("new.run").write_text(Path("new.run").read_text().replace("::", "."))

    assert (
        "are parts of q002 only by a topics file that has the locale: give --topics" in evaluate("--run", "new.run")[2]
    )


def test_a_public_topic_is_not_measured_as_another(files: Path) -> None:
    Path("j.qrels").write_text("10 0 a 1\n10.5 0 b 1\n2023 0 a 1\n")
    Path("x.run").write_text("10.6 Q0 a 1 2 t\n2023.1 Q0 a 1 2 t\n10.5 Q0 b 1 2 t\n")
    code, text, errors = evaluate("--run", "x.run", "--measure", "RR@10", "--by", "topic", "--format", "json")

    # 10 and 2023 are judged and not answered; 10.6 and 2023.1 are not judged
    assert (code, errors) == (0, "")
    body = json.loads(text)
    figures = {topic["qid"]: topic["runs"]["t"]["values"]["RR@10"] for topic in body["by_topic"]}
    assert figures == {"10": 0.0, "10.5": 1.0, "2023": 0.0}
    assert body["left_out"] == ["10.6", "2023.1"]


def test_a_run_and_judgements_without_a_common_id_are_an_error_with_examples(files: Path) -> None:
    Path("other.run").write_text("q1 Q0 B00001 1 2 t\nq2 Q0 B00002 1 2 t\n")
    Path("far.run").write_text("z9 Q0 lamp 1 2 t\n")

    assert evaluate("--run", "other.run")[2] == (
        "fondaco: run t and the judgements share no listing id: the run has B00001, B00002, "
        "the judgements have chair, lamp, mug\n"
    )
    assert (
        "none of the 1 topics (z9) has a relevant judgement; judged queries are q1, q2, q3"
        in evaluate("--run", "far.run")[2]
    )


@pytest.mark.parametrize(
    ("name", "grade"),
    [("P@10", 1), ("P(rel=2)@5", 2), ("RR@10", 1), ("AP(rel=3)", 3), ("nDCG@10", None), ("ERR@10", None)],
)
def test_the_grade_from_which_a_measure_counts_a_listing_is_known(name: str, grade: int | None) -> None:
    assert relevant_from(name) == grade
    assert not is_of_judged_share(name)


def test_the_threshold_of_precision_is_printed(files: Path) -> None:
    measures = ("--measure", "P@5", "--measure", "P(rel=2)@5", "--measure", "RR@10")
    _, text, _ = evaluate("--topics", "t.tsv", "--run", "new.run", *measures)

    assert "Relevant: grade 1 and over for P@5, RR@10; grade 2 and over for P(rel=2)@5." in text


def test_ndcg_by_wikipedias_example() -> None:
    # grades 3 2 3 0 1 2 were shown, and two more listings of grades 3 and 2 exist:
    # DCG 3 + 1.262 + 1.5 + 0 + 0.387 + 0.712 = 6.861,
    # ideal 3 + 1.893 + 1.5 + 0.861 + 0.774 + 0.712 = 8.740
    grades = [3, 2, 3, 0, 1, 2]
    judgements = [Judgement("q", f"d{place}", grade) for place, grade in enumerate([*grades, 3, 2])]
    run = Run.ranked("t", {"q": [(f"d{place}", -float(place)) for place in range(6)]})

    assert measure(run, judgements, [Topic("q", EN, "x")], ["nDCG@6"]).values[0, 0] == pytest.approx(0.785, abs=5e-4)


# Files of other systems


@pytest.mark.parametrize(("first", "second"), [("b", "a"), ("a", "b")])
def test_tied_scores_keep_the_order_of_ranks(tmp_path: Path, first: str, second: str) -> None:
    (tmp_path / "x.run").write_text(f"1 Q0 {first} 1 1 t\n1 Q0 {second} 2 1 t\n")
    figures = measure(read_run(tmp_path / "x.run"), [Judgement("1", first, 1)], [Topic("1", EN, "x")], ["P@1"])

    assert figures.values[0, 0] == 1.0


@pytest.mark.parametrize(("high", "low"), [("16777217", "16777216"), ("-0.2", "-0.3"), ("3e38", "2e38")])
def test_scores_that_are_equal_in_32_bits_or_negative_keep_their_order(tmp_path: Path, high: str, low: str) -> None:
    (tmp_path / "x.run").write_text(f"1 Q0 a 1 {low} t\n1 Q0 b 2 {high} t\n")

    assert read_run(tmp_path / "x.run").listing_ids == {"1": ["b", "a"]}


def test_unanswered_and_unjudgeable_topics_are_counted_and_named(tmp_path: Path) -> None:
    run = Run.ranked("t", {"1": [("a", 1.0)], "4": [("a", 1.0)]})
    judgements = [Judgement("1", "a", 1), Judgement("2", "b", 1), Judgement("3", "c", 0)]
    figures = measure(run, judgements, [Topic(qid, EN, "x") for qid in "1234"], ["RR@10"])

    assert figures.values.tolist() == [[1.0], [0.0]]  # of 1 and 2
    assert (figures.unanswered, figures.left_out) == (("2",), ("3", "4"))


def test_topics_with_a_byte_order_mark_windows_line_ends_or_a_wrong_header(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.tsv", tmp_path / "bad.tsv"
    good.write_bytes("\ufeffqid\tlocale\tquery\r\n1\tde\tLampe\r\n".encode())
    bad.write_text("qid\tlocale\tquery\t\n1\tde\tLampe\n")

    assert read_topics(good) == (Topic("1", Locale("de"), "Lampe"),)
    with pytest.raises(ValueError, match=r"bad\.tsv, line 2: has 3 columns, the header has 4"):
        read_topics(bad)


def test_an_id_with_white_space_is_escaped_and_another_stays_as_it_is() -> None:
    assert escape_id("SKU 12\t34\u00a0x") == "SKU%2012%0934%C2%A0x"
    assert escape_id("100%25-OK") == "100%25-OK"


# Options that would do nothing


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--home", "xx"], "--home xx: no topic has this locale; the topics' locales are de, ja"),
        (["--home", "!"], "locale '!' is not a language tag"),
        (["--kind", "clean", "--kind", "typos"], "no topic is of kind typos; the topics' kinds are clean, typo"),
        (["--baseline", "new.run"], "--baseline new.run is the only run; give another --run to compare with it"),
        (["--baseline", "./new.run"], "--baseline new.run is the only run"),
        (["--out", "report.html"], "--out report.html: no format has the suffix .html; use one of .json, .md"),
        (["--out", "report.xlsx"], "no format has the suffix .xlsx"),
    ],
)
def test_an_option_without_effect_is_an_error(files: Path, arguments: list[str], complaint: str) -> None:
    code, shown, errors = evaluate("--topics", "t.tsv", "--run", "new.run", *arguments)

    assert (code, shown) == (2, "")
    assert complaint in errors
    assert sorted(path.name for path in files.iterdir()) == ["j.qrels", "new.run", "old.run", "t.tsv"]


def test_a_locale_is_a_home_however_it_is_written(files: Path) -> None:
    assert (
        "mean of 1 but ja"
        in evaluate("--topics", "t.tsv", "--run", "new.run", "--home", "JA", "--kind", "clean", "--kind", "typo")[1]
    )


@pytest.mark.parametrize(
    "options", [["--by", "kind"], ["--by", "topic"], ["--home", "ja"], ["--kind", "typo", "--home", "ja"]]
)
def test_a_home_that_changes_no_table_is_named(files: Path, options: list[str]) -> None:
    # ja has a noisy topic alone, and the table by locale has the clean ones
    _, text, _ = evaluate("--topics", "t.tsv", "--run", "new.run", "--home", "de", *options)

    assert "changes nothing: no table by locale has rows of it and of another locale" in text


def test_a_copy_of_a_run_is_named_as_one(files: Path) -> None:
    Path("copy.run").write_bytes(Path("new.run").read_bytes())
    _, text, _ = evaluate("--topics", "t.tsv", "--run", "copy.run", "--baseline", "new.run")

    assert "WARNING: copy.run has the same content as new.run: every change is 0" in text


def test_missing_folders_of_out_are_made(files: Path) -> None:
    code, _, _ = evaluate("--topics", "t.tsv", "--run", "new.run", "--out", "nodir/deep/x")
    write_run(Path("more/deep/x.run"), read_run(Path("new.run")))

    assert code == 0
    assert Path("nodir/deep/x").read_text().startswith("### by locale")
    assert read_run(Path("more/deep/x.run")) == read_run(Path("new.run"))


def test_a_query_whose_grades_are_all_0_is_not_taken_for_one_with_dots(files: Path) -> None:
    Path("none.qrels").write_text("10 0 lamp -2\n")
    Path("ten.run").write_text("10 Q0 lamp 1 2 t\n")

    assert run_command("eval", "--qrels", "none.qrels", "--run", "ten.run") == (
        2,
        "",
        "fondaco: none of the 1 topics (10) has a relevant judgement; judged queries are 10\n",
    )
