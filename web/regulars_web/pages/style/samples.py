"""What the style page shows the components with: invented figures, in the reader's language."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField

from regulars_web.charts import (
    BarChart,
    BarInput,
    DayChart,
    DayInput,
    Histogram,
    LevelMark,
    build_bar_chart,
    build_day_chart,
    build_histogram,
)
from regulars_web.drawing.placing import PlacedPlot, PlacedRows, place_plot, place_rows
from regulars_web.drawing.specification import (
    Band,
    Cell,
    Column,
    Course,
    Numbers,
    Plot,
    Point,
    Row,
    Rows,
    Scale,
    Span,
    Tick,
)
from regulars_web.formats import date, money, money_interval, number, percent
from regulars_web.help.drawers import Drawer
from regulars_web.words.reports import ADVICE, EVIDENCE, METRICS

CURRENCY = "CNY"
TYPE = (
    "regulars 0123456789",
    "至尊VIP会员，满80包邮：“增量”见 2026年7月 报告。",
    "至尊VIP會員，滿80包郵：「增量」見 2026年7月 報告。",
)
"""A line of each script: Latin, Simplified, Traditional."""


class SampleForm(FlaskForm):  # type: ignore[misc]
    """A field as it is, and one with a problem."""

    name = StringField(_("Name of the shop"))
    password = PasswordField(_("Password"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """A row of the sample table; net and pooled: number and interval."""

    name: str
    customers: str
    net: tuple[str, str]
    pooled: tuple[str, str]
    evidence: tuple[str, str]
    advice: tuple[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Samples:
    """Everything that components are shown with."""

    form: SampleForm
    headline: str
    lines: tuple[Line, ...]
    trust: tuple[dict[str, str], ...]
    figures: tuple[dict[str, str], ...]
    drawer: Drawer
    bars: BarChart
    spread: Histogram
    days: DayChart
    levels: tuple[LevelMark, ...]
    plot: PlacedPlot
    rows: PlacedRows


def build_samples() -> Samples:
    """In the language of the request, or of `force_locale`."""
    form = SampleForm(name=gettext("New shop"))
    days = build_day_chart(
        [DayInput(value=d * 600, low=d * 300 - 900, high=d * 900 + 900) for d in range(1, 15)],
        [number(day) for day in range(1, 15)],
    )
    form.password.errors = [gettext("A password needs at least 10 characters.")]
    return Samples(
        form=form,
        headline=gettext(
            "Telling %(who)s earned %(net)s net (%(confidence)s: %(range)s)",
            who=gettext("these %(n)s customers", n=number(41_200)),
            net=cash(18_300),
            confidence="95%",
            range=money_interval(41_000_000, 325_000_000, CURRENCY),
        ),
        lines=_lines(),
        trust=_trust(),
        figures=_figures(),
        drawer=Drawer(
            sentences=(
                gettext(
                    "A launch freezes the plan and draws at random who is told and who is held "
                    "back."
                ),
                gettext("The result says what was earned net of every cost, with its range."),
            ),
            links=((gettext("net profit"), "#help"), (gettext("Campaigns"), "#tables")),
        ),
        bars=_bars(),
        spread=_spread(),
        days=days,
        levels=tuple(
            LevelMark(y=y, text=cash(value))
            for value, y in zip(days.scale, days.levels, strict=True)
        ),
        plot=_plot(),
        rows=_rows(),
    )


def cash(amount: float, *, signed: bool = False) -> str:
    """Whole currency units."""
    return money(round(amount * 10_000), CURRENCY, whole=True, signed=signed)


def _each(amount: float, low: float, high: float) -> tuple[str, str]:
    ends = (round(low * 10_000), round(high * 10_000))
    return (
        money(round(amount * 10_000), CURRENCY, signed=True),
        money_interval(*ends, CURRENCY, whole=False),
    )


def _look(table: dict[str, Any], key: str) -> tuple[str, str]:
    kind, word = table[key]
    return kind, str(word)


def _lines() -> tuple[Line, ...]:
    rows = (
        (
            gettext("New customers"),
            5_210,
            (2.4, 0.9, 3.9),
            (1.9, 0.8, 3.0),
            "proved_better",
            "keep",
        ),
        (
            gettext("Frequent buyers"),
            1_055,
            (4.1, -3.5, 11.9),
            (1.2, -1.1, 3.5),
            "not_proved",
            "retest",
        ),
        (gettext("Dormant"), 2_637, (-0.6, -1.9, 0.5), (-0.4, -1.2, 0.4), "not_proved", "stop"),
        (
            gettext("Everyone else"),
            804,
            (-1.8, -3.1, -0.5),
            (-1.5, -2.6, -0.4),
            "proved_worse",
            "change",
        ),
    )
    return tuple(
        Line(
            name=name,
            customers=number(n),
            net=_each(*net),
            pooled=_each(*pooled),
            evidence=_look(EVIDENCE, evidence),
            advice=_look(ADVICE, advice),
        )
        for name, n, net, pooled, evidence, advice in rows
    )


def _trust() -> tuple[dict[str, str], ...]:
    return (
        {"state": "ok", "label": gettext("arm sizes as planned"), "detail": "4,120 : 37,080"},
        {
            "state": "warn",
            "label": gettext("arms differed before the start"),
            "detail": gettext("see the adjusted figures (CUPED) under Method"),
        },
        {
            "state": "bad",
            "label": gettext("orders are missing at the end"),
            "detail": gettext(
                "The last order is of %(day)s. Upload the rest of the window.", day=_day()
            ),
        },
        {
            "state": "wait",
            "label": gettext("the window is still open"),
            "detail": gettext("looking early makes chance look like a finding; wait"),
        },
    )


def _day() -> str:
    return date(dt.date(2026, 7, 8))


def _figures() -> tuple[dict[str, str], ...]:
    return (
        {
            "label": str(METRICS["net_profit"]),
            "value": cash(18_300),
            "detail": money_interval(41_000_000, 325_000_000, CURRENCY),
        },
        {"label": str(METRICS["average_order_value"]), "value": cash(92), "detail": "+0.4%"},
        {"label": str(METRICS["buyers"]), "value": percent(0.142), "detail": ""},
    )


def _bars() -> BarChart:
    names = (gettext("New customers"), gettext("Frequent buyers"), gettext("Dormant"))
    values = ((9_900, 4_700, 15_000), (4_300, -3_700, 12_500), (-1_600, -5_000, 1_300))
    return build_bar_chart(
        [
            BarInput(
                label=name,
                value=v,
                text=cash(v, signed=True),
                tone="good" if v > 0 else "bad",
                low=low,
                high=high,
            )
            for name, (v, low, high) in zip(names, values, strict=True)
        ]
    )


def _spread() -> Histogram:
    edges = [float(edge) for edge in range(0, 200, 20)]
    return build_histogram(
        edges, [3, 14, 32, 41, 36, 24, 13, 6, 2], [cash(e) for e in edges], mark=(80, cash(80))
    )


def _plot() -> PlacedPlot:
    points = [(day, 600 * day**0.9, 150 + 240 * day**0.8) for day in range(29)]
    return place_plot(
        Plot(
            name="sample",
            title=gettext("Net profit"),
            said="",
            numbers=_numbers(),
            x=Scale(
                low=0, high=28, ticks=tuple(Tick(value=d, text=number(d)) for d in (0, 14, 28))
            ),
            y=Scale(
                low=-2_000,
                high=16_000,
                ticks=tuple(Tick(value=v, text=cash(v)) for v in (0, 8_000, 16_000)),
            ),
            marks=(
                Band(points=tuple((x, y - r, y + r) for x, y, r in points), tone="treated-soft"),
                Course(points=tuple((x, y) for x, y, _r in points), tone="treated"),
            ),
        )
    )


def _rows() -> PlacedRows:
    return place_rows(
        Rows(
            name="sample-rows",
            title=gettext("Segment"),
            said="",
            numbers=_numbers(),
            scale=Scale(low=-4, high=12),
            rows=tuple(
                Row(
                    label=name,
                    text=_each(*net)[0],
                    range=_each(*net)[1],
                    spans=(Span(low=net[1], high=net[2], tone="treated-soft"),),
                    points=(Point(value=net[0], tone="treated"),),
                )
                for name, net in (
                    (gettext("New customers"), (2.4, 0.9, 3.9)),
                    (gettext("Frequent buyers"), (4.1, -3.5, 11.9)),
                )
            ),
        )
    )


def _numbers() -> Numbers:
    return Numbers(
        columns=(
            Column(key="segment", label=gettext("Segment"), numeric=False),
            Column(key="net", label=gettext("Net profit")),
        ),
        rows=(
            (Cell(text=gettext("New customers")), Cell(text=cash(9_900), range=_each(2, 1, 3)[1])),
        ),
    )
