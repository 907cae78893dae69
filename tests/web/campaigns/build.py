"""Filling in the plan form, and reading what the page says beside its fields."""

import html
import re
from typing import Any

from tests.web.conftest import Browser


def filled(**other: Any) -> dict[str, Any]:
    """A plan form that holds: free shipping from 80 for those whom it fits, 20% held back.

    Names with a dot are given by `**{"arms.0.name": ...}`; None leaves a field out.
    """
    fields: dict[str, Any] = {
        "name": "November",
        "as_of": "2026-11-01",
        "send_date": "2026-11-02",
        "outcome_end": "2026-11-29",
        "settle_until": "2026-12-13",
        "holdout_percent": "20",
        "margin_low_percent": "35",
        "margin_high_percent": "",
        "primary_metric": "net_profit",
        "secondary_metrics": ["", "revenue", "buyers"],
        "guardrails": ["refunds"],
        "unit": "customer",
        "confidence_percent": "95",
        "horizon_rounds": "4",
        "audience.choice": "fits",
        "audience.lowest": "60",
        "audience.highest": "120",
        "arms.0.name": "",
        "arms.0.offer.kind": "free_shipping",
        "arms.0.offer.reach": "personal",
        "arms.0.offer.words": "=Until Sunday",
        "arms.0.offer.threshold": "80",
        "arms.0.offer.shipping_cost": "5",
        "arms.0.channel": "email",
        "arms.0.contact_cost": "0.02",
        "exclusions.customers": "",
    }
    return {name: value for name, value in (fields | other).items() if value is not None}


def second_arm(**other: Any) -> dict[str, Any]:
    """The fields of a second arm: 8 off from 80, 40 percent."""
    arm = {
        "name": "Eight off",
        "share_percent": "40",
        "offer.kind": "amount_off",
        "offer.threshold": "80",
        "offer.amount": "8",
        "channel": "sms",
        "contact_cost": "0.05",
    }
    return {f"arms.1.{name}": value for name, value in (arm | other).items()}


def keep(browser: Browser, **other: Any) -> int:
    """Keep a draft; its id."""
    answer = browser.post("/campaigns/new", filled(do="save", **other))
    assert answer.status_code == 302, answer.get_data(as_text=True)
    found = re.search(r"/campaigns/(\d+)/plan$", answer.location)
    assert found is not None, answer.location
    return int(found.group(1))


def launch(browser: Browser, campaign_id: int) -> None:
    """Look at the plan, then press the button."""
    page = browser.get(f"/campaigns/{campaign_id}/launch").get_data(as_text=True)
    revision = re.search(r'name="revision" value="(\d+)"', page)
    assert revision is not None
    answer = browser.post(f"/campaigns/{campaign_id}/launch", {"revision": revision.group(1)})
    assert answer.status_code == 302, answer.get_data(as_text=True)


def said_beside(page: str, path: str) -> str:
    """The problem that stands beside a field; empty where there is none."""
    key = path.replace(".", "-")
    found = re.search(rf'id="{re.escape(key)}-error">(.*?)</p>', page, re.DOTALL)
    if found is None:
        return ""
    assert f"{key}-error" in page.replace(found.group(0), ""), "no field points at its problem"
    return html.unescape(re.sub(r"<[^>]+>", " ", found.group(1))).strip()


def value_of(page: str, path: str) -> str:
    """What stands in an input."""
    found = re.search(rf'<input[^>]* name="{re.escape(path)}"[^>]*>', page)
    assert found is not None, path
    value = re.search(r' value="([^"]*)"', found.group(0))
    return html.unescape(value.group(1)) if value else ""


def text_of(page: str) -> str:
    """The page without its marks, blanks run together."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())
