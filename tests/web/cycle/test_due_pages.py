"""Who is due, in the browser: the list, its corrections, the best channel, the CSV."""

import csv
import datetime as dt
import io
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from regulars_experiments.assignment import unit_hash
from regulars_platform.customers.whole import due_path
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.jobs.models import Job, JobState
from regulars_platform.reach.tables import GlobalHoldoutRow
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from regulars_platform.suppressions.service import suppress
from tests.platform.customers.build import line, lines
from tests.platform.lifetime.build import write_lines
from tests.web.conftest import NOW, Browser
from tests.web.customers.build import words

PAGE = "/customers/due/"
TODAY = dt.datetime.now(ZoneInfo("Asia/Shanghai")).date()
Finish = Callable[[], list[Job]]


def ago(days: int) -> str:
    return (TODAY - dt.timedelta(days=days)).isoformat()


def bought(customer: str, product: str, *days: int) -> list[dict[str, Any]]:
    """Bought so many days ago."""
    return [
        line(f"{customer}-{product}-{day}", customer, ago(day), 10, product=product) for day in days
    ]


def work_out(owner: Browser, finish: Finish) -> str:
    assert owner.post(PAGE).status_code == 302
    assert [job.state for job in finish()] == [JobState.DONE]
    page = owner.get(PAGE)
    assert page.status_code == 200
    return words(page)


@pytest.fixture
def orders(settings: Settings) -> None:
    """ann is due in 3 days, ben 2 days ago, cat in 20 days."""
    write_lines(
        settings.shop_dir(1),
        bought("ann", "Green <b>tea</b>", 72, 52, 22)
        + bought("ben", "coffee", 32, 22, 12)
        + bought("cat", "coffee", 60, 40, 20, 0),
    )


def listed(owner: Browser, **query: str) -> list[dict[str, str]]:
    answer = owner.get(f"{PAGE}due.csv", query_string=query)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))


def test_without_orders_the_page_says_what_it_will_show(owner: Browser) -> None:
    assert "No orders yet" in words(owner.get(PAGE))
    assert "No paid order" in words(owner.post(PAGE, follow_redirects=True))
    assert owner.get(f"{PAGE}correct?customer=x&product=y").status_code == 404


def test_strangers_are_sent_to_sign_in(stranger: Browser) -> None:
    for path in ("", "due.csv", "correct"):
        assert stranger.get(PAGE + path).status_code == 302


@pytest.mark.usefixtures("orders")
def test_the_list_goes_a_week_ahead_and_says_what_each_date_rests_on(
    owner: Browser, finish_jobs: Finish
) -> None:
    assert "Not worked out yet" in words(owner.get(PAGE))
    said = work_out(owner, finish_jobs)
    assert "1 customer is due from" in said
    assert "1 is overdue." in said
    assert "Green <b>tea</b>" in said  # shown, not interpreted
    assert "2 intervals of their own" in said
    assert "not enough contacts to say" in said
    assert "cat" not in {row["customer_id"] for row in listed(owner)}
    rows = {row["customer_id"]: row for row in listed(owner, ahead="30")}
    # medians of 20 and 30 days, of 10 and 10, of three times 20
    assert rows["ann"]["due_on"] == ago(-3)
    assert rows["ben"]["due_on"] == ago(2)
    assert rows["cat"]["due_on"] == ago(-20)


@pytest.mark.usefixtures("orders")
def test_staff_move_a_day_and_the_next_purchase_ends_it(
    owner: Browser, settings: Settings, finish_jobs: Finish
) -> None:
    work_out(owner, finish_jobs)
    place = f"{PAGE}correct?customer=ben&product=coffee"
    assert owner.get(place).status_code == 200
    refused = owner.post(place, {"what": "day", "due_on": ago(-5), "reason": " "})
    assert refused.status_code == 422
    assert "Say why" in words(refused)
    for day in (ago(400), "tomorrow", "9999-12-31", ""):
        again = owner.post(place, {"what": "day", "due_on": day, "reason": "x"})
        assert again.status_code == 422
    assert (
        owner.post(place, {"what": "day", "due_on": ago(-5), "reason": "x" * 201}).status_code
        == 422
    )
    kept = owner.post(place, {"what": "day", "due_on": ago(-5), "reason": "on <i>holiday</i>"})
    assert kept.status_code == 302
    row = next(one for one in listed(owner) if one["customer_id"] == "ben")
    assert (row["due_on"], row["corrected_by"], row["reason"]) == (
        ago(-5),
        "Mei",
        "on <i>holiday</i>",
    )
    assert "corrected by Mei" in words(owner.get(PAGE))
    finish_jobs()
    told = pl.read_parquet(due_path(settings.shop_dir(1)))
    due = dict(told.select(told.columns[:2]).iter_rows())
    assert due["ben"].isoformat() == ago(-5)

    assert owner.post(place, {"what": "never", "reason": "moved away"}).status_code == 302
    assert "ben" not in {one["customer_id"] for one in listed(owner)}
    assert "1 taken off by staff" in words(owner.get(PAGE))
    finish_jobs()
    assert "ben" not in set(pl.read_parquet(due_path(settings.shop_dir(1)))["customer_id"])
    page = words(owner.get(place))
    assert "moved away" in page
    assert "on <i>holiday</i>" in page

    write_more(settings, bought("ben", "coffee", 1))
    work_out(owner, finish_jobs)
    row = next(one for one in listed(owner, ahead="30") if one["customer_id"] == "ben")
    assert (row["last_bought_on"], row["due_on"], row["corrected_by"]) == (ago(1), ago(-9), "")


