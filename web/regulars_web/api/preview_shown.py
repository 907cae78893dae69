"""Previews of plans as the interface shows them.

Amounts that are forecast are numbers in the shop's currency; what is exact is a decimal text.
"""

import datetime as dt
from dataclasses import asdict

from regulars_experiments.holdouts import HoldoutSize, HoldoutSizes
from regulars_experiments.results import NotEstimable, Reason
from regulars_platform.customers.browse import Distribution
from regulars_platform.launching.arms import ArmPreview
from regulars_platform.launching.foresight import Foreseen
from regulars_platform.launching.preview import Preview
from regulars_platform.memory.forecast import ArmForecast, GroupForecast
from regulars_platform.programme_effect.beside import ProgrammesBeside
from regulars_web.api.models import Count, Id, Model, Money, money
from regulars_web.api.problems import Detail, detail_of


class HeadCountShown(Model):
    """Of whom the draw would be made."""

    total: Count
    audience: Count
    excluded: Count
    suppressed: Count
    no_consent: Count
    held_out: Count
    capped: Count
    ungrouped: Count
    drawn: Count
    groups: Count | None
    segments: list["SegmentCount"]


class SegmentCount(Model):
    """A segment of the report and its customers."""

    name: str
    customers: Count


class BinShown(Model):
    """Customers with low <= value < high; `marked` are in the audience."""

    low: float
    high: float
    customers: Count
    marked: Count


class HistogramShown(Model):
    """Average order value of all customers; below and above lie outside the bins."""

    customers: Count
    empty: Count
    median: float | None
    below: Count
    above: Count
    bins: list[BinShown]


class ForeseenShown(Model):
    """The least gain in gross profit per customer that a comparison with the holdout would prove,
    four times out of five; null for the reason that is named."""

    detectable: float | None
    why: Reason | None


class SegmentForeseen(ForeseenShown):
    """The same in a segment."""

    name: str


class ThresholdTold(Model):
    """A threshold of the customers' own, and how many get it."""

    threshold: Money
    customers: Count


class OwnThresholdsShown(Model):
    """Thresholds of the customers' own."""

    lowest: Money
    median: Money
    highest: Money
    points: list[ThresholdTold]
    others: Count


class LeakShown(Model):
    """Past orders of the audience, as if the offer had been there."""

    customers: Count
    orders: Count
    qualifying_orders: Count
    """Reached the threshold without being told."""
    cost: Money


class ArmPreviewShown(Model):
    """A treated arm as the plan has it."""

    name: str
    customers: Count
    threshold: float | None
    own_thresholds: OwnThresholdsShown | None
    contact_cost: float
    leak: LeakShown | None
    foreseen: ForeseenShown | None


class HoldoutPreviewShown(Model):
    """What holding back costs: what they spent in a past window as long."""

    customers: Count
    window_spend: float | None


class HoldoutSizeShown(Model):
    """A size of the holdout; all null but the reason where there is none."""

    customers: Count | None = None
    share: float | None = None
    withheld: float | None = None
    """Profit that those held out are expected not to bring."""
    detectable: float | None = None
    """Gain in spend per customer that would be proved."""
    relative: float | None = None
    why: Reason | None = None


class HoldoutSizesShown(Model):
    """Three sizes to choose from."""

    learn_most: HoldoutSizeShown
    earn_most: HoldoutSizeShown
    convince_finance: HoldoutSizeShown
    target: float
    """The effect on spend that is to be proved."""


class GroupForecastShown(Model):
    """A segment in an arm: net per unit told."""

    segment: str | None
    units: float
    mean: float
    deviation: float
    campaigns: Count


class ForecastShown(Model):
    """What an arm is expected to earn in all."""

    arm: str
    units: float
    remembered: float
    """Of the units, those in groups that something is remembered of."""
    campaigns: Count
    expected: float
    low: float
    high: float
    chance_of_loss: float
    groups: list[GroupForecastShown]


class MeetingShown(Model):
    """A campaign in the same days whose customers would be drawn again."""

    campaign_id: Id
    name: str
    last: dt.date
    shared: Count
    told: Count | None


class PreviewShown(Model):
    """What a plan would mean. What cannot be said yet is null."""

    problems: list[Detail]
    head_count: HeadCountShown | None
    histogram: HistogramShown | None
    holdout: HoldoutPreviewShown | None
    arms: list[ArmPreviewShown] | None
    segments: list[SegmentForeseen] | None
    sizes: HoldoutSizesShown | None
    least_holdout: float | None
    """Share of the drawn below which a report could say nothing of the holdout."""
    forecast: list[ForecastShown] | None
    margin: float | None
    short_history: bool
    """The orders do not reach back as far as the window is long."""
    meetings: list[MeetingShown]
    apart: list[str]
    """Campaigns in the same days whose customers are left out."""


