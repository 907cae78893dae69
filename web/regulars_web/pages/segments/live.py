"""Whom a rule holds for, at once: count, share, spend, a chart and the first customers."""

from dataclasses import dataclass, replace

from regulars_platform.customers.browse import Bin
from regulars_platform.segments.looking import VALUE, Look, look_through
from regulars_platform.segments.rules import Rule
from regulars_platform.segments.service import SegmentPreview
from regulars_web.charts import Histogram, build_histogram
from regulars_web.looking_at_customers import Customers
from regulars_web.words.features import edge_text
from regulars_web.words.rules import rule_text


@dataclass(frozen=True, kw_only=True, slots=True)
class LayeredHistogram:
    """Everybody, and in front of them, on the same scale, those of the segment."""

    everybody: Histogram
    inside: Histogram
    above: int


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveView:
    """The context of segments/live.html. chart: None where nobody has an order value."""

    words: str
    preview: SegmentPreview
    chart: LayeredHistogram | None


def build_live_view(found: Customers, rule: Rule, currency: str) -> LiveView:
    """Look at the customers through a rule."""
    look = look_through(found.store, found.file, rule, found.as_of, found.version)
    return LiveView(
        words=rule_text(rule, currency),
        preview=look.preview,
        chart=_build_chart(look, currency),
    )


def _build_chart(look: Look, currency: str) -> LayeredHistogram | None:
    if not look.bins:
        return None
    edges = [part.low for part in look.bins] + [look.bins[-1].high]
    texts = [edge_text(VALUE, edge, currency) for edge in edges]
    everybody = build_histogram(edges, [part.customers for part in look.bins], texts)
    return LayeredHistogram(
        everybody=everybody,
        inside=_on_the_same_scale(everybody, look.bins),
        above=look.above,
    )


def _on_the_same_scale(everybody: Histogram, bins: tuple[Bin, ...]) -> Histogram:
    """The marked part of each bar of `everybody`, standing on the same axis."""
    bars = []
    for bar, part in zip(everybody.bars, bins, strict=True):
        height = round(bar.height * part.marked / part.customers, 3) if part.customers else 0.0
        bars.append(
            replace(bar, count=part.marked, height=height, y=round(bar.y + bar.height - height, 3))
        )
    return replace(everybody, bars=tuple(bars))
