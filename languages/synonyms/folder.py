"""A folder of synonyms: a file for each language, such as ``de.txt`` and ``pt-BR.txt``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from languages.locale import LANGUAGES, Locale
from languages.synonyms.read import SynonymFile, read_file
from languages.synonyms.rule import InvalidSynonyms, SynonymProblem

SUFFIX = ".txt"


def find_files(folder: Path) -> tuple[Mapping[str, Path], tuple[SynonymProblem, ...]]:
    """The files of a folder by locale, in order; and names that are meant as one, and are not.

    Files of other names (a README, a backup) belong to nobody here.

    Raises:
        OSError: the folder cannot be read.
    """
    files: dict[str, Path] = {}
    problems: list[SynonymProblem] = []
    for path in sorted(path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")):
        locale = _locale(path.stem)
        if path.suffix != SUFFIX:
            is_ours = locale is not None and locale.language in LANGUAGES
            if is_ours and not path.with_suffix(SUFFIX).exists():  # with it, this is a backup of it
                problems.append(SynonymProblem(path.name, 0, f"is not read; rename it to {path.stem}{SUFFIX}"))
        elif path.stem.upper() != "README":
            reason = _problem_of_name(path.stem, locale, files)
            if reason is None:
                files[str(locale)] = path
            else:
                problems.append(SynonymProblem(path.name, 0, reason))
    return files, tuple(problems)


def read_folder(folder: Path) -> Mapping[str, SynonymFile]:
    """The rules of every file, by locale.

    Raises:
        InvalidSynonyms: with all problems of all files.
        OSError: the folder, or a file in it, cannot be read.
    """
    paths, problems = find_files(folder)
    files: dict[str, SynonymFile] = {}
    for tag, path in paths.items():
        files[tag], wrong = read_file(path, Locale.parse(tag).language)
        problems += wrong
    if problems:
        raise InvalidSynonyms(folder, problems)
    return files


def _locale(stem: str) -> Locale | None:
    try:
        return Locale.parse(stem)
    except ValueError:
        return None


def _problem_of_name(stem: str, locale: Locale | None, files: Mapping[str, Path]) -> str | None:
    if locale is None or locale.language not in LANGUAGES:
        return (
            f"is not named after one of our languages; name it as in de{SUFFIX} or pt-BR{SUFFIX}: {' '.join(LANGUAGES)}"
        )
    if locale.script is not None:
        return f"a script is no part of the name: write the words of all scripts into {locale.language}{SUFFIX}"
    if str(locale) in files:
        return f"is a second file for {locale}, beside {files[str(locale)].name}; put both into {locale}{SUFFIX}"
    return None
