"""The pages of the top line, and those of each area; one is shown as soon as it exists."""

from dataclasses import dataclass

from flask import current_app, request
from flask_babel import lazy_gettext

_PAGES = (
    ("home.shop", lazy_gettext("Shop")),
    ("customers.overview", lazy_gettext("Customers")),
    ("segments.overview", lazy_gettext("Segments")),
    ("campaigns.overview", lazy_gettext("Campaigns")),
    ("programmes.overview", lazy_gettext("Programmes")),
    ("memory.overview", lazy_gettext("Memory")),
    ("data.overview", lazy_gettext("Data")),
    ("settings.overview", lazy_gettext("Settings")),
)

SUBPAGES = {
    "shop": (
        ("home.shop", lazy_gettext("Overview")),
        ("figures.overview", lazy_gettext("Shop report")),
        ("effects.overview", lazy_gettext("What it brought")),
    ),
    "customers": (
        ("customers.overview", lazy_gettext("Overview")),
        ("lifetime.overview", lazy_gettext("Lifetime value")),
        ("needs.overview", lazy_gettext("Needs")),
        ("influence.overview", lazy_gettext("Influence")),
        ("cycle.overview", lazy_gettext("Due again")),
        ("tiers.overview", lazy_gettext("Tiers")),
        ("points.overview", lazy_gettext("Points")),
    ),
    "campaigns": (
        ("campaigns.overview", lazy_gettext("Campaigns")),
        ("matching.overview", lazy_gettext("Offers and segments")),
        ("calendar.overview", lazy_gettext("Calendar")),
        ("reach.overview", lazy_gettext("Held back from everything")),
    ),
    "data": (
        ("data.overview", lazy_gettext("Orders")),
        ("datasets.overview", lazy_gettext("Other files")),
        ("identity.overview", lazy_gettext("Identity doctor")),
    ),
}
"""Area -> (endpoint, label) of its pages; the first is the one of the top line."""


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """One link of the top line."""

    endpoint: str
    label: str
    is_current: bool


def build_navigation() -> list[NavigationItem]:
    """The links of this request. An area is current on all pages of its blueprints."""
    area = _current_area()
    return [
        NavigationItem(
            endpoint,
            str(label),
            request.blueprint == endpoint.partition(".")[0]
            or (area is not None and SUBPAGES[area][0][0] == endpoint),
        )
        for endpoint, label in _PAGES
        if endpoint in current_app.view_functions
    ]


def build_subnavigation() -> list[NavigationItem]:
    """The pages of the area that this request is in; empty where it has only one."""
    area = _current_area()
    items = [
        NavigationItem(endpoint, str(label), request.blueprint == endpoint.partition(".")[0])
        for endpoint, label in (SUBPAGES[area] if area else ())
        if endpoint in current_app.view_functions
    ]
    return items if len(items) > 1 else []


def _current_area() -> str | None:
    return next(
        (
            area
            for area, pages in SUBPAGES.items()
            if any(endpoint.partition(".")[0] == request.blueprint for endpoint, _ in pages)
        ),
        None,
    )


def page_exists(endpoint: str) -> bool:
    """Whether a page is there to link to."""
    return endpoint in current_app.view_functions
