"""What the campaign of a randomised file earned: net profit per arm, for everybody and by segment.

The same waterfall as in a campaign's report, from a file's own columns: a metric of money times
the margin, less a column of what the offer cost, less what contacting a customer cost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np

from regulars_experiments.comparison import Cell, Collected, Comparison, compare
from regulars_experiments.evaluation import Corrected, Effect, PooledEffect, evaluate
from regulars_experiments.metrics import Design, Metric
from regulars_experiments.moments import Moments
from regulars_experiments.multiplicity import benjamini_hochberg, holm
from regulars_experiments.pooling import Posterior, single
from regulars_experiments.profit import ProfitColumns, Waterfall, waterfall
from regulars_experiments.profit_ratios import margin_per_cost
from regulars_experiments.profit_tests import net_p_values
from regulars_experiments.ratios import Extent, RatioAnswer, RatioSet
from regulars_experiments.results import Answer, FloatArray, NotEstimable
from regulars_experiments.segments import pool_segments
from regulars_experiments.sensitivities import Sensitivity
from regulars_experiments.verdicts import Evidence, evidence_of
from regulars_platform.randomised.arm_costs import with_arm_cost
from regulars_platform.randomised.bars import Bar, bars_of, margin_at_every_look
from regulars_platform.randomised.looks import planned_customers, reach_of
from regulars_platform.randomised.reading import UnreadableFileError
from regulars_platform.words import N_

_NET = "net profit"


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfitTerms:
    """What an effect is worth and what it costs.

    metric: the money metric that earns the margin. margin_low, margin_high: share of it, 0 to 1.
    offer_cost: column of what the offer cost per customer. contact_cost: money per customer of
    every arm but the control; contact_costs: of the arms that differ from that.
    """

    metric: str
    margin_low: Fraction
    margin_high: Fraction
    offer_cost: str | None = None
    contact_cost: Fraction = Fraction(0)
    contact_costs: Mapping[str, Fraction] = field(default_factory=dict)

    def contact_of(self, arm: str, control: str) -> Fraction:
        """Money per customer of this arm."""
        usual = Fraction(0) if arm == control else self.contact_cost
        return self.contact_costs.get(arm, usual)

    def refuse_unknown_arms(self, counts: Mapping[str, int]) -> None:
        """Raises UnreadableFileError for the cost of an arm that the file has not."""
        for arm in self.contact_costs:
            if arm not in counts:
                raise UnreadableFileError.because(
                    N_("A contact cost is given for %(arm)r, but the arms are: %(shown)s."),
                    N_("Name one of these arms."),
                    arm=arm,
                    shown=", ".join(list(counts)[:20]),
                )


@dataclass(frozen=True, kw_only=True, slots=True)
class Belief:
    """What may be expected of the net; losses in money per customer.

    loss_if_kept: expected loss of going on where it does not pay. loss_if_stopped: expected profit
    foregone by stopping where it does. pooled: with what the other segments say, if asked for.
    """

    chance_pays: float
    loss_if_kept: float
    loss_if_stopped: float
    pooled: PooledEffect | None


@dataclass(frozen=True, kw_only=True, slots=True)
class NetProfit:
    """One arm against the control, for everybody (segment None) or one segment; per customer.

    bars: add up to the net; one without an estimate adds nothing. bars, net, return_on_cost: safe
    to look at early where a planned end is given; at_one_look is the ordinary net then. corrected:
    over the arms, and the values of the segment's column. belief: None where there is nothing to go
    by. sensitivity: the net by other methods.
    """

    arm: str
    control: str
    segment: tuple[str, str] | None
    n_arm: int
    n_control: int
    bars: tuple[Bar, ...]
    net: Answer
    at_one_look: Answer | None
    return_on_cost: RatioAnswer
    corrected: Corrected | None
    evidence: Evidence
    belief: Belief | None
    spread_changed: bool
    sensitivity: tuple[Sensitivity, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class FileProfit:
    """The terms, and what they come to: everybody first, then by segment column and value."""

    terms: ProfitTerms
    groups: tuple[NetProfit, ...]


def contact_column(design: Design, terms: ProfitTerms) -> str:
    """A name that no column of the file has that is read."""
    taken: set[str | None] = {name for metric in design.metrics for name in metric.columns()}
    taken |= {design.arm, *design.segments, *design.covariates, design.stratum, terms.offer_cost}
    name = "contact cost"
    while name in taken:
        name += " "
    return name


def profit_columns(design: Design, terms: ProfitTerms) -> ProfitColumns:
    """The columns of the waterfall."""
    metric = next(metric for metric in design.metrics if metric.name == terms.metric)
    return ProfitColumns(
        goods=next(iter(metric.value)),
        offer_cost=terms.offer_cost,
        contact_cost=contact_column(design, terms),
    )


def profit_metric(design: Design, terms: ProfitTerms) -> Metric:
    """The net of each row: outside every family of tests, for other methods on the same data."""
    columns = profit_columns(design, terms)
    rate = (terms.margin_low + terms.margin_high) / 2
    return Metric(name=_NET, kind="mean", value=columns.net(rate), role="guardrail")


def profit_products(design: Design, terms: ProfitTerms) -> list[Metric]:
    """What the moments have to keep beyond the metrics asked for: goods and offer together."""
    if terms.offer_cost is None:
        return []
    goods = profit_columns(design, terms).goods
    value = {goods: 1, terms.offer_cost: -1}
    return [Metric(name=_NET, kind="mean", value=value, role="guardrail")]


def find_profit(collected: Collected, design: Design, terms: ProfitTerms) -> FileProfit:
    """The net of every arm, for everybody and by segment. collected: with `profit_products`.

    Raises UnreadableFileError for an offer whose cost is 0 for everybody.
    """
    everybody = collected.moments[None]
    if terms.offer_cost is not None:
        _refuse_unused_offer(everybody, terms.offer_cost)
    arms = [str(key[0]) for key in everybody.keys]
    costs = {arm: terms.contact_of(arm, design.control) for arm in arms}
    collected = with_arm_cost(collected, contact_column(design, terms), costs)
    others = evaluate(
        collected, replace(design, metrics=(profit_metric(design, terms),), pool_segments=False)
    )
    groups: list[NetProfit] = []
    for column in (None, *design.segments):
        beside = [
            effect
            for effect in others
            if (None if effect.segment is None else effect.segment[0]) == column
        ]
        groups += _of_column(collected, design, terms, column, beside)
    return FileProfit(terms=terms, groups=tuple(groups))


def _refuse_unused_offer(everybody: Moments, column: str) -> None:
    if not everybody.summary(everybody.keys, {column: 1}).mean_square.any():
        raise UnreadableFileError.because(
            N_("Column %(name)r is 0 for everybody, so it is not what the offer cost."),
            N_(
                "Name the column with the cost per customer who used the offer, or leave out "
                "--offer-cost."
            ),
            name=column,
        )


def _of_column(
    collected: Collected,
    design: Design,
    terms: ProfitTerms,
    column: str | None,
    beside: Sequence[Effect],
) -> list[NetProfit]:
    """All arms in all values of a column. beside: the row-wise net there, in the order of cells."""
    cells = [Cell(arm=effect.arm, segment=effect.segment) for effect in beside]
    comparison = compare(collected.moments[column], design.control, cells)
    columns = profit_columns(design, terms)
    n = np.array([effect.n_arm + effect.n_control for effect in beside], dtype=np.float64)
    planned = planned_customers(collected, design, n)
    found = waterfall(
        comparison,
        columns,
        margin_low=terms.margin_low,
        margin_high=terms.margin_high,
        confidence=design.confidence,
        planned=planned,
    )
    shown = _as_shown(found, comparison, columns, terms, planned, design.confidence)
    net, reach = shown.net, reach_of(collected, design, n)
    corrected = _corrected(_tests(shown, comparison, columns, terms, column))
    returns = _returns(shown, comparison, columns, terms, design.confidence, reach)
    bars = bars_of(shown.goods, comparison, columns, design.confidence, reach)
    beliefs = _beliefs(found, comparison, columns, terms, cells, design)
    groups = []
    for place, effect in enumerate(beside):
        answer, ordinary, family = net.answer(place), found.net.answer(place), corrected[place]
        groups.append(
            NetProfit(
                arm=effect.arm,
                control=design.control,
                segment=effect.segment,
                n_arm=effect.n_arm,
                n_control=effect.n_control,
                bars=bars[place],
                net=answer,
                at_one_look=None if planned is None else ordinary,
                # where the margin has no interval, nothing that stands on it has one
                return_on_cost=answer if isinstance(answer, NotEstimable) else returns[place],
                corrected=family,
                evidence=evidence_of(
                    answer,
                    adjusted_p=None if family is None else family.holm,
                    confidence=design.confidence,
                ),
                belief=beliefs[place],
                spread_changed=found.spread_changed[place],
                sensitivity=effect.sensitivity,
            )
        )
    return groups


def _as_shown(
    found: Waterfall,
    comparison: Comparison,
    columns: ProfitColumns,
    terms: ProfitTerms,
    planned: FloatArray | None,
    confidence: float,
) -> Waterfall:
    """Where one looks early, with the net, goods and margin that hold at every look."""
    if planned is None or found.net_at_every_look is None:
        return found
    middle = (terms.margin_low + terms.margin_high) / 2
    if not middle:
        return replace(found, net=found.net_at_every_look)
    # a file's goods are what was kept, so that they are the whole margin
    margin = margin_at_every_look(comparison, columns.margin(middle), planned, confidence)
    return replace(found, net=found.net_at_every_look, goods=margin, margin=margin)


def _corrected(p_values: FloatArray) -> list[Corrected | None]:
    """Over all cells that have a test; None for those without, or where there is one cell only."""
    if len(p_values) < 2:
        return [None] * len(p_values)
    tests = int(np.isfinite(p_values).sum())
    rates = zip(holm(p_values).tolist(), benjamini_hochberg(p_values).tolist(), strict=True)
    return [
        Corrected(holm=strict, benjamini_hochberg=rate, tests=tests)
        if np.isfinite(strict)
        else None
        for strict, rate in rates
    ]


def _tests(
    found: Waterfall,
    comparison: Comparison,
    columns: ProfitColumns,
    terms: ProfitTerms,
    column: str | None,
) -> FloatArray:
    """p-values that stay honest when many segments are looked at; found.net: as it is shown."""
    if column is None:
        return found.net.p_value
    return net_p_values(
        found,
        comparison,
        columns,
        margin_low=terms.margin_low,
        margin_high=terms.margin_high,
    )


def _returns(
    found: Waterfall,
    comparison: Comparison,
    columns: ProfitColumns,
    terms: ProfitTerms,
    confidence: float,
    reach: FloatArray,
) -> list[RatioAnswer]:
    """By the limits of the waterfall: above 1 exactly where the net is above zero."""
    answers = margin_per_cost(
        found,
        comparison,
        columns,
        margin_low=terms.margin_low,
        margin_high=terms.margin_high,
        confidence=confidence,
        reach=reach,
    ).answers()
    return [
        answer
        if isinstance(answer, NotEstimable)
        else RatioSet(
            extent=Extent.BOUNDED, estimate=answer.estimate, low=answer.low, high=answer.high
        )
        for answer in answers
    ]


def _beliefs(
    found: Waterfall,
    comparison: Comparison,
    columns: ProfitColumns,
    terms: ProfitTerms,
    cells: Sequence[Cell],
    design: Design,
) -> list[Belief | None]:
    """Each cell by itself, or pooled with those of the same arm."""
    net, error = found.net.estimate, found.net.standard_error
    known = np.isfinite(net) & np.isfinite(error) & (error > 0)
    beliefs: list[Belief | None] = [None] * len(cells)
    if not (design.pool_segments and cells[0].segment is not None):
        for place in np.flatnonzero(known).tolist():
            own = single(float(net[place]), float(error[place]))
            beliefs[place] = _believed(own, None)[0]
        return beliefs
    control = comparison.summaries(columns.margin((terms.margin_low + terms.margin_high) / 2))[0]
    for arm in dict.fromkeys(cell.arm for cell in cells):
        places = [place for place, cell in enumerate(cells) if cell.arm == arm]
        posterior = pool_segments(
            net[places], found.shared_error[places], control.n[places], control.mean[places]
        )
        if posterior is None:
            continue
        believed = _believed(posterior, design.confidence)
        for place, belief in zip(places, believed, strict=True):
            beliefs[place] = belief
    return beliefs


def _believed(posterior: Posterior, confidence: float | None) -> list[Belief]:
    """Of each segment; confidence: of the pooled intervals, None where nothing is pooled."""
    chance = posterior.chance_above_zero().tolist()
    kept, stopped = posterior.expected_loss().tolist(), posterior.expected_gain().tolist()
    pooled: list[PooledEffect | None] = [None] * len(chance)
    if confidence is not None:
        low, high = (posterior.quantile(0.5 + side * confidence / 2) for side in (-1, 1))
        pooled = [
            PooledEffect(mean=mean, low=below, high=above, chance_positive=share)
            for mean, below, above, share in zip(
                posterior.mean().tolist(), low.tolist(), high.tolist(), chance, strict=True
            )
        ]
    return [
        Belief(chance_pays=share, loss_if_kept=loss, loss_if_stopped=gain, pooled=belief)
        for share, loss, gain, belief in zip(chance, kept, stopped, pooled, strict=True)
    ]
