"""Who takes part in a draft, by rows, and what the past says of them.

The same people and numbers as `campaigns.population` and `outlook` give a launch, from what
`everybody` and `recent_orders` keep: no text is compared, so that it keeps up with typing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from regulars_platform.campaigns.plan_form import Draft
from regulars_platform.campaigns.population import grouping_of
from regulars_platform.customers.catalogue import ATTRIBUTE
from regulars_platform.launching.arms import OwnThresholds, Thresholds, ThresholdsOf, summed_up
from regulars_platform.launching.everybody import (
    VALUE,
    Everybody,
    Flags,
    Floats,
    Money,
    Numbers,
    Places,
)
from regulars_platform.launching.foresight import PastSpend, spend_moments
from regulars_platform.launching.outlook import Past, fits_some, segment_names
from regulars_platform.launching.recent_orders import RecentOrders
from regulars_platform.memory.forecast import PlannedGroup, segment_spend
from regulars_platform.memory.likeness import Likeness, Met, likenesses_of
from regulars_platform.offers.kinds import Offer, own_multiple
from regulars_platform.offers.leak import with_thresholds
from regulars_platform.offers.thresholds import OWN, customer_threshold
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.reach.gate import GLOBAL_HOLDOUT, NO_CONSENT, OPTED_OUT, SAME_ADDRESS

BARRED = (OPTED_OUT, NO_CONSENT, GLOBAL_HOLDOUT, SAME_ADDRESS)
"""Reasons of the gate as numbers from 1 on; 0: may be contacted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shut:
    """Who of everybody may not take part: by the draft's own exclusions, by the gate (numbers of
    BARRED), and because they are contacted often enough."""

    excluded: Flags
    barred: Numbers
    crowded: Flags


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """The customers of a draft. audience = excluded + suppressed + no_consent + held_out + capped +
    ungrouped + those of `rows`; as `Population` counts them."""

    people: Everybody
    draft: Draft
    audience: int
    excluded: int
    suppressed: int
    no_consent: int
    held_out: int
    capped: int
    ungrouped: int
    rows: Flags

    @cached_property
    def number(self) -> int:
        """How many take part."""
        return int(np.count_nonzero(self.rows))

    @cached_property
    def segment(self) -> Numbers:
        """Of everybody: the place of the report segment, the rest last."""
        return self.people.segments(self.draft.segments or ())

    @cached_property
    def sizes(self) -> list[int]:
        """How many of each report segment take part, the rest last."""
        found = np.bincount(self.segment[self.rows], minlength=len(self.names))
        return [int(one) for one in found]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the report segments, the rest last."""
        return segment_names(self.draft)

    @cached_property
    def together(self) -> Places | None:
        """Of everybody: the number of the household or group they are drawn with, -1: by
        themselves. None where each is."""
        if self.draft.unit == "household":
            return self.people.groups("household")
        grouping = grouping_of(self.draft)
        return None if grouping is None else self.people.groups(ATTRIBUTE + grouping.heading)

    @cached_property
    def groups(self) -> int | None:
        """How many groups (and customers without one) are drawn; None where customers are."""
        if self.draft.unit != "group" or self.together is None:
            return None
        return _units(self.together[self.rows])

    @cached_property
    def told(self) -> Floats:
        """Of everybody: the average order value that decides a threshold (see `told_value`): in a
        household that of the member taking part who spent most, then the first by id."""
        values = self.people.values()
        if self.draft.unit != "household" or self.together is None:
            return values
        rows = np.flatnonzero(self.rows & (self.together >= 0))
        house = self.together[rows]
        spend = self.people.column("spend").to_numpy()[rows]
        rows = rows[np.lexsort((rows, -spend, house))]
        house = self.together[rows]
        firsts = np.flatnonzero(np.diff(house, prepend=-1))
        speaks = np.repeat(rows[firsts], np.diff(np.append(firsts, len(rows))))
        found = values.copy()
        found[rows] = values[speaks]
        return found

    def thresholds(self) -> Thresholds:
        """What they would be told under an offer."""
        if self.told is self.people.values():
            return _ThresholdsByRow(self)
        told = pl.Series(self.told[self.rows], nan_to_null=True)
        return ThresholdsOf(pl.DataFrame({VALUE: told}))

    def past(self, orders: RecentOrders) -> Past:
        """What they did in the past window (see `outlook.read_past`)."""
        rows = orders.frame["row"].to_numpy()
        inside = self.rows[rows]
        theirs = orders.frame.filter(pl.Series(inside)).with_columns(
            pl.Series(VALUE, self.told[rows[inside]], nan_to_null=True)
        )
        bought = self.rows[orders.spenders]
        spenders, spend = orders.spenders[bought], orders.spend[bought]
        same = self.told is self.people.values()
        fitting = (self._fits if same else self._fitting(self.told))[spenders]
        return Past(
            orders=theirs,
            spent=int(spend.sum()) / MONEY_SCALE,
            spend=self._moments(spenders, spend),
            reachable=self._moments(spenders[fitting], spend[fitting]),
        )

    def planned_groups(
        self, spend: PastSpend, met: Sequence[Met]
    ) -> tuple[list[PlannedGroup], float | None]:
        """Everybody and each segment before the launch, and the usual order where nobody bought
        (see `memory.forecast.planned_groups`). spend: of whom a threshold fits."""
        inside, segment = self.rows, self.segment[self.rows]
        fits = np.bincount(segment[self._fits[inside]], minlength=256)
        house = None if self.together is None else self.together[inside]
        means = segment_spend(self.names, spend.baseline.mean.tolist())
        like = self.likenesses(met)
        usual, usual_of = self._usual()
        shop_order = usual or _median(self.people.values())
        found = []
        for at in (None, *_in_order(segment, self.sizes)):
            name, customers = (
                (None, self.number) if at is None else (self.names[at], self.sizes[at])
            )
            own, fitting = (usual, fits.sum()) if at is None else (usual_of[at], fits[at])
            units = customers
            if house is not None:
                units = _units(house if at is None else house[segment == at])
            order = shop_order if own is None else own
            found.append(
                PlannedGroup(
                    segment=name,
                    units=units,
                    spend=means.get(name, 0.0) * customers / units,
                    usual_order=own,
                    like=like.get(name, ()),
                    order=(order or 0.0) * customers / units,
                    fits=float(fitting / customers),
                )
            )
        return found, shop_order

    def _usual(self) -> tuple[float | None, list[float | None]]:
        """Median of the order values of all who take part, and of each report segment."""
        values, order = self.people.values(), self.people.by_value()
        theirs = order[self.rows[order]]
        segment = self.segment[theirs]
        parts = [np.flatnonzero(segment == at) for at in range(len(self.names))]
        return _middle(values, theirs), [_middle(values, theirs[part]) for part in parts]

    def likenesses(self, met: Sequence[Met]) -> dict[str | None, tuple[Likeness, ...]]:
        """By report segment, None for everybody drawn (see `measure_likeness`)."""
        if not met or not self.number:
            return {}
        flags = [self._met(one) for one in met]
        whole = [int(np.count_nonzero(one)) for one in flags]
        number = len(self.names)
        both = np.array(
            [np.bincount(self.segment[one & self.rows], minlength=number) for one in flags]
        )
        found: dict[str | None, tuple[Likeness, ...]] = {
            name: tuple(likenesses_of(met, size, both[:, at].tolist(), whole))
            for at, (name, size) in enumerate(zip(self.names, self.sizes, strict=True))
            if size
        }
        found[None] = tuple(likenesses_of(met, self.number, both.sum(axis=1).tolist(), whole))
        return found

    def _met(self, one: Met) -> Flags:
        inside = self.people.holds(one.audience)
        if one.segment is None:
            return inside
        names = [*(segment.name for segment in one.segments)]
        at = names.index(one.segment) if one.segment in names else len(names)
        found: Flags = inside & (self.people.segments(one.segments) == at)
        return found

    @cached_property
    def _fits(self) -> Flags:
        """For whom the threshold fits by what they usually spend themselves."""
        return self._fitting(self.people.values())

    def _fitting(self, values: Floats) -> Flags:
        """Of everybody, whom a threshold of one of the arms fits."""
        frame = pl.DataFrame({VALUE: pl.Series(values, nan_to_null=True)})
        fits = frame.select(fits_some(self.draft.arms or ()).alias("fits"))["fits"]
        if len(fits) != len(values):  # without a threshold it is a single True
            fits = pl.repeat(value=bool(fits.item()), n=len(values), dtype=pl.Boolean, eager=True)
        found: Flags = fits.fill_null(value=False).to_numpy()
        return found

    def _moments(self, rows: Places, spend: Money) -> PastSpend:
        """Of what is drawn; rows: of customers who have a spend."""
        exclusions = self.draft.exclusions
        cap = exclusions.customer_revenue_cap if exclusions else None
        counted = spend if cap is None else np.minimum(spend, cap)
        sizes, segment = self.sizes, self.segment[rows]
        bought = spend != 0
        if self.groups is not None and self.together is not None:
            # whole groups, whose members are alike in their luck, in no report segment
            counted = _per_unit(self.together[rows], counted)
            sizes = [*([0] * (len(self.names) - 1)), self.groups]
            segment = np.full(len(counted), len(self.names) - 1)
            bought = counted != 0
        amount = counted.astype(np.float64) / MONEY_SCALE
        number = len(self.names)
        sums = [
            np.bincount(segment, weights=what, minlength=number)
            for what in (bought, amount, amount**2)
        ]
        return spend_moments(np.array([sizes, *sums], dtype=np.float64).T)


@dataclass(frozen=True, slots=True)
class _ThresholdsByRow:
    """Of customers who each go by what they themselves usually spend."""

    drawn: Drawn

    def told(self, offer: Offer) -> OwnThresholds | None:
        """See `Thresholds`."""
        if own_multiple(offer) is None or not self.drawn.number:
            return None
        points, places = self._each(offer)
        counted = np.bincount(places[self.drawn.rows], minlength=len(points))
        some = counted > 0
        return summed_up(pl.DataFrame({"threshold": points[some], "customers": counted[some]}))

    def on_orders(self, offer: Offer, orders: pl.DataFrame) -> pl.DataFrame:
        """See `Thresholds`."""
        if own_multiple(offer) is None:
            return with_thresholds(offer, orders.lazy()).collect()
        points, places = self._each(offer)
        rows = orders["row"].to_numpy()
        return orders.with_columns(pl.Series(OWN, points[places[rows]]))

    def _each(self, offer: Offer) -> tuple[Money, Places]:
        """The thresholds that somebody has, and the place of each one's among them."""
        people = self.drawn.people

        def build() -> tuple[Money, Places]:
            order = people.by_value()
            known = _rising(offer, people.values()[order])
            nothing = _asked(offer, [None])
            points = np.unique(np.concatenate([nothing, known[np.diff(known, prepend=-1) != 0]]))
            places = np.full(people.total, np.searchsorted(points, nothing[0]), dtype=np.int32)
            places[order] = np.searchsorted(points, known)
            return points, places

        return people.kept(("told", offer), build, lambda found: found[1].nbytes)


