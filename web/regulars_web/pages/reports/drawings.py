"""All drawings of a report: for files, and for whoever draws them elsewhere."""

from collections.abc import Mapping
from typing import Any

from regulars_web.drawing.specification import Drawing
from regulars_web.pages.reports.drawn.balance import balance_rows
from regulars_web.pages.reports.drawn.days import days_plot, kept_rows
from regulars_web.pages.reports.drawn.past_values import past_values_plot
from regulars_web.pages.reports.drawn.segments import segment_forest
from regulars_web.pages.reports.drawn.waterfall import waterfall
from regulars_web.pages.reports.thresholds import threshold_sections


def report_drawings(document: Mapping[str, Any]) -> tuple[Drawing, ...]:
    """In the order of the page, in the reader's language; what the document lacks is left out."""
    found: list[Drawing | None] = []
    found += [waterfall(document, place) for place in range(len(document["overall"]))]
    found += [segment_forest(document)]
    curves = [section.drawing for section in threshold_sections(document)]
    found += [None if curve is None else curve.plot for curve in curves]
    found += [past_values_plot(document)]
    for place, arm in enumerate(document.get("days", ())):
        if arm["days"]:
            found += [days_plot(document, place), kept_rows(document, place)]
    found += [balance_rows(document)]
    return tuple(drawing for drawing in found if drawing is not None)
