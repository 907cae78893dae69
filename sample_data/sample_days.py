"""The last sixty days as the platform's own report tells them, and its figures of the industry."""

import csv
import datetime as dt
import io

import polars as pl
from sample_known import WRITTEN, Known
from sample_shop import generator

DAYS = 60
SHOP_HEADINGS = (
    *("统计日期", "访客数", "新访客数", "老访客数占比", "店铺收藏人数", "支付金额", "支付买家数"),
    *("客单价", "支付转化率", "新买家数", "老买家数", "老买家占比"),
)
INDUSTRY_HEADINGS = (
    *("统计日期", "行业平均访客数", "行业平均支付金额", "行业平均支付买家数", "行业平均客单价"),
    "行业平均支付转化率",
)


def days_sold(known: Known) -> pl.DataFrame:
    """Per day what known customers paid for goods (fen), how many paid, how many for the first
    time. The stall's passers-by are nobody to the platform."""
    first = known.people.select("customer", pl.col("first").dt.date().alias("since"))
    return (
        known.paid.join(first, on="customer")
        .group_by("day")
        .agg(
            pl.col("amount").sum(),
            pl.col("customer").n_unique().alias("buyers"),
            pl.col("customer").filter(pl.col("since") == pl.col("day")).n_unique().alias("new"),
        )
        .filter(pl.col("day") > WRITTEN - dt.timedelta(days=DAYS))
        .sort("day")
    )


def shop_days(seed: int, known: Known) -> str:
    """The report of the shop: two title lines, headings, a row per day; as its CSV text."""
    rng = generator(seed, 41)
    rows = []
    for place, (day, amount, buyers, new) in enumerate(days_sold(known).iter_rows()):
        visitors = int(buyers / rng.uniform(0.045, 0.075))
        fresh = int(visitors * rng.uniform(0.62, 0.74))
        favourites = "-" if place == 17 else str(int(visitors * rng.uniform(0.008, 0.02)))
        rows.append(
            (
                *(day.isoformat(), f"{visitors:,}", f"{fresh:,}"),
                *(_share(visitors - fresh, visitors), favourites, _money(amount), f"{buyers:,}"),
                *(_money(round(amount / buyers)), _share(buyers, visitors), f"{new:,}"),
                *(f"{buyers - new:,}", _share(buyers - new, buyers)),
            )
        )
    return _report("生意参谋 店铺整体看板", SHOP_HEADINGS, rows)


def industry_days(seed: int, known: Known) -> str:
    """The report of the industry, in the same form."""
    rng = generator(seed, 42)
    rows = []
    for day, amount, buyers, _ in days_sold(known).iter_rows():
        theirs = max(int(buyers * rng.normal(0.82, 0.05)), 1)
        sold = int(amount * rng.normal(0.80, 0.05))
        visitors = int(theirs / rng.uniform(0.04, 0.06))
        rows.append(
            (
                *(day.isoformat(), f"{visitors:,}", _money(sold), f"{theirs:,}"),
                *(_money(sold // theirs), _share(theirs, visitors)),
            )
        )
    return _report("生意参谋 行业大盘", INDUSTRY_HEADINGS, rows)


def _report(title: str, headings: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([title])
    writer.writerow([f"统计周期: {rows[0][0]} 至 {rows[-1][0]}"])
    writer.writerow(headings)
    writer.writerows(rows)
    return text.getvalue()


def _money(fen: int) -> str:
    return f"{fen / 100:,.2f}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f}%"
