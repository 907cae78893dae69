"""The ten weekly figures (取数) of a period, from orders and from the shop's files, side by side.

Orders tell what was paid and by whom; only files of traffic tell of visitors and favourites. Where
both tell a figure, both are kept, and how far they are apart.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from regulars_platform.figures.counts import Counts
from regulars_platform.figures.periods import Period
from regulars_platform.figures.traffic import Told, Traffic

Unit = Literal["money", "people", "share"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Weekly:
    """One of the ten. name: as in `datasets.figures`; chinese: as sellers know it.

    counted: what the orders make it; by_day: the same the way a file's days add up, where that
    differs; both None where orders know nothing of it.
    """

    name: str
    chinese: str
    unit: Unit
    counted: Callable[[Counts], Fraction | None] | None = None
    by_day: Callable[[Counts], Fraction | None] | None = None

    @property
    def adds_up(self) -> bool:
        """Whether a file's days are added up: then a few of them are less than all. Shares and
        averages of a few days are those of the period as far as is known."""
        return self.unit != "share" and self.name != "average_order_value"


def _share(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None


WEEKLY: tuple[Weekly, ...] = (
    Weekly(name="shop_favourite_people", chinese="店铺收藏人数", unit="people"),
    Weekly(
        name="paid_amount",
        chinese="支付金额",
        unit="money",
        counted=lambda one: Fraction(one.paid),
    ),
    Weekly(
        name="average_order_value",
        chinese="客单价",
        unit="money",
        counted=lambda one: one.average,
        by_day=lambda one: _share(one.amount, one.buyer_days),
    ),
    Weekly(name="visitors", chinese="访客数", unit="people"),
    Weekly(name="new_visitors", chinese="新访客数", unit="people"),
    Weekly(name="returning_visitor_share", chinese="老访客占比", unit="share"),
    Weekly(
        name="paid_buyers",
        chinese="支付买家数",
        unit="people",
        counted=lambda one: Fraction(one.buyers),
        by_day=lambda one: Fraction(one.buyer_days),
    ),
    Weekly(
        name="new_buyers",
        chinese="新买家数",
        unit="people",
        counted=lambda one: Fraction(one.new_buyers),
        by_day=lambda one: Fraction(one.new_days),
    ),
    Weekly(
        name="returning_buyers",
        chinese="老买家数",
        unit="people",
        counted=lambda one: Fraction(one.old_buyers),
        by_day=lambda one: Fraction(one.old_days),
    ),
    Weekly(
        name="returning_buyer_share",
        chinese="老买家占比",
        unit="share",
        counted=lambda one: one.old_share,
        by_day=lambda one: _share(one.old_days, one.buyer_days),
    ),
)
"""The figures of S10 in their order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """A figure of a period. orders: from the orders; file: from files, None where neither knows.

    differs: what the file says less what the orders say when added up the same way; None where only
    one of them knows the whole period, zero where they agree. part: only a file tells it, a sum of
    fewer days than the period has.
    """

    orders: Fraction | None
    file: Told | None
    differs: Fraction | None
    part: bool

    @property
    def value(self) -> Fraction | None:
        """The one to go by: the orders', else the file's; None where that is a part, which would
        be less than another period's whole whatever happened."""
        if self.orders is not None:
            return self.orders
        return None if self.file is None or self.part else self.file.value

    @property
    def so_far(self) -> Fraction | None:
        """The same, or the part that is known."""
        return self.file.value if self.part and self.file is not None else self.value


def figures_of(
    counts: Counts | None, traffic: Traffic | None, period: Period
) -> Mapping[str, Figure]:
    """The ten figures of one period. traffic: None where a segment is asked for, of whom no file
    of traffic tells; counts: None where the orders do not reach back."""
    told = {} if traffic is None else traffic.figures(period)
    return {one.name: _figure(one, counts, told.get(one.name), period) for one in WEEKLY}


def _figure(one: Weekly, counts: Counts | None, told: Told | None, period: Period) -> Figure:
    known = counts is not None and one.counted is not None
    orders = one.counted(counts) if known and counts and one.counted else None
    alike = one.by_day or one.counted
    whole = told is not None and told.days == period.days
    differs = None
    if known and counts and alike and told is not None and whole:
        of_days = alike(counts)
        differs = None if of_days is None else told.value - of_days
    part = orders is None and told is not None and not whole and one.adds_up
    return Figure(orders=orders, file=told, differs=differs, part=part)
