"""Customers as a program reads them."""

from tests.web.api.conftest import Program


def test_a_shop_without_orders_has_no_customers(program: Program) -> None:
    assert program.get("/customers") == {"data": [], "page": {"next": None}}
    assert program.get("/features")["data"] == []
    program.get("/customers/C1", 404)


def test_what_customers_bought(with_orders: Program) -> None:
    row = with_orders.get("/customers/C1?as_of=2026-06-21")["data"]
    # of C1: days 1, 4, ..., 19, each worth its day and a half
    assert row["features"]["orders"] == 7
    assert row["features"]["spend"] == 1 + 4 + 7 + 10 + 13 + 16 + 19 + 7 * 0.5
    assert row["features"]["age"] is None


def test_features_are_asked_for_by_name(with_orders: Program) -> None:
    rows = with_orders.get("/customers?features=spend,orders&limit=2")
    assert [list(row["features"]) for row in rows["data"]] == [["spend", "orders"]] * 2
    rest = with_orders.get(f"/customers?features=spend&cursor={rows['page']['next']}")
    assert [row["id"] for row in rest["data"]] == ["C2"]
    error = with_orders.get("/customers?features=spend,luck", 422)["error"]
    assert (error["code"], error["field"]) == ("invalid_input", "features")
    known = {feature["name"]: feature for feature in with_orders.get("/features?limit=500")["data"]}
    assert known["spend"]["kind"] == "money"


def test_a_day_before_the_first_order_has_nobody(with_orders: Program) -> None:
    error = with_orders.get("/customers?as_of=2020-01-01", 422)["error"]
    assert error["field"] == "as_of"


def test_customers_are_found_by_a_part_of_their_id(with_orders: Program) -> None:
    assert [row["id"] for row in with_orders.get("/customers?text=c2")["data"]] == ["C2"]
    assert with_orders.get("/customers?id=c2")["data"] == []


def test_a_feature_is_spread_over_everybody_who_has_it(with_orders: Program) -> None:
    spread = with_orders.get("/features/orders/distribution?as_of=2026-06-21")["data"]
    # C1 and C2 bought seven times, C0 six
    assert (spread["customers"], spread["empty"], spread["median"]) == (3, 0, 7)
    assert sum(one["customers"] for one in spread["bins"]) == 3
    with_orders.get("/features/luck/distribution", 404)
