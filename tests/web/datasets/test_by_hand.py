"""Values of products and tags of customers, typed in on the page, without scripts."""

import html
import re
from collections.abc import Callable

import polars as pl
import pytest

from regulars_platform.datasets.table import DatasetTable
from regulars_platform.jobs.models import Job, JobState
from regulars_platform.segments.rules import parse_rule
from regulars_platform.segments.service import save_segment
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from tests.platform.customers.build import line
from tests.platform.lifetime.build import write_lines
from tests.web.conftest import NOW, Browser
from tests.web.customers.build import words

PRODUCTS = "/data/other/products"


@pytest.fixture
def orders(settings: Settings) -> None:
    """c00 to c29 bought tea, c00 to c09 of them a <b>cup</b>, too."""
    rows = [line(f"t{n}", f"c{n:02d}", "2026-10-01", 9, product="tea") for n in range(30)]
    rows += [line(f"c{n}", f"c{n:02d}", "2026-10-09", 5, product="<b>cup</b>") for n in range(10)]
    write_lines(settings.shop_dir(1), rows)


def fields(browser: Browser, path: str) -> dict[str, object]:
    """The form as the page fills it in."""
    text = browser.get(path).get_data(as_text=True)
    found: dict[str, object] = {}
    for tag in re.findall(r"<input[^>]*>", text):
        name = re.search(r' name="((?:was-)?[a-z_]+(?:-[a-z_]+)*-\d+)"', tag)
        value = re.search(r' value="([^"]*)"', tag)
        if name and value:
            found[name[1]] = html.unescape(value[1])
    for name, body in re.findall(
        r'<select[^>]* name="(one_off-\d+)"[^>]*>(.*?)</select>', text, re.S
    ):
        chosen = re.search(r'value="(\w*)" selected', body)
        found[name] = chosen[1] if chosen else ""
    return found


def stored(settings: Settings) -> dict[str, dict[str, object]]:
    rows = DatasetTable(settings.shop_dir(1), "products").scan().collect().iter_rows(named=True)
    return {row["product"]: row for row in rows}


@pytest.mark.usefixtures("orders")
def test_costs_are_typed_kept_counted_and_taken_back(owner: Browser, settings: Settings) -> None:
    products = {"product": ["tea"], "title": ["Green tea"], "cost": [30_000], "unit_days": [30.0]}
    DatasetTable(settings.shop_dir(1), "products").merge(pl.DataFrame(products))
    assert f'href="{PRODUCTS}"' in owner.get("/data/other/").get_data(as_text=True)
    page = owner.get(PRODUCTS)
    assert "Green tea (tea) 30" in words(page)
    assert "<b>cup</b>" not in page.get_data(as_text=True)
    form = fields(owner, PRODUCTS)
    assert (form["product-0"], form["cost-0"], form["unit_days-0"]) == ("tea", "3", "30")
    typed = {"cost-0": "", "price-0": "9.90", "cost-1": "1.5", "one_off-1": "yes", "need-1": "Tea"}
    answer = owner.post(PRODUCTS, form | typed, follow_redirects=True)
    assert "Kept for 2 products." in words(answer)
    tea, cup = stored(settings)["tea"], stored(settings)["<b>cup</b>"]
    assert (tea["cost"], tea["price"], tea["unit_days"]) == (None, 99_000, 30.0)
    assert (cup["cost"], cup["one_off"], cup["need"]) == (15_000, True, "Tea")
    # who, when, what became of it; and the way back
    listed = words(owner.get("/data/other/"))
    assert re.search(r"Typed in by hand Products Stored 2 0 .* Mei", listed)
    kept = words(owner.get("/data/other/1"))
    assert "2 records were changed." in kept
    assert re.search(r"Typed in on .* by Mei\.", kept)
    assert "Taken back." in words(owner.post("/data/other/1/undo", follow_redirects=True))
    assert stored(settings)["tea"]["cost"] == 30_000
    assert stored(settings)["<b>cup</b>"]["cost"] is None
    again = words(owner.post("/data/other/1/undo", follow_redirects=True))
    assert "There is nothing to take back" in again


@pytest.mark.usefixtures("orders")
def test_a_cell_that_somebody_else_changed_meanwhile_is_not_overwritten(
    owner: Browser, settings: Settings
) -> None:
    form = fields(owner, PRODUCTS)
    DatasetTable(settings.shop_dir(1), "products").merge(
        pl.DataFrame({"product": ["tea"], "cost": [40_000]})
    )
    owner.post(PRODUCTS, form | {"price-0": "9"})
    assert (stored(settings)["tea"]["cost"], stored(settings)["tea"]["price"]) == (40_000, 90_000)


@pytest.mark.usefixtures("orders")
def test_what_does_not_hold_is_said_beside_its_field_and_nothing_is_kept(
    owner: Browser, settings: Settings
) -> None:
    form = fields(owner, PRODUCTS)
    typed = {"cost-0": "cheap", "price-0": "9", "unit_days-1": "-3", "category-1": "x" * 10_000}
    answer = owner.post(PRODUCTS, form | typed)
    assert answer.status_code == 422
    text = answer.get_data(as_text=True)
    for field in ("cost-0", "unit_days-1", "category-1"):
        assert f'id="{field}-error"' in text
    assert 'value="cheap"' in text
    assert stored(settings) == {}
    assert "Nothing was changed." in words(owner.post(PRODUCTS, form, follow_redirects=True))
    for odd in ({}, {"product-0": "y" * 5000, "cost-0": "1"}, {"cost-0": "1"}):
        assert owner.post(PRODUCTS, odd).status_code == 302
    assert stored(settings) == {}


