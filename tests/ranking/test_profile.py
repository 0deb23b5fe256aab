from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from languages.locale import Locale
from ranking.features import FEATURES
from ranking.profile import FOLDER, LIMITS, InvalidProfile, Profiles, read_profiles

DEFAULT = (FOLDER / "default.toml").read_text(encoding="utf-8")


def read(folder: Path, **files: str) -> Profiles:
    (folder / "default.toml").write_text(DEFAULT, encoding="utf-8")
    for name, text in files.items():
        (folder / f"{name.replace('_', '-')}.toml").write_text(text, encoding="utf-8")
    return read_profiles(folder)


def test_the_profiles_shipped_inherit_from_default_to_country_to_locale() -> None:
    profiles = read_profiles()
    anywhere, brazil = profiles.profile_for("AQ", Locale("en")), profiles.profile_for("BR", Locale("es"))
    portuguese = profiles.profile_for("BR", Locale.parse("pt-BR"))

    assert (anywhere.name, brazil.name, portuguese.name) == ("default", "default+BR", "default+BR+pt-BR")
    assert (anywhere.version, portuguese.version) == ("2", "2+2+2")
    assert [p.parameters.delivery_half_life_days for p in (anywhere, brazil, portuguese)] == [7, 12, 12]
    assert [p.shares["price"] for p in (anywhere, brazil, portuguese)] == [0.3, 0.38, 0.38]
    assert [p.shares["delivery"] for p in (anywhere, brazil, portuguese)] == [0.25, 0.25, 0.29]
    assert portuguese.band == anywhere.band


def test_a_locale_without_a_region_takes_the_countrys() -> None:
    profiles = read_profiles()

    assert profiles.profile_for("BR", Locale("pt")) == profiles.profile_for("BR", Locale.parse("pt-BR"))
    assert profiles.profile_for("BR", Locale.parse("pt-PT")).name == "default+BR"


def test_the_profile_of_a_script_overrides_that_of_the_region(tmp_path: Path) -> None:
    profiles = read(tmp_path, zh_TW="version = 2\nband = 0.1", zh_Hant="version = 3\nband = 0.2")

    assert profiles.profile_for("TW", Locale.parse("zh-Hant")).name == "default+zh-TW+zh-Hant"
    assert profiles.profile_for("TW", Locale.parse("zh-Hant")).version == "2+2+3"
    assert profiles.profile_for("TW", Locale.parse("zh-Hant")).band == 0.2
    assert profiles.profile_for("TW", Locale("zh")).band == 0.1


def test_every_feature_but_relevance_has_a_share() -> None:
    assert set(read_profiles().profile_for("DE", Locale("de")).shares) == {f.name for f in FEATURES} - {"relevance"}


def test_every_default_has_its_reason_beside_it() -> None:
    lines = DEFAULT.splitlines()
    defaults = [number for number, line in enumerate(lines) if " = " in line and not line.startswith(("#", "version"))]

    assert len(defaults) == len(LIMITS) - 1
    for number in defaults:
        assert "#" in lines[number] or lines[number - 1].startswith("#"), lines[number]


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("version = 1\nbandwidth = 1", "bandwidth", "is not a key"),
        ("version = 1\n[shares]\nbeauty = 1", "shares.beauty", "is not a key"),
        ("version = 1\n[shares]\nrelevance = 1", "shares.relevance", "is not a key"),
        ("version = 1\n[weights]\nprice = 1", "weights.price", "is not a key"),
        ("version = 1\n[parameters]\ndelivery_half_life_days = 0", "parameters.delivery_half_life_days", "between"),
        ("version = 1\nband = nan", "band", "between 0 and 1"),
        ("version = 1\nband = '0.1'", "band", "must be a number"),
        ("version = 1\nband = true", "band", "must be a number"),
        ("version = 1.5", "version", "whole number"),
        ("band = 0.1", "version", "is missing"),
        ("band = = 1", "file", "is not TOML"),
        ("version = 1\n[shares]\nprice = 0\nseller = 0\ndelivery = 0\nlanguage = 0", "shares", "are all 0"),
    ],
)
def test_a_mistake_is_refused_with_its_file_and_key(tmp_path: Path, text: str, key: str, reason: str) -> None:
    with pytest.raises(InvalidProfile, match=reason) as caught:
        read(tmp_path, DE=text)

    assert "DE" in caught.value.file
    assert caught.value.key == key
    assert key in str(caught.value)


@pytest.mark.parametrize("name", ["pt", "germany", "BRA", "pt_br", "de_de_de_de"])
def test_a_profile_file_that_no_buyer_uses_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidProfile, match="file name"):
        read(tmp_path, **{name: "version = 1"})


@pytest.mark.parametrize("key", LIMITS)
def test_a_default_that_leaves_a_key_out_is_refused(tmp_path: Path, key: str) -> None:
    name = key.rpartition(".")[2]
    kept = [line for line in DEFAULT.splitlines() if not line.startswith(f"{name} =")]
    (tmp_path / "default.toml").write_text("\n".join(kept), encoding="utf-8")

    with pytest.raises(InvalidProfile, match=f"{key}: is missing"):
        read_profiles(tmp_path)


def test_a_folder_without_a_default_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidProfile, match=r"default\.toml: file: is missing"):
        read_profiles(tmp_path)


def test_a_profile_made_by_hand_is_checked_too() -> None:
    profile = read_profiles().profile_for("DE", Locale("de"))

    with pytest.raises(InvalidProfile, match="band: must lie between 0 and 1"):
        replace(profile, band=2.0)
    with pytest.raises(InvalidProfile, match=r"shares\.seller: is missing"):
        replace(profile, shares={"price": 1.0, "delivery": 1.0, "language": 1.0})
