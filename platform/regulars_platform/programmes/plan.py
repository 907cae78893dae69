"""A programme's plan: what sets it off, what is told, to whom, and how its effect is measured.

Its canonical JSON is frozen with each version; reading that JSON gives the same plan again.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from zoneinfo import ZoneInfo

from regulars_platform.campaigns.plan import MARGIN_SOURCES, MarginSource, NamedRule
from regulars_platform.errors import InvalidInputError
from regulars_platform.fields import WHOLE, FieldReader, money_text, percent_text
from regulars_platform.offers.kinds import Offer, offer_json
from regulars_platform.offers.reading import read_offer
from regulars_platform.programmes.kinds import KINDS, ProgrammeKind
from regulars_platform.segments.rules import Rule, parse_rule, rule_json
from regulars_platform.shops.channels import CHANNELS
from regulars_platform.words import N_, Sentence

TOLD = "told"
"""The name of the arm that is contacted; the other one is `campaigns.plan.HOLDOUT`."""

CONSENTS = ("not_refused", "agreed")
PROGRAMME_CHANNELS = tuple(
    channel.name for channel in CHANNELS.values() if channel.reaches == "persons"
)
"""Channels that reach persons one by one: an entry is one person's."""

FIELDS = (
    *("name", "kind", "currency", "timezone", "audience", "offer", "channel", "channel_label"),
    *("contact_cost", "holdout_percent", "consent", "send_time", "grace_days", "window_days"),
    *("reentry_days", "margin_low_percent", "margin_high_percent", "confidence_percent"),
    *("margin_source", "products_version", "title"),
    *("wait_hours", "after_days", "before_days", "within", "dates", "segment", "template_id"),
)
MAX_DATES = 60
LEAST_HOLDOUT, MOST_HOLDOUT = 100, 5_000

