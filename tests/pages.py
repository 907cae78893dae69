"""Every page of the product that a person opens, for pictures and for checks of all pages.

`VISITS` are addresses with names in braces for what `tests.everything` brought; `LEFT_OUT` says
of every other address why nobody looks at it as a page. `tests/test_all_pages.py` holds that a new
page is in one of the two.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Place = Literal["shop", "new shop", "sample", "no shop"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """One page to look at.

    name: of its picture; path: with {names} of what there is; where: in the shop that has
    everything, in one that was opened a moment ago, in the sample shop beside it, or before any was
    opened. as_stranger: not
    signed in. narrow: looked at on a narrow screen by the checks too, not by pictures alone.
    status: what it answers.
    """

    name: str
    path: str
    where: Place = "shop"
    as_stranger: bool = False
    narrow: bool = False
    status: int = 200

    def address(self, known: Mapping[str, str]) -> str:
        """The path with the names put in."""
        return self.path.format_map(known)


def _pages(where: Place, **paths: str) -> tuple[Visit, ...]:
    return tuple(
        Visit(name=name.replace("_", "-"), path=path, where=where) for name, path in paths.items()
    )


VISITS: tuple[Visit, ...] = (
    Visit(name="setup", path="/setup", where="no shop", as_stranger=True, narrow=True),
    *_pages(
        "new shop",
        new_shop="/",
        new_customers="/customers/",
        new_lifetime="/customers/lifetime/",
        new_needs="/customers/needs/",
        new_influence="/customers/influence/",
        new_due="/customers/due/",
        new_tiers="/customers/tiers/",
        new_points="/customers/points/",
        new_segments="/segments/",
        new_campaigns="/campaigns/",
        new_plan="/campaigns/new",
        new_match="/campaigns/match/",
        new_calendar="/campaigns/calendar/",
        new_holdout="/campaigns/holdout/",
        new_programmes="/programmes/",
        new_memory="/memory/",
        new_data="/data/",
        new_other_data="/data/other/",
        new_identity="/data/identity/",
        new_report="/report/",
        new_effects="/effects/",
        new_settings="/settings/",
        new_guide="/guide/",
        new_tokens="/settings/api/",
    ),
    *_pages("sample", sample_guide="/guide/", sample_shop="/", sample_data="/data/"),
    Visit(name="sign-in", path="/sign-in", as_stranger=True, narrow=True),
    Visit(name="unsubscribe", path="/hooks/unsubscribe/{unsubscribe}", as_stranger=True),
    Visit(name="shared-report", path="/shared/{share}", as_stranger=True, narrow=True),
    Visit(name="shop", path="/", narrow=True),
    Visit(name="shop-report", path="/report/", narrow=True),
    Visit(name="effects", path="/effects/"),
    Visit(name="customers", path="/customers/", narrow=True),
    *_pages(
        "shop",
        customers_measures="/customers/measures",
        customer="/customers/one?customer={customer}",
        lifetime="/customers/lifetime/",
        needs="/customers/needs/",
        needs_edit="/customers/needs/edit",
        influence="/customers/influence/",
        due="/customers/due/",
        due_correct="/customers/due/correct?customer={due_customer}&product={due_product}",
        tiers="/customers/tiers/",
        tiers_rules="/customers/tiers/rules",
        tiers_rights="/customers/tiers/rights",
        points="/customers/points/",
        points_rules="/customers/points/rules",
        segments="/segments/",
        segment="/segments/{segment}",
        segment_delete="/segments/{segment}/delete",
        campaigns="/campaigns/",
        campaign="/campaigns/{campaign}",
        campaign_delivery="/campaigns/{campaign}/delivery",
        calls="/campaigns/calls/{batch}",
        plan_draft="/campaigns/{draft}/plan",
        suppressions="/campaigns/suppressions",
        match_offer="/campaigns/match/?way=offer&kind=free_shipping&threshold=80&shipping_cost=6"
        "&reach=open&channel=sms&contact_cost=0.05&rank=1",
        match_group="/campaigns/match/?way=group",
        calendar="/campaigns/calendar/",
        event="/campaigns/calendar/{event}",
        event_edit="/campaigns/calendar/{event}/edit",
        event_new="/campaigns/calendar/new",
        holdout="/campaigns/holdout/",
        holdout_contacts="/campaigns/holdout/contacts",
        holdout_quarter="/campaigns/holdout/quarter/{quarter}",
        programmes="/programmes/",
        programme_new="/programmes/new?kind=birthday",
        programme_edit="/programmes/{programme}/edit",
        programme_dry="/programmes/{programme}/dry-run",
        programme_messages="/programmes/{programme}/messages",
        programmes_dry="/programmes/dry-run",
        memory="/memory/",
        memory_cell="/memory/{cell}",
        data="/data/",
        data_columns="/data/{looked}/columns",
        data_checked="/data/{checked}",
        data_stored="/data/1",
        identity="/data/identity/",
        other_data="/data/other/",
        other_data_columns="/data/other/{other_looked}/columns",
        other_data_stored="/data/other/1",
        products="/data/other/products",
        settings="/settings/",
        tokens="/settings/api/",
        interface="/settings/api/reference",
        channels="/settings/channels/",
        template="/settings/channels/templates/{template}",
        template_new="/settings/channels/templates/new",
        report_version="/campaigns/{campaign}/report/{report}",
        report_changes="/campaigns/{campaign}/report/{report}/changes",
        report_links="/campaigns/{campaign}/report/links",
        style="/style",
        terms="/help/terms",
        jobs="/jobs/",
        job="/jobs/{job}",
    ),
    Visit(name="segment-new", path="/segments/new", narrow=True),
    Visit(name="plan", path="/campaigns/new", narrow=True),
    Visit(name="launch", path="/campaigns/{draft}/launch", narrow=True),
    Visit(name="report", path="/campaigns/{campaign}/report", narrow=True),
    Visit(name="replay", path="/campaigns/{draft}/replay"),
    Visit(name="programme", path="/programmes/{programme}", narrow=True),
    Visit(name="not-found", path="/campaigns/999999", status=404),
)

FILE = "a file to keep"
PIECE = "a piece of a page that holds it"
PROGRAMS = "for scripts of pages and for programs"
LEFT_OUT: dict[str, str] = {
    "static": "styles, scripts and pictures of pages",
    "hooks.link": "leads elsewhere and shows nothing itself",
    "jobs.progress": PIECE,
    "jobs.events": PROGRAMS,
    "incoming.begun": PROGRAMS,
    "campaigns.assignment": FILE,
    "campaigns.contacts": FILE,
    "campaigns.frozen_plan": FILE,
    "customers.table": PIECE,
    "cycle.download": FILE,
    "data.rejects": FILE,
    "datasets.example": FILE,
    "datasets.rejects": FILE,
    "delivery.call_file": FILE,
    "effects.download": FILE,
    "figures.download": FILE,
    "guide.after": FILE,
    "guide.before": FILE,
    "identity.pairs": FILE,
    "influence.download": FILE,
    "lifetime.customers": FILE,
    "lifetime.download": FILE,
    "points.differences": FILE,
    "points.ledger": FILE,
    "programmes.contacts": FILE,
    "programmes.dry_all_csv": FILE,
    "programmes.dry_one_csv": FILE,
    "report_files.chart": FILE,
    "report_files.everything": FILE,
    "report_files.pdf": FILE,
    "report_files.table": FILE,
    "reports.download": FILE,
    "segments.customers": FILE,
    "shared.pdf": FILE,
    "shared.table": FILE,
    "targeting.download": FILE,
    "targeting.keepers": FILE,
}
"""Endpoint -> why it is no page to look at."""
