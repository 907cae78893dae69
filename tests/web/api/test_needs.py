"""Needs, pairs of products and influence as a program names and reads them."""

from collections.abc import Callable

import pytest

from regulars_platform.api_access.scopes import Scope
from regulars_platform.jobs.models import Job
from regulars_platform.needs.tree import BigNeed, keep_needs
from regulars_platform.settings import Settings
from regulars_platform.shops.service import open_shop
from regulars_platform.storage.database import Database
from tests.platform.customers.build import line
from tests.platform.lifetime.build import write_lines
from tests.platform.needs.test_needs import family
from tests.web.api.conftest import Program
from tests.web.conftest import NOW, Browser

Finish = Callable[[], list[Job]]
SLEEP = {"name": "Sleep", "leaves": ["lying well", "light"]}


@pytest.fixture
def shop(program: Program, settings: Settings) -> Program:
    """100 bought a bed, 60 of them and 10 of 100 others a lamp later."""
    rows = [line(f"b{n}", f"c{n:03d}", "2026-10-01", 90, product="bed") for n in range(100)]
    rows += [line(f"t{n}", f"c{n:03d}", "2026-10-01", 5, product="tea") for n in range(100, 200)]
    rows += [
        line(f"l{n}", f"c{n:03d}", "2026-10-09", 9, product="lamp")
        for n in (*range(60), *range(100, 110))
    ]
    write_lines(settings.shop_dir(1), rows)
    return program


def test_needs_are_named_served_and_counted(shop: Program, finish_jobs: Finish) -> None:
    assert shop.get("/needs")["data"] == {"needs": []}
    body = {"needs": [SLEEP, {"name": "Tea"}]}
    whole = {"needs": [SLEEP, {"name": "Tea", "leaves": []}]}
    for _ in range(2):
        assert shop.put("/needs", json=body, key="n")["data"] == whole
    assert shop.get("/needs")["data"] == whole
    told = [
        {"product": "bed", "need": "lying well", "one_off": True},
        {"product": "lamp", "need": "light"},
        {"product": "tea", "need": "Tea"},
    ]
    shop.patch("/products", 202, json={"products": told})
    finish_jobs()
    sleep, tea = shop.get("/needs/counts")["data"]
    # 100 with a bed and 10 with a lamp alone; 60 have both
    assert (sleep["served"], sleep["one_way"], sleep["buyers"]) == (110, 50, 200)
    assert [(one["served"], one["lacking"]) for one in sleep["leaves"]] == [(100, 10), (70, 40)]
    assert tea["served"] == 100
    assert shop.get("/needs/one-off")["data"] == [{"product": "bed", "customers": 100}]
    asked = {"what": "leaf", "first": "Sleep", "second": "light"}
    made = shop.post("/needs/segments", 201, json=asked)["data"]
    assert shop.post("/needs/segments", 201, json=asked)["data"]["id"] == made["id"]
    assert shop.get(f"/segments/{made['id']}/count")["data"]["customers"] == 40
    shop.post("/needs/segments", 422, json={**asked, "second": "sound"})
    shop.post("/needs/segments", 422, json={"what": "pair", "first": "bed"})


def test_pairs_are_worked_out_once_and_told(shop: Program, finish_jobs: Finish) -> None:
    assert shop.get("/needs/pairs", 404)["error"]["code"] == "no_pairs"
    first = shop.post("/needs/pairs", 202)["data"]
    assert shop.post("/needs/pairs", 202)["data"]["id"] == first["id"]
    finish_jobs()
    found = shop.get("/needs/pairs")["data"]
    assert [(one["first"], one["second"], one["support"]) for one in found] == [("bed", "lamp", 60)]
    # 60 of 200 where 100/200 x 70/200 of 200 = 35 would be
    assert found[0]["lift"] == pytest.approx(60 / 35)
    assert shop.get("/needs/pairs?kind=together")["data"] == []


@pytest.mark.parametrize(
    "needs",
    [
        [SLEEP, {"name": "light"}],
        [{"name": "a: b"}],
        [{"name": "Sleep", "leaves": ["a, b"]}],
        [{"name": " "}],
        [{"name": "x" * 101}],
        [{"name": f"n{n}"} for n in range(61)],
    ],
)
def test_needs_that_cannot_be_written_down_are_refused(
    program: Program, needs: list[object]
) -> None:
    error = program.put("/needs", 422, json={"needs": needs})["error"]
    assert error["field"].startswith("needs")
    assert program.get("/needs")["data"] == {"needs": []}


def test_influence_is_that_of_the_records(
    program: Program, settings: Settings, owner: Browser
) -> None:
    assert program.get("/influence", 404)["error"]["code"] == "no_referrals"
    program.get("/influence/bringers", 404)
    family(settings.shop_dir(1))
    everybody = program.get("/influence")["data"]["kinds"][0]
    # ben 60, cat 10, eve 7 since, hal 5; gus has not bought; two records name a cost
    assert (everybody["brought"], everybody["bought"], everybody["bringers"]) == (5, 4, 4)
    assert (everybody["value"], everybody["cost"], everybody["costed"]) == ("82", "4", 2)
    assert everybody["each"]["estimate"] == pytest.approx(82 / 5)
    part = program.get("/influence/bringers?limit=1")
    rest = program.get(f"/influence/bringers?cursor={part['page']['next']}")["data"]
    told = [(one["customer_id"], one["value"]) for one in part["data"] + rest]
    assert told == [("ann", "70"), ("dan", "7"), ("ben", "5"), ("fay", "0")]
    page = owner.get("/customers/influence/bringers.csv").get_data()
    assert program.get("/influence/bringers/csv") == page
    made = program.post("/influence/segment", 201)["data"]
    assert program.post("/influence/segment", 201)["data"]["id"] == made["id"]
    assert made["name"] == "Has brought somebody"


def test_another_shops_needs_are_not_seen(program: Program, database: Database) -> None:
    with database.unit_of_work() as session:
        other = open_shop(session, name="Other", currency="GBP", timezone="UTC", now=NOW).id
        keep_needs(session, other, [BigNeed(name="Secret")])
    assert program.get("/needs")["data"] == {"needs": []}
    asked = {"what": "leaf", "first": "Secret", "second": "Secret"}
    program.post("/needs/segments", 422, json=asked)


def test_without_orders_nothing_is_counted(program: Program) -> None:
    assert program.get("/needs/counts", 422)["error"]["code"] == "no_orders"
    program.post("/needs/pairs", 422)


def test_bringers_need_a_scope_of_their_own(make_program: Callable[..., Program]) -> None:
    reader = make_program(Scope.READ_FIGURES)
    assert reader.get("/influence/bringers", 403)["error"]["scope"] == "read:customers"
    reader.get("/influence/bringers/csv", 403)
    reader.get("/needs", 403)
    reader.put("/needs", 403, json={"needs": []})
    reader.post("/influence/segment", 403)
