"""Ranking profiles: how much each feature counts for the buyers of a market.

A profile is a TOML file that inherits from a broader one and says only what differs:
``default.toml``, then the country (``BR.toml``), then the locale (``pt-BR.toml``). Files are read
once at start; ranking itself reads none.
"""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from indexer.errors import FondacoError
from languages.locale import Locale
from ranking.features import FEATURES, RATING_BEST, Parameters

FOLDER = Path(__file__).parent / "profiles"
DEFAULT = "default"
RELEVANCE = "relevance"

SHARES = tuple(feature.name for feature in FEATURES if feature.name != RELEVANCE)
"""The features that divide the weight that relevance leaves.

The weight of relevance follows from the band.
"""

_TINY, _HUGE = 1e-9, 1e9
LIMITS: Mapping[str, tuple[float, float]] = {  # smallest and largest value of each key
    "version": (1, _HUGE),
    "band": (0.0, 1.0),
    "sort_floor": (0.0, 1.0),
    **{f"shares.{name}": (0.0, _HUGE) for name in SHARES},
    "parameters.price_sensitivity": (_TINY, 100.0),
    "parameters.price_relevance_window": (0.0, 1.0),
    "parameters.delivery_half_life_days": (_TINY, _HUGE),
    "parameters.delivery_unknown_days": (0.0, _HUGE),
    "parameters.rating_prior_mean": (0.0, RATING_BEST),
    "parameters.rating_prior_count": (_TINY, _HUGE),
    "parameters.rating_power": (_TINY, 100.0),
    "parameters.years_half_life": (_TINY, _HUGE),
    "parameters.years_unknown": (0.0, _HUGE),
    "parameters.units_full": (1.0, _HUGE),
    "parameters.units_unknown": (0.0, _HUGE),
}

_COUNTRY = re.compile(r"^[A-Z]{2}$")


class InvalidProfile(FondacoError):
    """A profile file that breaks a rule: the file, the key and the reason."""

    def __init__(self, file: str, key: str, reason: str) -> None:
        super().__init__(f"profile {file}: {key}: {reason}")
        self.file = file
        self.key = key
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Profile:
    """How candidates are blended for one country and locale.

    `name` lists its files (``default+BR+pt-BR``), `version` their versions (``1+1+1``). A
    difference of relevance above `band` decides, whatever the other features say. `shares` are
    relative among the features other than relevance. A sort by price, days, rating or age puts
    candidates first whose relevance is at least `sort_floor` times the best one's.

    Raises:
        InvalidProfile: on construction, for a number out of range, an unknown or missing share, or
            shares all 0.
    """

    name: str
    version: str
    band: float
    sort_floor: float
    shares: Mapping[str, float]
    parameters: Parameters

    def __post_init__(self) -> None:
        values = {"band": self.band, "sort_floor": self.sort_floor}
        values |= {f"shares.{name}": share for name, share in self.shares.items()}
        values |= {f"parameters.{field.name}": getattr(self.parameters, field.name) for field in fields(Parameters)}
        for key, value in values.items():
            _check(self.name, key, value)
        _check_complete(self.name, values.keys() | {"version"})
        if not sum(self.shares.values()) > 0:
            raise InvalidProfile(self.name, "shares", "are all 0; give at least one feature a share above 0")


@dataclass(frozen=True, slots=True)
class Profiles:
    """All profile files by name without ``.toml``; keys of sections are ``shares.price``."""

    files: Mapping[str, Mapping[str, float]]

    def profile_for(self, country: str, locale: Locale) -> Profile:
        """The profile of a buyer in `country` who reads `locale`.

        The files are the default, the country's and the locale's, each overriding the one before.
        A locale without a region takes the country: ``pt`` in BR reads ``pt-BR.toml``. For a locale
        with a script the order is ``zh-TW``, ``zh-Hant``, ``zh-Hant-TW``. A file that does not
        exist changes nothing.
        """
        return self._resolve((DEFAULT, country, *_locale_files(country, locale)))

    def _resolve(self, names: tuple[str, ...]) -> Profile:
        chain = [name for name in dict.fromkeys(names) if name in self.files]
        merged: dict[str, float] = {}
        for name in chain:
            merged |= self.files[name]
        return Profile(
            name="+".join(chain),
            version="+".join(str(int(self.files[name]["version"])) for name in chain),
            band=merged["band"],
            sort_floor=merged["sort_floor"],
            shares=_section(merged, "shares."),
            parameters=Parameters(**_section(merged, "parameters.")),
        )


