"""The table of customers by theme, own columns among them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.platform.customers.build import line
from tests.platform.customers.shop import Folder, event
from tests.web.customers import build
from tests.web.customers.build import Reader, first_column, open_reader, words


def write_shop(shop_dir: Path) -> None:
    folder = Folder(
        shop_dir,
        line("1", "ann", "2026-10-02", 10, product="tea"),
        line("2", "ben", "2026-10-03", 30, product="tea"),
    )
    own = [{"name": "<b>School</b>", "value": "Fudan"}, {"name": "size", "value": "38"}]
    folder.bring(
        "customers",
        {"customer_id": "ann", "tags": ["gifts", "tea"], "attributes": own, "gender": "female"},
        {"customer_id": "zoe", "attributes": [{"name": "size", "value": "9"}]},
    )
    folder.bring("events", event("1", "ann", "follow", "2026-10-01"))


@pytest.fixture(scope="module")
def seller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """The owner of a shop that brought more than orders."""
    patch = pytest.MonkeyPatch()
    patch.setattr(build, "write_orders", write_shop)
    with open_reader(tmp_path_factory.mktemp("data")) as reader:
        yield reader
    patch.undo()


def test_own_tags_and_columns_are_shown_and_a_heading_is_no_markup(seller: Reader) -> None:
    page = seller.get("/customers/?columns=own")
    assert "ann gifts, tea" in words(page)
    assert "<b>School</b>" not in page.get_data(as_text=True)
    assert "&lt;b&gt;School&lt;/b&gt;" in page.get_data(as_text=True)


def test_a_column_of_numbers_is_sorted_as_numbers(seller: Reader) -> None:
    page = seller.get("/customers/?columns=own&sort=number.size&order=asc")
    assert first_column(page) == ["zoe", "ann", "ben"]


def test_yes_and_no_and_words_of_ours_are_in_the_readers_words(seller: Reader) -> None:
    said = words(seller.get("/customers/"))
    assert "Follows the shop no 2 (67%) yes 1 (33%)" in said
    assert "Gender female 1 (100%)" in said
    assert "Customers 3 " in said


@pytest.mark.parametrize("sort", ["tags", "attribute.gone", "number.", "attribute.%22"])
def test_what_cannot_be_sorted_by_falls_back_to_the_usual(seller: Reader, sort: str) -> None:
    page = seller.get(f"/customers/?columns=person&sort={sort}")
    assert page.status_code == 200
    assert first_column(page) == ["ben", "ann", "zoe"]


def test_a_choice_of_columns_that_there_is_not_is_the_usual(seller: Reader) -> None:
    assert "Usual days between orders" in words(seller.get("/customers/?columns=shoes"))