Consent = Literal["not_refused", "agreed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgrammePlan:
    """One complete plan. Shares, margins and confidence in basis points; money in ten-thousandths.

    audience: who can enter at all; contact_cost: per message. consent: whether the channel needs
    the customer's yes, or only no refusal. send_time: of the shop's day; grace_days: how late a
    message may still be sent when days were missed; window_days: orders of so many days from the
    day of the message on count; reentry_days: nobody enters again before, never less than the
    window. margin_source: "flat": all goods earn the margin; "products": goods whose cost the shop
    brought earn what is left of their price, the rest the margin, which is then one number;
    products_version: of the file of products whose costs hold. title: the offer in the words that
    stand where nobody wrote any (see `offers.titles.Titled`), frozen at the start. Then the
    settings of some kinds: wait_hours after the occasion; after_days without an order (None: by the
    customer's own rhythm); before_days before the day; within: money missing to the next tier;
    dates; segment.
    """

    name: str
    kind: str
    currency: str
    timezone: str
    audience: Rule
    offer: Offer
    channel: str
    channel_label: str
    contact_cost: int
    holdout: int
    consent: Consent
    send_time: dt.time
    grace_days: int
    window_days: int
    reentry_days: int
    margin_low: int
    margin_high: int
    confidence: int
    margin_source: MarginSource = "flat"
    products_version: int | None = None
    title: str = ""
    wait_hours: int = 0
    after_days: int | None = None
    before_days: int = 0
    within: int = 0
    dates: tuple[dt.date, ...] = ()
    segment: NamedRule | None = None
    template_id: int | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of its days."""
        return ZoneInfo(self.timezone)

    @property
    def about(self) -> ProgrammeKind:
        """Its kind."""
        return KINDS[self.kind]

    @property
    def gate_channels(self) -> tuple[str, ...]:
        """As `reach.gate.open_gate` wants them."""
        return (self.channel,)


def programme_json(plan: ProgrammePlan) -> dict[str, Any]:
    """The JSON form: decimals as text, percentages in percent, days as YYYY-MM-DD."""
    settings: dict[str, Any] = {
        "wait_hours": plan.wait_hours,
        "after_days": plan.after_days,
        "before_days": plan.before_days,
        "within": money_text(plan.within),
        "dates": [day.isoformat() for day in plan.dates],
        "segment": None
        if plan.segment is None
        else {"name": plan.segment.name, "rule": rule_json(plan.segment.rule)},
    }
    # plans without costs per product read as they always have
    costs: dict[str, Any] = (
        {}
        if plan.margin_source == "flat"
        else {"margin_source": plan.margin_source, "products_version": plan.products_version}
    )
    return {
        "name": plan.name,
        "kind": plan.kind,
        "currency": plan.currency,
        "timezone": plan.timezone,
        "audience": rule_json(plan.audience),
        "offer": offer_json(plan.offer),
        "channel": plan.channel,
        "channel_label": plan.channel_label,
        "contact_cost": money_text(plan.contact_cost),
        "holdout_percent": percent_text(plan.holdout),
        "consent": plan.consent,
        "send_time": plan.send_time.strftime("%H:%M"),
        "grace_days": plan.grace_days,
        "window_days": plan.window_days,
        "reentry_days": plan.reentry_days,
        "margin_low_percent": percent_text(plan.margin_low),
        "margin_high_percent": percent_text(plan.margin_high),
        "confidence_percent": percent_text(plan.confidence),
        "template_id": plan.template_id,
        **costs,
        **({"title": plan.title} if plan.title else {}),
        **{name: settings[name] for name in KINDS[plan.kind].settings},
    }


def read_programme(raw: Mapping[str, Any]) -> ProgrammePlan:
    """A plan out of its JSON form or a form; InvalidInputError has one problem per field."""
    reader = FieldReader(raw)
    reader.refuse_unknown(FIELDS)
    kind = reader.choice("kind", tuple(KINDS))
    common = _common(reader)
    settings = {} if kind is None else _settings(reader, KINDS[kind])
    audience = _rule(reader, "audience", raw.get("audience") or {"all": []})
    offer = read_offer(reader.inner("offer", raw.get("offer")))
    _hold_together(reader, common)
    if reader.problems:
        raise InvalidInputError(reader.problems)
    return ProgrammePlan(kind=kind, audience=audience, offer=offer, **common, **settings)  # type: ignore[arg-type]


def _common(reader: FieldReader) -> dict[str, Any]:
    channel = reader.choice("channel", PROGRAMME_CHANNELS)
    return {
        "name": reader.text("name"),
        "currency": reader.text("currency", limit=3),
        "timezone": reader.text("timezone", limit=64),
        "channel": channel,
        "channel_label": reader.text("channel_label", limit=100, optional=channel != "other"),
        "contact_cost": reader.money("contact_cost"),
        "holdout": _holdout(reader),
        "consent": reader.choice("consent", CONSENTS, default="not_refused"),
        "send_time": _time(reader),
        "grace_days": reader.whole("grace_days", low=0, high=30),
        "window_days": reader.whole("window_days", low=1, high=365),
        "reentry_days": reader.whole("reentry_days", low=1, high=3650),
        "margin_low": reader.percent("margin_low_percent"),
        "margin_high": reader.percent("margin_high_percent"),
        "confidence": _confidence(reader),
        "template_id": _version(reader, "template_id", least=1),
        "margin_source": _margin_source(reader),
        "products_version": _version(reader, "products_version", least=0),
        "title": reader.text("title", optional=True) or "",
    }


def _settings(reader: FieldReader, kind: ProgrammeKind) -> dict[str, Any]:
    readers: dict[str, Callable[[], Any]] = {
        "wait_hours": lambda: reader.whole("wait_hours", low=0, high=24 * 365),
        "after_days": lambda: _after_days(reader),
        "before_days": lambda: reader.whole("before_days", low=0, high=60),
        "within": lambda: reader.money("within", least=None),
        "dates": lambda: _dates(reader),
        "segment": lambda: _segment(reader),
    }
    return {name: readers[name]() for name in kind.settings}


def _holdout(reader: FieldReader) -> int | None:
    share = reader.percent("holdout_percent")
    if share is not None and not LEAST_HOLDOUT <= share <= MOST_HOLDOUT:
        reader.refuse(
            "holdout_percent",
            N_("Between 1 and 50 percent are held back, %(got)s came."),
            Sentence(N_("Without anybody held back nobody can tell what the programme brings.")),
            got=percent_text(share),
        )
        return None
    return share


def _confidence(reader: FieldReader) -> int | None:
    found = reader.percent("confidence_percent", default=9_500)
    if found is not None and not WHOLE // 2 < found < WHOLE:
        reader.refuse("confidence_percent", N_("Give a confidence between 50 and 100 percent."))
        return None
    return found


def _time(reader: FieldReader) -> dt.time | None:
    text = reader.text("send_time", limit=5)
    if text is None:
        return None
    try:
        return dt.datetime.strptime(text, "%H:%M").time()  # noqa: DTZ007 -- a time of day
    except ValueError:
        reader.refuse("send_time", N_("A time of day such as 10:00 is expected."))
        return None


def _version(reader: FieldReader, field: str, *, least: int) -> int | None:
    if reader.raw.get(field) in (None, ""):
        return None
    return reader.whole(field, low=least, high=2**63 - 1)


def _margin_source(reader: FieldReader) -> MarginSource | None:
    found = reader.choice("margin_source", MARGIN_SOURCES, default="flat")
    return None if found is None else "products" if found == "products" else "flat"


def _after_days(reader: FieldReader) -> int | None:
    if reader.raw.get("after_days") in (None, ""):
        return None
    return reader.whole("after_days", low=1, high=3650)


def _dates(reader: FieldReader) -> tuple[dt.date, ...] | None:
    raw = reader.items("dates")
    if not raw:
        reader.refuse("dates", N_("Give at least one day, as in 2026-10-01."))
        return None
    if len(raw) > MAX_DATES:
        reader.refuse("dates", N_("At most %(limit)s days are possible."), limit=MAX_DATES)
        return None
    days = [FieldReader({"dates": day}, reader.prefix) for day in raw]
    found = [one.date("dates") for one in days]
    for one in days:
        reader.problems.extend(one.problems)
    return tuple(sorted({day for day in found if day is not None}))


def _segment(reader: FieldReader) -> NamedRule | None:
    raw = reader.raw.get("segment")
    if not isinstance(raw, Mapping):
        reader.refuse("segment", N_("Choose one of your segments."))
        return None
    inner = reader.inner("segment", raw)
    name = inner.text("name")
    rule = _rule(reader, "segment.rule", raw.get("rule"))
    return None if name is None or rule is None else NamedRule(name=name, rule=rule)


def _rule(reader: FieldReader, field: str, raw: object) -> Rule | None:
    try:
        return parse_rule(raw, field=field)
    except InvalidInputError as error:
        reader.problems.extend(error.problems)
        return None


def _hold_together(reader: FieldReader, found: Mapping[str, Any]) -> None:
    low, high = found["margin_low"], found["margin_high"]
    if low is not None and high is not None and low > high:
        reader.refuse("margin_high_percent", N_("The higher margin is below the lower one."))
    elif found["margin_source"] == "products" and None not in (low, high) and low != high:
        reader.refuse(
            "margin_high_percent",
            N_("With costs per product, the margin of the other goods is one number."),
            Sentence(N_("Give the same margin twice: that of goods whose cost is not known.")),
        )
    window, again = found["window_days"], found["reentry_days"]
    if window is not None and again is not None and again < window:
        reader.refuse(
            "reentry_days",
            N_("Nobody can enter again before the %(days)s days are over in which orders count."),
            days=window,
        )
    if found["timezone"]:
        try:
            ZoneInfo(found["timezone"])
        except (KeyError, ValueError, OSError):
            reader.refuse("timezone", N_("There is no such time zone."))
