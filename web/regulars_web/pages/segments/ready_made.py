"""Ready-made groups on the page: how many each holds now, and the fields that fill them in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import polars as pl
from flask import url_for
from flask_babel import gettext, lazy_gettext

from regulars_platform.customers.catalogue import FEATURES
from regulars_platform.customers.whole import due_path, waits_for_due_dates
from regulars_platform.fields import FieldReader
from regulars_platform.orders.table import MONEY_SCALE
from regulars_platform.segments import presets
from regulars_platform.segments.counting import SegmentCount, count_each
from regulars_platform.segments.frames import for_rules
from regulars_platform.segments.ready_made import (
    OWN,
    PRESETS,
    THEMES,
    Preset,
    asked_feature,
    is_open,
    known_features,
    read_answers,
    usual_answers,
)
from regulars_platform.segments.rules import Rule
from regulars_platform.words import N_
from regulars_web.drafts.groups import usual_numbers
from regulars_web.known_values import Known
from regulars_web.looking_at_customers import Customers
from regulars_web.navigation import page_exists
from regulars_web.pages.segments.remarks import Remark, remark_on
from regulars_web.problems import by_field
from regulars_web.product_labels import product_labels
from regulars_web.words.features import currency_text

FITS = "fits"
_USUAL = {
    "threshold": "",
    "lowest": str(int(presets.FITS_FROM * 100)),
    "highest": str(int(presets.FITS_TO * 100)),
}

_MISSING = {
    "orders": lazy_gettext("Needs orders that name their products."),
    "customers": lazy_gettext("Needs a customers file that says so."),
    "products": lazy_gettext("Needs a products file with categories."),
    "events": lazy_gettext("Needs a file of events, such as complaints or favourites."),
    "referrals": lazy_gettext("Needs a file of who brought whom."),
    "points": lazy_gettext("Needs a file of points."),
    "cycle": lazy_gettext(
        "Needs the repurchase cycle: days that one unit lasts, in a products file."
    ),
    "lifetime": lazy_gettext("Needs lifetime value to be worked out."),
}
_MISSING_FEATURE = {
    "unpaid_orders": lazy_gettext(
        "Needs orders that are still to be paid: bring an order file with them."
    ),
    "tier": lazy_gettext("Needs tiers: from your tier rules, or a customers file with a tier."),
    "to_next_tier": lazy_gettext("Needs your tier rules."),
    "follows": lazy_gettext("Needs who follows you: in a customers file, or a file of events."),
    OWN: lazy_gettext("Needs a customers file with a column of your own for it."),
}
_OF_CYCLE = frozenset(name for name, one in FEATURES.items() if one.source == "cycle")
_OPENED_AT = {"orders": "data.overview", "cycle": "cycle.overview", "lifetime": "lifetime.overview"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Offered:
    """A ready-made group on the page. count: None where it asks for something first; missing: what
    has to be brought before, "" where nothing, and the page on which one does. worked_out: the data
    are there, and what is missing is worked out from them."""

    preset: Preset
    count: SegmentCount | None
    missing: str
    opened_at: str | None
    worked_out: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class OfferedTheme:
    """Ready-made groups of one theme; label is a message."""

    label: str
    offered: tuple[Offered, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Start:
    """What the builder of a new segment starts with.

    rule: None for an empty one. threshold: the fields of "fits the threshold" as typed (threshold
    in currency units, both ends in percent of it), problems beside them. preset: the group that was
    chosen, with its answers as typed and, by field, what is proposed and remarks on what nobody has
    (nearest: the address that asks for it instead).
    """

    threshold: Mapping[str, str] = field(default_factory=lambda: _USUAL)
    rule: Rule | None = None
    name: str = ""
    problems: Mapping[str, str] = field(default_factory=dict)
    preset: Preset | None = None
    answers: Mapping[str, str] = field(default_factory=dict)
    proposed: Mapping[str, Sequence[str]] = field(default_factory=dict)
    remarks: Mapping[str, Remark] = field(default_factory=dict)


def offer_themes(
    found: Customers | None, rules: Mapping[str, Rule], counts: Mapping[str, SegmentCount]
) -> tuple[OfferedTheme, ...]:
    """All ready-made groups by theme. rules: see `usual_rules`; counts: of those."""
    there = frozenset() if found is None else known_features(found.features)
    shop_dir = None if found is None else found.store.shop_dir
    if shop_dir is not None and due_path(shop_dir).exists():
        there |= _OF_CYCLE  # worked out, even where nobody is due
    waits = shop_dir is not None and waits_for_due_dates(shop_dir)
    offered = [
        Offered(
            preset=preset,
            count=counts.get(preset.key) if preset.key in rules else None,
            missing="" if found is None or is_open(preset, there) else _missing(preset, waits),
            opened_at=_opened_at(preset),
            worked_out=_source(preset) == "lifetime" or (waits and _source(preset) == "cycle"),
        )
        for preset in PRESETS.values()
    ]
    return tuple(
        OfferedTheme(
            label=label, offered=tuple(one for one in offered if one.preset.theme == theme)
        )
        for theme, label in THEMES.items()
    )


def count_all(
    found: Customers | None, saved: Sequence[Rule], ready: Mapping[str, Rule]
) -> tuple[list[SegmentCount | None], dict[str, SegmentCount], int]:
    """(counts of saved rules, counts of ready-made ones by key, customers), in one pass."""
    if found is None:
        return [None] * len(saved), {}, 0
    rules = [*saved, *ready.values()]
    features = for_rules(found.store, rules, found.as_of, found.version)
    counts = count_each(features, rules)
    total = int(features.select(pl.len()).collect().item())
    return list(counts[: len(saved)]), dict(zip(ready, counts[len(saved) :], strict=True)), total


def choose_start(asked: Mapping[str, str], currency: str, found: Customers | None) -> Start:
    """From the arguments of the address: preset, and what it asks for."""
    key = asked.get("preset", "")
    if key == FITS:
        return _fit_threshold(asked, currency)
    preset = PRESETS.get(key)
    return Start() if preset is None else _fill_in(preset, asked, found)


def _fill_in(preset: Preset, asked: Mapping[str, str], found: Customers | None) -> Start:
    known = Known(found)
    usual = usual_answers(preset, known.values, usual=usual_numbers(preset))
    typed = {
        one.name: asked.get(one.name, (usual or {}).get(one.name, one.usual))
        for one in preset.parameters
    }
    answered = bool(asked.keys() & typed.keys())
    answers, reader = read_answers(preset, typed)
    asks = asked_feature(typed)
    return Start(
        preset=preset,
        answers=typed,
        proposed={
            one.name: known.values(asks if one.suggested == "value" else one.suggested)
            for one in preset.parameters
            if one.suggested
        },
        rule=None if answers is None else preset.rule(answers),
        name="" if answers is None else _name(preset, typed),
        # before anybody typed anything nothing is wrong yet
        problems=by_field(reader.problems) if answered else {},
        remarks=_remarks(preset, typed, found),
    )


def _remarks(
    preset: Preset, typed: Mapping[str, str], found: Customers | None
) -> dict[str, Remark]:
    """On answers that nobody has, with addresses that give the nearest one instead."""
    remarks = {}
    for one in preset.parameters:
        if one.kind != "text" or one.suggested == "attribute":
            continue
        asks = asked_feature(typed)
        remark = remark_on(
            found, asks if one.suggested == "value" else one.suggested, typed[one.name]
        )
        if remark is not None:
            asked: dict[str, Any] = {**typed, "preset": preset.key}
            there = tuple(
                (url_for("segments.new", **{**asked, one.name: name}), label)
                for name, label in remark.nearest
            )
            remarks[one.name] = Remark(text=remark.text, nearest=there)
    return remarks


def _name(preset: Preset, typed: Mapping[str, str]) -> str:
    """The title, with the words that were filled in: "Tier: VIP"."""
    title = str(gettext(preset.title))
    said = [one for one in preset.parameters if one.kind == "text" and one.suggested != "attribute"]
    goods = product_labels([typed[one.name].strip() for one in said if one.suggested == "product"])
    words = [goods.get(word, word) for one in said if (word := typed[one.name].strip())]
    return f"{title}: {', '.join(words)}"[:200] if words else title


def _source(preset: Preset) -> str:
    """What kind of data, or which analysis, it reads."""
    return FEATURES[preset.needs[0]].source if preset.needs and preset.needs[0] != OWN else ""


def _missing(preset: Preset, waits: bool) -> str:
    """waits: the repurchase cycle is only to be worked out."""
    name = preset.needs[0]
    if waits and _source(preset) == "cycle":
        return str(gettext("Not worked out yet: who is due again."))
    if name in _MISSING_FEATURE:
        return str(_MISSING_FEATURE[name])
    return str(_MISSING[FEATURES[name].source])


def _opened_at(preset: Preset) -> str | None:
    """The page on which one brings what is missing; None where there is none yet."""
    wanted = _OPENED_AT.get(_source(preset), "datasets.overview")
    if preset.key == "near_tier" and page_exists("tiers.overview"):
        wanted = "tiers.overview"
    return next((url_for(one) for one in (wanted, "data.overview") if page_exists(one)), None)


def _fit_threshold(asked: Mapping[str, str], currency: str) -> Start:
    typed = {name: asked.get(name, usual) for name, usual in _USUAL.items()}
    reader = FieldReader(typed)
    threshold = reader.money("threshold", least=None)
    lowest = reader.whole("lowest", low=1, high=1000)
    highest = reader.whole("highest", low=1, high=1000)
    if lowest is not None and highest is not None and lowest > highest:
        reader.refuse("lowest", N_("The lower end lies above the upper end: swap them."))
    if reader.problems or threshold is None or lowest is None or highest is None:
        return Start(threshold=typed, problems=by_field(reader.problems))
    units = Decimal(threshold) / MONEY_SCALE
    shown = currency_text(float(units), currency, whole=units == units.to_integral_value())
    return Start(
        threshold=typed,
        rule=presets.fits_threshold(
            units, lowest=Decimal(lowest) / 100, highest=Decimal(highest) / 100
        ),
        name=str(gettext("Fits the threshold %(amount)s", amount=shown)),
    )
