"""What a tally says that a shop must mend, or should look at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from indexer.check.mixed_amounts import find_mixed_amounts
from indexer.check.prices import Price, PriceHistogram
from indexer.check.tally import Example, RejectionGroup, Tally
from indexer.currency import minor_digits
from indexer.market import ReferenceData

_DOUBTFUL_SHARE = 0.5  # of a language's texts: detection alone errs on up to 40 % of short ones
_DOUBTFUL_TEXTS = 20
_COUNTRIES_SHOWN = 8
_FAR, _FAR_MIN = 100, 100  # times what nearly all cost; prices that make 1 % of them a price
_NAME_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a catalogue that is wrong (`must_mend`) or worth a look."""

    subject: str
    text: str
    mend: str
    must_mend: bool = True
    listings: int = 0
    example: str = ""  # a listing id, or "record 17"


def find_problems(tally: Tally, reference_data: ReferenceData) -> list[Problem]:
    """What must be mended first, then what is worth a look; each in a fixed order."""
    problems = [
        *_no_listings(tally),
        *_rejections(tally),
        *_mixed_amounts(tally),
        *_prices(tally),
        *_far_prices(tally),
        *_sales(tally),
        *_stock(tally),
        *_texts(tally),
        *_languages(tally),
        *_duplicates(tally),
        *_images(tally),
        *_categories(tally),
        *_sellers(tally, reference_data),
        *_shipping(tally, reference_data),
    ]
    return sorted(problems, key=lambda problem: not problem.must_mend)


def amount(minor: int, currency: str) -> str:
    """1999, EUR -> '19.99'."""
    return f"{Decimal(minor).scaleb(-minor_digits(currency)):,f}"


def shorten(name: str) -> str:
    """A name of a catalogue, for a message: at most 60 characters."""
    return name if len(name) <= _NAME_SHOWN else f"{name[: _NAME_SHOWN - 1]}…"


def mend_of(group: RejectionGroup) -> str:
    """What a shop does about the records that were rejected for one reason."""
    field, reason = group.first.field, group.first.reason
    if field == "file":
        return "export or fetch the file again: what comes after this record is lost"
    if field == "record":
        return "export these records again: they cannot be read"
    if reason == "is missing":
        option = {"locale": ", or give --locale", "seller_id": ", or give --seller-id"}.get(field, "")
        return f"fill {field} in every record{option}"
    if "seen earlier" in reason:
        return "give every listing an id of its own"
    return f"correct {field} in the catalogue"


def _listings(count: int) -> str:
    return f"{count:,} listing" if count == 1 else f"{count:,} listings"


def _no_listings(tally: Tally) -> Iterator[Problem]:
    if not tally.listings:
        text = "no record became a listing" if tally.records else "the catalogue has no records"
        yield Problem("records", text, "see the rejections, or name the form and a mapping")


def _rejections(tally: Tally) -> Iterator[Problem]:
    for (field, _), group in sorted(tally.rejections.items(), key=lambda item: (-item[1].count, item[0])):
        records = "1 record" if group.count == 1 else f"{group.count:,} records"
        value = f" ({group.first.value[:30]!r})" if group.first.value else ""
        example = f"record {group.first.record:,}{value}"
        yield Problem(
            "rejected",
            f"{records}: {field} {group.first.reason}",
            mend_of(group),
            listings=group.count,
            example=example,
        )


def _mixed_amounts(tally: Tally) -> Iterator[Problem]:
    """Cents beside units. One or two in a group may be right: together they are one note."""
    found = find_mixed_amounts(tally.category_prices, tally.price_sample)
    if any(mixed.kind == "category" for mixed in found):  # the same prices by seller would say it twice
        found = [mixed for mixed in found if mixed.kind == "category" or mixed.is_whole]
    many = [mixed for mixed in found if not mixed.is_few]
    few = [mixed for mixed in found if mixed.is_few]
    for mixed in many:
        direction = "above" if mixed.are_high else "below"
        than = "what their categories cost" if mixed.is_whole else f"the other {mixed.others:,}"
        where = f"of {mixed.kind} {shorten(mixed.name)}" if mixed.name else "without category"
        text = f"{_listings(mixed.suspects)} {where} cost about 100 times {direction} {than}: {_price(mixed.example)}"
        mend = "write all prices in one unit: these look like cents beside whole units"
        yield Problem("amounts", text, mend, listings=mixed.suspects, example=mixed.example.listing_id)
    if few:
        count = sum(mixed.suspects for mixed in few)
        text = f"{_listings(count)} cost about 100 times more or less than others: {_price(few[0].example)}"
        yield Problem("amounts", text, "look at their prices", False, count, few[0].example.listing_id)


def _price(price: Price) -> str:
    return f"{amount(price.minor, price.currency)} {price.currency}"


def _prices(tally: Tally) -> Iterator[Problem]:
    if tally.free.count:
        yield _of("prices", tally.free, "cost 0", "write the price, or leave the listing out")


def _far_prices(tally: Tally) -> Iterator[Problem]:
    """Prices far beyond those of nearly all: placeholders such as 0.01 and 999,999.99."""
    enough = [prices for prices in tally.prices.values() if prices.total >= _FAR_MIN]
    largest_first = sorted(enough, key=lambda prices: -prices.total)
    dear = [prices for prices in largest_first if prices.maximum > _FAR * prices.quantile(0.99)]
    cheap = [prices for prices in largest_first if _FAR * prices.minimum < prices.quantile(0.01)]
    if dear:
        yield _far("highest", "at most", dear, dear[0].maximum, 0.99)
    if cheap:
        yield _far("lowest", "at least", cheap, cheap[0].minimum, 0.01)


