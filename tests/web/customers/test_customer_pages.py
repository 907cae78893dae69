"""The customers page: figures, distributions, a table that is searched and sorted."""

from collections.abc import Iterator

import pytest

from regulars_platform.settings import Settings
from tests.web.conftest import Browser
from tests.web.customers.build import Reader, first_column, open_reader, words


@pytest.fixture(scope="module")
def seller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """The owner of a shop with orders."""
    with open_reader(tmp_path_factory.mktemp("data")) as reader:
        yield reader


def test_before_any_order_the_page_says_what_it_will_show_and_leads_to_the_data(
    owner: Browser,
) -> None:
    page = owner.get("/customers/")
    assert page.status_code == 200
    assert "No customers yet" in words(page)
    assert 'href="/data/"' in page.get_data(as_text=True)
    assert owner.get("/customers/table").status_code == 404


def test_orders_without_customers_are_no_customers(settings: Settings, owner: Browser) -> None:
    from tests.platform.customers.build import line, lines

    shop_dir = settings.shop_dir(1)
    lines(line("1", None, "2026-10-02", 10)).collect().write_delta(shop_dir / "orders")
    assert "No customers yet" in words(owner.get("/customers/"))


def test_strangers_are_sent_to_sign_in(stranger: Browser) -> None:
    assert stranger.get("/customers/").status_code == 302


def test_the_head_figures_are_those_of_all_orders(seller: Reader) -> None:
    said = words(seller.get("/customers/"))
    assert "As of Oct 13, 2026, the day after the last order" in said
    assert "Customers 61 " in said
    assert "with a purchase 60 98% of all" in said
    assert "bought more than once 20 33% of those with a purchase" in said
    assert "Orders 80 " in said
    # 10+n over 60 customers is 2,370; again over the first 20 it is 390
    assert "Spend net of refunds £2,760 " in said


def test_each_main_feature_is_drawn_with_its_median_and_who_has_no_value(seller: Reader) -> None:
    page = seller.get("/customers/")
    said = words(page)
    # values 10 to 69: the median is halfway between the 30th and the 31st
    assert "half of them at or below £39.50" in said
    assert "1 without a value" in said
    assert page.get_data(as_text=True).count("<figure") == 6
    assert "App 20 (33%)" in said.replace("Shop 40 (67%)", "")


def test_an_earlier_day_sees_only_what_came_before_it(seller: Reader) -> None:
    said = words(seller.get("/customers/?as_of=2026-10-12"))
    assert "As of the morning of Oct 12, 2026" in said
    assert "Orders 60 " in said
    assert "bought more than once 0 0% of those" in said


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("0001-01-01", "The orders allow days from Oct 2, 2026"),
        ("9999-12-31", "The orders allow days from Oct 2, 2026"),
        ("yesterday", "A day as in 2026-01-31 is expected, “yesterday” came."),
    ],
)
def test_a_day_that_cannot_be_taken_is_said_so(seller: Reader, asked: str, told: str) -> None:
    page = seller.get(f"/customers/?as_of={asked}")
    assert page.status_code == 200
    assert told in words(page)


def test_on_the_first_day_nobody_had_ordered_yet(seller: Reader) -> None:
    said = words(seller.get("/customers/?as_of=2026-10-02"))
    assert "Customers 0 " in said
    assert "No customer had ordered by this day." in said


def test_the_biggest_spenders_come_first_fifty_to_a_page(seller: Reader) -> None:
    first = seller.get("/customers/")
    # c19 bought twice for 29, c18 twice for 28; nobody else spent more than c59 with 69
    assert first_column(first)[:3] == ["c59", "c58", "c57"]
    assert "rows 1 to 50" in words(first)
    second = seller.get("/customers/?page=2")
    assert len(first_column(first)) == 50
    assert len(first_column(second)) == 11
    assert not set(first_column(first)) & set(first_column(second))
    assert first_column(second)[-1] == "unpaid"


def test_a_page_past_the_end_is_the_last_one(seller: Reader) -> None:
    assert first_column(seller.get("/customers/?page=99")) == first_column(
        seller.get("/customers/?page=2")
    )


def test_the_table_is_searched_and_sorted_in_place_and_its_address_follows(
    seller: Reader,
) -> None:
    answer = seller.get(
        "/customers/table?q=C1&sort=orders&order=asc", headers={"HX-Request": "true"}
    )
    assert first_column(answer) == [f"c1{n}" for n in range(10)]
    assert "10 of 61 customers" in words(answer)
    assert answer.headers["HX-Replace-Url"] == "/customers/?q=C1&sort=orders&order=asc"
    assert "<html" not in answer.get_data(as_text=True)


def test_without_scripts_the_same_search_is_a_page(seller: Reader) -> None:
    page = seller.get("/customers/?q=c1&sort=average_order_value&order=asc")
    assert first_column(page) == [f"c1{n}" for n in range(10)]
    assert 'aria-sort="ascending"' in page.get_data(as_text=True)


def test_what_is_searched_is_text_and_never_markup_or_a_pattern(seller: Reader) -> None:
    page = seller.get("/customers/?q=<b>.*")
    assert first_column(page) == []
    assert "No customer number contains “<b>.*”." in words(page)
    assert "<b>.*" not in page.get_data(as_text=True)


@pytest.mark.parametrize("asked", ["sort=password", "page=x", "page=-3", "page=²", "order=up"])
def test_nonsense_in_the_address_falls_back_to_the_usual(seller: Reader, asked: str) -> None:
    assert first_column(seller.get(f"/customers/?{asked}"))[0] == "c59"
