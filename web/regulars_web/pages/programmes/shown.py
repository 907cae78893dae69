"""What the programmes' pages show, formatted: results, weeks, runs, dry runs."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from regulars_platform.programmes.dry_run import DryRun
from regulars_platform.programmes.results import Result
from regulars_platform.programmes.service import Version
from regulars_web.charts import DayChart, DayInput, LevelMark, build_day_chart
from regulars_web.formats import date, number, percent, short_date
from regulars_web.words.answers import Shown, dash, shown
from regulars_web.words.programmes import ADVICE, WHY_NOT, occasion_text, why_not
from regulars_web.words.reports import BARS, amount, clauses, interval, reason_words

MOST_PEOPLE = 200
_LEVEL = 0.001  # p-value of the sample ratio below which something is broken


@dataclass(frozen=True, kw_only=True, slots=True)
class WeekLine:
    """One week of the table."""

    week: str
    told: int
    held: int
    own: Shown
    so_far: Shown


@dataclass(frozen=True, kw_only=True, slots=True)
class ResultPage:
    """One version's result. statement: one sentence in money; advice: (kind of verdict, word);
    held: what holding back cost or saved; entered, reach, broken, sizes, costs: sentences, "" where
    there is nothing to say; bars: (name, answer per entry)."""

    statement: str
    advice: tuple[str, str]
    held: str
    entered: str
    reach: str
    broken: str
    sizes: str
    costs: str
    figures: list[dict[str, str]]
    bars: list[tuple[str, Shown]]
    chart: DayChart | None
    levels: tuple[LevelMark, ...]
    weeks: list[WeekLine]
    unknown: str
    orders_until: str
    confidence: str


def result_page(result: Result, version: Version, entered: tuple[int, int]) -> ResultPage:
    """The page of a kept result of a version. entered: told and held back by now."""
    document = result.document
    currency, weeks = document["currency"], document["weeks"]
    chart = _chart(weeks)
    kind, word = ADVICE[document["advice"]]
    return ResultPage(
        statement=statement(document),
        advice=(kind, str(word)),
        held=_held_words(document),
        entered=_entered_words(document, entered),
        reach=_reach_words(document),
        broken=_broken_words(document),
        sizes=_sizes_words(document),
        costs=costs_words(document, version.plan.margin_low),
        figures=_figures(document),
        bars=[(str(BARS[name]), shown(answer, currency)) for name, answer in _bars(document)],
        chart=chart,
        levels=()
        if chart is None
        else tuple(
            LevelMark(y=y, text=amount(value, currency))
            for value, y in zip(chart.scale, chart.levels, strict=True)
        ),
        weeks=[_week(week, currency) for week in reversed(weeks)],
        unknown=unknown_weeks(document),
        orders_until=date(dt.date.fromisoformat(document["orders_until"])),
        confidence=percent(document["confidence_percent"] / 100, 0),
    )


def costs_words(document: Mapping[str, Any], flat: int) -> str:
    """How far costs per product reach in what was bought. flat: of the others, basis points."""
    costs = document.get("goods_costs")
    if costs is None or costs["share"] is None:
        return ""
    return str(
        gettext(
            "Each product earns what is left after its cost: %(share)s of the goods bought in "
            "these windows have a known one. The others earn %(rate)s.",
            share=percent(costs["share"]),
            rate=percent(flat / 10_000),
        )
    )


def statement(document: Mapping[str, Any]) -> str:
    """The result in one sentence, in money."""
    net, told, currency = document["net"], document["told"], document["currency"]
    if "not_estimable" in net:
        return _too_early(document)
    facts = {
        "told": number(told),
        "amount": amount(abs(net["estimate"]) * told, currency, whole=True),
        "range": interval(net["low"] * told, net["high"] * told, currency, whole=True),
        "confidence": percent(document["confidence_percent"] / 100, 0),
    }
    if net["estimate"] >= 0:
        said = gettext(
            "With %(told)s messages it has earned about %(amount)s (%(confidence)s, however often "
            "you look: %(range)s).",
            **facts,
        )
    else:
        said = gettext(
            "With %(told)s messages it has lost about %(amount)s (%(confidence)s, however often "
            "you look: %(range)s).",
            **facts,
        )
    return str(said)


def short_result(result: Result | None) -> str:
    """The result in a cell of a table."""
    if result is None:
        return ""
    net, told = result.document["net"], result.document["told"]
    if "not_estimable" in net:
        return str(ADVICE["too_early"][1])
    currency = result.document["currency"]
    return amount(net["estimate"] * told, currency, whole=True, signed=True)


def _too_early(document: Mapping[str, Any]) -> str:
    waits = document["waits"]
    if document["told"] + document["held_back"] == 0:
        return str(
            gettext(
                "Too early: nobody’s %(days)s days in which orders count are over yet.",
                days=number(document["window_days"]),
            )
        )
    facts = {"needed": number(waits["needed"]), "buyers": number(waits["buyers"], 0)}
    if waits["ready_on"] is None:
        return str(
            gettext(
                "Too early: about %(needed)s buyers are needed in the smaller group, and there "
                "are %(buyers)s so far.",
                **facts,
            )
        )
    day = date(dt.date.fromisoformat(waits["ready_on"]))
    return str(
        gettext(
            "Too early: about %(needed)s buyers are needed in the smaller group, and there are "
            "%(buyers)s so far. At this pace there is a first answer around %(day)s.",
            day=day,
            **facts,
        )
    )


def _held_words(document: Mapping[str, Any]) -> str:
    """What it has cost, or saved, not to write to those who were held back."""
    net, held, currency = document["net"], document["held_back"], document["currency"]
    if "not_estimable" in net or not held:
        return ""
    facts = {
        "held": number(held),
        "amount": amount(abs(net["estimate"]) * held, currency, whole=True),
        "range": interval(net["low"] * held, net["high"] * held, currency, whole=True),
    }
    if net["estimate"] >= 0:
        return str(
            gettext(
                "Holding %(held)s entries back has cost about %(amount)s (%(range)s): the price of "
                "knowing.",
                **facts,
            )
        )
    return str(
        gettext(
            "Holding %(held)s entries back has saved about %(amount)s (%(range)s).",
            **facts,
        )
    )


def _entered_words(document: Mapping[str, Any], entered: tuple[int, int]) -> str:
    """Where everybody is who has entered: counted, waiting, beyond the last order, or later than
    the result. Results from before these were told apart have both in `waiting`."""
    judged = document["told"] + document["held_back"]
    waiting, after = document["waiting"], document.get("after", 0)
    since = sum(entered) - judged - waiting - after
    if waiting + after + since <= 0:
        return ""
    parts = [gettext("%(n)s are counted", n=number(judged))]
    if waiting:
        days = number(document["window_days"])
        parts.append(
            gettext("%(n)s wait until their %(days)s days are over", n=number(waiting), days=days)
        )
    if after:
        day = date(dt.date.fromisoformat(document["orders_until"]))
        parts.append(
            gettext("%(n)s entered after the last order (%(day)s)", n=number(after), day=day)
        )
    if since > 0:
        parts.append(gettext("%(n)s entered since this was worked out", n=number(since)))
    return str(
        gettext(
            "Of %(all)s who entered (%(told)s told, %(held)s held back): %(parts)s.",
            all=number(sum(entered)),
            told=number(entered[0]),
            held=number(entered[1]),
            parts=gettext("; ").join(parts),
        )
    )


def _reach_words(document: Mapping[str, Any]) -> str:
    if document["reach"] is None or document["advice"] != "go_on":
        return ""
    return str(
        gettext(
            "Once %(planned)s entries are there, an effect of %(reach)s a message would be seen.",
            planned=number(document["planned"]),
            reach=amount(document["reach"], document["currency"]),
        )
    )


def _broken_words(document: Mapping[str, Any]) -> str:
    p_value = document["sample_ratio_p"]
    if p_value is None or p_value >= _LEVEL:
        return ""
    return str(
        gettext(
            "Told and held back are not shared out as planned (%(told)s to %(held)s). Something "
            "has changed who was counted: do not trust the result before it is found.",
            told=number(document["told"]),
            held=number(document["held_back"]),
        )
    )


def _sizes_words(document: Mapping[str, Any]) -> str:
    """That the sizes of the groups were looked at, and found as they were drawn."""
    p_value = document["sample_ratio_p"]
    if p_value is None or p_value < _LEVEL:
        return ""
    return str(
        gettext(
            "Sizes of the groups: %(told)s told and %(held)s held back, as drawn (p = %(p)s).",
            told=number(document["told"]),
            held=number(document["held_back"]),
            p=number(p_value, 2),
        )
    )


def _figures(document: Mapping[str, Any]) -> list[dict[str, str]]:
    def rate(buyers: int, entries: int) -> str:
        if not entries:
            return str(gettext("nobody yet"))
        return str(gettext("%(share)s bought", share=percent(buyers / entries, 1)))

    currency = document["currency"]
    each = shown(document["net"], currency)
    return [
        {
            "label": str(gettext("Told and counted")),
            "value": number(document["told"]),
            "detail": rate(document["buyers_told"], document["told"]),
        },
        {
            "label": str(gettext("Held back and counted")),
            "value": number(document["held_back"]),
            "detail": rate(document["buyers_held_back"], document["held_back"]),
        },
        {
            "label": str(gettext("Net profit a message")),
            "value": each.text,
            "detail": each.interval,
        },
    ]


def _bars(document: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    order = ("goods", "returns", "offer", "contact", "net")
    return [(name, document["bars"][name]) for name in order]


def _week(week: Mapping[str, Any], currency: str) -> WeekLine:
    def each(answer: Mapping[str, Any]) -> Shown:
        return dash() if "not_estimable" in answer else shown(answer, currency)

    return WeekLine(
        week=date(dt.date.fromisoformat(week["begins"])),
        told=week["told"],
        held=week["held_back"],
        own=each(week["own"]),
        so_far=each(week["so_far"]),
    )


def _chart(weeks: Sequence[Mapping[str, Any]]) -> DayChart | None:
    inputs = [
        DayInput(value=answer["estimate"], low=answer["low"], high=answer["high"])
        if "estimate" in answer
        else DayInput(value=None)
        for answer in (week["so_far"] for week in weeks)
    ]
    if sum(one.value is not None for one in inputs) < 2:
        return None
    return build_day_chart(
        inputs, [short_date(dt.date.fromisoformat(week["begins"])) for week in weeks]
    )


def unknown_weeks(document: Mapping[str, Any]) -> str:
    """Why weeks cannot be told, each reason once."""
    codes = [
        answer["code"]
        for week in document["weeks"]
        for answer in (week["own"], week["so_far"])
        if "code" in answer
    ]
    return clauses(reason_words(code) for code in dict.fromkeys(codes))


@dataclass(frozen=True, kw_only=True, slots=True)
class DryLine:
    """One person of a dry run."""

    customer: str
    about: str
    enters: bool
    why_not: str
    when: dt.datetime
    late: int
    moved: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class DryPage:
    """One programme of a dry run. reasons: (word, count); lines: the first of them."""

    run: DryRun
    reasons: list[tuple[str, int]]
    lines: list[DryLine]
    more: int


def dry_page(run: DryRun) -> DryPage:
    """One programme's part of the page: those who would enter first."""
    people = run.people.sort(["reason", "customer_id"], nulls_last=False)
    lines = [
        DryLine(
            customer=row["customer_id"],
            about=occasion_text(row["occasion"]),
            enters=row["reason"] is None,
            why_not="" if row["reason"] is None else why_not(row["reason"]),
            when=row["due_at"],
            late=row["late"],
            moved=row["moved"],
        )
        for row in people.head(MOST_PEOPLE).iter_rows(named=True)
    ]
    counts = [(str(word), run.counts.get(name, 0)) for name, word in WHY_NOT.items()]
    return DryPage(
        run=run,
        reasons=[(word, count) for word, count in counts if count],
        lines=lines,
        more=max(0, people.height - MOST_PEOPLE),
    )
