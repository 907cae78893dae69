"""The segments pages: start, build with a live count, save, change, delete."""

from collections.abc import Iterator

import pytest

from regulars_platform.segments.rules import parse_rule
from regulars_platform.segments.service import list_segments, save_segment
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from tests.web.conftest import NOW, Browser
from tests.web.customers.build import Reader, first_column, open_reader, words, write_orders

TWICE: dict[str, object] = {
    "rule-joiner": "all",
    "rule-0-feature": "orders",
    "rule-0-op": ">=",
    "rule-0-value": "2",
    "name": "Twice",
}
LIVE = {"HX-Request": "true"}


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """The owner of a shop with orders, for tests that keep nothing."""
    with open_reader(tmp_path_factory.mktemp("data")) as opened:
        yield opened


@pytest.fixture
def seller(settings: Settings, owner: Browser) -> Browser:
    """The owner of a shop with orders."""
    write_orders(settings.shop_dir(1))
    return owner


def saved(database: Database) -> dict[str, object]:
    """Name -> rule of all that is kept."""
    with database.unit_of_work() as session:
        return {segment.name: segment.rule for segment in list_segments(session, 1)}


def test_without_segments_the_page_leads_to_the_first_one(owner: Browser) -> None:
    page = owner.get("/segments/")
    assert "No segments yet" in words(page)
    assert 'href="/segments/new"' in page.get_data(as_text=True)


def test_a_segment_is_saved_and_listed_with_its_rule_and_live_figures(
    seller: Browser, database: Database
) -> None:
    answer = seller.post("/segments/new", TWICE | {"do": "save"}, follow_redirects=True)
    assert saved(database) == {"Twice": {"all": [{"feature": "orders", "op": ">=", "value": "2"}]}}
    said = words(answer)
    assert "The segment “Twice” is saved." in said
    # c00 to c19 spent 2 x (10 + n): 780 in all; each order 19.50 on average; 20 of 61 customers
    assert "Twice Orders at least 2 20 32.8% £19.50 £780" in said
    assert "Counted as of Oct 13, 2026" in said


def test_while_typing_the_count_share_spend_and_first_customers_follow(reader: Reader) -> None:
    answer = reader.post("/segments/live", TWICE, headers=LIVE)
    said = words(answer)
    assert "Customers 20 32.8% of 61" in said
    assert "Spend net of refunds £780" in said
    assert "Average order value £19.50 40 orders" in said
    assert first_column(answer) == [f"c{n}" for n in range(19, 9, -1)]
    assert "Average order value: these customers among all" in said
    assert "<html" not in answer.get_data(as_text=True)


def test_the_chart_counts_the_segment_and_everybody_bin_by_bin(reader: Reader) -> None:
    said = words(reader.post("/segments/live", TWICE, headers=LIVE))
    # bins are 5 wide; 10 to 29 were spent by the twenty, 10 to 69 by all sixty
    assert "£10 – £15 5 5" in said
    assert "£30 – £35 0 5" in said


def test_while_typing_a_wrong_value_is_marked_beside_its_field_an_empty_one_is_not(
    reader: Reader,
) -> None:
    wrong = reader.post("/segments/live", TWICE | {"rule-0-value": "2x"}, headers=LIVE)
    assert '<hx-partial hx-target="#rule-0-value-error"' in wrong.get_data(as_text=True)
    assert "'2x' came" in words(wrong)
    empty = reader.post("/segments/live", TWICE | {"rule-0-value": ""}, headers=LIVE)
    assert "Fill in every value" in words(empty)
    assert "Give a number" not in words(empty)


def test_a_rule_that_nobody_fits_says_so(reader: Reader) -> None:
    said = words(reader.post("/segments/live", TWICE | {"rule-0-value": "9"}, headers=LIVE))
    assert "Customers 0 0.0% of 61" in said
    assert "Nobody fits this rule" in said


@pytest.mark.parametrize("scripts", [True, False])
def test_conditions_and_groups_are_added_and_removed_with_and_without_scripts(
    reader: Reader, scripts: bool
) -> None:
    def press(form: dict[str, object]) -> str:
        path = "/segments/builder" if scripts else "/segments/new"
        answer = reader.post(path, form, headers=LIVE if scripts else {})
        assert answer.status_code == 200
        assert ("<html" in answer.get_data(as_text=True)) is not scripts
        return answer.get_data(as_text=True)

    added = press(TWICE | {"do": "group:rule"})
    assert 'name="rule-1-joiner"' in added
    assert 'name="rule-1-0-value"' in added
    both = TWICE | {"rule-1-joiner": "any", "rule-1-0-feature": "spend", "rule-1-0-op": "<"}
    assert 'name="rule-1-1-feature"' in press(both | {"do": "add:rule-1"})
    removed = press(both | {"do": "remove:rule-0"})
    assert 'name="rule-0-0-op"' in removed
    assert "rule-1" not in removed


def test_the_fields_follow_the_comparison(reader: Reader) -> None:
    between = reader.post("/segments/builder", TWICE | {"rule-0-op": "between"}, headers=LIVE)
    assert 'name="rule-0-second"' in between.get_data(as_text=True)
    known = reader.post("/segments/builder", TWICE | {"rule-0-op": "is not empty"}, headers=LIVE)
    assert 'name="rule-0-value"' not in known.get_data(as_text=True)
    channel = TWICE | {"rule-0-feature": "main_channel"}
    text = reader.post("/segments/builder", channel, headers=LIVE).get_data(as_text=True)
    assert '<option value="App">' in text


