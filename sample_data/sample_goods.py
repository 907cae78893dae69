"""The goods as the shop lists them today: what they cost, what they are for, how long they last."""

import polars as pl
from sample_known import yuan
from sample_shop import GOODS

GONE = ("Lapsang souchong 100 g", "Cotton table runner")
"""Sold until lately, in the list no more."""
ONE_OFF = ("Clay teapot 180 ml",)

# name -> category, need, cost in percent of the price, days that a piece lasts
_TEA, _WARE, _HOME, _SWEETS = "Tea", "Tea ware", "Home", "Sweets"
ABOUT: dict[str, tuple[str, str, int, float | None]] = {
    "Jasmine green tea 50 g": (_TEA, "Morning tea", 42, 18),
    "Jasmine green tea 250 g": (_TEA, "Morning tea", 40, 80),
    "Longjing tea 50 g": (_TEA, "Morning tea", 48, 20),
    "Longjing tea 125 g": (_TEA, "Morning tea", 46, 45),
    "Tieguanyin oolong 100 g": (_TEA, "Afternoon tea", 41, 30),
    "Da Hong Pao oolong 50 g": (_TEA, "Afternoon tea", 45, 18),
    "White peony tea 60 g": (_TEA, "Afternoon tea", 43, 22),
    "Ripe pu-erh mini cakes, tin of 12": (_TEA, "Afternoon tea", 39, 24),
    "Raw pu-erh cake 357 g": (_TEA, "Afternoon tea", 44, 120),
    "Keemun black tea 100 g": (_TEA, "Morning tea", 40, 35),
    "Chrysanthemum blossoms 40 g": (_TEA, "Evening tea", 36, 25),
    "Rose buds 50 g": (_TEA, "Evening tea", 38, 28),
    "Roasted barley tea, 30 bags": (_TEA, "Evening tea", 35, 30),
    "Ginger and date tea, 20 bags": (_TEA, "Evening tea", 37, 20),
    "Sampler of six teas": (_TEA, "Gifts", 45, None),
    "Gift box Spring": (_TEA, "Gifts", 50, None),
    "Glass teapot 600 ml": (_WARE, "Pots and cups", 52, None),
    "Porcelain gaiwan": (_WARE, "Pots and cups", 54, None),
    "Clay teapot 180 ml": (_WARE, "Pots and cups", 58, None),
    "Cup with strainer": (_WARE, "Pots and cups", 51, None),
    "Travel flask 350 ml": (_WARE, "Pots and cups", 55, None),
    "Bamboo tea scoop": (_WARE, "Table and storage", 45, None),
    "Tea towel, linen": (_WARE, "Table and storage", 47, None),
    "Cork coasters, set of 4": (_WARE, "Table and storage", 44, None),
    "Bamboo tray small": (_WARE, "Table and storage", 53, None),
    "Bamboo tray large": (_WARE, "Table and storage", 53, None),
    "Storage tin 150 g": (_WARE, "Table and storage", 46, None),
    "Beeswax candle": (_HOME, "Scent and light", 43, 15),
    "Incense, cedar, 40 sticks": (_HOME, "Scent and light", 38, 40),
    "Incense holder, ceramic": (_HOME, "Scent and light", 49, None),
    "Osmanthus honey 250 g": (_SWEETS, "Something sweet", 44, 40),
    "Sesame crisps 180 g": (_SWEETS, "Something sweet", 41, 12),
    "Walnut cakes, box of 8": (_SWEETS, "Something sweet", 43, 10),
    "Dried persimmon 200 g": (_SWEETS, "Something sweet", 42, 14),
    "Rock sugar 300 g": (_SWEETS, "Something sweet", 50, 45),
    "Refill bags, 100 pieces": (_WARE, "Table and storage", 40, 60),
}

NEEDS: dict[str, tuple[str, ...]] = {
    "Tea through the day": ("Morning tea", "Afternoon tea", "Evening tea"),
    "A tea table": ("Pots and cups", "Table and storage"),
    "Gifts": (),
    "Scent and light": (),
    "Something sweet": (),
}
"""What the shop calls its needs: a big one and its leaves."""


def products() -> pl.DataFrame:
    """The products' file: one row per product that is still in the list."""
    rows = []
    for place, (name, price, _) in enumerate(GOODS, start=1):
        if name in GONE:
            continue
        category, need, percent, lasts = ABOUT[name]
        rows.append(
            {
                "Product": name,
                "Barcode": f"69401234{place:05}",
                "Category": category,
                "Need": need,
                "Price": yuan(price),
                "Unit cost": yuan(price * percent // 100),
                "Days per unit": "" if lasts is None else f"{lasts:g}",
                "One-off": "yes" if name in ONE_OFF else "no",
            }
        )
    return pl.DataFrame(rows)
