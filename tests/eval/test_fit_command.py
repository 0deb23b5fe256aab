"""`fondaco fit`: on a small snapshot of the sample with its truth, and what it refuses."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from command_line import run_command

from eval.command_fit import judged_catalogues
from eval.fit.judged_catalogue import JudgedCatalogue, read_catalogues
from eval.sample.truth_files import TruthFiles, write_truth
from eval.trec import InvalidFile
from ranking.relevance_file import read_relevance, shipped_relevance

SEED = 7
NOW = ("--now", "2026-11-01T00:00:00")
LANGUAGES = ("en", "de")
QUERIES = 12


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> TruthFiles:
    """Topics and judgements of `small_snapshot`: some queries in two languages."""
    files = TruthFiles.inside(tmp_path_factory.mktemp("truth"))
    write_truth(files, 2_000, SEED)
    head, *rows = files.topics.read_text("utf-8").splitlines()
    parts = {row: row.split("\t")[0].split("::") for row in rows}
    queries = list(dict.fromkeys(query for query, _, _ in parts.values()))[:QUERIES]
    kept = [row for row, (query, language, _) in parts.items() if query in queries and language in LANGUAGES]
    files.topics.write_text("\n".join([head, *kept]) + "\n", "utf-8")
    return files


def options(snapshot: Path, truth: TruthFiles, *more: str) -> tuple[str, ...]:
    paths = ("--snapshot", snapshot, "--topics", truth.topics, "--qrels", truth.judgements)
    return ("fit", *map(str, paths), *NOW, *more)


def test_a_snapshot_with_its_truth_gives_a_model_that_a_search_can_use(
    small_snapshot: Path, truth: TruthFiles, tmp_path: Path
) -> None:
    out = tmp_path / "relevance.toml"
    code, output, errors = run_command(*options(small_snapshot, truth, "--complete", "--out", str(out)))
    model = read_relevance(out)

    assert (code, errors) == (0, "")
    assert max(map(len, output.splitlines())) <= 80
    assert ["fitted", *(f"{number:.3f}" for number in (model.bias, model.lexical, model.vector)), "0.30"] in [
        line.split() for line in output.splitlines()
    ]
    assert (model.near_bias, model.floor) == (shipped_relevance().near_bias, shipped_relevance().floor)
    assert run_command("search", "lamp", "--snapshot", str(small_snapshot), "--relevance", str(out))[0] == 0


def test_the_same_files_and_time_give_the_same_figures(small_snapshot: Path, truth: TruthFiles) -> None:
    command = options(small_snapshot, truth, "--complete", "--format", "json", "--candidates", "30", "--floor", "0.2")
    (_, first, _), (_, again, _) = run_command(*command), run_command(*command)
    figures = json.loads(first)
    (counts,) = figures["counts"]

    assert first == again
    assert figures["fitted"]["floor"] == 0.2
    assert counts["topics"] == QUERIES * len(LANGUAGES)  # clean ones alone
    assert (counts["queries"], counts["languages"], counts["left_out"]) == (QUERIES, 2, 0)
    assert counts["judged"] <= 30 * counts["topics"]
    assert [one["held_out"] for one in figures["comparisons"]] == [None, "query", "language"]
    assert figures["notes"] == ["not held out by catalogue: there is only one catalogue"]
    assert figures["record"]["candidates"] == 30


def test_several_catalogues_are_listed_in_a_file(small_snapshot: Path, truth: TruthFiles, tmp_path: Path) -> None:
    path = tmp_path / "catalogues.toml"
    paths = f'snapshot = "{small_snapshot}"\ntopics = "{truth.topics}"\nqrels = "{truth.judgements}"\ncomplete = true\n'
    path.write_text("".join(f'[[catalogue]]\nname = "{name}"\n{paths}' for name in ("a", "b")))
    code, output, errors = run_command(
        "fit", "--catalogues", str(path), *NOW, "--format", "json", "--candidates", "20", "--keep-order"
    )
    figures = json.loads(output)

    assert (code, errors) == (0, "")
    assert {one["catalogue"] for one in figures["comparisons"]} == {"all", "a", "b"}
    assert figures["alone"]["a"] == pytest.approx(figures["fitted"])  # both have the same evidence
    assert set(figures["reliability"]) == {"all", "a", "b"}


@pytest.mark.parametrize(
    ("topics", "qrels", "more", "message"),
    [
        (
            "x::en::clean\ten\tlamp",
            "y 0 L1 1",
            (),
            "no topic of {topics} has judgements in {qrels}: topics are x::en::",
        ),
        ("x::en::clean\ten\tlamp", "x 0 no-such 1", (), "candidates from {snapshot} has a judgement in {qrels}: "),
        ("x::en::clean\ten\tlamp", "x 0 L1 1", ("--kind", "typo"), "has no topic of kind 'typo'; kinds: clean"),
        ("x\ten\tlamp", "x 0 L1 1", ("--kind", "typo"), "kinds: none: its qids have no third part"),
        ("x\ten\tlamp", "x 0 L1 one", (), "{qrels}, line 1: grade 'one' is not a whole number"),
        ("x::en::clean\ten\tlamp", "x 0 L1 1", ("--now", "soon"), "--now 'soon' is not an ISO 8601 time"),
    ],
)
def test_what_cannot_be_fitted_is_one_line_with_file_and_remedy(
    small_snapshot: Path, tmp_path: Path, topics: str, qrels: str, more: tuple[str, ...], message: str
) -> None:
    files = TruthFiles.inside(tmp_path)
    files.topics.write_text(f"qid\tlocale\tquery\n{topics}\n")
    files.judgements.write_text(f"{qrels}\n")
    code, output, errors = run_command(*options(small_snapshot, files, *more))

    assert (code, output) == (2, "")
    assert errors.startswith("fondaco: ")
    assert message.format(topics=files.topics, qrels=files.judgements, snapshot=small_snapshot) in errors
    assert errors.count("\n") == 1


def test_relevant_listings_alone_cannot_be_fitted(small_snapshot: Path, truth: TruthFiles) -> None:
    code, _, errors = run_command(*options(small_snapshot, truth))  # the truth names relevant listings only

    assert code == 2
    assert "all are relevant (grade 1 or more); judge listings that do not answer" in errors


def test_a_missing_option_and_one_beside_the_file_are_errors(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="--qrels is missing; give --snapshot, --topics, --qrels, or --catalogues"):
        judged_catalogues(tmp_path, tmp_path, None, False, (), None)
    with pytest.raises(ValueError, match="--complete is given beside --catalogues"):
        judged_catalogues(None, None, None, True, (), tmp_path / "catalogues.toml")


PATHS = 'snapshot = "{snapshot}"\ntopics = "t.tsv"\nqrels = "j.qrels"\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("catalogue = ", "is not TOML"),
        ("", "has nothing; it must have tables [[catalogue]] and nothing else"),
        ("floor = 0.3", "has floor; it must have tables [[catalogue]]"),
        ("[[catalogue]]\n" + PATHS, "catalogue 1: name must be a text (got None)"),
        ('[[catalogue]]\nname = " "\n' + PATHS, "has no name; give it one"),
        (
            '[[catalogue]]\nname = "a"\nrun = "a"\n' + PATHS,
            "catalogue a: run is not a key; the keys are name, snapshot",
        ),
        ('[[catalogue]]\nname = "a"\ncomplete = 1\n' + PATHS, "complete must be true or false (got 1)"),
        ('[[catalogue]]\nname = "a"\nkinds = "clean"\n' + PATHS, "kinds must be a list of texts"),
        (2 * ('[[catalogue]]\nname = "a"\n' + PATHS), "two catalogues have the name 'a'"),
    ],
)
def test_a_file_of_catalogues_that_breaks_a_rule_is_refused(
    small_snapshot: Path, tmp_path: Path, text: str, message: str
) -> None:
    for name in ("t.tsv", "j.qrels"):
        (tmp_path / name).touch()
    path = tmp_path / "catalogues.toml"
    path.write_text(text.replace("{snapshot}", str(small_snapshot)))

    with pytest.raises(InvalidFile) as refused:
        read_catalogues(path)

    assert str(refused.value).startswith(str(path))
    assert message in str(refused.value)


def test_paths_in_a_file_are_relative_to_it_and_must_exist(small_snapshot: Path, tmp_path: Path) -> None:
    (tmp_path / "j.qrels").touch()
    path = tmp_path / "catalogues.toml"
    path.write_text('[[catalogue]]\nname = "a"\n' + PATHS.replace("{snapshot}", str(small_snapshot)))
    code, _, errors = run_command("fit", "--catalogues", str(path))
    (tmp_path / "t.tsv").touch()

    assert code == 2
    assert f"{path}: catalogue a: topics {tmp_path / 't.tsv'}: does not exist" in errors
    assert read_catalogues(path) == (JudgedCatalogue("a", small_snapshot, tmp_path / "t.tsv", tmp_path / "j.qrels"),)


def test_a_snapshot_of_another_format_is_named_before_any_search(
    small_snapshot: Path, truth: TruthFiles, tmp_path: Path
) -> None:
    snapshot = tmp_path / "snapshot"
    shutil.copytree(small_snapshot, snapshot)
    (manifest,) = snapshot.glob("generations/*/manifest.json")
    manifest.write_text(json.dumps({**json.loads(manifest.read_text("utf-8")), "format": 1}), "utf-8")
    code, output, errors = run_command(*options(snapshot, truth, "--complete"))

    assert (code, output) == (2, "")
    assert f"{manifest.parent} has format 1" in errors
    assert "fondaco index" in errors