def test_a_segment_is_not_saved_while_something_is_wrong(
    seller: Browser, database: Database
) -> None:
    empty = seller.post("/segments/new", TWICE | {"do": "save", "rule-0-value": ""})
    assert empty.status_code == 422
    assert "Give a number, such as 2 or 49.90." in words(empty)
    nameless = seller.post("/segments/new", TWICE | {"do": "save", "name": " "})
    assert nameless.status_code == 422
    assert "A segment needs a name." in words(nameless)
    assert 'value="2"' in nameless.get_data(as_text=True)
    assert saved(database) == {}


def test_nonsense_in_the_form_is_a_problem_and_no_fault(reader: Reader) -> None:
    odd = TWICE | {"do": "save", "rule-0-feature": "shoe_size", "rule-0-op": "resembles"}
    answer = reader.post("/segments/new", odd)
    assert answer.status_code == 422
    assert "'shoe_size' is none" in words(answer)


def test_a_saved_segment_is_opened_changed_and_renamed(seller: Browser, database: Database) -> None:
    seller.post("/segments/new", TWICE | {"do": "save"})
    opened = seller.get("/segments/1").get_data(as_text=True)
    assert 'name="rule-0-value" value="2"' in opened
    changed = TWICE | {"do": "save", "rule-0-value": "1", "name": "Any buyer"}
    assert seller.post("/segments/1", changed).status_code == 302
    assert saved(database) == {
        "Any buyer": {"all": [{"feature": "orders", "op": ">=", "value": "1"}]}
    }


def test_a_name_that_is_taken_changes_nothing(seller: Browser, database: Database) -> None:
    seller.post("/segments/new", TWICE | {"do": "save"})
    seller.post("/segments/new", TWICE | {"do": "save", "name": "Other"})
    taken = seller.post("/segments/2", TWICE | {"do": "save", "rule-0-value": "5"})
    assert taken.status_code == 422
    assert "There is already a segment called Twice." in words(taken)
    assert saved(database)["Other"] == {"all": [{"feature": "orders", "op": ">=", "value": "2"}]}


def test_deleting_asks_first(seller: Browser, database: Database) -> None:
    seller.post("/segments/new", TWICE | {"do": "save"})
    assert "Delete “Twice”? Orders at least 2" in words(seller.get("/segments/1/delete"))
    assert list(saved(database)) == ["Twice"]
    said = words(seller.post("/segments/1/delete", follow_redirects=True))
    assert "The segment “Twice” is deleted." in said
    assert saved(database) == {}
    assert seller.get("/segments/1").status_code == 404


def test_fits_the_threshold_asks_for_it_and_both_ends(reader: Reader) -> None:
    page = reader.get("/segments/new?preset=fits&threshold=50&lowest=60&highest=120")
    # 0.6 x 50 = 30 to 1.2 x 50 = 60: those who spend 30 to 60 on an order are 31
    assert "31 of 61 customers" in words(page)
    text = page.get_data(as_text=True)
    assert 'name="rule-0-value" value="30"' in text
    assert 'name="rule-0-second" value="60"' in text
    assert 'value="Fits the threshold £50"' in text


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("threshold=", "Please give a number."),
        ("threshold=eighty", "'eighty' came"),
        ("threshold=0", "More than zero is expected here."),
        ("threshold=80&lowest=130", "The lower end lies above the upper end: swap them."),
        ("threshold=80&highest=5000", "A whole number from 1 to 1,000 is expected"),
    ],
)
def test_a_threshold_that_makes_no_sense_is_refused_beside_its_field(
    reader: Reader, asked: str, told: str
) -> None:
    page = reader.get(f"/segments/new?preset=fits&{asked}")
    assert page.status_code == 422
    assert told in words(page)


@pytest.mark.parametrize(
    ("preset", "count"), [("dormant", 0), ("once", 40), ("frequent", 0), ("recent", 60)]
)
def test_the_other_ready_made_groups_start_the_builder(
    reader: Reader, preset: str, count: int
) -> None:
    assert f" {count} of 61 customers" in words(reader.get(f"/segments/new?preset={preset}"))


def test_before_any_order_a_segment_can_be_built_and_saved(
    owner: Browser, database: Database
) -> None:
    assert "nobody can be counted" in words(owner.get("/segments/new?preset=once"))
    said = words(owner.post("/segments/new", TWICE | {"do": "save"}, follow_redirects=True))
    assert "There are no orders yet, so nobody can be counted." in said
    assert list(saved(database)) == ["Twice"]


def test_another_shops_segment_is_not_there(seller: Browser, database: Database) -> None:
    from regulars_platform.shops.service import open_shop

    with database.unit_of_work() as session:
        other = open_shop(session, name="Other", currency="EUR", timezone="UTC", now=NOW)
        rule = parse_rule({"all": []})
        segment = save_segment(session, shop_id=other.id, name="Theirs", rule=rule, now=NOW)
        number = segment.id
    assert "No segments yet" in words(seller.get("/segments/"))
    assert seller.get(f"/segments/{number}").status_code == 404
    assert seller.post(f"/segments/{number}/delete").status_code == 404


def test_a_form_without_its_token_is_refused(reader: Reader) -> None:
    assert reader.client.post("/segments/live", data=TWICE).status_code == 400


def test_pages_speak_chinese_where_the_reader_does(seller: Browser) -> None:
    seller.post("/language", {"locale": "zh_Hans", "next": "/"})
    page = seller.get("/customers/").get_data(as_text=True)
    assert '<html lang="zh-Hans">' in page
    assert seller.get("/segments/new").status_code == 200
