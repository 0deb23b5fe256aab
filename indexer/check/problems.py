"""What a tally says that a shop must mend, or should look at."""

from __future__ import annotations

from collections.abc import Iterator

from indexer.check.price_problems import price_problems
from indexer.check.problem import Problem, listings_text, problem_of
from indexer.check.tally import Example, RejectionGroup, Tally
from indexer.market import ReferenceData

_DOUBTFUL_SHARE = 0.5  # of a language's texts: names and model numbers are in no language
_DOUBTFUL_TEXTS = 20
_COUNTRIES_SHOWN = 8


def find_problems(tally: Tally, reference_data: ReferenceData) -> list[Problem]:
    """What must be mended first, then what is worth a look; each in a fixed order."""
    problems = [
        *_no_listings(tally),
        *_rejections(tally),
        *_unused(tally),
        *price_problems(tally),
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


def _no_listings(tally: Tally) -> Iterator[Problem]:
    if not tally.listings:
        if tally.records:
            mend = "see what was rejected and left out; perhaps --form or --mapping names another form"
            yield Problem("records", "no record became a listing", mend)
        else:
            yield Problem("records", "the catalogue has no records", "export it again")


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


def _unused(tally: Tally) -> Iterator[Problem]:
    """Values that were not used, of listings that were kept: a sale that is not below the price.

    A wrong GTIN stays, as text.
    """
    counts = tally.notes.counts
    for (field, reason), count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        text = f"{listings_text(count)}: {field} {reason}"
        example = tally.notes.examples[field, reason]
        yield Problem("not used", text, f"correct {field}, or remove it", field != "gtin", count, example)


def _stock(tally: Tally) -> Iterator[Problem]:
    if tally.stock_known == tally.listings and tally.listings and not tally.in_stock:
        yield Problem("stock", "every listing is sold out", "check the field of the stock", listings=tally.listings)
    elif tally.stock_known and tally.in_stock == 0:
        text = f"no listing has a stock above 0; it is known of {tally.stock_known:,}"
        yield Problem("stock", text, "check the field of the stock", listings=tally.stock_known)


def _texts(tally: Tally) -> Iterator[Problem]:
    for problem, example in sorted(tally.broken_texts.items()):
        yield problem_of(
            "texts", example, f"contain {problem}", "export the catalogue as UTF-8, without markup in texts"
        )


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
        yield problem_of("duplicates", tally.repeated_gtins, text, "give variants GTINs of their own", False)
    if tally.repeated_titles.count:
        text = "repeat a title of the same seller, without a group"
        yield problem_of("duplicates", tally.repeated_titles, text, "give variants of one product a group_id", False)


def _images(tally: Tally) -> Iterator[Problem]:
    if tally.without_image.count:
        yield problem_of("images", tally.without_image, "have no image", "fill image_url", False)


def _categories(tally: Tally) -> Iterator[Problem]:
    missing = tally.listings - tally.filled["category"]
    if missing:
        yield problem_of("categories", Example(missing), "have no category", "fill category", False)


def _sellers(tally: Tally, reference_data: ReferenceData) -> Iterator[Problem]:
    if not reference_data.sellers:
        return
    known = {seller.seller_id for seller in reference_data.sellers}
    suspended = {seller.seller_id for seller in reference_data.sellers if not seller.active}
    missing = {name: count for name, count in tally.sellers.items() if name not in known}
    if missing:
        who, verb = ("1 seller", "is") if len(missing) == 1 else (f"{len(missing):,} sellers", "are")
        text = f"{who} of {listings_text(sum(missing.values()))} {verb} not in the sellers' file"
        yield Problem("sellers", text, "add them to it", listings=sum(missing.values()), example=min(missing))
    hidden = sum(count for name, count in tally.sellers.items() if name in suspended)
    if hidden:
        text = f"{listings_text(hidden)} are hidden: their sellers are suspended"
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
        text = f"{listings_text(without)} have no shipping template: they ship everywhere, at unknown cost"
        yield Problem("shipping", text, "fill shipping_template", False, without)
    unreached = unreached_countries(tally, reference_data) if tally.listings else []
    if unreached:
        shown = ", ".join(unreached[:_COUNTRIES_SHOWN]) + (" ..." if len(unreached) > _COUNTRIES_SHOWN else "")
        text = f"nobody ships to {len(unreached)} of {len(reference_data.markets)} markets: {shown}"
        yield Problem("shipping", text, "add rows to the templates, or nothing, if that is meant", False)