def _rising(offer: Offer, values: Floats) -> Money:
    """The thresholds of order values that rise: they never fall, and most stretches have one."""
    found = np.empty(len(values), dtype=np.int64)
    if not len(values):
        return found
    marks = np.unique(np.append(np.arange(0, len(values), _STRETCH), len(values) - 1))
    told = _asked(offer, values[marks])
    for place in range(len(marks) - 1):
        first, last = marks[place], marks[place + 1]
        same = told[place] == told[place + 1]
        found[first:last] = told[place] if same else _asked(offer, values[first:last])
    found[-1] = told[-1]
    return found


def _asked(offer: Offer, values: Floats | list[None]) -> Money:
    frame = pl.DataFrame({VALUE: pl.Series(values, dtype=pl.Float64)})
    found: Money = frame.select(customer_threshold(offer, pl.col(VALUE))).to_series().to_numpy()
    return found


_STRETCH = 4_096


def draw_from(people: Everybody, draft: Draft, audience: Flags, shut: Shut) -> Drawn:
    """Who is left of an audience, and why the others are not (see `build_population`)."""
    asked = audience & ~shut.excluded
    reasons = {
        reason: int(np.count_nonzero(asked & (shut.barred == place)))
        for place, reason in enumerate(BARRED, start=1)
    }
    free = asked & (shut.barred == 0)
    roomy = free & ~shut.crowded
    rows = roomy
    grouping = grouping_of(draft)
    if grouping is not None and grouping.only:
        rows = roomy & (people.groups(ATTRIBUTE + grouping.heading) >= 0)
    left = [int(np.count_nonzero(one)) for one in (audience, asked, free, roomy, rows)]
    return Drawn(
        people=people,
        draft=draft,
        audience=left[0],
        excluded=left[0] - left[1],
        suppressed=reasons[OPTED_OUT] + reasons[SAME_ADDRESS],
        no_consent=reasons[NO_CONSENT],
        held_out=reasons[GLOBAL_HOLDOUT],
        capped=left[2] - left[3],
        ungrouped=left[3] - left[4],
        rows=rows,
    )


def _units(house: Places) -> int:
    """Groups, and those by themselves."""
    return int(np.count_nonzero(house < 0)) + len(np.unique(house[house >= 0]))


def _per_unit(house: Places, spend: Money) -> Money:
    """What each unit spent in all."""
    named = house >= 0
    numbers, place = np.unique(house[named], return_inverse=True)
    sums = np.zeros(len(numbers), dtype=np.int64)
    np.add.at(sums, place, spend[named])
    return np.concatenate([sums, spend[~named]])


def _in_order(segment: Numbers, sizes: Sequence[int]) -> list[int]:
    """The segments that somebody is in, by the first customer in each."""
    places = [at for at, size in enumerate(sizes) if size]
    # nearly all of them are met among the first
    head = segment[:_HEAD].tolist()
    firsts = {at: head.index(at) if at in head else int(np.argmax(segment == at)) for at in places}
    return sorted(places, key=firsts.__getitem__)


_HEAD = 2_000


def _median(values: Floats) -> float | None:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else None


def _middle(values: Floats, order: Places) -> float | None:
    """The median of the values of these rows, which are in their order."""
    number = len(order)
    if not number:
        return None
    return float((values[order[(number - 1) // 2]] + values[order[number // 2]]) / 2)
