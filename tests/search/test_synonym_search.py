"""A shop's synonyms in whole searches: what they find, what the page says, and how they change."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from command_line import run_command
from fastapi.testclient import TestClient
from golden_rankings import NOW

from languages.locale import Locale
from languages.synonyms.rule import InvalidSynonyms
from ranking.query import Query
from search.bootstrap import open_engine
from search.cursor import Cursor, ExpiredCursor, InvalidCursor, parse, query_fingerprint
from search.engine import Engine
from search.engine_pool import EnginePool
from search.http.app import create_app
from search.page import Page
from search.serve_settings import ServeSettings
from search.understanding.synonym_expansion import WEIGHT

WithSynonyms = Callable[..., Engine]


@pytest.fixture
def with_synonyms(golden_engine: Engine, tmp_path: Path) -> WithSynonyms:
    """Opens the golden catalogue with files of synonyms, by locale."""

    def engine(**files: str) -> Engine:
        for locale, rules in files.items():
            (tmp_path / f"{locale.replace('_', '-')}.txt").write_text(rules, "utf-8")
        return open_engine(golden_engine.snapshot.root, threads=1, synonyms=tmp_path)

    return engine


def query(text: str, locale: str = "en", *, size: int = 200, expand: bool = True) -> Query:
    return Query(text, Locale.parse(locale), NOW, size=size, expand=expand, repair=False)


def answers(page: Page) -> list[str]:
    return [result.listing_id for result in page.results]


def expansions(page: Page, source: str = "synonym") -> list[list[tuple[str, float]]]:
    """The synonyms of each part, with their weights."""
    return [[(e.text, e.weight) for e in part.expansions if e.source == source] for part in page.understood.parts]


def test_an_unknown_word_finds_what_its_synonym_finds(golden_engine: Engine, with_synonyms: WithSynonyms) -> None:
    engine = with_synonyms(en="brewbox, kettle\n")
    page = engine.search(query("brewbox"))
    kettles = golden_engine.search(query("kettle"))

    assert expansions(page) == [[("kettle", WEIGHT)]]
    assert expansions(page, "encoder") == [[]]  # it needs no guesses
    assert page.understood.certainty == 1.0
    assert page.not_found == ()
    assert {"kettle-glass", "kettle-steel", "wasserkocher-glas", "kettle-ja"} <= set(answers(page))
    assert set(answers(page)) <= set(answers(kettles)) | {near.listing_id for near in kettles.near}


def test_without_expansion_there_are_no_synonyms(with_synonyms: WithSynonyms) -> None:
    page = with_synonyms(en="brewbox => kettle\n").search(query("brewbox", expand=False))

    assert expansions(page) == [[]]
    assert (page.found, page.not_found) == (0, ("brewbox",))


def test_a_one_way_rule_does_not_go_back(with_synonyms: WithSynonyms) -> None:
    engine = with_synonyms(en="tacker => lamp\n")

    assert expansions(engine.search(query("tacker"))) == [[("lamp", WEIGHT)]]
    assert expansions(engine.search(query("lamp"))) == [[]]


def test_what_is_written_comes_first(with_synonyms: WithSynonyms) -> None:
    """A notebook of paper is no answer to ``dress``, but by the shop's rule; dresses stay first."""
    engine = with_synonyms(en="dress => kettle\n")
    order = answers(engine.search(query("dress")))

    assert {"dress-red", "dress-blue", "kettle-steel"} <= set(order)
    assert max(order.index("dress-red"), order.index("dress-blue")) < order.index("kettle-steel")


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("steel fizz makers", [[], [("kettle", WEIGHT)], [("kettle", WEIGHT)]]),  # several words, inflected
        ("fizz steel", [[], []]),
    ],
)
def test_a_phrase_is_matched_by_its_lemmas(
    with_synonyms: WithSynonyms, text: str, parts: list[list[tuple[str, float]]]
) -> None:
    page = with_synonyms(en="fizz maker => kettle\n").search(query(text))

    assert expansions(page) == parts
    assert answers(page)[:1] == ["kettle-steel"] or not any(parts)


