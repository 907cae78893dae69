"""What the report page shows, worked out from the stored document alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask_babel import gettext

from regulars_platform.campaigns.plan import HOLDOUT
from regulars_platform.reports.service import Report
from regulars_web.charts import BarChart, BarInput
from regulars_web.formats import number, percent
from regulars_web.pages.reports.contamination import (
    ContaminationSection,
    contamination_section,
)
from regulars_web.pages.reports.days import DaySection, day_sections
from regulars_web.pages.reports.headline import headline, provisionally, total_words
from regulars_web.pages.reports.metrics import MetricRow, metric_row
from regulars_web.pages.reports.padding import AroundThreshold, around_threshold
from regulars_web.pages.reports.prices import PriceRow, price_rows
from regulars_web.pages.reports.remembered import MemorySection, memory_section
from regulars_web.pages.reports.shown import Shown, share, shown
from regulars_web.pages.reports.threshold_words import change_reason
from regulars_web.pages.reports.thresholds import CurveSection, threshold_sections
from regulars_web.pages.reports.trust import TrustItem, trust_items
from regulars_web.pages.reports.words import (
    ADVICE,
    BARS,
    EVIDENCE,
    METRICS,
    amount,
    believed_of,
    chance,
    clauses,
    correction_words,
    decision_reason,
    interval,
    listed,
    look,
    method_name,
    p_equation,
    per_user_words,
    price_words,
    return_words,
    segment_name,
)
from regulars_web.waterfall import build_waterfall


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
    chart: BarChart | None
    bars: tuple[BarLine, ...]
    checks: tuple[tuple[str, Shown], ...]
    return_on_cost: str
    per_user: str
    net_p: str
    spread_changed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class SegmentRow:
    """One row of the segment table, formatted. hidden: too small to be shown."""

    arm: str
    name: str
    hidden: bool
    n: str
    n_control: str
    control_margin: str = ""
    raw: Shown | None = None
    pooled: Shown | None = None
    leak: Shown | None = None
    chance: str = ""
    evidence: tuple[str, str] | None = None
    corrected: str = ""
    advice: tuple[str, str] | None = None
    reason: str = ""


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
    several_arms: bool
    without_data: str
    heterogeneity: tuple[tuple[str, str], ...]
    memory: MemorySection | None
    days: tuple[DaySection, ...]
    metrics: tuple[MetricRow, ...]
    segment_metrics: tuple[MetricRow, ...]
    files: tuple[FileRow, ...]
    contamination: ContaminationSection | None
    curves: tuple[CurveSection, ...]
    around: AroundThreshold | None
    prices: tuple[PriceRow, ...]


def build_report_page(report: Report, file_names: Mapping[int, str]) -> ReportPage:
    """The page of a stored report, in the reader's language. file_names: by import id."""
    document = report.document
    currency = document["plan"]["currency"]
    curves = threshold_sections(document)
    return ReportPage(
        document=document,
        report_id=report.id,
        digest=report.document_sha256,
        lead=next(
            (provisionally(document, curve.sentences[0]) for curve in curves if curve.ladder), ""
        ),
        total=total_words(document),
        trust=trust_items(document),
        arms=tuple(_arm(document, group, currency) for group in document["overall"]),
        segments=tuple(_segment(document, group) for group in _by_profit(document["segments"])),
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
        segment_metrics=tuple(
            metric_row(document, effect, currency)
            for effect in document["metrics"]
            if effect["segment"] is not None
        ),
        files=tuple(_file(match, file_names) for match in document["checks"]["matches"]),
        contamination=contamination_section(document),
        curves=curves,
        around=around_threshold(document),
        prices=price_rows(_by_profit(document["segments"]), currency),
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


def _arm_name(arm: str) -> str:
    return str(gettext("held out")) if arm == HOLDOUT else arm


def _arm(document: Mapping[str, Any], group: Mapping[str, Any], currency: str) -> ArmSection:
    bars = [
        BarLine(
            label=str(BARS[bar["name"]]),
            total=shown(bar, currency, times=group["n"], whole=True),
            each=shown(bar, currency),
        )
        for bar in group["bars"]
    ]
    decision = group["decision"]
    return ArmSection(
        arm=group["arm"],
        sentence=headline(document, group["arm"]),
        evidence=look(EVIDENCE, group["evidence"]),
        corrected=correction_words(group, document["overall"]),
        believed=_believed(group, currency),
        chance="" if decision is None else chance(decision["chance_positive"]),
        advice=None if decision is None else look(ADVICE, decision["advice"]),
        reason=advice_reason(document, group),
        prices=price_words(group, currency),
        chart=_chart(group, bars),
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
    )


def _chart(group: Mapping[str, Any], lines: Sequence[BarLine]) -> BarChart | None:
    if any("not_estimable" in bar for bar in group["bars"]):
        return None
    inputs = [
        BarInput(
            label=line.label,
            value=bar["estimate"],
            text=line.total.text,
            tone="good" if bar["estimate"] >= 0 else "bad",
            low=bar["low"],
            high=bar["high"],
        )
        for bar, line in zip(group["bars"], lines, strict=True)
    ]
    return build_waterfall(inputs[:-1], inputs[-1])


def _by_profit(segments: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The best first, by what is believed of them."""

    def place(group: Mapping[str, Any]) -> tuple[bool, float]:
        believed = None if group["hidden"] else believed_of(group)
        return (believed is None, 0.0 if believed is None else -believed["mean"])

    return sorted(segments, key=place)


def _believed(group: Mapping[str, Any], currency: str) -> Shown | None:
    """Net each by what decides; with a note where earlier campaigns have a say in it."""
    found = believed_of(group)
    if found is None:
        return None
    return Shown(
        text=amount(found["mean"], currency, signed=True),
        interval=interval(found["low"], found["high"], currency),
        note=str(gettext("with memory")) if found.get("basis") == "memory" else "",
    )


def leak_shown(answer: Mapping[str, Any]) -> Shown:
    """The leak in percent; over 100% it says how that can be."""
    told = share(answer, 0)
    if answer.get("estimate", 0) <= 1:
        return told
    note = gettext("over %(whole)s: fewer orders came than without", whole=percent(1, 0))
    return replace(told, note=str(note))


def advice_reason(document: Mapping[str, Any], group: Mapping[str, Any]) -> str:
    """Why this advice; where it is to change the threshold, to which."""
    decision = group["decision"]
    if decision is not None and decision["advice"] == "change":
        return change_reason(document, group)
    return decision_reason(group, document["plan"]["currency"])


def _segment(document: Mapping[str, Any], group: Mapping[str, Any]) -> SegmentRow:
    currency = document["plan"]["currency"]
    if group["hidden"]:
        return SegmentRow(
            arm=group["arm"],
            name=segment_name(group["segment"]),
            hidden=True,
            n=number(group["n"]),
            n_control=number(group["n_control"]),
        )
    decision, margin = group["decision"], group["control_margin"]
    return SegmentRow(
        arm=group["arm"],
        name=segment_name(group["segment"]),
        hidden=False,
        n=number(group["n"]),
        n_control=number(group["n_control"]),
        control_margin="" if margin is None else amount(margin, currency),
        raw=shown(group["net"], currency),
        pooled=_believed(group, currency),
        leak=None if group["leak"] is None else leak_shown(group["leak"]),
        chance="" if decision is None else chance(decision["chance_positive"]),
        evidence=look(EVIDENCE, group["evidence"]),
        corrected=correction_words(group, document["segments"]),
        advice=None if decision is None else look(ADVICE, decision["advice"]),
        reason=advice_reason(document, group),
    )
