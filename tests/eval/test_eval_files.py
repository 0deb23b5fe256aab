"""Files of topics, judgements and runs: what is written is read back, and errors name the line."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.judgement import Judgement, read_judgements, write_judgements
from eval.run import Answer, Run, read_run, shuffled, write_run
from eval.topic import Topic, judged_query_of, read_topics, topic_from_qid
from eval.trec import InvalidFile, read_lines
from languages.locale import Locale

IDS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8).filter(
    lambda text: text.split() == [text] and not text.startswith("\ufeff")
)
SCORES = st.floats(min_value=-1e30, max_value=1e30, width=64)
RANKINGS = st.lists(st.tuples(IDS, SCORES), max_size=8, unique_by=lambda pair: pair[0])


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="\n")
    return path


# Topics


def test_reads_topics_in_any_column_order_and_ignores_other_columns(tmp_path: Path) -> None:
    path = write(tmp_path, "t.tsv", 'note\tquery\tlocale\tqid\nx\tmochila "azul"\tpt-br\tq006::pt-BR::typo\n')

    topics = read_topics(path)

    assert topics == (Topic("q006::pt-BR::typo", Locale("pt", region="BR"), 'mochila "azul"'),)
    assert (topics[0].judged_query, topics[0].kind) == ("q006", "typo")


def test_reads_topics_with_a_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    path = write(tmp_path, "t.tsv", "\ufeffqid\tlocale\tquery\r\nq1\tde\tRucksack\r\n\r\n")

    assert read_topics(path) == (Topic("q1", Locale("de"), "Rucksack"),)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("qid\tlocale\nq1\tde\n", r"t\.tsv, line 1: the header lacks query"),
        ("qid\tlocale\tquery\nq1\tde\n", r"t\.tsv, line 2: has 2 columns, the header has 3"),
        ("qid\tlocale\tquery\nq1\tGerman!\tbag\n", r"t\.tsv, line 2: locale 'German!'"),
        ("qid\tlocale\tquery\nq1\tde\tbag\nq1\tde\tsack\n", r"t\.tsv, line 3: qid q1 is repeated"),
        ("qid\tlocale\tquery\nq 1\tde\tbag\n", r"t\.tsv, line 2: qid 'q 1' must be one word"),
        ("qid\tlocale\tquery\nq1\tde\t \n", r"t\.tsv, line 2: topic q1 has an empty query"),
        ("qid\tlocale\tquery\n", r"t\.tsv: has a header and no topics"),
        ("", r"t\.tsv: is empty"),
    ],
)
def test_an_invalid_topic_file_is_an_error_with_file_and_line(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(InvalidFile, match=complaint):
        read_topics(write(tmp_path, "t.tsv", text))


def test_judgements_of_the_whole_qid_come_before_those_of_its_first_part() -> None:
    topic = Topic("q1::v2", Locale("en"), "bag")

    assert judged_query_of(topic, {"q1::v2", "q1"}) == "q1::v2"
    assert judged_query_of(topic, {"q1"}) == "q1"
    assert topic.kind == ""


@pytest.mark.parametrize(
    "qid", ["10.6", "2023.1", "2023-1", "q1.v2", "31_1-2", "9-1-2", "a.b.c", "a.de.clean", "q1.en.2", "x:y", "::en::x"]
)
def test_a_public_id_is_a_whole_and_never_measured_as_another(qid: str) -> None:
    topic = Topic(qid, Locale("en"), "bag")

    assert (topic.judged_query, topic.kind, topic.is_dotted) == (qid, "", False)
    assert topic_from_qid(qid).judged_query == qid


def test_the_former_form_with_dots_is_read_where_its_locale_is_the_topics_own() -> None:
    topic = Topic("q002.pt-BR.typo", Locale("pt", region="BR"), "mochila")

    assert (topic.judged_query, topic.kind, topic.is_dotted) == ("q002", "typo", True)


def test_a_topic_from_a_qid_has_the_locale_and_kind_in_it() -> None:
    assert topic_from_qid("q2::zh-Hant::clean").locale == Locale("zh", "Hant")
    assert topic_from_qid("q2::zh-Hant::clean").kind == "clean"
    assert topic_from_qid("q2").locale == Locale("und")
    assert topic_from_qid("q2::1st::x").locale == Locale("und")


# Judgements


@given(
    st.lists(st.builds(Judgement, IDS, IDS, st.integers(-2, 9)), min_size=1, unique_by=lambda j: (j.qid, j.listing_id))
)
@settings(max_examples=50, deadline=None)
def test_judgements_written_and_read_are_the_same(judgements: list[Judgement]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "j.qrels.gz"
        write_judgements(path, judgements)

        assert read_judgements(path) == tuple(judgements)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("q1 0 a\n", "line 1: has 3 columns, expected 4: qid 0 listing_id grade"),
        ("q1 0 a 1\nq1 0 a 2\n", "line 2: listing a is graded twice for query q1"),
        ("q1 0 a good\n", "line 1: grade 'good' is not a whole number"),
        ("q1 0 a 1.5\n", "line 1: grade '1.5' is not a whole number"),
        ("q1 0 a 99999999999\n", "line 1: grade 99999999999 is not between -1,000,000 and 1,000,000"),
        ("q1 0 a 1\nq1 0 b -99999999999\n", "line 2: grade -99999999999 is not between"),
        ("\n", "has no judgements"),
    ],
)
def test_invalid_judgements_are_an_error_with_the_line(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(InvalidFile, match=complaint):
        read_judgements(write(tmp_path, "j.qrels", text))


# Runs


@given(st.dictionaries(IDS, RANKINGS, min_size=1, max_size=4).filter(lambda rankings: any(rankings.values())), IDS)
@settings(max_examples=100, deadline=None)
def test_a_run_written_and_read_is_the_same_run(rankings: dict[str, list[tuple[str, float]]], tag: str) -> None:
    run = Run.ranked(tag, rankings)
    with tempfile.TemporaryDirectory() as folder:
        for name in ("a.run", "a.run.gz"):
            write_run(Path(folder) / name, run)

            assert read_run(Path(folder) / name) == run


@given(RANKINGS)
@settings(max_examples=100, deadline=None)
def test_a_ranking_keeps_its_order_whatever_its_scores(pairs: list[tuple[str, float]]) -> None:
    run = Run.ranked("x", {"q": pairs, "other": [("a", 1.0)]})

    assert [answer.listing_id for answer in run.rankings.get("q", ())] == [listing_id for listing_id, _ in pairs]


def test_tied_and_rising_scores_are_lowered_until_they_differ_in_32_bits(tmp_path: Path) -> None:
    run = Run.ranked("x", {"q": [("b", 0.1), ("a", 0.1), ("c", 0.1 + 1e-12), ("d", 7.0)]})
    write_run(tmp_path / "x.run", run)

    scores = [float(line.split()[4]) for line in (tmp_path / "x.run").read_text().splitlines()]
    assert len(np.unique(np.array(scores, dtype=np.float32))) == 4
    assert scores == sorted(scores, reverse=True)
    assert [answer.listing_id for answer in read_run(tmp_path / "x.run").rankings["q"]] == ["b", "a", "c", "d"]


def test_another_systems_run_is_ordered_by_score_and_its_ties_by_rank(tmp_path: Path) -> None:
    path = write(tmp_path, "x.run", "q Q0 low 1 0.5 t\nq Q0 second 3 2 t\nq Q0 first 2 2 t\n")

    assert [answer.listing_id for answer in read_run(path).rankings["q"]] == ["first", "second", "low"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("q Q0 a 1 0.5\n", "line 1: has 5 columns, expected 6: qid Q0 listing_id rank score tag"),
        ("q Q0 a 1 high t\n", "line 1: score 'high' is not a number"),
        ("q Q0 a 1 nan t\n", "line 1: score 'nan' is not finite"),
        ("q Q0 a first 1 t\n", "line 1: rank 'first' is not a whole number"),
        ("q Q0 a 1 2 t\nq Q0 a 2 1 t\n", "line 2: listing a is twice in the ranking of q"),
        ("q Q0 a 1 2 t\nq Q0 b 2 1 u\n", "line 2: tag 'u' differs from 't' above"),
        ("q Q0 a 1 1e300 t\n", "has score 1e\\+300, beyond a 32-bit float"),
        ("", "has no answers"),
    ],
)
def test_an_invalid_run_is_an_error_with_the_line(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(InvalidFile, match=complaint):
        read_run(write(tmp_path, "x.run", text))


@pytest.mark.parametrize("listing_id", ["", "a b", "a\tb", "a\u00a0b", "a\n"])
def test_an_id_with_white_space_is_an_error(listing_id: str) -> None:
    with pytest.raises(ValueError, match="must be one word"):
        Run.ranked("x", {"q": [(listing_id, 1.0)]})


def test_scores_that_do_not_decrease_are_an_error() -> None:
    with pytest.raises(ValueError, match=r"build the run with Run\.ranked"):
        Run("x", {"q": (Answer("a", 1.0), Answer("b", 1.0))})


def test_shuffling_keeps_the_answers_and_gives_the_same_order_for_the_same_seed() -> None:
    rankings = {"q2": ["a", "b", "c", "d", "e"], "q1": ["a", "b", "c", "d", "e"]}

    once = shuffled(rankings, 3)

    assert {qid: sorted(ids) for qid, ids in once.items()} == {"q1": list("abcde"), "q2": list("abcde")}
    assert once == shuffled(dict(reversed(rankings.items())), 3)
    assert once != shuffled(rankings, 4)


def test_a_broken_gzip_file_and_another_encoding_are_errors(tmp_path: Path) -> None:
    cut = tmp_path / "cut.gz"
    cut.write_bytes(gzip.compress(b"q 0 a 1\n" * 500)[:30])
    latin = tmp_path / "latin.qrels"
    latin.write_bytes("q 0 caf\u00e9 1\n".encode("latin-1"))

    with pytest.raises(InvalidFile, match="is not a complete gzip file"):
        list(read_lines(cut))
    with pytest.raises(InvalidFile, match="is not UTF-8"):
        list(read_lines(latin))
