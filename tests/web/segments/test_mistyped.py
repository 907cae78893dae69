"""A rule on something that nobody has says so beside its field, and what may have been meant."""

import html
import re
from collections.abc import Iterator

import polars as pl
import pytest

from regulars_platform.datasets.table import DatasetTable
from regulars_platform.settings import build_settings
from tests.platform.customers.build import line, lines
from tests.web.conftest import Browser
from tests.web.customers.build import Reader, open_reader, words


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    """30 bought T1, green tea; ten of them are of Zhejiang and have the tag vip."""
    data_dir = tmp_path_factory.mktemp("data")
    folder = build_settings(data_dir).shop_dir(1)
    with open_reader(data_dir) as reader:
        rows = [line(f"t{n}", f"c{n:02d}", "2026-10-01", 9, product="T1") for n in range(30)]
        lines(*rows).collect().write_delta(folder / "orders", mode="overwrite")
        DatasetTable(folder, "products").merge(
            pl.DataFrame(
                {"product": ["T1", "P9"], "title": ["Green <b>tea</b>", "Pot"], "category": "Teas"}
            )
        )
        DatasetTable(folder, "customers").merge(
            pl.DataFrame(
                {
                    "customer_id": [f"c{n:02d}" for n in range(10)],
                    "region": "浙江省",
                    "city": ["Hangzhou"] * 5 + ["Ningbo"] * 5,
                    "tags": [["vip"]] * 10,
                }
            )
        )
        yield reader


def condition(feature: str, op: str, value: str) -> dict[str, object]:
    return {
        "rule-joiner": "all",
        "rule-0-feature": feature,
        "rule-0-op": op,
        "rule-0-value": value,
    }


@pytest.mark.parametrize(
    ("feature", "op", "value", "said"),
    [
        ("bought.product", "yes", "green <b>tae", "No order has the product “green <b>tae”."),
        ("bought.product", "no", "T11", "No order has the product “T11”."),
        ("bought.product", "yes", "Pot", "No order has the product “Pot”."),
        ("bought.category", "yes", "Tees", "No order has a product of the category “Tees”."),
        ("bought.need", "yes", "calm", "No order has a product for the need “calm”."),
        ("city", "=", "Hangzou", "No customer has “Hangzou” here."),
        ("city", "in", "Ningbo, Hangzou", "No customer has “Hangzou” here."),
        ("tags", "has", "VIP", "No customer has “VIP” here."),
        ("tags", "has not", "vpi", "No customer has “vpi” here."),
    ],
)
def test_what_nobody_has_is_said_while_typing(
    shop: Reader, feature: str, op: str, value: str, said: str
) -> None:
    typed = condition(feature, op, value)
    for path in ("/segments/live", "/segments/builder", "/segments/new"):
        assert said in words(shop.post(path, typed | {"do": "show"})), path
    live = shop.post("/segments/live", typed).get_data(as_text=True)
    assert '<hx-partial hx-target="#rule-0-value-remark"' in live


@pytest.mark.parametrize(
    ("feature", "op", "value"),
    [
        ("bought.product", "yes", "T1"),
        ("bought.product", "yes", "Green <b>tea</b>"),
        ("bought.category", "no", "Teas"),
        ("region", "=", "浙江"),
        ("region", "in", "浙江省"),
        ("city", "in", "Ningbo, Hangzhou"),
        ("tags", "has", "vip"),
        ("tags", "has", ""),
        ("orders", ">=", "99"),
    ],
)
def test_what_somebody_has_is_passed_over_in_silence(
    shop: Reader, feature: str, op: str, value: str
) -> None:
    said = words(shop.post("/segments/live", condition(feature, op, value)))
    assert "No order has" not in said
    assert "No customer has" not in said


def test_the_nearest_name_is_one_press_away_without_scripts(shop: Reader) -> None:
    page = shop.post(
        "/segments/new", condition("bought.product", "yes", "Gren tea") | {"do": "show"}
    )
    assert "Meant perhaps: Green <b>tea</b> (T1)" in words(page)
    button = re.search(r'value="(set:[^"]*)"', page.get_data(as_text=True))
    assert button is not None
    press = {"do": html.unescape(button[1])}
    after = shop.post("/segments/new", condition("bought.product", "yes", "Gren tea") | press)
    assert 'name="rule-0-value" value="T1"' in after.get_data(as_text=True)
    assert "Customers 30" in words(after)
    listed = condition("city", "in", "Ningbo, Hangzou")
    offered = shop.post("/segments/builder", listed).get_data(as_text=True)
    assert 'value="set:rule-0:Ningbo, Hangzhou"' in offered


def test_a_ready_made_group_says_it_beside_its_own_fields(shop: Reader) -> None:
    asked = "/segments/new?preset=cross&had=Gren+tea&lacks=T1&days=90"
    page = shop.get(asked)
    assert "No order has the product “Gren tea”. Meant perhaps: Green <b>tea</b> (T1)" in words(
        page
    )
    link = re.search(r'Meant perhaps: <a href="([^"]*)"', page.get_data(as_text=True))
    assert link is not None
    there = shop.get(html.unescape(link[1])).get_data(as_text=True)
    assert 'name="had" value="T1"' in there
    assert "No order has" not in there


def test_before_there_are_customers_nothing_is_said(owner: Browser) -> None:
    said = words(owner.post("/segments/live", condition("bought.product", "yes", "x")))
    assert "No order has" not in said
