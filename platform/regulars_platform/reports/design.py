"""A campaign's plan as a design: columns of the profit, declared metrics and their roles."""

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction

from regulars_experiments.metrics import Design, Metric, Role
from regulars_experiments.profit import ProfitColumns
from regulars_platform.campaigns.plan import HOLDOUT, Plan

PROFIT = ProfitColumns(
    goods="goods",
    returned="returned",
    kept="kept",
    offer_cost="offer_cost",
    contact_cost="contact_cost",
)
OF_PRODUCTS = ProfitColumns(
    goods="goods_margin",
    returned="returned_margin",
    kept="kept_margin",
    offer_cost="offer_cost",
    contact_cost="contact_cost",
)
"""Where costs per product are known, goods are counted by the margin they earn, line by line."""

NET = "net_profit"
WHOLE = 10_000
"""Basis points in 1."""


def profit_of(plan: Plan) -> ProfitColumns:
    """The columns whose sums make up this plan's profit."""
    return OF_PRODUCTS if plan.margin_source == "products" else PROFIT


def goods_columns(plan: Plan) -> tuple[str, str, str]:
    """Names of the columns of goods sold, given back and kept that make up this plan's profit."""
    columns = profit_of(plan)
    return columns.goods, columns.returned or "", columns.kept or ""


def margins(plan: Plan) -> tuple[Fraction, Fraction, Fraction]:
    """(low, middle, high), shares of what the goods' columns of `profit_of` count.

    All of it where these count margin already.
    """
    if plan.margin_source == "products":
        return Fraction(1), Fraction(1), Fraction(1)
    return (
        Fraction(plan.margin_low, WHOLE),
        Fraction(plan.margin_low + plan.margin_high, 2 * WHOLE),
        Fraction(plan.margin_high, WHOLE),
    )


def shapes_of(columns: ProfitColumns) -> tuple[str, ...]:
    """The columns whose third moments the profit's intervals need."""
    return tuple(name for name in (columns.goods, columns.kept) if name is not None)


def design_of(plan: Plan, happenings: Iterable[str] = ()) -> Design:
    """The declared metrics, the primary one first, and the row-wise net for its checks.

    happenings: those of `happenings.declared` that the outcomes have a column for.
    """
    _, rate, _ = margins(plan)
    known = {
        NET: Metric(name=NET, kind="mean", value=profit_of(plan).net(rate)),
        "revenue": Metric(name="revenue", kind="mean", value={"revenue": 1}),
        "orders": Metric(name="orders", kind="mean", value={"orders": 1}),
        "buyers": Metric(name="buyers", kind="conversion", value={"buyer": 1}),
        "refunds": Metric(name="refunds", kind="mean", value={"returned": 1}),
        "average_order_value": Metric(
            name="average_order_value",
            kind="ratio",
            value={"goods": 1},
            denominator={"orders": 1},
        ),
        "capped_revenue": Metric(name="capped_revenue", kind="mean", value={"capped_revenue": 1}),
    }
    known |= {name: Metric(name=name, kind="conversion", value={name: 1}) for name in happenings}
    wanted = [NET, plan.primary_metric, *plan.secondary_metrics, "revenue", "average_order_value"]
    if plan.exclusions.customer_revenue_cap is not None:
        wanted.append("capped_revenue")
    wanted += plan.guardrails
    metrics = (known[name] for name in dict.fromkeys(wanted) if name in known)
    return Design(
        arm="arm",
        control=HOLDOUT,
        metrics=tuple(replace(metric, role=role_of(metric.name, plan)) for metric in metrics),
        covariates=("pre_spend",),
        segments=("segment",),
        confidence=plan.confidence / WHOLE,
    )


def role_of(metric: str, plan: Plan) -> Role:
    """What the plan declared it to be; what is shown without being declared is secondary.

    The row-wise net, where it is not declared, is only a check of the default: no test of its own,
    so it stays outside the families that are corrected.
    """
    if metric == plan.primary_metric:
        return "primary"
    undeclared_net = metric == NET and metric not in plan.secondary_metrics
    return "guardrail" if metric in plan.guardrails or undeclared_net else "secondary"