def test_a_synonym_weighs_as_the_thing_that_it_names(golden_engine: Engine, with_synonyms: WithSynonyms) -> None:
    """Of one word or of several parts: a brewbox of steel is a kettle before it is of steel."""
    engine = with_synonyms(en="brewbox => kettle\nfizz doodah => kettle\n")
    texts = ("steel kettle", "steel brewbox", "steel fizz doodah")
    steel = [engine.search(query(text)).understood.parts[0].importance for text in texts]

    assert steel[1:] == pytest.approx([steel[0]] * 2, abs=0.05)


def test_a_phrase_on_the_right_is_found_by_what_its_words_mean(with_synonyms: WithSynonyms) -> None:
    order = answers(with_synonyms(en="fizz maker => leather wallet\n").search(query("fizz maker")))

    assert {"wallet-leather-brown", "wallet-leather-zip", "geldboerse-leder", "planbok-sv"} <= set(order[:12])
    assert not {"jacket-leather", "wallet-canvas"} & set(order[:10])


def test_a_piece_of_a_part_is_replaced_in_it(with_synonyms: WithSynonyms) -> None:
    engine = with_synonyms(en="case => wallet\n")
    page = engine.search(query("phone case"))

    assert [part.text for part in page.understood.parts] == ["phone case"]
    assert expansions(page) == [[("wallet", WEIGHT)]]
    assert answers(page)[-1:] != ["wallet-plain"]


def test_a_region_s_file_serves_its_buyers_alone(with_synonyms: WithSynonyms) -> None:
    engine = with_synonyms(pt_BR="trequinho => chaleira\n")

    assert "chaleira-pt" in answers(engine.search(query("trequinho", "pt-BR")))
    assert expansions(engine.search(query("trequinho", "pt-PT"))) == [[]]


def test_synonyms_of_other_scripts(with_synonyms: WithSynonyms) -> None:
    engine = with_synonyms(ja="湯わかし器, ケトル\n", ru="чифирбак, чайник\n", ar="سخانة, غلاية\n")

    assert "kettle-ja" in answers(engine.search(query("湯わかし器", "ja")))
    assert "chainik-ru" in answers(engine.search(query("чифирбак", "ru")))
    assert "ghallaya-ar" in answers(engine.search(query("سخانة", "ar")))


def test_a_synonym_that_no_listing_has_is_not_searched_for(with_synonyms: WithSynonyms) -> None:
    page = with_synonyms(en="brewbox => zzyzx\n").search(query("brewbox"))

    assert expansions(page) == [[]]
    assert page.not_found == ("brewbox",)


