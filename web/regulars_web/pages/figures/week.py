"""The last seven days in short, for the first page."""

from dataclasses import dataclass

import polars as pl

from regulars_platform.figures.counts import count
from regulars_platform.figures.periods import period_before, period_until
from regulars_platform.figures.report import last_complete_day
from regulars_platform.figures.sheet import WEEKLY
from regulars_platform.figures.visits import Source
from regulars_web.edge import current_shop, today
from regulars_web.looking_at_visits import open_source
from regulars_web.pages.figures.values import against_before, shown
from regulars_web.pages.figures.words import FIGURES, days_words, platforms_word

NAMES = ("paid_amount", "average_order_value", "paid_buyers", "returning_buyer_share")
AT_ONCE = 300_000
"""Order lines that are laid out while somebody waits for the first page."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WeekInShort:
    """days: which seven; items: figures as `ui.figures` shows them, empty where the first page
    would have to wait for them, or the week has no whole data."""

    days: str
    items: tuple[dict[str, str], ...]


def week_in_short() -> WeekInShort | None:
    """None without a paid order on a day that is over."""
    source = open_source()
    if source is None:
        return None
    if not _is_quick(source):
        return WeekInShort(days="", items=())
    last = last_complete_day(source, today())
    if last is None:
        return None
    period = period_until("week", last)
    now, before = count(source, (period, period_before("week", period)))
    if now is None:
        return WeekInShort(days="", items=())
    items = []
    for one in WEEKLY:
        if one.name in NAMES and one.counted is not None:
            value = one.counted(now)
            then = None if before is None else one.counted(before)
            items.append(
                {
                    "label": f"{FIGURES[one.name]} {platforms_word(one.chinese)}".rstrip(),
                    "value": shown(value, one.unit, current_shop().currency),
                    "detail": against_before(value, then, one.unit, "week"),
                }
            )
    return WeekInShort(days=days_words(period), items=tuple(items))


def _is_quick(source: Source) -> bool:
    if source.store.has_histories(source.version):
        return True
    lines = source.store.table.scan(source.version).select(pl.len()).collect().item()
    return int(lines) <= AT_ONCE
