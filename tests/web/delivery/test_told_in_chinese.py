"""What customers of a Chinese shop read is Chinese, also where nobody wrote the offer's words."""

import csv
import io
import json
import re
from collections.abc import Callable

import pytest
from sqlalchemy import select, update

from regulars_platform.delivery.tables import BatchRow, MessageRow
from regulars_platform.delivery.templates import build_words
from regulars_platform.jobs.models import Job
from regulars_platform.launching.launch import launch
from regulars_platform.shops.tables import Shop
from tests.web.campaigns.build import keep
from tests.web.conftest import NOW, Browser
from tests.web.delivery.conftest import SendingShop, launched
from tests.web.programmes.test_programme_pages import typed as programme_typed

Finish = Callable[[], list[Job]]
WORDS = re.compile(r"[A-Za-z]{2,}")
GIFT = {
    "arms.0.name": "赠品",
    "arms.0.offer.kind": "gift",
    "arms.0.offer.words": "",
    "arms.0.offer.threshold": "80",
    "arms.0.offer.gift_cost": "5",
}
OWN = {
    "arms.0.name": "包邮",
    "arms.0.offer.kind": "free_shipping",
    "arms.0.offer.words": "",
    "arms.0.offer.threshold": "39",
    "arms.0.offer.multiple": "1.3",
    "arms.0.offer.price_points": "nines",
}
PERCENT = {
    "arms.0.name": "折扣",
    "arms.0.offer.kind": "percent_off",
    "arms.0.offer.words": "",
    "arms.0.offer.threshold": "",
    "arms.0.offer.percent": "10",
}
BY_SMS = {"arms.0.channel": "sms", "audience.choice": "everybody"}


@pytest.fixture
def chinese(sending: SendingShop) -> SendingShop:
    """A shop that counts in yuan, and its owner reads Chinese."""
    with sending.database.unit_of_work() as session:
        session.execute(update(Shop).values(currency="CNY", name="茶铺"))
    sending.browser.post("/language", {"locale": "zh_Hans"})
    sending.set_up(sms="webhook")
    sending.write("sms", "亲您好，{shop}送您：{offer}，回T退订")
    return sending


def rows_of(browser: Browser, campaign: int) -> list[dict[str, str]]:
    content = browser.get(f"/campaigns/{campaign}/contacts/1.csv").data.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content)))


def sent(shop: SendingShop, campaign: int, finish_jobs: Finish) -> list[str]:
    path = f"/campaigns/{campaign}/delivery/1/queue"
    assert shop.browser.post(path, {"template": "1"}).status_code == 302
    finish_jobs()
    calls = [json.loads(call.body) for call in shop.receiver.calls]
    return [one["text"] for call in calls for one in call["messages"]]


@pytest.mark.parametrize(
    ("offer", "wanted"),
    [
        (GIFT, "亲您好，茶铺送您：满¥80送赠品，回T退订"),
        (PERCENT, "亲您好，茶铺送您：.*，回T退订"),
        (OWN, r"亲您好，茶铺送您：满¥\d+(\.\d+)?包邮，回T退订"),
    ],
    ids=["gift", "percent", "own threshold"],
)
def test_an_offer_without_words_of_the_shop_is_told_in_chinese(
    chinese: SendingShop, finish_jobs: Finish, offer: dict[str, str], wanted: str
) -> None:
    campaign = launched(chinese.browser, **offer, **BY_SMS)
    texts = sent(chinese, campaign, finish_jobs)
    assert texts
    assert all(re.fullmatch(wanted, text) for text in texts), texts[0]
    assert not any(WORDS.search(text) for text in texts), texts[0]
    listed = rows_of(chinese.browser, campaign)
    assert {f"亲您好，茶铺送您：{row['offer']}，回T退订" for row in listed} == set(texts)
    assert not any(WORDS.search(row["offer"] + row["segment"]) for row in listed), listed[0]
    assert all(row["segment"].startswith("其余") for row in listed)


def test_the_words_of_the_launch_stay_whoever_sends_later(
    chinese: SendingShop, finish_jobs: Finish
) -> None:
    campaign = launched(chinese.browser, **GIFT, **BY_SMS)
    chinese.browser.post("/language", {"locale": "en"})
    assert set(sent(chinese, campaign, finish_jobs)) == {"亲您好，茶铺送您：满¥80送赠品，回T退订"}


def test_a_launch_that_froze_no_words_is_told_in_the_language_of_who_sends(
    chinese: SendingShop, finish_jobs: Finish
) -> None:
    campaign = keep(chinese.browser, **GIFT, **BY_SMS)
    with chinese.database.unit_of_work() as session:
        launch(
            session,
            chinese.settings,
            shop_id=1,
            campaign_id=campaign,
            now=NOW,
            user_id=None,
            salt="s",
        )
    assert set(sent(chinese, campaign, finish_jobs)) == {"亲您好，茶铺送您：满¥80送赠品，回T退订"}


def test_the_effect_page_names_the_offer_in_the_language_of_its_reader(
    chinese: SendingShop,
) -> None:
    launched(chinese.browser, **GIFT, **BY_SMS)
    page = chinese.browser.get("/effects/", follow_redirects=True).get_data(as_text=True)
    assert "满¥80送赠品" in page
    assert "A gift from" not in page


def test_nothing_but_a_message_has_no_offer_to_tell(
    chinese: SendingShop, finish_jobs: Finish
) -> None:
    message = {"arms.0.name": "消息", "arms.0.offer.kind": "message", "arms.0.offer.words": ""}
    campaign = launched(chinese.browser, **message, **BY_SMS)
    assert sent(chinese, campaign, finish_jobs) == []


@pytest.mark.parametrize("by_sms", [True, False], ids=["by the template's words", "by a list"])
def test_a_programme_tells_an_offer_without_words_in_chinese(
    chinese: SendingShop, finish_jobs: Finish, *, by_sms: bool
) -> None:
    gift = {"offer.kind": "gift", "offer.reach": "open", "offer.words": ""}
    gift |= {"offer.threshold": "80", "offer.gift_cost": "5", "grace_days": "30", "name": "蜜月"}
    how = {"channel": "sms", "template_id": "1"} if by_sms else {"channel": "message_box"}
    form = programme_typed(**gift, **how, wait="30", wait_unit="days")
    address = chinese.browser.post("/programmes/new?kind=honeymoon", form).headers["Location"]
    chinese.browser.post(f"{address}/start")
    # whoever looks at it later, and the worker, who has no language
    chinese.browser.post(f"{address}/begin")
    assert all(job.problem is None for job in finish_jobs())
    if by_sms:
        with chinese.database.reading() as session:
            batch = session.scalars(select(BatchRow)).one()
            told = session.scalars(select(MessageRow.variables)).all()
            texts = {build_words(batch).render(each)[1] for each in told}
        assert texts == {"亲您好，茶铺送您：满¥80送赠品，回T退订"}
        return
    page = chinese.browser.get(address).get_data(as_text=True)
    found = re.search(r'href="(/programmes/\d+/contacts/[^"]+)"', page)
    assert found is not None
    content = chinese.browser.get(found[1]).data.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(content)))
    assert {row["offer"] for row in rows} == {"满¥80送赠品"}
    assert not any(WORDS.search(row["about"] + row["programme"]) for row in rows), rows[0]
