"""`fondaco dictionary`: adds bilingual dictionaries to a snapshot, lists and removes them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Snapshot = Annotated[Path, typer.Option(help="The snapshot's folder.")]


def dictionary_add(
    dictionary: Annotated[
        Path, typer.Argument(help="NAME.index of dictd (FreeDict), NAME.ifo of StarDict, or a table: .tsv, .tsv.gz.")
    ],
    snapshot: Snapshot,
    name: Annotated[
        str | None, typer.Option(help="Its name there; default: the file's. Replaces one so named.")
    ] = None,
    source: Annotated[str | None, typer.Option("--from", help="The headwords' language, as in de.")] = None,
    target: Annotated[str | None, typer.Option("--to", help="The translations' language, as in en.")] = None,
    licence: Annotated[str | None, typer.Option(help="The licence to record; default: what the file says.")] = None,
) -> None:
    """Compile a dictionary beside a snapshot. Its licence stays its own: nothing is published."""
    from indexer.dictionaries.folder import add_dictionary
    from indexer.dictionaries.open_file import name_from_path, open_dictionary_file
    from indexer.progress import progress_display

    file = open_dictionary_file(dictionary, source, target)
    with progress_display("entries") as progress:
        meta = add_dictionary(file, snapshot, name or name_from_path(dictionary), progress, licence)
    print(f"Added {meta.name}: {meta.senses:,} senses, {meta.terms:,} terms in {', '.join(meta.languages)}.")
    print(f"Licence: {meta.licence or 'not recorded; record it with --licence'}")


def dictionary_list(snapshot: Snapshot) -> None:
    """List the dictionaries of a snapshot with their languages, source and licence."""
    from indexer.dictionaries.folder import dictionary_metas
    from languages.analyse import VERSION

    metas = dictionary_metas(snapshot)
    for meta in metas:
        print(f"{meta.name}  {', '.join(meta.languages)}  {meta.senses:,} senses, {meta.terms:,} terms")
        print(f"  from {meta.source} ({meta.form}), added {meta.added_at}")
        print(f"  licence: {meta.licence or 'not recorded'}")
        if meta.analysis != VERSION:
            print(f"  OUTDATED: compiled with analysis {meta.analysis}, this program has {VERSION}; add it again")
    if not metas:
        print(f"{snapshot} has no dictionaries; add one with: fondaco dictionary add FILE --snapshot {snapshot}")


def dictionary_remove(
    name: Annotated[str, typer.Argument(help="The dictionary's name, as fondaco dictionary list prints it.")],
    snapshot: Snapshot,
) -> None:
    """Remove a dictionary from a snapshot."""
    from indexer.dictionaries.folder import remove_dictionary

    remove_dictionary(snapshot, name)
    print(f"Removed {name} from {snapshot}.")
