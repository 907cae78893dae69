"""The builder over all that is known: denying, purchases, search, suggestions; ready-made groups
with counts; portrait, overlap, sizes, and the table for the analyst."""

import csv
import io
import re
from collections.abc import Iterator

import polars as pl
import pytest
from flask import Flask

from regulars_platform.datasets.table import DatasetTable
from regulars_platform.jobs.run import run_inline
from regulars_platform.jobs.service import list_jobs
from regulars_platform.segments.rules import parse_rule, rule_json
from regulars_platform.segments.service import list_segments
from regulars_platform.settings import Settings, build_settings
from regulars_platform.storage.database import Database
from regulars_web.pages.segments.checking import check_draft
from regulars_web.pages.segments.draft import draft_json, draft_of, read_draft
from regulars_web.pages.segments.fields import draft_fields
from regulars_web.words.rules import rule_text
from tests.web.conftest import Browser
from tests.web.customers.build import Reader, open_reader, words, write_orders

LIVE = {"HX-Request": "true"}
RULE = parse_rule(
    {
        "all": [
            {"bought": {"by": "product", "name": "tea", "within_days": 20}, "op": "yes"},
            {"not": {"any": [{"feature": "tags", "op": "has", "value": "wholesale"}]}},
            {"feature": "follows", "op": "yes"},
            {"not": {"all": [{"feature": "attribute.Taste", "op": "=", "value": "mild"}]}},
        ]
    }
)


def test_stages_are_named_in_the_readers_words(app: Flask) -> None:
    rule = parse_rule({"feature": "rhythm", "op": "in", "value": ["dormant", "lost"]})
    one = parse_rule({"feature": "rhythm", "op": "=", "value": "dormant"})
    with app.test_request_context(headers={"Accept-Language": "zh-CN"}):
        said = [rule_text(rule, "CNY"), rule_text(one, "CNY")]
    assert all("休眠" in text for text in said), said
    assert not any(code in text for text in said for code in ("dormant", "lost"))


def write_customers(settings: Settings) -> None:
    """c00 to c59 as in the orders: every third is wholesale, the first 30 are women and follow.
    "fan" follows and never bought. Taste is a column of the shop's own."""
    frame = pl.DataFrame(
        [
            {
                "customer_id": f"c{n:02d}",
                "gender": "female" if n < 30 else "male",
                "region": "North" if n < 55 else "South",
                "tags": ["wholesale"] if n % 3 == 0 else ["gift"],
                "follows": n < 30,
                "attributes": [{"name": "Taste", "value": "mild" if n % 2 else "strong"}],
            }
            for n in range(60)
        ]
        + [
            {"customer_id": "fan", "gender": None, "region": None, "tags": None, "follows": True}
            | {"attributes": None}
        ]
    )
    DatasetTable(settings.shop_dir(1), "customers").merge(frame)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """The owner of a shop with orders and a customers file."""
    data = tmp_path_factory.mktemp("data")
    with open_reader(data) as opened:
        write_customers(build_settings(data))
        yield opened


@pytest.fixture
def seller(settings: Settings, owner: Browser) -> Browser:
    """The same, for tests that keep something."""
    write_orders(settings.shop_dir(1))
    write_customers(settings)
    return owner


def fields(raw: object, **more: str) -> dict[str, object]:
    return {**draft_fields(draft_of(parse_rule(raw))), **more}


def test_a_rule_with_purchases_and_denials_survives_the_form() -> None:
    again = parse_rule(draft_json(read_draft(draft_fields(draft_of(RULE)))))
    assert rule_json(again) == rule_json(RULE)


def test_it_reads_as_a_phrase(app: Flask) -> None:
    with app.test_request_context():
        assert rule_text(RULE, "GBP") == (
            "has bought tea within 20 days and not (tags with wholesale) and "
            "follows the shop: yes and not (Taste is mild)"
        )


def test_problems_of_a_purchase_stand_beside_its_fields(app: Flask) -> None:
    form = draft_fields(draft_of(RULE)) | {"rule-0-second": "soon", "rule-1-0-value": ""}
    with app.test_request_context():
        typing = check_draft(read_draft(form), missing_is_wrong=False)
        done = check_draft(read_draft(form | {"rule-0-value": ""}), missing_is_wrong=True)
    assert set(typing.problems) == {"rule-0-second"}
    assert "'soon' came" in typing.problems["rule-0-second"]
    assert done.problems["rule-0-value"] == "Name what was bought."
    assert done.problems["rule-1-0-value"] == "Give the text to compare with."


