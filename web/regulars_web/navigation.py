"""The pages of the top line; one is shown as soon as it exists."""

from dataclasses import dataclass

from flask import current_app, request
from flask_babel import lazy_gettext

_PAGES = (
    ("home.shop", lazy_gettext("Shop")),
    ("customers.overview", lazy_gettext("Customers")),
    ("segments.overview", lazy_gettext("Segments")),
    ("campaigns.overview", lazy_gettext("Campaigns")),
    ("memory.overview", lazy_gettext("Memory")),
    ("data.overview", lazy_gettext("Data")),
    ("settings.overview", lazy_gettext("Settings")),
)


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """One link of the top line."""

    endpoint: str
    label: str
    is_current: bool


def build_navigation() -> list[NavigationItem]:
    """The links of this request. An area is current on all pages of its blueprint."""
    return [
        NavigationItem(endpoint, str(label), request.blueprint == endpoint.partition(".")[0])
        for endpoint, label in _PAGES
        if endpoint in current_app.view_functions
    ]


def page_exists(endpoint: str) -> bool:
    """Whether a page is there to link to."""
    return endpoint in current_app.view_functions