def read_profiles(folder: Path = FOLDER) -> Profiles:
    """Read and resolve every ``*.toml`` of `folder`, so that a mistake shows before a search.

    Raises:
        InvalidProfile: a file is not TOML, has no version, is not named after a country or a
            locale, has an unknown key or a value out of range; or ``default.toml`` is missing or
            lacks a key.
    """
    files = {path.stem: _read(path) for path in sorted(folder.glob("*.toml"))}
    if DEFAULT not in files:
        raise InvalidProfile(f"{DEFAULT}.toml", "file", "is missing; every other profile inherits from it")
    _check_complete(f"{DEFAULT}.toml", files[DEFAULT].keys())
    profiles = Profiles(files)
    for name in files:
        profiles._resolve(_chain(name))
    return profiles


def _read(path: Path) -> Mapping[str, float]:
    _check_name(path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidProfile(path.name, "file", f"is not TOML: {error}") from None
    flat = _flat(table)
    for key, value in flat.items():
        _check(path.name, key, value)
    if "version" not in flat:
        raise InvalidProfile(path.name, "version", "is missing; write version = 1 and raise it with every change")
    return {key: float(value) for key, value in flat.items()}


def _check_name(path: Path) -> None:
    """Refuse a name that no buyer selects.

    A bare language is refused: some disks take ``PT`` and ``pt`` for equal.
    """
    name = path.stem
    if name == DEFAULT or _COUNTRY.match(name):
        return
    try:
        locale = Locale.parse(name)
    except ValueError:
        locale = Locale("und")
    if "-" not in name or str(locale) != name:
        reason = "is neither default, a country such as BR nor a locale with its region or script such as pt-BR"
        raise InvalidProfile(path.name, "file name", reason)


def _flat(table: Mapping[str, Any]) -> dict[str, Any]:
    """The table with the keys of its sections as ``section.key``."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            flat |= {f"{key}.{name}": number for name, number in value.items()}
        else:
            flat[key] = value
    return flat


def _check(file: str, key: str, value: object) -> None:
    if key not in LIMITS:
        raise InvalidProfile(file, key, f"is not a key of a profile; the keys are {', '.join(LIMITS)}")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidProfile(file, key, f"must be a number (got {value!r})")
    low, high = LIMITS[key]
    if not (math.isfinite(value) and low <= value <= high):
        raise InvalidProfile(file, key, f"must lie between {low:g} and {high:g} (got {value!r})")
    if key == "version" and value != int(value):
        raise InvalidProfile(file, key, f"must be a whole number (got {value!r})")


def _check_complete(file: str, keys: Collection[str]) -> None:
    for key in LIMITS:
        if key not in keys:
            raise InvalidProfile(file, key, "is missing; the default profile names every key")


def _section(values: Mapping[str, float], prefix: str) -> dict[str, float]:
    return {key.removeprefix(prefix): value for key, value in values.items() if key.startswith(prefix)}


def _locale_files(country: str, locale: Locale) -> tuple[str, ...]:
    region = locale.region or country
    script = (f"{locale.language}-{locale.script}", f"{locale.language}-{locale.script}-{region}")
    return (f"{locale.language}-{region}", *(script if locale.script else ()))


def _chain(name: str) -> tuple[str, ...]:
    """The files that a file inherits from, then the file itself."""
    country = (Locale.parse(name).region or "",) if "-" in name else ()
    return (DEFAULT, *country, name)