def test_the_count_is_that_of_the_same_people_by_hand(reader: Reader) -> None:
    # all 60 bought tea on 2 or 12 October, seen from the 13th; follow: the first 30, of them not
    # wholesale 20, of them with a strong taste the even ones
    expected = [n for n in range(30) if n % 3 and n % 2 == 0]
    said = words(reader.post("/segments/live", fields(rule_json(RULE)), headers=LIVE))
    assert f"Customers {len(expected)} " in said
    never = {"bought": {"by": "product", "name": "coffee", "within_days": None}, "op": "no"}
    assert "Customers 62 100.0% of 62" in words(
        reader.post("/segments/live", fields(never), headers=LIVE)
    )


def test_values_are_proposed_with_how_many_customers_have_them(reader: Reader) -> None:
    page = reader.post("/segments/builder", fields(rule_json(RULE)), headers=LIVE)
    lists = re.findall(r'<option value="([^"]+)">([\d,]+) customers?<', page.get_data(as_text=True))
    assert {("tea", "60"), ("wholesale", "20"), ("gift", "40"), ("mild", "30")} <= set(lists)
    assert '<optgroup label="Who they are">' in page.get_data(as_text=True)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_feature_is_searched_for_and_added(reader: Reader, scripts: bool) -> None:
    path, headers = ("/segments/builder", LIVE) if scripts else ("/segments/new", {})
    form: dict[str, object] = {"rule-joiner": "none", "find": "refund share", "do": "find"}
    found = reader.post(path, form, headers=headers).get_data(as_text=True)
    assert 'value="add:rule:refunded_orders_share"' in found
    assert 'value="add:rule:gender"' not in found
    added = reader.post(path, form | {"do": "add:rule:follows"}, headers=headers)
    text = added.get_data(as_text=True)
    assert '<option value="follows" selected>' in text
    assert '<option value="none" selected>none of these holds' in text
    assert 'name="rule-0-value"' not in text
    nothing = reader.post(path, form | {"find": "<b>xyz"}, headers=headers)
    assert "Nothing is called that." in words(nothing)
    assert "<b>xyz" not in nothing.get_data(as_text=True)


def test_ready_made_groups_are_shown_with_live_counts(reader: Reader) -> None:
    said = words(reader.get("/segments/"))
    for told in (
        # the fan
        "Followers who never bought They follow the shop and have never bought. "
        "Good for a first order with little risk. 1 1.6%",
        "One-time buyers They bought exactly once. "
        "Good for the second order, which decides whether somebody stays. 40 64.5%",
        # 30 buyers of whom the file says that they do not follow
        "then they can be told things for free. 30 48.4%",
    ):
        assert told in said


def test_a_group_whose_file_is_missing_says_which_one_opens_it(reader: Reader) -> None:
    page = reader.get("/segments/")
    said = words(page)
    assert "Needs a file of who brought whom." in said
    assert "Needs orders that are still to be paid" not in said  # "unpaid" never paid
    assert re.search(r'href="/data/[^"]*">Bring it<', page.get_data(as_text=True))


def test_a_ready_made_group_asks_its_questions_and_fills_the_builder(reader: Reader) -> None:
    usual = reader.get("/segments/new?preset=tag").get_data(as_text=True)
    assert 'name="tag" value="gift"' in usual  # what most have
    chosen = reader.get("/segments/new?preset=tag&tag=wholesale")
    assert " 20 of 62 customers" in words(chosen)
    assert 'name="name" value="Own tag: wholesale"' in chosen.get_data(as_text=True)
    wrong = reader.get("/segments/new?preset=birthday&days=soon")
    assert wrong.status_code == 422
    assert "'soon' came" in words(wrong)
    taste = reader.get("/segments/new?preset=taste").get_data(as_text=True)
    assert 'name="attribute" value="Taste"' in taste
    assert reader.get("/segments/new?preset=no-such-thing").status_code == 200


