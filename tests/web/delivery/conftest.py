"""A shop with orders, addresses and a launched campaign whose one arm is mailed by a webhook."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from tests.platform.delivery.build import bring_customers
from tests.platform.delivery.servers import Receiver, receiving
from tests.web.campaigns.build import keep
from tests.web.campaigns.conftest import write_orders
from tests.web.conftest import Browser


@dataclass
class SendingShop:
    """The owner's browser, and where messages arrive."""

    browser: Browser
    receiver: Receiver
    campaign: int
    settings: Settings
    database: Database

    def set_up(self, **uses: str) -> None:
        """Say how channels are used, and where calls go."""
        fields: dict[str, object] = {f"{name}.via": way for name, way in uses.items()}
        fields |= {f"{name}.per_minute": "60000" for name in uses}
        assert self.browser.post("/settings/channels/use", fields).status_code == 302
        hook: dict[str, object] = {
            "url": self.receiver.url,
            "allowed": "127.0.0.1",
            "at_once": "50",
        }
        assert self.browser.post("/settings/channels/hook", hook).status_code == 302
        hours: dict[str, object] = {"from": "00:00", "to": "00:00"}
        assert self.browser.post("/settings/channels/hours", hours).status_code == 302

    def write(self, channel: str, body: str) -> None:
        """Keep template 1."""
        words: dict[str, object] = {
            "name": "hello",
            "channel": channel,
            "subject": "For you",
            "body": body,
        }
        kept = self.browser.post("/settings/channels/templates/new", words)
        assert kept.status_code == 302


def launched(browser: Browser, **other: object) -> int:
    """A launched campaign."""
    campaign = keep(browser, **other)
    answer = browser.post(f"/campaigns/{campaign}/launch", {"revision": "1"})
    assert answer.status_code == 302
    return campaign


@pytest.fixture
def sending(settings: Settings, database: Database, owner: Browser) -> Iterator[SendingShop]:
    write_orders(settings.shop_dir(1))
    bring_customers(
        settings,
        1,
        [
            {"customer_id": f"c{number:03d}", "phone": f"+44{number}", "name": f"N{number}"}
            for number in range(300)
        ],
    )
    with receiving() as receiver:
        yield SendingShop(owner, receiver, launched(owner), settings, database)
