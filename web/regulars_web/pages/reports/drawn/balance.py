"""How alike the arms were before the start, and how alike chance makes them at this size."""

from collections.abc import Mapping
from math import sqrt
from statistics import NormalDist
from typing import Any

from flask_babel import gettext, lazy_gettext

from regulars_web.drawing.specification import (
    Cell,
    Column,
    Numbers,
    Point,
    Row,
    Rows,
    Scale,
    Span,
    Tick,
)
from regulars_web.formats import number
from regulars_web.words.reports import confidence

COVARIATES = {
    "average_order_value": lazy_gettext("average order value"),
    "orders": lazy_gettext("orders so far"),
    "spend": lazy_gettext("spent so far"),
    "pre_spend": lazy_gettext("spent in a window of the same length before"),
}


def chance_limit(n: int, n_control: int, level: float) -> float:
    """Standardised differences up to which chance alone goes with probability `level`.

    Under the draw the difference has about the variance 1/n + 1/m in standard deviations (Hedges
    and Olkin 1985, eq. 5.14, at no effect).
    """
    return NormalDist().inv_cdf(0.5 + level / 2) * sqrt(1 / n + 1 / n_control)


def balance_rows(document: Mapping[str, Any]) -> Rows | None:
    """A row per arm and covariate; None where nothing was known before."""
    sizes = {group["arm"]: (group["n"], group["n_control"]) for group in document["overall"]}
    level = float(document["plan"]["confidence_percent"]) / 100
    several = len(sizes) > 1
    found = [
        (check["arm"], name, value, chance_limit(*sizes[check["arm"]], level))
        for check in document["checks"]["balance"]
        for name, value in sorted(check["differences"].items())
        if value is not None and min(sizes[check["arm"]]) > 0
    ]
    if not found:
        return None
    reach = 1.15 * max(max(abs(value), limit) for _, _, value, limit in found)
    return Rows(
        name="balance",
        title=str(gettext("How alike the arms were before the start")),
        said="",
        note=str(
            gettext(
                "Told less held out, in standard deviations. The grey bar is where chance alone "
                "puts %(confidence)s of such differences with so many customers.",
                confidence=confidence(document),
            )
        ),
        numbers=Numbers(
            columns=(
                Column(key="what", label=str(gettext("Known before")), numeric=False),
                Column(key="arm", label=str(gettext("Arm")), numeric=False),
                Column(key="difference", label=str(gettext("Difference"))),
                Column(key="chance", label=str(gettext("Chance gives up to"))),
            ),
            rows=tuple(
                (
                    Cell(text=_name(name), value=name),
                    Cell(text=arm, value=arm),
                    Cell(text=number(value, 3), value=value),
                    Cell(text=number(limit, 3), value=limit),
                )
                for arm, name, value, limit in found
            ),
        ),
        scale=Scale(
            low=-reach,
            high=reach,
            ticks=tuple(
                Tick(value=at, text=number(at, 2)) for at in (-found[0][3], 0.0, found[0][3])
            ),
        ),
        rows=tuple(
            Row(
                label=_name(name),
                detail=arm if several else "",
                text=number(value, 3),
                spans=(Span(low=-limit, high=limit, tone="holdout-soft"),),
                points=(Point(value=value, tone="treated"),),
            )
            for arm, name, value, limit in found
        ),
    )


def _name(covariate: str) -> str:
    return str(COVARIATES.get(covariate, covariate))