def test_the_portrait_shows_shares_beside_all_and_hides_small_cells(reader: Reader) -> None:
    buyers = fields({"feature": "orders", "op": ">=", "value": 2})
    said = words(reader.post("/segments/portrait", buyers, headers=LIVE))
    # c00 to c19 bought twice: all women of the north
    assert "female 20 100.0% 50.0%" in said
    assert "North 20 100.0% 91.7%" in said
    south = fields({"feature": "region", "op": "=", "value": "South"})
    hidden = words(reader.post("/segments/portrait", south, headers=LIVE))
    assert "Known of fewer than 10 of them: not shown." in hidden
    assert "male 5" not in hidden


def test_a_saved_segment_shows_overlap_sizes_and_downloads(
    seller: Browser, settings: Settings, database: Database
) -> None:
    twice = {"feature": "orders", "op": ">=", "value": 2}
    wholesale = {"feature": "tags", "op": "has", "value": "wholesale"}
    for name, rule in (("Twice", twice), ("=Wholesale", wholesale)):
        seller.post("/segments/new", fields(rule, name=name, do="save"))
    seller.get("/segments/")  # looked at: kept
    page = seller.get("/segments/1")
    # of c00 to c19 every third is wholesale: 7 of 20, and of the 20 wholesale ones
    assert "=Wholesale 20 7 35.0% 35.0%" in words(page)
    assert "Oct 13, 2026 20 (32.3%)" in words(page)
    assert "It is no contact list" in words(page)
    assert 'href="/campaigns/new?segment=1"' in page.get_data(as_text=True)
    assert seller.post("/segments/1/sizes").status_code == 302
    with database.unit_of_work() as session:
        (job,) = list_jobs(session, 1)
    assert "Counting segments month by month" in words(seller.get("/segments/1")) or not job.is_over
    run_inline(settings, database, job.id)
    # the shop's first order came on 2 October, so no month had ended before the 13th
    assert "Oct 13, 2026 20 (32.3%)" in words(seller.get("/segments/1"))
    table = seller.get("/segments/1/customers.csv")
    rows = list(csv.DictReader(io.StringIO(table.get_data(as_text=True).removeprefix("\ufeff"))))
    assert [row["customer_id"] for row in rows] == [f"c{n:02d}" for n in range(20)]
    assert {row["note"] for row in rows} == {"for analysis, not a contact list"}
    assert rows[3]["orders"] == "2"
    assert rows[3]["attribute.Taste"] == "mild"
    assert not {"email", "phone", "name"} & set(rows[0])
    assert "for-analysis" in table.headers["Content-Disposition"]


def test_other_shops_and_odd_input_reach_nothing(seller: Browser, database: Database) -> None:
    assert seller.get("/segments/99/customers.csv").status_code == 404
    assert seller.post("/segments/99/sizes").status_code == 404
    odd: dict[str, object] = {"segment": "9" * 40, "rule-joiner": "nand"}
    odd |= {
        "rule-0-feature": "bought.product",
        "rule-0-op": "perhaps",
        "rule-0-value": "<script>" * 2000,
        "rule-0-second": "9" * 900,
    }
    for path in ("/segments/live", "/segments/builder", "/segments/portrait"):
        answer = seller.post(path, odd | {"do": "add:rule:no such feature"}, headers=LIVE)
        assert answer.status_code == 200
        assert "<script><script>" not in answer.get_data(as_text=True)
    assert seller.post("/segments/new", odd | {"do": "save", "name": "x"}).status_code == 422
    with database.unit_of_work() as session:
        assert list_segments(session, 1) == []


def test_before_any_order_ready_made_groups_are_there_without_counts(owner: Browser) -> None:
    said = words(owner.get("/segments/"))
    assert "Deal hunters They mostly buy at a discount or on event days." in said
    assert "Needs" not in said
    assert owner.get("/segments/new?preset=cross").status_code == 200
    assert owner.get("/segments/new?preset=students").status_code == 200


def test_a_campaign_is_planned_with_a_rule_on_purchases(seller: Browser) -> None:
    seller.post("/segments/new", fields(rule_json(RULE), name="Tea", do="save"))
    page = seller.get("/campaigns/new?segment=1", follow_redirects=True)
    assert page.status_code == 200
    # the same ten as by hand above, out of all 62
    assert "has bought tea within 20 days" in words(page).lower()
    assert re.search(r"\b10\b[^.]{0,40}of 62|\b10 customers", words(page))
