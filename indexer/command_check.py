"""`fondaco check`: what a catalogue holds and what must be mended, without a build."""

from __future__ import annotations

import sys
import time
from typing import Annotated

import typer

from indexer.catalogue_options import (
    CatalogueFile,
    DefaultCurrency,
    DefaultLocale,
    DefaultSeller,
    DefaultShippingTemplate,
    Form,
    Mapping,
    Markets,
    Rates,
    Sellers,
    Shipping,
)


def check(
    catalogue: CatalogueFile,
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
    json: Annotated[bool, typer.Option("--json", help="Print JSON, with every problem.")] = False,
) -> None:
    """Read a catalogue without building, and print what it holds and what must be mended.

    Exit code 0: nothing must be mended. 1: something must. 2: the file cannot be read.
    """
    from dataclasses import replace

    from indexer.catalogue.catalogue import Defaults, open_catalogue
    from indexer.catalogue.forms.mapping import read_mapping
    from indexer.catalogue.reference_files import ReferenceFiles
    from indexer.check.count_listings import CheckInput, count_listings
    from indexer.check.render import render
    from indexer.check.summary import summarise
    from indexer.progress import progress_display
    from languages.locale import Locale

    reference_data = ReferenceFiles(sellers, shipping, markets, rates).or_beside(catalogue).read()
    defaults = Defaults(
        locale=None if locale is None else Locale.parse(locale),
        seller_id=seller_id,
        shipping_template=shipping_template,
        currency=currency,
    )
    catalogue_mapping = None if mapping is None else read_mapping(mapping)
    opened = open_catalogue(catalogue, mapping=catalogue_mapping, form=form, defaults=defaults)
    with progress_display("records", brief=True) as progress:
        tally = count_listings(CheckInput(opened, reference_data, int(time.time())), progress)
    templates = {template.template_id: template for template in reference_data.templates} | opened.templates
    summary = summarise(tally, replace(reference_data, templates=tuple(templates.values())))
    if json:
        import orjson

        plain = {"catalogue": str(catalogue), "form": opened.form, **summary.as_json()}
        sys.stdout.buffer.write(orjson.dumps(plain, option=orjson.OPT_INDENT_2) + b"\n")
    else:
        print(render(f"{catalogue} ({opened.form})", summary))
    if not summary.is_fine:
        raise typer.Exit(1)
