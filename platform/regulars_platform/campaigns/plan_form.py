"""Reading a plan out of a form or JSON: every field by itself (arms: `plan_arms`), then how they go
together (`plan_checks`).

A draft may be incomplete; `read_draft` keeps what holds (for the live preview) and says beside
each other field what does not. `read_plan` wants all of it.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from regulars_platform.campaigns.plan import (
    EVERYONE_ELSE,
    GUARDRAILS,
    MARGIN_SOURCES,
    METRICS,
    SECONDARY_METRICS,
    UNITS,
    Exclusions,
    MarginSource,
    NamedRule,
    Plan,
    TreatmentArm,
)
from regulars_platform.campaigns.plan_arms import named_channels, read_arms
from regulars_platform.campaigns.plan_checks import MAX_WINDOW_DAYS, check_together
from regulars_platform.errors import InvalidInputError, RegularsError
from regulars_platform.fields import WHOLE, FieldReader
from regulars_platform.intake.keys import clean_customer_id
from regulars_platform.segments.rules import Rule, parse_rule
from regulars_platform.words import N_

MAX_SEGMENTS = 100
MAX_HEADING = 200
FIELDS = (
    "name",
    "currency",
    "timezone",
    "as_of",
    "send_date",
    "outcome_end",
    "settle_until",
    "audience",
    "segments",
    "unit",
    "group_by",
    "holdout_percent",
    "arms",
    "margin_low_percent",
    "margin_high_percent",
    "margin_source",
    "primary_metric",
    "secondary_metrics",
    "guardrails",
    "exclusions",
    "confidence_percent",
    "horizon_rounds",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """What of a draft holds so far (None where it does not), and the problems with the rest.

    arms: only if every one of them holds; channels: those that any arm names, so that who may be
    reached is the same while another field is being filled in. The fields mean what they mean in
    Plan.
    """

    name: str | None
    currency: str | None
    timezone: str | None
    as_of: dt.date | None
    send_date: dt.date | None
    outcome_end: dt.date | None
    settle_until: dt.date | None
    audience: Rule | None
    segments: tuple[NamedRule, ...] | None
    unit: str | None
    group_by: str | None
    holdout: int | None
    arms: tuple[TreatmentArm, ...] | None
    channels: frozenset[str]
    margin_low: int | None
    margin_high: int | None
    primary_metric: str | None
    secondary_metrics: tuple[str, ...] | None
    guardrails: tuple[str, ...] | None
    exclusions: Exclusions | None
    confidence: int | None
    horizon_rounds: int | None
    margin_source: MarginSource | None
    problems: tuple[RegularsError, ...]

    @property
    def window_days(self) -> int | None:
        """Length of the outcome window, once both of its ends hold and are in order."""
        if self.send_date is None or self.outcome_end is None:
            return None
        days = (self.outcome_end - self.send_date).days + 1
        return days if 1 <= days <= MAX_WINDOW_DAYS else None


def read_plan(raw: object) -> Plan:
    """A plan out of its JSON form; InvalidInputError has one problem per field that is wrong."""
    draft = read_draft(raw)
    if draft.problems:
        raise InvalidInputError(list(draft.problems))
    values: dict[str, Any] = {name: getattr(draft, name) for name in Plan.__slots__}
    missing = [name for name, value in values.items() if value is None]
    if missing:
        raise AssertionError(f"no value and no problem for {missing}")
    return Plan(**values)


def read_draft(raw: object) -> Draft:
    """What of a draft holds, and what is to be said beside its other fields."""
    reader = FieldReader(raw)
    reader.refuse_unknown(FIELDS)
    primary = reader.choice("primary_metric", METRICS, default="net_profit")
    values: dict[str, Any] = {
        "name": reader.text("name"),
        "currency": _currency(reader),
        "timezone": _timezone(reader),
        "as_of": reader.date("as_of"),
        "send_date": reader.date("send_date"),
        "outcome_end": reader.date("outcome_end"),
        "settle_until": reader.date("settle_until"),
        "audience": _rule(reader, "audience"),
        "segments": _segments(reader),
        "unit": reader.choice("unit", UNITS, default="customer"),
        "group_by": reader.text("group_by", limit=MAX_HEADING, optional=True),
        "holdout": _holdout(reader),
        "arms": read_arms(reader),
        "channels": named_channels(reader),
        "margin_low": reader.percent("margin_low_percent"),
        "margin_high": reader.percent("margin_high_percent"),
        "margin_source": _margin_source(reader),
        "primary_metric": primary,
        "secondary_metrics": _words(
            reader, "secondary_metrics", SECONDARY_METRICS, ("revenue", "buyers")
        ),
        "guardrails": _words(reader, "guardrails", GUARDRAILS, ("refunds",)),
        "exclusions": _exclusions(reader),
        "confidence": _confidence(reader),
        "horizon_rounds": reader.whole("horizon_rounds", low=1, high=100, default=4),
    }
    if values["secondary_metrics"] and primary in values["secondary_metrics"]:
        values["secondary_metrics"] = tuple(
            name for name in values["secondary_metrics"] if name != primary
        )
    check_together(reader, values)
    return Draft(**values, problems=tuple(reader.problems))


def _currency(reader: FieldReader) -> str | None:
    code = reader.text("currency", limit=3)
    if code is not None and (len(code) != 3 or not code.isascii() or not code.isupper()):
        reader.refuse("currency", N_("A currency is three capital letters, as in EUR."))
        return None
    return code


def _timezone(reader: FieldReader) -> str | None:
    name = reader.text("timezone", limit=64)
    if name is None:
        return None
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        reader.refuse("timezone", N_("There is no time zone called %(name)s."), name=name)
        return None
    return name


def _rule(reader: FieldReader, field: str) -> Rule | None:
    try:
        return parse_rule(reader.raw.get(field), field=reader.prefix + field)
    except InvalidInputError as error:
        reader.problems.extend(error.problems)
        return None


def _segments(reader: FieldReader) -> tuple[NamedRule, ...] | None:
    given = reader.items("segments")
    if len(given) > MAX_SEGMENTS:
        reader.refuse(
            "segments",
            N_("A plan has at most %(limit)s segments, this one has %(found)s."),
            limit=MAX_SEGMENTS,
            found=len(given),
        )
        return None
    found: list[NamedRule] = []
    taken = {EVERYONE_ELSE}
    for place, raw in enumerate(given):
        part = reader.inner(f"segments.{place}", raw)
        part.refuse_unknown(("name", "rule"))
        name, rule = part.text("name"), _rule(part, "rule")
        if name is not None and name.casefold() in taken:
            part.refuse("name", N_("Two segments cannot both be called %(name)s."), name=name)
        elif name is not None and rule is not None:
            taken.add(name.casefold())
            found.append(NamedRule(name=name, rule=rule))
    return tuple(found) if len(found) == len(given) else None


def _holdout(reader: FieldReader) -> int | None:
    share = reader.percent("holdout_percent")
    if share is None:
        return None
    if share == 0:
        reader.refuse(
            "holdout_percent",
            N_("Without a holdout nothing can be measured: hold back more than 0 percent."),
        )
        return None
    if share == WHOLE:
        reader.refuse(
            "holdout_percent",
            N_("With everybody held back nobody is contacted: hold back less than 100 percent."),
        )
        return None
    return share


def _words(
    reader: FieldReader, field: str, allowed: tuple[str, ...], default: tuple[str, ...]
) -> tuple[str, ...] | None:
    if reader.raw.get(field) is None:
        return default
    given = reader.items(field)
    unknown = [repr(word) for word in given if word not in allowed]
    if unknown:
        reader.refuse(
            field,
            N_("Choose among: %(allowed)s; %(got)s came."),
            allowed=", ".join(allowed),
            got=", ".join(unknown),
        )
        return None
    return tuple(word for word in allowed if word in given)


def _exclusions(reader: FieldReader) -> Exclusions | None:
    part = reader.inner("exclusions", reader.raw.get("exclusions"))
    before = len(reader.problems)
    part.refuse_unknown(
        ("customers", "max_average_order_value", "customer_revenue_cap", "running_campaigns")
    )
    pasted = part.raw.get("customers")
    given = pasted.splitlines() if isinstance(pasted, str) else part.items("customers")
    if any(not isinstance(name, str) for name in given):
        part.refuse("customers", N_("Customer ids are expected, one in each line."))
    limits = {
        name: part.money(name, least=None) if part.raw.get(name) not in (None, "") else None
        for name in ("max_average_order_value", "customer_revenue_cap")
    }
    running = part.choice("running_campaigns", ("no", "yes"), default="no")
    if len(reader.problems) > before:
        return None
    customers = sorted({clean_customer_id(str(name)) for name in given} - {""})
    return Exclusions(customers=tuple(customers), running_campaigns=running == "yes", **limits)


def _confidence(reader: FieldReader) -> int | None:
    points = reader.percent("confidence_percent", default=9_500)
    if points is not None and not 8_000 <= points <= 9_990:
        reader.refuse("confidence_percent", N_("Choose from 80 to 99.9 percent; 95 is usual."))
        return None
    return points


def _margin_source(reader: FieldReader) -> MarginSource | None:
    found = reader.choice("margin_source", MARGIN_SOURCES, default="flat")
    return None if found is None else "products" if found == "products" else "flat"