def write_more(settings: Settings, rows: list[dict[str, Any]]) -> None:
    path = settings.shop_dir(1) / "orders"
    lines(*rows).collect().write_delta(path, mode="append")


@pytest.mark.usefixtures("orders")
def test_back_to_the_computed_day(owner: Browser, finish_jobs: Finish) -> None:
    work_out(owner, finish_jobs)
    place = f"{PAGE}correct?customer=ben&product=coffee"
    owner.post(place, {"what": "never", "reason": "a mistake"})
    owner.post(place, {"what": "withdraw"})
    row = next(one for one in listed(owner) if one["customer_id"] == "ben")
    assert (row["due_on"], row["corrected_by"]) == (ago(2), "")


@pytest.mark.usefixtures("orders")
def test_opted_out_refusing_and_held_back_are_counted_and_never_listed(
    owner: Browser, settings: Settings, database: Database, finish_jobs: Finish
) -> None:
    work_out(owner, finish_jobs)
    with database.unit_of_work() as session:
        suppress(session, shop_id=1, customers=["ann"], reason="told us", now=NOW)
    DatasetTable(settings.shop_dir(1), "customers").merge(
        pl.DataFrame(
            {"customer_id": ["ben", "cat"], "consent_phone": [False, True], "phone": ["1", "22"]}
        )
    )
    assert [row["customer_id"] for row in listed(owner, ahead="30")] == ["cat"]
    assert listed(owner, ahead="30")[0]["address"] == "22"
    by_mail = listed(owner, ahead="30", channel="email")
    assert {row["customer_id"] for row in by_mail} == {"ben", "cat"}
    assert "2 opted out or without consent" in words(owner.get(PAGE))
    salt = next(
        f"s{n}" for n in range(999) if int(unit_hash(f"s{n}", "cat")[:13], 16) / 16**13 < 0.1
    )
    with database.unit_of_work() as session:
        session.add(
            GlobalHoldoutRow(
                shop_id=1,
                salt=salt,
                share=1000,
                starts_on=TODAY - dt.timedelta(days=9),
                ends_on=None,
                drawn_at=NOW,
                drawn_by=None,
            )
        )
    assert "cat" not in {row["customer_id"] for row in listed(owner, ahead="30")}


def test_the_best_channel_is_told_with_its_counts_and_cost(
    owner: Browser, settings: Settings, finish_jobs: Finish
) -> None:
    """40 were phoned after one order and 16 ordered within 7 days; of 40 by SMS 4 did."""
    rows, contacts = bought("due", "tea", 40, 28, 14), []
    for n in range(80):
        channel = "phone" if n < 40 else "sms"
        rows += bought(f"c{n}", "soap", 100)
        if n < 16 or 40 <= n < 44:
            rows += bought(f"c{n}", "soap", 85)
        else:
            rows += bought(f"c{n}", "soap", 70)  # too late to count
        at = dt.datetime.fromisoformat(f"{ago(88)}T12:00:00+00:00")
        contacts.append((f"k{n}", f"c{n}", at, channel, "delivered", 5_000 if n < 40 else None))
    # due has bought three times: the two contacts of such customers are not enough
    write_lines(settings.shop_dir(1), rows + bought("one", "tea", 9))
    DatasetTable(settings.shop_dir(1), "products").merge(
        pl.DataFrame({"product": ["tea"], "unit_days": [12.0]})
    )
    DatasetTable(settings.shop_dir(1), "contacts").merge(
        pl.DataFrame(
            contacts,
            schema=["contact_key", "customer_id", "happened_at", "channel", "outcome", "cost"],
            orient="row",
        )
    )
    said = work_out(owner, finish_jobs)
    # scipy: binomtest(16, 40).proportion_ci(0.975), for two channels: .2308, .5884; 4: .0226, .2573
    assert "16 of 40 ordered within 7 days (23% to 59%), £0.50 a contact; not told apart" in said
    assert "4 of 40 ordered within 7 days (2% to 26%), cost not known; not told apart" in said
    assert "Phone not told apart from other channels yet" in said
    found = {row["customer_id"]: row for row in listed(owner)}
    assert found["one"]["best_channel"] == "phone"
    assert (found["one"]["contacts"], found["one"]["ordered"]) == ("40", "16")
    assert found["one"]["cost_per_contact"] == "0.5"
    assert found["one"]["rests_on"] == "unit"
    assert found["due"]["best_channel"] == ""


