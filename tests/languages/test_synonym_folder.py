"""A folder of synonyms: which files are read, and how changes come to serve."""

from __future__ import annotations

import logging
import pickle
import shutil
from pathlib import Path

import pytest

from languages.analyse import analyse
from languages.synonyms import follow
from languages.synonyms.folder import read_folder
from languages.synonyms.follow import VERSIONS_MAX, SynonymFolder
from languages.synonyms.read import SynonymFile, read_file
from languages.synonyms.rule import InvalidSynonyms, SynonymProblem
from languages.synonyms.table import Synonyms


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "synonyms"
    path.mkdir()
    (path / "en.txt").write_text("sofa, couch\n", "utf-8")
    (path / "pt-BR.txt").write_text("celular => telefone móvel\n", "utf-8")
    return path


@pytest.fixture
def opened(folder: Path) -> SynonymFolder:
    synonyms = SynonymFolder(folder)
    synonyms.open()
    return synonyms


def write(path: Path, text: str) -> None:
    """Write a file as an editor does: another one in its place."""
    new = path.with_suffix(".new")
    new.write_text(text, "utf-8")
    new.replace(path)


def left_sides(synonyms: Synonyms, language: str = "en", region: str | None = None) -> list[list[str]]:
    """The words that have synonyms, by table."""
    words = ["sofa", "couch", "lamp", "celular"]
    tables = synonyms.tables(language, region)
    return [[word for word in words if table.matches(analyse(word, language).tokens)] for table in tables]


def test_a_file_serves_its_language_and_a_region_s_file_that_region_too(opened: SynonymFolder, folder: Path) -> None:
    write(folder / "pt.txt", "lamp => luz\n")
    opened.refresh()

    assert left_sides(opened.current, "pt", "BR") == [["celular"], ["lamp"]]
    assert left_sides(opened.current, "pt", "PT") == [["lamp"]]
    assert left_sides(opened.current, "fr", "FR") == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("german.txt", "is not named after one of our languages; name it as in de.txt or pt-BR.txt"),
        ("da.txt", "is not named after one of our languages"),
        ("zh-Hant.txt", "a script is no part of the name: write the words of all scripts into zh.txt"),
        ("EN.txt", "is a second file for en, beside"),
        ("de.tsv", "is not read; rename it to de.txt"),
    ],
)
def test_a_name_that_is_no_language_s_is_refused(folder: Path, name: str, reason: str) -> None:
    (folder / name).write_text("a1, b1\n")

    with pytest.raises(InvalidSynonyms) as refused:
        read_folder(folder)
    assert reason in str(refused.value)


def test_what_is_no_file_of_synonyms_is_left_alone(folder: Path) -> None:
    for name in ("README.md", "README.txt", "en.bak", ".en.txt.swp", "notes~"):
        (folder / name).write_text("anything")
    (folder / "old").mkdir()

    assert list(read_folder(folder)) == ["en", "pt-BR"]


def test_problems_of_all_files_are_named_at_once_and_survive_a_process(folder: Path) -> None:
    write(folder / "en.txt", "sofa\nlamp =>\n")
    write(folder / "de.txt", "диван, Sofa\n")
    with pytest.raises(InvalidSynonyms) as refused:
        SynonymFolder(folder).open()
    lines = str(refused.value).splitlines()

    assert lines[0] == f"synonyms {folder} has 3 problems:"
    assert [line.split(":")[0:2] for line in lines[1:]] == [["  de.txt", "1"], ["  en.txt", "1"], ["  en.txt", "2"]]
    assert str(pickle.loads(pickle.dumps(refused.value))) == str(refused.value)


def test_a_changed_file_serves_and_the_others_are_not_read_again(
    opened: SynonymFolder, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []

    def reading(path: Path, language: str) -> tuple[SynonymFile, tuple[SynonymProblem, ...]]:
        read.append(path.name)
        return read_file(path, language)

    monkeypatch.setattr(follow, "read_file", reading)
    before = opened.current
    opened.refresh()
    write(folder / "en.txt", "lamp, light\n")
    opened.refresh()
    opened.refresh()

    assert read == ["en.txt"]
    assert opened.current.tables("pt", "BR") == before.tables("pt", "BR")  # the same objects
    assert left_sides(opened.current) == [["lamp"]]


def test_a_file_that_is_not_valid_keeps_its_former_rules_and_is_logged_once(
    opened: SynonymFolder, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = opened.current
    write(folder / "en.txt", "lamp, light\nsofa =>\nmug\n")
    with caplog.at_level(logging.ERROR):
        opened.refresh()
        opened.refresh()

    assert opened.current is before
    assert [record.getMessage() for record in caplog.records] == [
        "synonyms refused, the former rules of en stay: en.txt:2: has nothing right of =>; write a word there, "
        f"or remove the line; and 1 more, which fondaco synonyms check {folder} lists"
    ]


def test_a_valid_file_serves_beside_one_that_is_refused_and_a_mended_one_serves(
    opened: SynonymFolder, folder: Path
) -> None:
    write(folder / "en.txt", "sofa =>\n")
    write(folder / "pt-BR.txt", "lamp => luz\n")
    opened.refresh()
    beside = left_sides(opened.current), left_sides(opened.current, "pt", "BR")
    write(folder / "en.txt", "lamp, light\n")
    opened.refresh()

    assert beside == ([["sofa", "couch"]], [["lamp"]])
    assert left_sides(opened.current) == [["lamp"]]


def test_a_deleted_file_takes_its_rules_with_it(opened: SynonymFolder, folder: Path) -> None:
    (folder / "en.txt").unlink()
    opened.refresh()

    assert opened.current.tables("en", None) == ()
    assert left_sides(opened.current, "pt", "BR") == [["celular"]]


def test_a_deleted_folder_takes_none_and_comes_back(
    opened: SynonymFolder, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = opened.current
    shutil.rmtree(folder)
    opened.refresh()
    opened.refresh()
    kept = opened.current
    folder.mkdir()
    write(folder / "en.txt", "lamp, light\n")
    opened.refresh()

    assert kept is before
    assert left_sides(opened.current) == [["lamp"]]
    assert len([record for record in caplog.records if record.levelno == logging.ERROR]) == 1


def test_a_new_file_serves_and_a_wrong_name_is_logged_once(
    opened: SynonymFolder, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(folder / "german.txt", "Lampe, Leuchte\n")
    write(folder / "de.txt", "Lampe, Leuchte\n")
    for _ in range(3):
        opened.refresh()

    assert opened.current.tables("de", None)
    assert len([record for record in caplog.records if "german.txt" in record.getMessage()]) == 1


def test_versions_before_stay_known_for_a_while(opened: SynonymFolder, folder: Path) -> None:
    versions = [opened.current]
    for number in range(VERSIONS_MAX):
        write(folder / "en.txt", f"sofa, couch{number}\n")
        opened.refresh()
        versions.append(opened.current)

    assert len({synonyms.version for synonyms in versions}) == VERSIONS_MAX + 1
    assert [opened.version(synonyms.version) for synonyms in versions] == [None, *versions[1:]]


def test_the_same_files_have_the_same_version_in_every_process(opened: SynonymFolder, folder: Path) -> None:
    other = SynonymFolder(folder)
    other.open()

    assert other.current.version == opened.current.version != ""


def test_without_a_folder_there_are_none() -> None:
    none = SynonymFolder()
    none.open()
    none.refresh()

    assert not none.current
    assert none.current.version == ""
