"""The options that say how a catalogue is read, the same for each command that reads one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

OptionalPath = Path | None

CatalogueFile = Annotated[
    Path, typer.Argument(help="A file of a built-in form (see --form), or of any other with --mapping.")
]
Mapping = Annotated[OptionalPath, typer.Option(help="TOML file that maps field names to Fondaco's.")]
Sellers = Annotated[OptionalPath, typer.Option(help="Sellers, JSON Lines. Default: sellers.jsonl, if it exists.")]
Shipping = Annotated[OptionalPath, typer.Option(help="Shipping templates. Default: shipping.jsonl, if it exists.")]
Markets = Annotated[OptionalPath, typer.Option(help="Markets, TOML. Default: markets.toml, or Fondaco's own.")]
Rates = Annotated[OptionalPath, typer.Option(help="Exchange rates, TOML. Default: rates.toml, or Fondaco's own.")]
DefaultLocale = Annotated[str | None, typer.Option(help="Locale of listings that name none (product feeds).")]
DefaultSeller = Annotated[str | None, typer.Option(help="Seller of listings that name none.")]
DefaultShippingTemplate = Annotated[str | None, typer.Option(help="Shipping template of listings that name none.")]
DefaultCurrency = Annotated[
    str | None, typer.Option(help="Currency of prices that name none (Shopify and WooCommerce), such as EUR.")
]
Form = Annotated[
    str | None,
    typer.Option(help="google, shopify, woocommerce, openai, jsonl, json, parquet or csv. Default: found by itself."),
]
