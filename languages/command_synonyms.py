"""`fondaco synonyms`: checks a shop's files of synonyms."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def synonyms_check(
    synonyms: Annotated[Path, typer.Argument(metavar="FOLDER", help="A file for each language: de.txt, pt-BR.txt.")],
) -> None:
    """Read a folder of synonyms; print how many rules each file has, or all that must be mended.

    Exit code 0: all is well. 1: something must be mended. 2: the folder cannot be read.
    """
    from languages.synonyms.folder import read_folder
    from languages.synonyms.rule import InvalidSynonyms

    try:
        files = read_folder(synonyms)
    except InvalidSynonyms as error:
        print(error)
        raise typer.Exit(1) from None
    for locale, file in files.items():
        one_way = sum(rule.is_one_way for rule in file.rules)
        rules = "1 rule" if len(file.rules) == 1 else f"{len(file.rules):,} rules"
        print(f"{locale}: {rules}, {len(file.rules) - one_way:,} two-way, {one_way:,} one-way")
    if not files:
        print(f"{synonyms} has no rules yet; write the first into {synonyms / 'en.txt'}, as in: sofa, couch")
