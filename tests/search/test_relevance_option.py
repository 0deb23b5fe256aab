"""--relevance: another model decides what is an answer, in a search, a run and a service."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from command_line import run_command

from languages.locale import Locale
from ranking.profile import RELEVANCE
from ranking.query import SIZE_MAX, Query
from ranking.relevance_file import SHIPPED, InvalidRelevance
from search.bootstrap import open_engine
from search.engine import Engine
from search.engine_pool import EnginePool
from search.page import Result
from search.serve_settings import ServeSettings

LAMP = Query("lamp", Locale("en"), 1_795_000_000, "US", size=5)


@pytest.fixture
def strict(tmp_path: Path) -> Path:
    """The shipped model, by which nothing is an answer."""
    path = tmp_path / "strict.toml"
    path.write_text(SHIPPED.read_text("utf-8").replace("floor = 0.3", "floor = 1.0"), "utf-8")
    return path


def test_the_model_of_a_file_decides_what_is_an_answer(
    small_engine: Engine, small_snapshot: Path, strict: Path
) -> None:
    page = open_engine(small_snapshot, threads=1, relevance=strict).search(LAMP)
    answers = small_engine.search(replace(LAMP, size=SIZE_MAX))

    assert answers.found > 0
    assert page.found == 0
    assert relevance_of(page.near[0]) == max(map(relevance_of, answers.results))


def relevance_of(result: Result) -> float:
    return next(term.utility for term in result.explanation if term.feature == RELEVANCE)


def test_an_engine_gives_the_evidence_of_a_query_with_its_relevance(small_engine: Engine) -> None:
    retrieved = small_engine.retrieve(LAMP)
    best = retrieved.candidates.rows[[int(retrieved.relevance.argmax())]]

    assert len(retrieved.candidates) == len(retrieved.relevance)
    assert small_engine.listing_ids(best)[0] in {result.listing_id for result in small_engine.search(LAMP).results}


def test_a_worker_s_settings_name_the_model(strict: Path, small_snapshot: Path) -> None:
    settings = ServeSettings(small_snapshot, relevance=strict)

    assert ServeSettings.from_environment(settings.to_environment()) == settings
    assert ServeSettings.from_environment(ServeSettings(small_snapshot).to_environment()).relevance is None


def test_the_engines_of_a_service_have_the_model(strict: Path, small_snapshot: Path) -> None:
    engines = EnginePool(small_snapshot, threads=1, relevance=strict)
    engines.open()

    assert engines.current().search(LAMP).found == 0


def test_a_broken_model_keeps_a_service_from_starting(small_snapshot: Path, tmp_path: Path) -> None:
    path = tmp_path / "relevance.toml"
    path.write_text("version = 2\n")

    with pytest.raises(InvalidRelevance, match="bias: is missing"):
        EnginePool(small_snapshot, threads=1, relevance=path).open()


def test_the_command_refuses_a_model_that_does_not_exist(small_snapshot: Path, tmp_path: Path) -> None:
    code, _, errors = run_command(
        "search", "lamp", "--snapshot", str(small_snapshot), "--relevance", str(tmp_path / "no")
    )

    assert code == 2
    assert errors == (
        f"fondaco: --relevance {tmp_path / 'no'}: does not exist; give a relevance model, which fondaco fit writes\n"
    )


def test_the_command_searches_with_the_model(small_snapshot: Path, strict: Path) -> None:
    _, shipped, _ = run_command("search", "lamp", "--snapshot", str(small_snapshot))
    code, output, errors = run_command("search", "lamp", "--snapshot", str(small_snapshot), "--relevance", str(strict))

    assert (code, errors) == (0, "")
    assert output != shipped
