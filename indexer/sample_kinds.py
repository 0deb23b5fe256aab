"""What the sample's sellers know of each kind of product: its price, what it is made of, for whom, in which sizes."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trade:
    """`price` is the median in US dollars and `spread` the sigma of its logarithm; `sizes` stand before `unit`."""

    kind_id: str
    price: float
    spread: float
    materials: tuple[str, ...]
    uses: tuple[str, ...]
    unit: str | None
    sizes: tuple[str, ...]
    emoji: str
    coloured: bool = True


def _trade(
    kind_id: str, price: float, spread: float, materials: str, uses: str, sizes: str, emoji: str, coloured: bool = True
) -> Trade:
    unit, *numbers = sizes.split()
    return Trade(
        kind_id, price, spread, tuple(materials.split()), tuple(uses.split()),
        unit if numbers else None, tuple(numbers), emoji, coloured,
    )  # fmt: skip


TRADES: tuple[Trade, ...] = (
    _trade("phone_case", 6, 0.6, "silicone plastic leather", "women men gift", "-", "📱"),
    _trade("wireless_headphones", 28, 0.7, "", "sport travel office", "-", "🎧"),
    _trade("smartphone", 190, 0.6, "", "gift office beginners", "gb 64 128 256 512", "📱"),
    _trade("laptop", 480, 0.5, "aluminium plastic", "office travel home", "gb 256 512 1000", "💻"),
    _trade("usb_cable", 5, 0.5, "silicone plastic", "travel office home", "m 0.5 1 1.5 2 3", "🔌"),
    _trade("power_bank", 22, 0.5, "aluminium plastic", "travel outdoor gift", "mah 5000 10000 20000 30000", "🔋"),
    _trade("coffee_maker", 62, 0.6, "stainless_steel plastic", "home office gift", "l 0.6 1 1.25 1.5 1.8", "☕"),
    _trade("frying_pan", 24, 0.5, "stainless_steel aluminium", "home outdoor", "cm 20 24 26 28 30", "🍳"),
    _trade("kitchen_knife", 19, 0.7, "stainless_steel", "home gift beginners", "cm 9 13 16 20 24", "🔪", False),
    _trade("water_bottle", 14, 0.4, "stainless_steel plastic", "sport travel children", "ml 350 500 750 1000", "💧"),
    _trade("desk_lamp", 27, 0.5, "aluminium plastic wood", "office home", "w 5 7 10 12", "💡"),
    _trade("led_string_lights", 11, 0.5, "", "home outdoor gift", "m 3 5 10 20", "✨"),
    _trade("backpack", 34, 0.5, "polyester leather cotton", "travel outdoor children office", "l 15 20 25 30 40", "🎒"),
    _trade("handbag", 38, 0.8, "leather polyester cotton", "women gift travel", "-", "👜"),
    _trade("running_shoes", 46, 0.5, "", "women men children", "size 36 37 38 39 40 41 42 43 44 45", "👟"),
    _trade("t_shirt", 12, 0.5, "cotton polyester", "women men children sport", "size S M L XL XXL", "👕"),
    _trade("dress", 29, 0.6, "cotton polyester", "women gift", "size S M L XL XXL", "👗"),
    _trade("jacket", 52, 0.6, "polyester leather cotton", "women men outdoor", "size S M L XL XXL", "🧥"),
    _trade("socks", 9, 0.4, "cotton polyester", "women men sport", "pairs 5 6 10", "🧦"),
    _trade("watch", 58, 0.9, "leather stainless_steel silicone", "women men gift", "-", "⌚"),
    _trade("necklace", 21, 0.9, "stainless_steel leather wood", "women gift", "cm 40 45 50 60", "💎"),
    _trade("sunglasses", 18, 0.6, "plastic wood aluminium", "women men sport", "-", "😎"),
    _trade("yoga_mat", 22, 0.4, "", "beginners home travel", "cm 173x61 183x61 183x80", "🧘"),
    _trade("dumbbell", 31, 0.6, "", "home beginners", "kg 1 2 3 5 7.5 10 15 20", "💪"),
    _trade("tent", 95, 0.6, "polyester cotton", "outdoor travel beginners", "cm 210x140 210x210 300x250", "⛺"),
    _trade("bicycle_light", 17, 0.5, "aluminium plastic", "sport outdoor", "-", "🚲"),
    _trade("car_phone_holder", 12, 0.4, "plastic aluminium silicone", "travel gift", "-", "🚗"),
    _trade("drill", 64, 0.5, "", "home beginners", "v 12 18 20", "🔧"),
    _trade("screwdriver_set", 18, 0.5, "", "home office gift", "set 6 12 24 32", "🔧", False),
    _trade("garden_hose", 30, 0.5, "", "outdoor home", "m 10 15 20 25 30 50", "🌿"),
    _trade("plant_pot", 13, 0.6, "plastic wood", "home outdoor office", "cm 10 12 15 20 30", "🌱"),
    _trade("dog_bed", 36, 0.5, "polyester cotton", "home travel", "cm 60x45 70x55 90x70 110x80", "🐶"),
    _trade("cat_toy", 7, 0.5, "wood cotton plastic", "home gift", "-", "🐱"),
    _trade("baby_stroller", 165, 0.5, "aluminium", "travel", "-", "👶"),
    _trade("building_blocks", 26, 0.7, "wood plastic", "children gift", "pieces 500 1000 1500", "🧱", False),
    _trade("puzzle", 15, 0.4, "wood", "children gift home", "pieces 500 1000 1500 2000", "🧩", False),
    _trade("lipstick", 9, 0.6, "", "women gift travel", "-", "💄"),
    _trade("hair_dryer", 33, 0.6, "", "home travel", "w 1200 1600 2000 2200", "💨"),
    _trade("notebook", 8, 0.5, "leather", "office travel gift", "sheets 60 80 100 120", "📓"),
    _trade("office_chair", 130, 0.6, "leather polyester", "office home", "-", "🪑"),
)  # fmt: skip
"""One row a kind, in the order of ``sample_words.tsv``."""
