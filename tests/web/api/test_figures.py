"""The shop's figures as a program reads them."""

import csv
import io
from collections.abc import Callable

from regulars_platform.api_access.scopes import Scope
from tests.web.api.conftest import Program
from tests.web.conftest import Browser


def test_a_shop_without_orders_has_no_figures(program: Program) -> None:
    error = program.get("/figures/report/figures", 404)["error"]
    assert error["code"] == "no_figures"
    program.get("/figures/effects/months", 404)


def test_the_amount_of_a_week_is_that_of_its_orders(with_orders: Program) -> None:
    # one order a day from June 1 to 20: day d at d + 0.5
    table = with_orders.get("/figures/report/figures?until=2026-06-20")["data"]
    assert (table["first"], table["last"]) == ("2026-06-14", "2026-06-20")
    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
    paid = {row["last_day"]: row["from_orders"] for row in rows if row["chinese"] == "支付金额"}
    assert float(paid["2026-06-20"]) == sum(day + 0.5 for day in range(14, 21))
    assert float(paid["2026-06-13"]) == sum(day + 0.5 for day in range(7, 14))
    assert [value for day, value in paid.items() if day < "2026"] == [None]


def test_a_table_is_the_file_of_the_page(with_orders: Program, owner: Browser) -> None:
    for path, file in (
        ("report/course?by=day", "/report/course.csv?by=day"),
        ("effects/months", "/effects/months.csv"),
    ):
        name, _, asked = path.partition("?")
        table = with_orders.get(f"/figures/{path}")["data"]
        text = owner.get(file).get_data(as_text=True).removeprefix("\ufeff")
        header, *rows = csv.reader(io.StringIO(text))
        assert table["columns"] == header
        cells = [["" if cell is None else str(cell) for cell in row] for row in table["rows"]]
        assert cells == rows
        own = with_orders.get(f"/figures/{name}/csv?{asked}").decode("utf-8-sig")
        assert own == text


def test_a_day_without_orders_has_no_report(with_orders: Program) -> None:
    error = with_orders.get("/figures/report/life?until=2020-01-01", 422)["error"]
    assert error["field"] == "until"
    with_orders.get("/figures/report/life?segment=999", 404)
    with_orders.get("/figures/report/luck", 404)


def test_the_goal_is_set_once_under_its_key(with_orders: Program) -> None:
    assert with_orders.get("/figures/goal")["data"] == {"low": "30", "high": "50"}
    body = {"low": "25.5", "high": "40"}
    for _ in range(2):
        assert with_orders.put("/figures/goal", 200, json=body, key="goal-1")["data"] == body
    assert with_orders.get("/figures/goal")["data"] == body
    with_orders.put("/figures/goal", 422, json={"low": "50", "high": "40"})


def test_figures_need_their_scope(make_program: Callable[..., Program]) -> None:
    make_program(Scope.READ_CUSTOMERS).get("/figures/goal", 403)
    make_program(Scope.READ_FIGURES).put("/figures/goal", 403, json={"low": "1", "high": "2"})
