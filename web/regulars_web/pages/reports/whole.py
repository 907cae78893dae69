"""The body of a report's own page, from the database to HTML that serves whoever asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import render_template
from sqlalchemy.orm import Session

from regulars_platform.accounts.service import names_of_users
from regulars_platform.campaigns.service import LaunchedCampaign
from regulars_platform.reports.service import list_decisions
from regulars_platform.reports.versions import Version
from regulars_web.csrf import place_for_token
from regulars_web.pages.reports.decisions import ShownDecision, decision_rows
from regulars_web.pages.reports.handing_out import OwnLinks, names_of_tables
from regulars_web.pages.reports.material import Material, gather_material
from regulars_web.pages.reports.page import build_report_page
from regulars_web.printing.press import can_print
from regulars_web.words.reports import CHOICES, group_key, segment_name


@dataclass(frozen=True, kw_only=True, slots=True)
class WholePage:
    """What the body is made of."""

    material: Material
    decisions: tuple[ShownDecision, ...]

    def render(self, versions: Sequence[Version]) -> str:
        """The HTML, with a place for the token of whoever it is for."""
        material = self.material
        with place_for_token():
            return render_template(
                "reports/body.html",
                medium="page",
                campaign=material.campaign,
                page=build_report_page(material.report, material.files),
                versions=versions,
                links=OwnLinks(material.campaign.id, material.report.id),
                table_names=names_of_tables(material),
                can_print=can_print(),
                decisions=self.decisions,
                choices=CHOICES,
                group_key=group_key,
                segment_name=segment_name,
            )


def gather_page(session: Session, campaign: LaunchedCampaign, report_id: int) -> WholePage:
    """Of a campaign of this shop. Raises NoReportError."""
    decisions = list_decisions(session, campaign.id)
    return WholePage(
        material=gather_material(session, campaign.shop_id, campaign.id, report_id),
        decisions=decision_rows(
            decisions, names_of_users(session, {row.decided_by for row in decisions})
        ),
    )
