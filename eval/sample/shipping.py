"""The sample's shipping templates: from China to many countries, and from local warehouses."""

from __future__ import annotations

from dataclasses import dataclass

from indexer.market import ShippingRow, ShippingTemplate

FROM_CHINA: tuple[str, ...] = (
    "US", "GB", "DE", "AT", "CH", "FR", "ES", "MX", "IT", "NL", "PL", "CZ", "SE", "PT", "BR", "RU", "UA", "TR",
    "IL", "SA", "AE", "EG", "IN", "ID", "TH", "VN", "JP", "KR", "CN", "TW", "HK", "CA", "AU", "NZ", "IE", "BE",
    "DK", "NO", "FI", "GR", "HU", "RO", "SG", "MY", "PH", "ZA", "CL", "CO", "AR", "PE",
    "BG", "CY", "EE", "HR", "LT", "LU", "LV", "MT", "SI", "SK", "IS", "GE", "NG", "KE", "MA", "QA", "KW", "BH", "OM",
)  # fmt: skip
"""The countries that parcels from China reach."""

_NEAR_CHINA = frozenset(("CN", "HK", "TW", "JP", "KR", "TH", "VN", "ID", "SG", "MY", "PH"))


@dataclass(frozen=True, slots=True)
class _Lane:
    countries: str
    cost_minor: int
    days: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Warehouse:
    country: str
    currency: str
    lanes: tuple[_Lane, ...]


WAREHOUSES: dict[str, _Warehouse] = {
    warehouse.country: warehouse
    for warehouse in (
        _Warehouse("US", "USD", (_Lane("US", 499, (2, 5)), _Lane("CA MX", 1299, (5, 10)))),
        _Warehouse(
            "DE", "EUR", (_Lane("DE", 390, (1, 3)), _Lane("AT NL BE DK CZ PL SE CH FR LU SK SI HR", 890, (3, 6)))
        ),
        _Warehouse("BR", "BRL", (_Lane("BR", 1490, (2, 7)), _Lane("AR CL PE CO", 6900, (8, 16)))),
        _Warehouse("JP", "JPY", (_Lane("JP", 500, (1, 3)), _Lane("KR TW HK", 1800, (4, 8)))),
        _Warehouse("GB", "GBP", (_Lane("GB", 349, (1, 3)), _Lane("IE", 699, (3, 6)))),
        _Warehouse("FR", "EUR", (_Lane("FR", 450, (1, 3)), _Lane("BE ES IT PT CH LU MA", 950, (3, 7)))),
        _Warehouse("ES", "EUR", (_Lane("ES PT", 420, (1, 4)), _Lane("FR IT", 890, (3, 7)))),
        _Warehouse("PL", "PLN", (_Lane("PL", 1299, (1, 3)), _Lane("CZ DE UA HU RO SE SK LT LV EE BG", 3900, (3, 8)))),
        _Warehouse("RU", "RUB", (_Lane("RU", 29900, (2, 9)),)),
        _Warehouse("TR", "TRY", (_Lane("TR", 7990, (1, 4)), _Lane("DE UA RO GR", 39900, (5, 10)))),
        _Warehouse("AE", "AED", (_Lane("AE", 1500, (1, 3)), _Lane("SA EG IL QA KW BH OM", 4500, (3, 8)))),
        _Warehouse("IN", "INR", (_Lane("IN", 7900, (2, 6)),)),
        _Warehouse("TH", "THB", (_Lane("TH", 3900, (1, 3)), _Lane("VN ID SG MY PH", 15900, (3, 8)))),
        _Warehouse("KR", "KRW", (_Lane("KR", 3000, (1, 3)), _Lane("JP TW", 12000, (4, 8)))),
    )
}
"""The local warehouses: fast to their own country, slower to its neighbours."""

_CHINA_TEMPLATES = (  # template, cost in US cents (near, far), days (near), days (far)
    ("cn-economy", (99, 0), (5, 12), (15, 35)),
    ("cn-standard", (199, 249), (4, 8), (8, 18)),
    ("cn-express", (699, 1190), (2, 4), (4, 8)),
)


def sample_shipping() -> tuple[ShippingTemplate, ...]:
    """Three templates from China, slow to fast, and one for each warehouse."""
    return (*(_from_china(*row) for row in _CHINA_TEMPLATES), *(_local(warehouse) for warehouse in WAREHOUSES.values()))


def warehouse_template(country: str) -> str:
    """The id of the template of the warehouse in `country`."""
    return f"local-{country.lower()}"


def _from_china(
    template_id: str, cents: tuple[int, int], near: tuple[int, int], far: tuple[int, int]
) -> ShippingTemplate:
    rows = []
    for country in FROM_CHINA:
        is_far = country not in _NEAR_CHINA
        rows.append(ShippingRow(country, cents[is_far], "USD", *(far if is_far else near)))
    return ShippingTemplate(template_id, tuple(rows))


def _local(warehouse: _Warehouse) -> ShippingTemplate:
    rows = [
        ShippingRow(country, lane.cost_minor, warehouse.currency, *lane.days)
        for lane in warehouse.lanes
        for country in lane.countries.split()
    ]
    return ShippingTemplate(warehouse_template(warehouse.country), tuple(rows))