def test_other_queries_are_answered_as_without_synonyms(golden_engine: Engine, with_synonyms: WithSynonyms) -> None:
    engine = with_synonyms(en="brewbox => kettle\n")
    plain = open_engine(golden_engine.snapshot.root, threads=1)

    for text in ("red dress", "leather wallet", "steel kettle"):
        assert answers(engine.search(query(text))) == answers(plain.search(query(text)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "synonyms"
    path.mkdir()
    (path / "en.txt").write_text("brewbox => lamp\n", "utf-8")
    return path


@pytest.fixture
def engines(small_snapshot: Path, folder: Path) -> EnginePool:
    pool = EnginePool(small_snapshot, threads=1, synonyms=folder)
    pool.open()
    return pool


BREWBOX = query("brewbox", "en-US", size=2)


def test_changed_rules_serve_from_the_next_search(engines: EnginePool, folder: Path) -> None:
    before = expansions(engines.current().search(BREWBOX))
    (folder / "en.txt").write_text("brewbox => table\n", "utf-8")
    engines.refresh()

    assert (before, expansions(engines.current().search(BREWBOX))) == ([[("lamp", WEIGHT)]], [[("table", WEIGHT)]])


def test_rules_that_are_not_valid_change_nothing_but_the_log(
    engines: EnginePool, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "en.txt").write_text("brewbox => table\nlamp\n", "utf-8")
    engines.refresh()

    assert expansions(engines.current().search(BREWBOX)) == [[("lamp", WEIGHT)]]
    assert [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR] == [
        "synonyms refused, the former rules of en stay: en.txt:2: 'lamp' has no synonym; write lamp, OTHER or "
        "lamp => OTHER"
    ]


def test_a_list_is_continued_with_the_rules_of_its_first_page(engines: EnginePool, folder: Path) -> None:
    whole = engines.current().search(replace(BREWBOX, size=6))
    first = engines.current().search(BREWBOX)
    assert first.next_cursor is not None
    (folder / "en.txt").write_text("brewbox => table\n", "utf-8")
    engines.refresh()
    second = engines.current().search(replace(BREWBOX, size=4, cursor=first.next_cursor))

    assert answers(first) + answers(second) == answers(whole)
    assert expansions(second) == [[("lamp", WEIGHT)]]


def test_a_list_of_another_worker_with_newer_rules_is_continued(
    engines: EnginePool, folder: Path, small_snapshot: Path
) -> None:
    (folder / "en.txt").write_text("brewbox => table\n", "utf-8")
    other = EnginePool(small_snapshot, threads=1, synonyms=folder)
    other.open()
    cursor = other.current().search(BREWBOX).next_cursor

    assert expansions(engines.current().search(replace(BREWBOX, cursor=cursor))) == [[("table", WEIGHT)]]


def test_a_list_whose_rules_are_long_gone_has_expired(engines: EnginePool, folder: Path, small_snapshot: Path) -> None:
    cursor = engines.current().search(BREWBOX).next_cursor
    (folder / "en.txt").write_text("brewbox => table\n", "utf-8")
    restarted = EnginePool(small_snapshot, threads=1, synonyms=folder)
    restarted.open()

    with pytest.raises(ExpiredCursor, match="the synonyms have changed since this list began; search again"):
        restarted.current().search(replace(BREWBOX, cursor=cursor))


def test_a_list_without_expansion_does_not_depend_on_synonyms(engines: EnginePool, folder: Path) -> None:
    cursor = engines.current().search(replace(BREWBOX, text="lamp", expand=False)).next_cursor

    assert cursor is not None
    assert parse(cursor, replace(BREWBOX, text="lamp", expand=False)).synonyms == ""


def test_a_cursor_names_indexes_and_synonyms() -> None:
    cursor = Cursor(1, NOW, 20, query_fingerprint(BREWBOX), ("vector",), "ab12")

    assert parse(str(cursor), BREWBOX) == cursor
    assert parse(str(replace(cursor, unavailable=())), BREWBOX) == replace(cursor, unavailable=())
    with pytest.raises(InvalidCursor):
        parse(str(cursor), query("another"))


def test_a_running_service_reads_changes_by_itself(small_snapshot: Path, folder: Path) -> None:
    body = {"query": "brewbox", "locale": "en-US", "size": 1}
    with TestClient(create_app(EnginePool(small_snapshot, threads=1, synonyms=folder, poll_s=0.02))) as client:
        before = client.post("/v1/search", json=body).json()["understood"]["parts"][0]["expansions"]
        (folder / "en.txt").write_text("brewbox => table\n", "utf-8")
        deadline = time.monotonic() + 10
        while (after := client.post("/v1/search", json=body).json()["understood"]["parts"][0]["expansions"]) == before:
            assert time.monotonic() < deadline

    assert [(e["text"], e["source"], e["weight"]) for e in (*before, *after)] == [
        ("lamp", "synonym", WEIGHT),
        ("table", "synonym", WEIGHT),
    ]


def test_a_cursor_of_unknown_synonyms_is_410(small_snapshot: Path, folder: Path) -> None:
    body = {"query": "brewbox", "locale": "en-US", "size": 2}
    with TestClient(create_app(EnginePool(small_snapshot, threads=1, synonyms=folder))) as client:
        page = client.post("/v1/search", json=body).json()
        with TestClient(create_app(EnginePool(small_snapshot, threads=1))) as without:
            answer = without.post("/v1/search", json={**body, "cursor": page["next_cursor"]})

    assert answer.status_code == 410


def test_invalid_synonyms_keep_a_service_from_starting(small_snapshot: Path, folder: Path) -> None:
    (folder / "en.txt").write_text("brewbox =>\n", "utf-8")

    with pytest.raises(InvalidSynonyms, match=r"en\.txt:1: has nothing right of =>"):
        EnginePool(small_snapshot, threads=1, synonyms=folder).open()


def test_a_worker_s_settings_name_the_folder(small_snapshot: Path, folder: Path) -> None:
    settings = ServeSettings(small_snapshot, synonyms=folder)

    assert ServeSettings.from_environment(settings.to_environment()) == settings
    assert ServeSettings.from_environment(ServeSettings(small_snapshot).to_environment()).synonyms is None


def test_the_command_searches_with_synonyms(small_snapshot: Path, folder: Path) -> None:
    snapshot = ("--snapshot", str(small_snapshot))
    _, without, _ = run_command("search", "brewbox", *snapshot)
    code, output, errors = run_command("search", "brewbox", *snapshot, "--synonyms", str(folder))

    assert (code, errors) == (0, "")
    assert "lamp" in output.lower()
    assert output != without


def test_the_command_runs_topics_with_synonyms(small_snapshot: Path, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "topics.tsv").write_text("qid\tlocale\tquery\n1\ten-US\tbrewbox\n")
    out = tmp_path / "run.txt"
    code, _, errors = run_command(
        "run", "--snapshot", str(small_snapshot), "--topics", str(tmp_path / "topics.tsv"), "--out", str(out),
        "--synonyms", str(folder), "--only", "lexical",
    )  # fmt: skip

    assert (code, errors) == (0, "")
    assert out.read_text()


def test_a_command_names_every_problem_of_its_synonyms(small_snapshot: Path, folder: Path) -> None:
    (folder / "en.txt").write_text("brewbox =>\nlamp, lamps\n", "utf-8")
    code, _, errors = run_command("search", "lamp", "--snapshot", str(small_snapshot), "--synonyms", str(folder))

    assert code == 2
    assert errors.splitlines()[0] == f"fondaco: --synonyms {folder} has 2 problems:"
    assert [line.strip().split(": ")[0] for line in errors.splitlines()[1:]] == ["en.txt:1", "en.txt:2"]


def test_the_check_counts_rules_by_file(folder: Path) -> None:
    (folder / "pt-BR.txt").write_text("celular, telefone\nfone => headphone\ncuia => tigela\n", "utf-8")
    code, output, errors = run_command("synonyms", "check", str(folder))

    assert (code, errors) == (0, "")
    assert output.splitlines() == [
        "en: 1 rule, 0 two-way, 1 one-way",
        "pt-BR: 3 rules, 1 two-way, 2 one-way",
    ]


def test_the_check_prints_all_problems_and_fails(folder: Path) -> None:
    (folder / "en.txt").write_text("a1 => b1\nb1 => a1\n", "utf-8")
    (folder / "de.txt").write_text("Sofa\n", "utf-8")
    code, output, errors = run_command("synonyms", "check", str(folder))

    assert (code, errors) == (1, "")
    assert output.splitlines()[0] == f"synonyms {folder} has 2 problems:"
    assert "de.txt:1: 'Sofa' has no synonym" in output
    assert "en.txt:1: one-way rules go in a circle: a1 => b1 => a1 (lines 1, 2)" in output


def test_the_check_of_an_empty_folder_says_what_to_write(tmp_path: Path) -> None:
    code, output, _ = run_command("synonyms", "check", str(tmp_path))

    assert code == 0
    assert output == f"{tmp_path} has no rules yet; write the first into {tmp_path / 'en.txt'}, as in: sofa, couch\n"


def test_a_folder_that_does_not_exist_is_refused(small_snapshot: Path, tmp_path: Path) -> None:
    code, _, errors = run_command(
        "search", "lamp", "--snapshot", str(small_snapshot), "--synonyms", str(tmp_path / "no")
    )

    assert code == 2
    assert errors == (
        f"fondaco: --synonyms {tmp_path / 'no'}: does not exist; give a folder of synonyms, "
        "with a file for each language such as de.txt\n"
    )