@pytest.mark.usefixtures("orders")
def test_odd_addresses_are_answered(owner: Browser, finish_jobs: Finish) -> None:
    work_out(owner, finish_jobs)
    for query in (
        {"day": "0001-01-01"},
        {"day": "9999-12-31", "ahead": "92"},
        {"day": "x", "ahead": "-3", "channel": "<script>"},
        {"ahead": "9" * 50},
    ):
        assert owner.get(PAGE, query_string=query).status_code == 200
    long = {"customer": "x" * 10_000, "product": "'"}
    assert owner.get(f"{PAGE}correct", query_string=long).status_code == 404


def test_old_orders_are_listed_from_the_day_after_the_last(
    owner: Browser, settings: Settings, finish_jobs: Finish
) -> None:
    write_lines(settings.shop_dir(1), bought("ann", "tea", 220, 210, 200))
    said = work_out(owner, finish_jobs)
    assert "so the list begins the day after" in said
    assert listed(owner, ahead="20")[0]["due_on"] == ago(190)


@pytest.mark.usefixtures("orders")
def test_what_is_only_to_be_worked_out_is_not_called_a_missing_file(
    owner: Browser, finish_jobs: Finish
) -> None:
    link = f'href="{PAGE}">Work it out</a>'
    for path, said in (
        ("/programmes/", "it needs who is due again to be worked out"),
        ("/segments/", "Not worked out yet: who is due again."),
    ):
        before = owner.get(path)
        assert said in words(before)
        assert link in before.get_data(as_text=True)
    work_out(owner, finish_jobs)
    for path in ("/programmes/", "/segments/"):
        after = owner.get(path)
        assert "worked out" not in words(after).replace("Needs lifetime value to be worked out", "")
        assert "Needs the repurchase cycle" not in words(after)
        assert "repeated orders of them" not in words(after)
        assert link not in after.get_data(as_text=True)


def test_orders_without_products_leave_the_cycle_a_matter_of_files(
    owner: Browser, settings: Settings
) -> None:
    write_lines(settings.shop_dir(1), [line("1", "ann", ago(9), 10, product=None)])
    assert "Needs the repurchase cycle" in words(owner.get("/segments/"))
    assert "repeated orders of them" in words(owner.get("/programmes/"))


def test_products_go_by_their_titles_with_the_number_of_the_orders(
    owner: Browser, settings: Settings, finish_jobs: Finish
) -> None:
    write_lines(settings.shop_dir(1), bought("ann", "B-02", 72, 52, 22))
    titles = {"product": ["B-02"], "title": ["Pu’er <b>cake</b>"]}
    DatasetTable(settings.shop_dir(1), "products").merge(pl.DataFrame(titles))
    assert "Pu’er <b>cake</b> (B-02)" in work_out(owner, finish_jobs)
    assert "Pu’er <b>cake</b> (B-02)" in words(
        owner.get(f"{PAGE}correct?customer=ann&product=B-02")
    )
    row = listed(owner)[0]
    assert (row["product"], row["title"]) == ("B-02", "Pu’er <b>cake</b>")
    owner.post("/customers/needs/edit", {"needs": "Calm"})
    assert "Pu’er <b>cake</b> (B-02)" in words(owner.get("/customers/needs/edit"))


def test_a_long_list_comes_by_the_page_and_the_file_has_all(
    owner: Browser, settings: Settings, finish_jobs: Finish
) -> None:
    rows = [one for n in range(60) for one in bought(f"c{n:02d}", "tea", 57, 37, 17)]
    write_lines(settings.shop_dir(1), rows)
    first = work_out(owner, finish_jobs)
    assert "1 to 25 of 60" in first
    assert first.count("not enough contacts to say") == 1
    pages = [words(owner.get(f"{PAGE}?page={number}")) for number in (1, 2, 3, 99)]
    assert "51 to 60 of 60" in pages[2]
    assert pages[2] == pages[3]
    on = [{n for n in range(60) if f"Change c{n:02d}" in page} for page in pages[:3]]
    assert ([len(one) for one in on], len(set().union(*on))) == ([25, 25, 10], 60)
    assert len(listed(owner)) == 60
    for odd in ("0", "-1", "x", "9" * 30):
        assert "1 to 25 of 60" in words(owner.get(f"{PAGE}?page={odd}"))
