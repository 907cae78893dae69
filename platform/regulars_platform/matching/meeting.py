"""Groups of a ground held against offers: what past campaigns and past orders say of each pair."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import polars as pl

from regulars_platform.campaigns.blended import at_average_margin
from regulars_platform.campaigns.plan import Exclusions, TreatmentArm
from regulars_platform.campaigns.plan_form import Draft, read_draft
from regulars_platform.campaigns.population import BASELINE, Population, build_population
from regulars_platform.customers.store import window_spend
from regulars_platform.errors import InvalidInputError
from regulars_platform.fields import WHOLE
from regulars_platform.launching.outlook import forecast_plan, told_values
from regulars_platform.matching.break_even import BreakEven, break_even
from regulars_platform.matching.ground import WINDOW_DAYS, Ground
from regulars_platform.memory.families import family_of_key, offer_family
from regulars_platform.memory.forecast import ArmForecast
from regulars_platform.offers.kinds import MessageOnly, Offer
from regulars_platform.offers.leak import (
    STEPS,
    Leak,
    forecast_leak,
    orders_by_reach,
    orders_of_audience,
    with_thresholds,
)
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.segments.rules import Rule, rule_expression

ORDER_COLUMNS = ("customer_id", "status", "amount", "discount", "refund")
SHORT_FROM = 6
"""In tenths of a threshold: who spends less has to buy two thirds more than usual to reach it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Learnt:
    """What past campaigns promise of telling a group of an offer, per customer told.

    net, low, high: currency units, the interval at 95%; loss: chance of losing money; total: net x
    the customers told; campaigns: how many it leans on, at least one.
    """

    net: float
    low: float
    high: float
    loss: float
    total: float
    campaigns: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """One offer to one group.

    customers: who may be contacted; told: of these, in the campaign; capped: who has no room for
    one more contact. learnt: None where no past campaign tells of it. leak_share: of their orders
    that would get the offer anyway (None: history cannot say), leak_cost: that per customer;
    short_share: of their orders that fall just short of its threshold. break_even: None where
    orders cannot say. draft: the campaign it stands for.
    """

    customers: int
    told: int
    capped: int
    learnt: Learnt | None
    leak_share: float | None
    leak_cost: float | None
    short_share: float | None
    break_even: BreakEven | None
    draft: dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Group:
    """Who of a group may be told, and their orders of the past window with each one's usual."""

    people: Population
    orders: pl.DataFrame
    spent: float

    @property
    def usual(self) -> float | None:
        return _median(self.people.drawn["average_order_value"])


