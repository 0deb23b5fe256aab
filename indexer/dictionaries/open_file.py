"""Opens a dictionary's file in the form that its name and its first line say."""

from __future__ import annotations

from pathlib import Path

from indexer.dictionaries.dictd import DictdFile
from indexer.dictionaries.dictionary_file import DictionaryFile
from indexer.dictionaries.entry_text import LanguagePair
from indexer.dictionaries.language_codes import language_from_code, languages_from_name
from indexer.dictionaries.stardict import StarDictFile
from indexer.dictionaries.tables import TableFile
from indexer.errors import DictionaryRefused

_TABLES = (".tsv", ".tsv.gz", ".txt", ".txt.gz", ".tab", ".tsv.zst")
_BODIES = (".dict", ".dict.dz", ".idx", ".idx.gz")


def open_dictionary_file(path: Path, source: str | None = None, target: str | None = None) -> DictionaryFile:
    """A dictionary in dictd's form (``.index``), StarDict's (``.ifo``) or a table (``.tsv``).

    `source` and `target` are the languages of its headwords and translations; None takes them from
    the file's name, such as ``freedict-deu-eng``. A table says them itself.

    Raises:
        DictionaryRefused: the file has another form, or its languages are not known.
        ValueError: `source` or `target` is no language tag.
    """
    name = path.name.lower()
    if name.endswith(_TABLES):
        if source or target:
            raise DictionaryRefused(f"{path}: a table says its languages itself; leave out --from and --to")
        return TableFile(path)
    if name.endswith(".index"):
        return DictdFile(path, _languages(path, source, target))
    if name.endswith(".ifo"):
        return StarDictFile(path, _languages(path, source, target))
    mend = "give the .index file of a dictd dictionary, the .ifo file of a StarDict one, or a table as .tsv"
    if name.endswith(_BODIES):
        mend = "give the .index (dictd) or .ifo (StarDict) file that is beside it"
    raise DictionaryRefused(f"{path}: is no dictionary that Fondaco reads; {mend}")


def name_from_path(path: Path) -> str:
    """The name of a dictionary by default: its file's, without the endings."""
    name = path.name.removesuffix(".gz").removesuffix(".zst")
    return name.rpartition(".")[0] or name


def _languages(path: Path, source: str | None, target: str | None) -> LanguagePair:
    named = languages_from_name(path.name)
    if named is None and not (source and target):
        raise DictionaryRefused(f"{path}: its name has no languages such as deu-eng; give them as --from de --to en")
    first, second = named or ("", "")
    return LanguagePair(
        _language("source", source) if source else first, _language("target", target) if target else second
    )


def _language(field: str, code: str) -> str:
    try:
        return language_from_code(code)
    except ValueError:
        raise ValueError(f"{field} {code!r} is no language tag such as de, pt-BR or deu") from None
