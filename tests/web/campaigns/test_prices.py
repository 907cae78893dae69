"""The price of a contact follows the channel, unless somebody typed one of their own."""

import pytest

from regulars_platform.shops.channels import keep_channel_use
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Database
from tests.web.campaigns.build import filled, value_of
from tests.web.conftest import Browser


@pytest.fixture
def priced(planner: Browser, database: Database) -> Browser:
    """A shop whose text messages cost 0.06, mails 0.01 and calls nobody knows what."""
    for channel, price in (("sms", "0.06"), ("email", "0.01")):
        with database.unit_of_work() as session:
            keep_channel_use(session, session.get_one(Shop, 1), 1, channel, {"price": price})
    return planner


def price_after(browser: Browser, channel: str, cost: str, said: str) -> str:
    """What stands in the field once another channel was chosen. said: what the form that was sent
    had beside its price."""
    arm = {"arms.0.channel": channel, "arms.0.contact_cost": cost, "arms.0.priced": said}
    page = browser.post("/campaigns/new", filled(do="show", **arm)).get_data(as_text=True)
    return value_of(page, "arms.0.contact_cost")


def test_another_channel_brings_its_own_price(priced: Browser) -> None:
    page = priced.post(
        "/campaigns/new",
        filled(do="show", **{"arms.0.channel": "sms", "arms.0.contact_cost": "0.06"}),
    ).get_data(as_text=True)
    said = value_of(page, "arms.0.priced")
    assert price_after(priced, "email", "0.06", said) == "0.01"
    assert price_after(priced, "sms", "0.06", said) == "0.06"
    # whose price nobody has said, that has none: 0.06 was that of text messages
    assert price_after(priced, "phone", "0.06", said) == ""


def test_a_price_of_ones_own_stays(priced: Browser) -> None:
    page = priced.post(
        "/campaigns/new",
        filled(do="show", **{"arms.0.channel": "sms", "arms.0.contact_cost": "0.05"}),
    ).get_data(as_text=True)
    said = value_of(page, "arms.0.priced")
    assert price_after(priced, "email", "0.05", said) == "0.05"
    # typed over the one that was filled in, in the same breath as the channel was changed
    assert price_after(priced, "email", "0.07", "sms 0.06") == "0.07"


def test_so_does_the_price_of_a_programme(priced: Browser) -> None:
    page = priced.get("/programmes/new?kind=honeymoon").get_data(as_text=True)
    assert value_of(page, "contact_cost") == "0.06"
    sent = {"channel": "email", "contact_cost": "0.06", "priced": value_of(page, "priced")}
    changed = priced.post("/programmes/new?kind=honeymoon", sent | {"do": "show"})
    assert value_of(changed.get_data(as_text=True), "contact_cost") == "0.01"
    typed = priced.post("/programmes/new?kind=honeymoon", sent | {"contact_cost": "0.2"})
    assert value_of(typed.get_data(as_text=True), "contact_cost") == "0.2"