@dataclass(frozen=True, kw_only=True, slots=True)
class Meeting:
    """Customers and past orders of a ground in memory, for many matches: see `meet`.

    customers: of the shop, with what the rules that are met ask for, by customer_id; orders: of the
    past window.
    """

    ground: Ground
    customers: pl.DataFrame
    orders: pl.DataFrame
    _groups: dict[Rule, _Group] = field(default_factory=dict)
    _given: dict[Offer, Leak | None] = field(default_factory=dict)

    def usual_order(self, rule: Rule) -> Decimal | None:
        """The median of what the group's customers usually spend, or where none of them bought of
        what all do; None where nobody bought, or nobody is in the group."""
        theirs = self.customers.filter(rule_expression(rule))["average_order_value"]
        if theirs.is_empty():
            return None
        found = _median(theirs) or self._shop_order()
        return Decimal(str(round(found, 2))) if found else None

    def share_of(self, rule: Rule, part: Rule | None) -> float | None:
        """The share of a group that is in `part` as well; None without a part or customers."""
        if part is None:
            return None
        inside = rule_expression(part).fill_null(False)
        found = self.customers.lazy().filter(rule_expression(rule)).select(inside.mean())
        share: float | None = found.collect().item()
        return share

    def judge(self, rule: Rule, offer: dict[str, Any], name: str) -> Match | None:
        """One match; None where nobody is left to be told, or orders cannot say anything.

        rule: one of those that meet. Raises InvalidInputError where the offer or the terms do not
        hold.
        """
        ground = self.ground
        raw = ground.draft(rule, offer, name)
        read = read_draft(raw | {"currency": ground.currency, "timezone": ground.timezone})
        if read.problems or not read.arms:
            raise InvalidInputError(list(read.problems))
        group, (arm,) = self._group(rule, read), read.arms
        number = group.people.drawn.height
        if not number:
            return None
        draft = at_average_margin(read, ground.store, ground.version)
        leak = forecast_leak(arm.offer, group.orders.lazy(), customers=number)
        orders = with_thresholds(arm.offer, group.orders.lazy())
        places = orders_by_reach(arm.offer, orders)
        return Match(
            customers=number,
            told=_told(number, arm),
            capped=group.people.capped,
            learnt=self._learnt(draft, group, arm),
            leak_share=None if leak is None else leak.share,
            leak_cost=None if leak is None else (leak.cost_per_customer or 0.0) / MONEY_SCALE,
            short_share=sum(places[SHORT_FROM:STEPS]) / sum(places) if sum(places) else None,
            break_even=None if leak is None else self._break_even(draft, group, arm, leak),
            draft=raw,
        )

    def _group(self, rule: Rule, draft: Draft) -> _Group:
        if rule not in self._groups:
            full = self.ground.full.implode()
            people = build_population(
                self.customers.lazy(),
                audience=rule,
                segments=(),
                exclusions=Exclusions(),
                gate=self.ground.gate,
                crowded=lambda names: names.is_in(full),
            )
            values = told_values(people.drawn, draft)
            orders = orders_of_audience(self.orders.lazy(), values).collect()
            spent = window_spend(orders.lazy()).select(pl.col("window_spend").sum())
            self._groups[rule] = _Group(
                people=people, orders=orders, spent=spent.collect().item() / MONEY_SCALE
            )
        return self._groups[rule]

    def _learnt(self, draft: Draft, group: _Group, arm: TreatmentArm) -> Learnt | None:
        # a forecast of what nothing is remembered of would be the usual guess, which ranks nothing
        if not self._may_recall(arm):
            return None
        arms = forecast_plan(
            draft,
            group.people.drawn,
            self.customers.lazy(),
            self.orders.lazy(),
            self.ground.memory,
        )
        return _learnt(arms[0]) if arms and arms[0].campaigns else None

    def _may_recall(self, arm: TreatmentArm) -> bool:
        own = offer_family(arm, "customer", None)
        for lesson in self.ground.memory.lessons:
            family = family_of_key(lesson.cell[1])
            if (family.kind, family.reach, family.channel) == (own.kind, own.reach, own.channel):
                return True
        return False

    def _break_even(
        self, draft: Draft, group: _Group, arm: TreatmentArm, leak: Leak
    ) -> BreakEven | None:
        number = group.people.drawn.height
        return break_even(
            arm.offer,
            draft,
            told=_told(number, arm),
            spend=group.spent / number,
            usual=group.usual or self._shop_order() or 0.0,
            theirs=leak,
            whole=self._given_to_all(arm.offer) if arm.offer.reach == "open" else None,
        )

    def _given_to_all(self, offer: Offer) -> Leak | None:
        """What the whole shop would get of an open offer; None of a message: it gives nothing."""
        if isinstance(offer, MessageOnly):
            return None
        if offer not in self._given:
            everybody = self.customers.select("customer_id", "average_order_value")
            orders = orders_of_audience(self.orders.lazy(), everybody)
            self._given[offer] = forecast_leak(offer, orders, customers=everybody.height)
        return self._given[offer]

    def _shop_order(self) -> float | None:
        return _median(self.customers["average_order_value"])


def meet(ground: Ground, rules: Sequence[Rule]) -> Meeting:
    """These groups, read once for however many offers."""
    asked = [*rules, *ground.memory.rules]
    features = ground.features(asked)
    wanted = {"customer_id", "household", *BASELINE}
    for rule in asked:
        wanted.update(rule_expression(rule).meta.root_names())
    there = [name for name in features.collect_schema().names() if name in wanted]
    orders = ground.store.window_orders(ground.day, WINDOW_DAYS, ground.version)
    return Meeting(
        ground=ground,
        customers=features.select(there).sort("customer_id").collect(),
        orders=orders.select(*ORDER_COLUMNS).collect(),
    )


def _told(customers: int, arm: TreatmentArm) -> int:
    return round(customers * arm.share / WHOLE)


def _learnt(arm: ArmForecast) -> Learnt:
    told = max(arm.units, 1)
    return Learnt(
        net=arm.expected / told,
        low=arm.low / told,
        high=arm.high / told,
        loss=arm.chance_of_loss,
        total=arm.expected,
        campaigns=arm.campaigns,
    )


def _median(values: pl.Series) -> float | None:
    found = values.median()
    return float(found) if isinstance(found, int | float) else None