@pytest.mark.usefixtures("orders")
def test_products_are_searched_narrowed_and_turned_page_by_page(
    owner: Browser, settings: Settings
) -> None:
    many = {"product": [f"p{n:02d}" for n in range(60)], "cost": [1] * 60}
    DatasetTable(settings.shop_dir(1), "products").merge(pl.DataFrame(many))
    assert "62 products · page 1 of 3" in words(owner.get(PRODUCTS))
    last = words(owner.get(f"{PRODUCTS}?page=99"))
    assert "page 3 of 3" in last
    assert "p59 0" in last
    narrowed = words(owner.get(f"{PRODUCTS}?lacking=cost"))
    assert "2 products" in narrowed
    assert "tea 30" in narrowed
    found = words(owner.get(f"{PRODUCTS}?q=CUP"))
    assert "1 product" in found
    assert "<b>cup</b> 10" in found
    assert "No product of that name." in words(owner.get(f"{PRODUCTS}?q=(["))


def test_without_orders_or_products_the_page_says_what_it_will_show(owner: Browser) -> None:
    assert "No products yet" in words(owner.get(PRODUCTS))


@pytest.mark.usefixtures("orders")
def test_a_segment_is_tagged_and_the_tag_is_an_attribute_like_any_other(
    owner: Browser, settings: Settings, database: Database
) -> None:
    rule = parse_rule({"bought": {"by": "product", "name": "<b>cup</b>"}, "op": "yes"})
    with database.unit_of_work() as session:
        segment_id = save_segment(session, shop_id=1, name="Cups", rule=rule, now=NOW).id
    page = f"/segments/{segment_id}"
    given = owner.post(f"{page}/tag", {"tag": " cup  people ", "do": "tag"}, follow_redirects=True)
    assert "10 customers newly have the tag “cup people”." in words(given)
    people = DatasetTable(settings.shop_dir(1), "customers").scan().collect()
    assert people.height == 10
    assert people["tags"].to_list() == [["cup people"]] * 10
    form = {"rule-joiner": "all", "rule-0-feature": "tags", "rule-0-op": "has"}
    counted = owner.post("/segments/live", form | {"rule-0-value": "cup people"})
    assert "Customers 10" in words(counted)
    # nobody is known any earlier for being tagged
    assert "30 customers" in words(owner.get("/customers/?as_of=2026-10-05"))
    one = owner.post("/customers/one?customer=c03", {"tag": "gift", "do": "tag"})
    assert one.status_code == 302
    known = words(owner.get("/customers/one?customer=c03"))
    assert "cup people Take away cup people gift Take away gift" in known
    assert "Orders 2" in known
    taken = owner.post(f"{page}/tag", {"tag": "cup people", "do": "untag"}, follow_redirects=True)
    assert "is taken away from 10 customers" in words(taken)
    left = DatasetTable(settings.shop_dir(1), "customers").scan().drop_nulls("tags").collect()
    assert left.select("customer_id", "tags").rows() == [("c03", ["gift"])]
    assert "Tag “cup people” given" in words(owner.get("/data/other/"))


@pytest.mark.usefixtures("orders")
def test_many_customers_are_tagged_in_the_background(
    owner: Browser,
    settings: Settings,
    database: Database,
    finish_jobs: Callable[[], list[Job]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("regulars_web.pages.datasets.by_hand.AT_ONCE", 20)
    with database.unit_of_work() as session:
        everybody = parse_rule({"all": []})
        save_segment(session, shop_id=1, name="All", rule=everybody, now=NOW)
    asked = owner.post("/segments/1/tag", {"tag": "here", "do": "tag"}, follow_redirects=True)
    assert "This goes on in the background" in words(asked)
    assert not DatasetTable(settings.shop_dir(1), "customers").exists()
    assert "Under way" in words(owner.get("/data/other/"))
    assert "Tag “here” given" in words(owner.get("/data/other/1"))
    assert [job.state for job in finish_jobs()] == [JobState.DONE]
    assert "30 records were changed. New 30" in words(owner.get("/data/other/1"))


@pytest.mark.usefixtures("orders")
def test_hostile_tags_and_customers_get_a_sentence(owner: Browser) -> None:
    one = "/customers/one?customer=c03"
    for tag, said in (
        ("", "Write the tag first."),
        ("x" * 5000, "A tag has at most 60 characters"),
        ("a,b", "no comma"),
        ("<b>", "1 customer newly has the tag “<b>”."),
    ):
        answer = owner.post(one, {"tag": tag, "do": "tag"}, follow_redirects=True)
        assert said in words(answer)
        assert "<b>”" not in answer.get_data(as_text=True)
    assert owner.post(one, {"tag": "x", "do": "other"}).status_code == 302
    for nobody in ("", "nobody", "c" * 9999):
        assert owner.get("/customers/one", query_string={"customer": nobody}).status_code == 404
    assert owner.post("/segments/99/tag", {"tag": "x", "do": "tag"}).status_code == 404
    assert owner.post("/data/other/99/undo").status_code == 404