class ProgrammeBesideShown(Model):
    """A programme and the customers of a plan, in its days."""

    id: Id
    name: str
    inside: Count
    """In its told arm already."""
    held: Count
    """Held back by it already."""
    until: dt.date | None
    likely: Count | None
    """To enter in the days; null where nobody can foresee it."""
    told: Count | None
    """Of the likely, about how many would be written to."""


class ProgrammesBesideShown(Model):
    """Programmes that share customers with a plan."""

    customers: Count
    """In the told arm of any, or likely to enter any."""
    programmes: list[ProgrammeBesideShown]
    unforeseen: list[str]
    """Running programmes of which nobody can say beforehand whom they will name."""


def beside_shown(found: ProgrammesBeside) -> ProgrammesBesideShown:
    """What else is on in the days of a plan."""
    return ProgrammesBesideShown(
        customers=found.customers,
        programmes=[
            ProgrammeBesideShown.model_validate(
                {name: getattr(one, name) for name in ProgrammeBesideShown.model_fields}
            )
            for one in found.programmes
        ],
        unforeseen=list(found.unforeseen),
    )


def preview_shown(preview: Preview) -> PreviewShown:
    """The preview of a plan."""
    count = preview.head_count
    names = [] if count is None else [name for name, _ in count.segments]
    foreseen = preview.segments
    return PreviewShown(
        problems=[detail_of(problem) for problem in preview.problems],
        head_count=None
        if count is None
        else HeadCountShown(
            **{
                name: getattr(count, name)
                for name in HeadCountShown.model_fields
                if name != "segments"
            },
            segments=[SegmentCount(name=name, customers=many) for name, many in count.segments],
        ),
        histogram=None if preview.histogram is None else _histogram(preview.histogram),
        holdout=None if preview.holdout is None else HoldoutPreviewShown(**asdict(preview.holdout)),
        arms=None if preview.arms is None else [_arm(arm) for arm in preview.arms],
        segments=None
        if foreseen is None
        else [
            SegmentForeseen(name=name, detectable=one.detectable, why=one.why)
            for name, one in zip(names, foreseen, strict=True)
        ],
        sizes=None if preview.sizes is None else _sizes(preview.sizes),
        least_holdout=preview.least,
        forecast=None if preview.forecast is None else [_forecast(one) for one in preview.forecast],
        margin=preview.margin,
        short_history=preview.short_history,
        meetings=[
            MeetingShown(
                campaign_id=one.id, name=one.name, last=one.last, shared=one.shared, told=one.told
            )
            for one in preview.meetings
        ],
        apart=list(preview.apart),
    )


def _histogram(found: Distribution) -> HistogramShown:
    return HistogramShown(
        customers=found.customers,
        empty=found.empty,
        median=found.median,
        below=found.below,
        above=found.above,
        bins=[BinShown(**asdict(one)) for one in found.bins],
    )


def _foreseen(found: Foreseen | None) -> ForeseenShown | None:
    return None if found is None else ForeseenShown(detectable=found.detectable, why=found.why)


def _arm(arm: ArmPreview) -> ArmPreviewShown:
    own, leak = arm.own, arm.leak
    return ArmPreviewShown(
        name=arm.name,
        customers=arm.customers,
        threshold=arm.threshold,
        own_thresholds=None
        if own is None
        else OwnThresholdsShown(
            lowest=money(own.lowest),
            median=money(own.median),
            highest=money(own.highest),
            points=[
                ThresholdTold(threshold=money(point), customers=many) for point, many in own.points
            ],
            others=own.others,
        ),
        contact_cost=arm.contact_cost,
        leak=None
        if leak is None
        else LeakShown(
            customers=leak.customers,
            orders=leak.orders,
            qualifying_orders=leak.qualifying_orders,
            cost=money(leak.cost),
        ),
        foreseen=_foreseen(arm.foreseen),
    )


def _sizes(found: HoldoutSizes) -> HoldoutSizesShown:
    return HoldoutSizesShown(
        learn_most=_size(found.learn_most),
        earn_most=_size(found.earn_most),
        convince_finance=_size(found.convince_finance),
        target=found.target,
    )


def _size(found: HoldoutSize | NotEstimable) -> HoldoutSizeShown:
    if isinstance(found, NotEstimable):
        return HoldoutSizeShown(why=found.reason)
    return HoldoutSizeShown(
        customers=found.customers,
        share=found.share,
        withheld=found.withheld,
        detectable=found.difference,
        relative=found.relative,
    )


def _forecast(found: ArmForecast) -> ForecastShown:
    return ForecastShown(
        arm=found.arm,
        units=found.units,
        remembered=found.remembered,
        campaigns=found.campaigns,
        expected=found.expected,
        low=found.low,
        high=found.high,
        chance_of_loss=found.chance_of_loss,
        groups=[_group(one) for one in found.groups],
    )


def _group(found: GroupForecast) -> GroupForecastShown:
    return GroupForecastShown(
        segment=found.segment,
        units=found.units,
        mean=found.mean,
        deviation=found.deviation,
        campaigns=found.campaigns,
    )