def _far(which: str, limit: str, currencies: list[PriceHistogram], minor: int, share: float) -> Problem:
    """One problem for all currencies, told by the first."""
    prices = currencies[0]
    first = prices.bins[(min if share < 0.5 else max)(prices.bins)].first
    usual = amount(prices.quantile(share), first.currency)
    text = f"the {which} price is {amount(minor, first.currency)} {first.currency}, 99 % cost {limit} about {usual}"
    if len(currencies) > 1:
        text += f"; likewise in {len(currencies) - 1} more currencies"
    mend = "look at such prices: some shops write them for none"
    return Problem("prices", text, mend, must_mend=False, example=first.listing_id)


def _sales(tally: Tally) -> Iterator[Problem]:
    if tally.useless_sales.count:
        yield _of("sales", tally.useless_sales, "have a sale price that is not below the price", "remove the sale")
    if tally.free_sales.count:
        yield _of("sales", tally.free_sales, "have a sale price of 0", "write the sale price, or remove the sale")
    if tally.sales and tally.ended_sales.count == tally.sales:
        yield _of("sales", tally.ended_sales, "have a sale that has ended: all of them", "renew the sales", False)


def _stock(tally: Tally) -> Iterator[Problem]:
    if tally.stock_known == tally.listings and tally.listings and not tally.in_stock:
        yield Problem("stock", "every listing is sold out", "check the field of the stock", listings=tally.listings)
    elif tally.stock_known and tally.in_stock == 0:
        text = f"no listing has a stock above 0; it is known of {tally.stock_known:,}"
        yield Problem("stock", text, "check the field of the stock", listings=tally.stock_known)


def _texts(tally: Tally) -> Iterator[Problem]:
    for problem, example in sorted(tally.broken_texts.items()):
        yield _of("texts", example, f"contain {problem}", "export the catalogue as UTF-8, without markup in texts")


def _languages(tally: Tally) -> Iterator[Problem]:
    for doubt in tally.disagreements:
        if doubt.share > _DOUBTFUL_SHARE and doubt.sampled >= _DOUBTFUL_TEXTS:
            yield Problem(
                "languages",
                f"{doubt.differing} of {doubt.sampled} sampled texts with locale {doubt.language} "
                f"look like {doubt.detected}",
                "give each listing the locale of its text",
                example=doubt.example,
            )


def _duplicates(tally: Tally) -> Iterator[Problem]:
    if tally.repeated_gtins.count:
        text = "repeat a GTIN of the same seller"
        yield _of("duplicates", tally.repeated_gtins, text, "give variants GTINs of their own", False)
    if tally.repeated_titles.count:
        text = "repeat a title of the same seller, without a group"
        yield _of("duplicates", tally.repeated_titles, text, "give variants of one product a group_id", False)


def _images(tally: Tally) -> Iterator[Problem]:
    if tally.without_image.count:
        yield _of("images", tally.without_image, "have no image", "fill image_url", False)


def _categories(tally: Tally) -> Iterator[Problem]:
    missing = tally.listings - tally.filled["category"]
    if missing:
        yield _of("categories", Example(missing), "have no category", "fill category", False)


def _sellers(tally: Tally, reference_data: ReferenceData) -> Iterator[Problem]:
    if not reference_data.sellers:
        return
    known = {seller.seller_id for seller in reference_data.sellers}
    suspended = {seller.seller_id for seller in reference_data.sellers if not seller.active}
    missing = {name: count for name, count in tally.sellers.items() if name not in known}
    if missing:
        who, verb = ("1 seller", "is") if len(missing) == 1 else (f"{len(missing):,} sellers", "are")
        text = f"{who} of {_listings(sum(missing.values()))} {verb} not in the sellers' file"
        yield Problem("sellers", text, "add them to it", listings=sum(missing.values()), example=min(missing))
    hidden = sum(count for name, count in tally.sellers.items() if name in suspended)
    if hidden:
        text = f"{_listings(hidden)} are hidden: their sellers are suspended"
        yield Problem("sellers", text, "nothing, if that is meant", False, hidden)


def unreached_countries(tally: Tally, reference_data: ReferenceData) -> list[str]:
    """The markets that no listing ships to; none where some listing has no template."""
    if tally.filled["shipping_template"] < tally.listings:
        return []
    templates = [template for template in reference_data.templates if template.template_id in tally.templates]
    reached = {row.country for template in templates for row in template.rows}
    return sorted(set(reference_data.markets) - reached)


def _shipping(tally: Tally, reference_data: ReferenceData) -> Iterator[Problem]:
    without = tally.listings - tally.filled["shipping_template"]
    if without and without < tally.listings:
        text = f"{_listings(without)} have no shipping template: they ship everywhere, at unknown cost"
        yield Problem("shipping", text, "fill shipping_template", False, without)
    unreached = unreached_countries(tally, reference_data) if tally.listings else []
    if unreached:
        shown = ", ".join(unreached[:_COUNTRIES_SHOWN]) + (" ..." if len(unreached) > _COUNTRIES_SHOWN else "")
        text = f"nobody ships to {len(unreached)} of {len(reference_data.markets)} markets: {shown}"
        yield Problem("shipping", text, "add rows to the templates, or nothing, if that is meant", False)


def _of(subject: str, example: Example, text: str, mend: str, must_mend: bool = True) -> Problem:
    verb = text if example.count != 1 else _singular(text)
    return Problem(subject, f"{_listings(example.count)} {verb}", mend, must_mend, example.count, example.listing_id)


def _singular(text: str) -> str:
    """'have no image' -> 'has no image'."""
    verb, _, rest = text.partition(" ")
    return f"{'has' if verb == 'have' else verb + 's'} {rest}"
