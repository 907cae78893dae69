"""Needs and influence in the browser: from naming to segments with the heads that pages say."""

import re
from collections.abc import Callable

import polars as pl
import pytest

from regulars_platform.datasets.table import DatasetTable
from regulars_platform.jobs.models import Job, JobState
from regulars_platform.settings import Settings
from tests.platform.customers.build import line
from tests.platform.lifetime.build import write_lines
from tests.platform.needs.test_needs import family
from tests.web.conftest import Browser
from tests.web.customers.build import words

NEEDS, INFLUENCE = "/customers/needs/", "/customers/influence/"
Finish = Callable[[], list[Job]]


@pytest.fixture
def orders(settings: Settings) -> None:
    """100 bought a bed; 60 of them and 10 of 100 others bought a <b>lamp</b> later; 30 of the first
    soap."""
    rows = [line(f"b{n}", f"c{n:03d}", "2026-10-01", 90, product="bed") for n in range(100)]
    rows += [line(f"s{n}", f"c{n:03d}", "2026-10-01", 5, product="soap") for n in range(170, 200)]
    rows += [line(f"t{n}", f"c{n:03d}", "2026-10-01", 5, product="tea") for n in range(100, 170)]
    rows += [
        line(f"l{n}", f"c{n:03d}", "2026-10-09", 9, product="<b>lamp</b>")
        for n in (*range(60), *range(100, 110))
    ]
    write_lines(settings.shop_dir(1), rows)


def test_without_orders_both_pages_say_what_they_will_show(owner: Browser) -> None:
    assert "No orders yet" in words(owner.get(NEEDS))
    assert "No orders yet" in words(owner.get(INFLUENCE))
    assert "Name needs first." in words(owner.get(f"{NEEDS}edit"))
    assert "No paid order" in words(owner.post(NEEDS, follow_redirects=True))
    assert owner.get(f"{INFLUENCE}bringers.csv").status_code == 200


def test_strangers_are_sent_to_sign_in(stranger: Browser) -> None:
    for path in (NEEDS, f"{NEEDS}edit", INFLUENCE, f"{INFLUENCE}bringers.csv"):
        assert stranger.get(path).status_code == 302


@pytest.mark.usefixtures("orders")
def test_needs_are_named_served_and_who_lacks_one_is_a_segment_of_one_click(
    owner: Browser, settings: Settings
) -> None:
    assert "No need is named yet." in words(owner.get(NEEDS))
    kept = owner.post(f"{NEEDS}edit", {"needs": "Sleep: lying well, <i>light</i>"})
    assert kept.status_code == 302
    for need, product in (("lying well", "bed"), ("<i>light</i>", "<b>lamp</b>")):
        owner.post(f"{NEEDS}products", {"product": product, "need": need})
    assert "Typed in by hand Products Stored 1" in words(owner.get("/data/other/"))
    said = words(owner.get(NEEDS))
    # 100 with a bed and 10 with a lamp alone; 60 have both
    assert "110 of 200 customers bought for it. 50 of them for a single one of its needs." in said
    asked = {"what": "leaf", "first": "Sleep", "second": "<i>light</i>"}
    answer = owner.post(f"{NEEDS}segment", asked, follow_redirects=True)
    assert "40 customers are in this segment now." in words(answer)
    again = owner.post(f"{NEEDS}segment", asked, follow_redirects=True)
    assert again.request.path == answer.request.path  # the same segment, not another
    summary = words(owner.get("/customers/lifetime/"))
    assert "Lifetime value" in summary


@pytest.mark.usefixtures("orders")
def test_what_a_file_puts_at_a_big_need_counts_and_is_led_to_the_needs_under_it(
    owner: Browser, settings: Settings
) -> None:
    served = pl.DataFrame({"product": ["tea", "soap"], "need": ["喝茶 <b>", "喝茶 <b>"]})
    DatasetTable(settings.shop_dir(1), "products").merge(served)
    owner.post(f"{NEEDS}edit", {"needs": "喝茶 <b>：绿茶，红茶"})
    page = owner.get(NEEDS)
    said = words(page)
    # 70 with tea and 30 with soap
    assert "100 of 200 customers bought for it." in said
    assert "2 of its products are under none of its needs yet" in said
    (link,) = re.findall(r'href="([^"]+need=[^"]+)"', page.get_data(as_text=True))
    listed = owner.get(link.replace("&amp;", "&")).get_data(as_text=True)
    assert re.findall(r'name="product" value="([^"]+)"', listed) == ["tea", "soap"]
    place = {"product": ["tea", "soap"], "need": "绿茶", "of": "喝茶 <b>"}
    assert "need=" in owner.post(f"{NEEDS}products", place).headers["Location"]
    said = words(owner.get(NEEDS))
    assert "are under none of its needs yet" not in said
    assert "绿茶 2 100" in said


@pytest.mark.usefixtures("orders")
def test_products_are_found_by_their_title_or_number_and_proposed(
    owner: Browser, settings: Settings
) -> None:
    products = pl.DataFrame({"product": ["B-1"], "also": ["bed"], "title": ["Oak <i>bedstead</i>"]})
    DatasetTable(settings.shop_dir(1), "products").merge(products)
    owner.post(f"{NEEDS}edit", {"needs": "Sleep"})
    page = owner.get(f"{NEEDS}edit")
    assert '<option value="Oak &lt;i&gt;bedstead&lt;/i&gt; (B-1)">' in page.get_data(as_text=True)
    for search in ("BEDSTEAD", "b-1", "bed", "Oak <i>bedstead</i> (B-1)"):
        found = words(owner.get(f"{NEEDS}edit", query_string={"q": search}))
        assert "Oak <i>bedstead</i> (B-1) – 100" in found, search
        assert "tea –" not in found
    assert "No product of that name" in words(owner.get(f"{NEEDS}edit?q=sofa"))


