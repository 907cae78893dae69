"""What lies below the builder: who the customers are, which other segments they are in, and how
many they were over time."""

from dataclasses import dataclass

from flask_babel import gettext

from regulars_platform.segments.frames import for_rules
from regulars_platform.segments.overlap import Overlap, measure_overlaps
from regulars_platform.segments.portrait import Aspect, draw_portrait
from regulars_platform.segments.rules import Rule, parse_rule
from regulars_platform.segments.service import list_segments
from regulars_platform.segments.sizes import SEEN, Size, sizes_of
from regulars_platform.segments.tables import Segment
from regulars_web import formats
from regulars_web.charts import BarChart, BarInput, build_bar_chart
from regulars_web.edge import current_shop, reading, unit_of_work
from regulars_web.looking_at_customers import Customers
from regulars_web.words.features import feature_heading, value_text


@dataclass(frozen=True, kw_only=True, slots=True)
class ShareRow:
    """A level of an aspect: shares among those of whom it is known, formatted."""

    label: str
    customers: int
    inside: str
    everybody: str


@dataclass(frozen=True, kw_only=True, slots=True)
class AspectView:
    """One table of the portrait."""

    heading: str
    aspect: Aspect
    rows: tuple[ShareRow, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class About:
    """The context of segments/about.html. overlaps: (segment, overlap) of all other segments."""

    aspects: tuple[AspectView, ...]
    overlaps: tuple[tuple[Segment, Overlap], ...]


def look_closer(found: Customers, rule: Rule, own_id: int | None) -> About:
    """Portrait and overlaps of a rule. own_id: of the segment that it is the rule of."""
    with unit_of_work() as work:
        others = [one for one in list_segments(work, current_shop().id) if one.id != own_id]
    rules = [parse_rule(other.rule) for other in others]
    features = for_rules(found.store, [rule, *rules], found.as_of, found.version)
    overlaps = measure_overlaps(features, rule, rules)
    aspects = draw_portrait(features, rule)
    # of nobody there is nothing to say
    known = aspects if any(one.inside for one in aspects) else ()
    return About(
        aspects=tuple(_aspect(one) for one in known),
        overlaps=tuple(zip(others, overlaps, strict=True)),
    )


def find_sizes(segment: Segment) -> list[Size]:
    """The history of a segment, the earliest first."""
    with reading() as work:
        return sizes_of(work, segment)


def size_chart(sizes: list[Size]) -> BarChart:
    """One bar per day; those seen then in full colour."""
    return build_bar_chart(
        [
            BarInput(
                label=formats.date(size.as_of),
                value=size.customers,
                text=gettext(
                    "%(count)s (%(share)s)",
                    count=formats.number(size.customers),
                    share=formats.percent(size.customers / size.total if size.total else 0),
                ),
                tone="treated" if size.way == SEEN else "treated-soft",
            )
            for size in sizes
        ]
    )


def _aspect(aspect: Aspect) -> AspectView:
    return AspectView(
        heading=gettext("Spend level, 5 the highest")
        if aspect.feature == "monetary_score"
        else feature_heading(aspect.feature),
        aspect=aspect,
        rows=tuple(
            ShareRow(
                label=_label(aspect.feature, share.level),
                customers=share.inside,
                inside=_share(share.inside, aspect.inside),
                everybody=_share(share.everybody, aspect.everybody),
            )
            for share in aspect.shares
        ),
    )


def _label(feature: str, level: str | None) -> str:
    if level is None:
        return str(gettext("others together"))
    if feature == "age":
        low, _, high = level.partition("-")
        if not low:
            return str(gettext("up to %(age)s", age=high))
        return str(gettext("%(age)s and older", age=low)) if not high else f"{low}–{high}"
    return value_text(feature, level)


def _share(part: int, whole: int) -> str:
    return formats.percent(part / whole) if whole else "–"
