"""What the report page shows, worked out from the stored document alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext, lazy_gettext, ngettext

from regulars_platform.campaigns.plan import HOLDOUT
from regulars_platform.reports.service import Report
from regulars_web.drawing.placing import PlacedPlot, PlacedRows, place_plot, place_rows
from regulars_web.drawing.specification import Drawing
from regulars_web.formats import number, percent
from regulars_web.pages.reports.contamination import (
    ContaminationSection,
    contamination_section,
)
from regulars_web.pages.reports.days import DaySection, day_sections
from regulars_web.pages.reports.drawn.balance import balance_rows
from regulars_web.pages.reports.drawn.past_values import past_values_plot
from regulars_web.pages.reports.drawn.segments import by_profit, segment_forest
from regulars_web.pages.reports.drawn.waterfall import totals_shown, waterfall
from regulars_web.pages.reports.headline import headline, provisionally, total_words
from regulars_web.pages.reports.method import (
    Formula,
    Ratio,
    code_again,
    code_by_program,
    formulas,
    ratio_shown,
)
from regulars_web.pages.reports.metrics import MetricRow, metric_row, metrics_finding
from regulars_web.pages.reports.padding import AroundThreshold, around_threshold
from regulars_web.pages.reports.prices import PriceRow, price_rows
from regulars_web.pages.reports.remembered import MemorySection, memory_section
from regulars_web.pages.reports.segments import (
    SegmentRow,
    believed_shown,
    segment_rows,
    segments_finding,
)
from regulars_web.pages.reports.threshold_words import change_reason
from regulars_web.pages.reports.thresholds import CurveSection, threshold_sections
from regulars_web.pages.reports.trust import TrustItem, balance_item, trust_items
from regulars_web.words.answers import Shown, shown
from regulars_web.words.reports import (
    ADVICE,
    BARS,
    EVIDENCE,
    METRICS,
    chance,
    clauses,
    correction_words,
    decision_reason,
    listed,
    look,
    method_name,
    p_equation,
    per_user_words,
    price_words,
    return_words,
)

MONEY_FINDINGS = {
    "proved_better": lazy_gettext("Extra sales earned more than the campaign cost"),
    "not_proved": lazy_gettext("Not clear whether extra sales covered the cost"),
    "proved_worse": lazy_gettext("The campaign cost more than extra sales earned"),
    "cannot_tell": lazy_gettext("Whether extra sales covered the cost cannot be told"),
}
"""The waterfall's heading, by its evidence; the numbers stand under it with their intervals."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BarLine:
    """A waterfall bar as a row of its table: in all, and per customer."""

    label: str
    total: Shown
    each: Shown


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmSection:
    """One arm against the holdout: sentence, verdicts, waterfall.

    corrected: why a difference that stands out is not proved; empty where nothing was corrected.
    believed, chance: net each and P(net > 0) by what decides.
    """

    arm: str
    sentence: str
    evidence: tuple[str, str]
    corrected: str
    believed: Shown | None
    chance: str
    advice: tuple[str, str] | None
    reason: str
    prices: str
    finding: str
    drawing: PlacedRows | None
    bars: tuple[BarLine, ...]
    checks: tuple[tuple[str, Shown], ...]
    return_on_cost: str
    per_user: str
    net_p: str
    spread_changed: bool
    formulas: tuple[Formula, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class FileRow:
    """One order file that brought outcomes. state: ok or bad, of the arms before launch."""

    name: str
    orders: str
    known: str
    before: str
    state: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportPage:
    """The context of reports/show.html. document: the stored one, for the method section.

    lead: of a ladder, the one sentence about all its arms; else empty. total: what several arms
    earned together; empty with one.
    """

    document: Mapping[str, Any]
    report_id: int
    digest: str
    lead: str
    total: str
    trust: tuple[TrustItem, ...]
    arms: tuple[ArmSection, ...]
    segments: tuple[SegmentRow, ...]
    segments_finding: str
    segments_drawing: PlacedRows | None
    several_arms: bool
    without_data: str
    heterogeneity: tuple[tuple[str, str], ...]
    memory: MemorySection | None
    days: tuple[DaySection, ...]
    metrics: tuple[MetricRow, ...]
    metrics_finding: str
    segment_metrics: tuple[MetricRow, ...]
    files: tuple[FileRow, ...]
    files_finding: str
    contamination: ContaminationSection | None
    curves: tuple[CurveSection, ...]
    around: AroundThreshold | None
    balance: PlacedRows | None
    balance_finding: str
    past_values: PlacedPlot | None
    prices: tuple[PriceRow, ...]
    ratio: Ratio
    again: str
    by_program: str

    @property
    def drawings(self) -> tuple[Drawing, ...]:
        """The specifications of everything drawn, in the order of the page."""
        found: list[PlacedPlot | PlacedRows | None] = [arm.drawing for arm in self.arms]
        found += [self.segments_drawing, *(curve.drawing for curve in self.curves)]
        found += [self.past_values]
        for part in self.days:
            found += [part.drawing, part.meter]
        found += [self.balance]
        return tuple(
            placed.plot if isinstance(placed, PlacedPlot) else placed.drawing
            for placed in found
            if placed is not None
        )


def build_report_page(report: Report, file_names: Mapping[int, str]) -> ReportPage:
    """The page of a stored report, in the reader's language. file_names: by import id."""
    document = report.document
    currency = document["plan"]["currency"]
    curves = threshold_sections(document)
    forest, balance = segment_forest(document), balance_rows(document)
    past = past_values_plot(document)
    return ReportPage(
        document=document,
        report_id=report.id,
        digest=report.document_sha256,
        lead=next(
            (provisionally(document, curve.sentences[0]) for curve in curves if curve.ladder), ""
        ),
        total=total_words(document),
        trust=trust_items(document),
        arms=tuple(_arm(document, place) for place in range(len(document["overall"]))),
        segments=segment_rows(document),
        segments_finding=segments_finding(document),
        segments_drawing=None if forest is None else place_rows(forest),
        several_arms=len(document["overall"]) > 1,
        without_data=listed([str(METRICS[name]) for name in document.get("without_data", ())]),
        heterogeneity=tuple(
            (entry["arm"], p_equation(entry["p_value"])) for entry in document["heterogeneity"]
        ),
        memory=memory_section(document),
        days=day_sections(document),
        metrics=tuple(
            metric_row(document, effect, currency)
            for effect in document["metrics"]
            if effect["segment"] is None
        ),
        metrics_finding=metrics_finding(document),
        segment_metrics=tuple(
            metric_row(document, effect, currency)
            for effect in document["metrics"]
            if effect["segment"] is not None
        ),
        files=tuple(_file(match, file_names) for match in document["checks"]["matches"]),
        files_finding=_files_finding(document),
        contamination=contamination_section(document),
        curves=curves,
        around=around_threshold(document),
        balance=None if balance is None else place_rows(balance),
        ratio=ratio_shown(document["checks"]["sample_ratio"]),
        again=code_again(document, f"report-{report.campaign_id}-{report.id}.json"),
        by_program=code_by_program(document, report.campaign_id, report.id),
        balance_finding=balance_item(document["checks"]["balance"]).label,
        past_values=None if past is None else place_plot(past),
        prices=price_rows(by_profit(document["segments"]), currency),
    )


def _file(match: Mapping[str, Any], names: Mapping[int, str]) -> FileRow:
    found = clauses(
        f"{percent(arm['found'] / arm['customers'])} {_arm_name(arm['arm'])}"
        for arm in match["before"]
        if arm["customers"]
    )
    return FileRow(
        name=names.get(match["import_id"], str(match["import_id"])),
        orders=number(match["orders"]),
        known=percent(match["known"] / match["orders"], 1) if match["orders"] else "–",
        before=str(gettext("no orders from before launch")) if match["p_value"] is None else found,
        state="bad" if match["flagged"] else "ok",
    )


def _files_finding(document: Mapping[str, Any]) -> str:
    matches = document["checks"]["matches"]
    attributed = document["checks"]["attributed"]
    return str(
        ngettext(
            "%(num)s file; %(share)s of the window's orders have a customer",
            "%(num)s files; %(share)s of the window's orders have a customer",
            len(matches),
            share=percent(attributed["known"] / attributed["orders"], 0),
        )
    )


def _arm_name(arm: str) -> str:
    return str(gettext("held out")) if arm == HOLDOUT else arm


def _arm(document: Mapping[str, Any], place: int) -> ArmSection:
    group, currency = document["overall"][place], document["plan"]["currency"]
    bars = [
        BarLine(label=str(BARS[bar["name"]]), total=total, each=shown(bar, currency))
        for bar, total in zip(group["bars"], totals_shown(document, group), strict=True)
    ]
    drawing = waterfall(document, place)
    decision = group["decision"]
    return ArmSection(
        arm=group["arm"],
        sentence=headline(document, group["arm"]),
        evidence=look(EVIDENCE, group["evidence"]),
        corrected=correction_words(group, document["overall"]),
        believed=believed_shown(group, currency),
        chance="" if decision is None else chance(decision["chance_positive"]),
        advice=None if decision is None else look(ADVICE, decision["advice"]),
        reason=advice_reason(document, group),
        prices=price_words(group, currency),
        finding=str(MONEY_FINDINGS[group["evidence"]]),
        drawing=None if drawing is None else place_rows(drawing),
        bars=tuple(bars),
        checks=tuple(
            (
                method_name(check["method"]),
                shown(check["difference"], currency, times=group["n"], whole=True),
            )
            for check in group["sensitivity"]
        ),
        return_on_cost=return_words(document, group),
        per_user=per_user_words(document, group),
        net_p=p_equation(group["net"].get("p_value")),
        spread_changed=group["spread_changed"],
        formulas=formulas(document, place),
    )


def advice_reason(document: Mapping[str, Any], group: Mapping[str, Any]) -> str:
    """Why this advice; where it is to change the threshold, to which."""
    decision = group["decision"]
    if decision is not None and decision["advice"] == "change":
        return change_reason(document, group)
    return decision_reason(group, document["plan"]["currency"])