@pytest.mark.usefixtures("orders")
def test_a_product_can_serve_another_need_or_none_any_more(
    owner: Browser, settings: Settings
) -> None:
    products = DatasetTable(settings.shop_dir(1), "products")
    products.merge(pl.DataFrame({"product": ["B-1"], "also": ["bed"], "cost": [5]}))
    owner.post(f"{NEEDS}edit", {"needs": "Sleep: lying well, light"})
    owner.post(f"{NEEDS}products", {"product": ["bed", "tea"], "need": "light"})
    owner.post(f"{NEEDS}products", {"product": ["tea"], "need": ""})
    rows = products.scan().sort("product").select("product", "cost", "need").collect().rows()
    assert rows == [("B-1", 5, "light"), ("tea", None, None)]


@pytest.mark.usefixtures("orders")
def test_pairs_are_found_and_lead_to_segments(
    owner: Browser, settings: Settings, finish_jobs: Finish
) -> None:
    DatasetTable(settings.shop_dir(1), "products").merge(
        pl.DataFrame({"product": ["bed"], "one_off": [True]})
    )
    assert owner.post(NEEDS).status_code == 302
    assert [job.state for job in finish_jobs()] == [JobState.DONE]
    page = owner.get(NEEDS)
    said = words(page)
    # P(lamp later | bed) = 60 / 100 against 70 / 200: 1.71 times
    assert "bed <b>lamp</b> 60 60.0% 35.0% 1.71×" in said
    assert "<b>lamp</b>" not in page.get_data(as_text=True)
    assert "12 pairs of the 4 products" in said
    once = said[said.index("Goods bought once") :]
    assert "bed 100" in once
    assert "Ask them to bring others" in once
    asked = {"what": "pair", "first": "bed", "second": "<b>lamp</b>"}
    answer = owner.post(f"{NEEDS}segment", asked, follow_redirects=True)
    assert "40 customers are in this segment now." in words(answer)
    bringers = owner.post(
        f"{NEEDS}segment", {"what": "bringers", "first": "bed"}, follow_redirects=True
    )
    assert "100 customers are in this segment now." in words(bringers)


@pytest.mark.usefixtures("orders")
def test_segments_are_called_after_the_titles_of_goods(owner: Browser, settings: Settings) -> None:
    DatasetTable(settings.shop_dir(1), "products").merge(
        pl.DataFrame({"product": ["bed"], "title": ["Oak bed 180"]})
    )
    pair = {"what": "pair", "first": "bed", "second": "<b>lamp</b>"}
    for asked in ({"what": "bringers", "first": "bed"}, pair):
        assert owner.post(f"{NEEDS}segment", asked).status_code == 302
    said = words(owner.get("/segments/"))

    assert "Bought Oak bed 180 (bed), brought nobody" in said
    assert "Bought Oak bed 180 (bed), not <b>lamp</b>" in said


@pytest.mark.usefixtures("orders")
def test_hostile_forms_get_a_sentence_and_never_break(owner: Browser) -> None:
    for text in ("x" * 10_000, "A: b\nA: c", ":", "\x00"):
        assert owner.post(f"{NEEDS}edit", {"needs": text}).status_code in (302, 422)
    for form in ({}, {"product": "x" * 5000, "need": "y"}, {"product": "bed", "need": "nowhere"}):
        assert owner.post(f"{NEEDS}products", form).status_code == 302
    for form in ({}, {"what": "leaf", "first": "Q", "second": "R"}, {"what": "pair", "first": "a"}):
        assert owner.post(f"{NEEDS}segment", form).status_code == 404
    long = {"what": "pair", "first": "é" * 5000, "second": "'; drop"}
    assert owner.post(f"{NEEDS}segment", long).status_code == 302
    found = owner.get(f"{NEEDS}edit", query_string={"q": "(["})
    assert found.status_code == 200


def test_who_brings_others_with_value_range_share_and_csv(
    owner: Browser, settings: Settings
) -> None:
    store = family(settings.shop_dir(1))
    del store
    said = words(owner.get(INFLUENCE))
    # worked out by hand: 60 + 10 + 7 + 5 + 0 over five, of four bringers
    assert "5 customers were brought by others and have spent £82 since: £16.40 each" in said
    assert "Of new customers in the last 365 days, brought" in said
    assert re.search(r"ann 2 1 1 2 £70 £3\.00", said)
    rows = owner.get(f"{INFLUENCE}bringers.csv").get_data(as_text=True).splitlines()
    assert rows[0].lstrip("\ufeff") == "customer_id,brought,friends,experts,bought,value,cost,note"
    assert rows[1] == 'ann,2,1,1,2,70,3,"for analysis, not a contact list"'
    answer = owner.post(f"{INFLUENCE}segment", follow_redirects=True)
    assert answer.status_code == 200
    assert "Has brought somebody" in words(answer)
    assert "4" in words(answer)
    again = owner.post(f"{INFLUENCE}segment", follow_redirects=True)
    assert again.request.path == answer.request.path


@pytest.mark.usefixtures("orders")
def test_the_page_of_lifetime_value_says_a_little_of_both(
    owner: Browser, settings: Settings, finish_jobs: Finish
) -> None:
    DatasetTable(settings.shop_dir(1), "referrals").merge(
        pl.DataFrame({"referral_key": ["1"], "customer_id": ["c001"], "referrer_id": ["c002"]})
    )
    owner.post("/customers/lifetime/")
    owner.post(NEEDS)
    finish_jobs()
    said = words(owner.get("/customers/lifetime/"))
    assert "Most surely: who bought bed buys <b>lamp</b> later 1.71× as often as usual" in said
    assert "1 customer was brought by another and has spent £99 since" in said
