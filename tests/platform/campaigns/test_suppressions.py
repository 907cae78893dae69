"""Lists of ids that people bring: who must not be contacted, and who was not reached."""

import polars as pl
import pytest

from regulars_platform.campaigns.failed_sends import failed_sends_by_arm, record_failed_sends
from regulars_platform.campaigns.plan import HOLDOUT
from regulars_platform.campaigns.service import campaign_ledger, create_draft
from regulars_platform.intake.cells import clean_key
from regulars_platform.intake.keys import clean_customer_id
from regulars_platform.launching.launch import launch
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Database
from regulars_platform.suppressions.id_lists import GivenId, IdListError, read_ids
from regulars_platform.suppressions.service import (
    Added,
    add_suppressions,
    count_suppressions,
    list_suppressions,
    remove_suppressions,
    suppressed_customers,
)
from tests.platform.campaigns.build import draft
from tests.platform.campaigns.conftest import NOW


def names(*lines: str) -> list[str]:
    return [given.customer_id for given in read_ids(lines)]


def test_pasted_ids_are_read_line_by_line() -> None:
    assert names("ann\r\n", "", "  ben \n", "客户七") == ["ann", "ben", "客户七"]


def test_wrappers_of_spreadsheets_are_taken_off() -> None:
    assert names("\ufeffann", '="00123"', "'456", '"smith, john"') == [
        "ann",
        "00123",
        "456",
        "smith, john",
    ]


def test_a_heading_says_where_ids_and_reasons_are() -> None:
    for lines in (
        ["e-mail,Customer_ID,Reason", "a@x,ann,complained", "b@x,ben"],
        ["e-mail;id;note", "a@x;ann;complained", "b@x;ben;"],
        ["e-mail\t客户\t原因", "a@x\tann\tcomplained", "b@x\tben"],
    ):
        assert list(read_ids(lines)) == [GivenId("ann", "complained"), GivenId("ben", "")]


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["ann, ben, cid"], "Line 1 has 3 cells"),
        (["ann", "ben;cid"], "Line 2 has 2 cells"),
        (["PK\x00\x03"], "Line 1 is no text"),
        (["x" * 20_000], "Line 1 is no text"),
        (["x" * 600], "more than 500"),
    ],
)
def test_what_could_be_misread_is_refused(lines: list[str], words: str) -> None:
    with pytest.raises(IdListError, match=words):
        list(read_ids(lines))


def test_suppressed_customers_are_added_once_counted_and_removed(database: Database) -> None:
    with database.unit_of_work() as session:
        first = add_suppressions(
            session, shop_id=1, lines=["ann", "ben", "ann"], reason="opted out", now=NOW
        )
        assert first == Added(given=3, added=2, known=1)
        again = add_suppressions(
            session,
            shop_id=1,
            lines=["id,reason", "ben,again", "cid,called us"],
            reason="",
            now=NOW,
        )
        assert again == Added(given=2, added=1, known=1)
        assert suppressed_customers(session, 1) == {"ann", "ben", "cid"}
        assert suppressed_customers(session, 2) == frozenset()
        reasons = {s.customer_id: s.reason for s in list_suppressions(session, 1)}
        assert reasons == {"ann": "opted out", "ben": "opted out", "cid": "called us"}
        assert remove_suppressions(session, shop_id=1, lines=["ann", "zoe"]) == 1
        assert count_suppressions(session, 1) == 2


def test_a_long_list_is_added_in_full(database: Database) -> None:
    with database.unit_of_work() as session:
        many = [f"c{number}" for number in range(3_000)]
        assert add_suppressions(
            session, shop_id=1, lines=many + many, reason="x", now=NOW
        ) == Added(given=6_000, added=3_000, known=3_000)
        assert count_suppressions(session, 1) == 3_000


def test_failed_sends_are_counted_in_their_arm_and_take_nobody_out(
    database: Database, settings: Settings
) -> None:
    raw = draft()
    del raw["currency"], raw["timezone"]
    with database.unit_of_work() as session:
        created = create_draft(session, shop_id=1, raw=raw, now=NOW)
        campaign = launch(
            session, settings, shop_id=1, campaign_id=created.id, now=NOW, user_id=1, salt="s"
        )
        ledger = campaign_ledger(settings, campaign)
        treated = ledger.filter(arm="Free shipping")["customer_id"].to_list()
        held = ledger.filter(arm=HOLDOUT)["customer_id"].to_list()
        read = record_failed_sends(
            session,
            campaign_id=campaign.id,
            ledger=ledger,
            lines=["id,error", f"{treated[0]},bounced", f"{treated[1]},", f"{held[0]},?", "zoe,?"],
            now=NOW,
        )
        assert (read.given, read.recorded, read.known, read.strangers) == (4, 3, 0, 1)
        assert read.held_out == 1
        again = record_failed_sends(
            session, campaign_id=campaign.id, ledger=ledger, lines=treated[:3], now=NOW
        )
        assert (again.recorded, again.known) == (1, 2)
        assert failed_sends_by_arm(session, campaign.id) == {"Free shipping": 3, HOLDOUT: 1}
        assert campaign_ledger(settings, campaign).height == 300


def test_the_headings_say_how_cells_are_parted_in_every_line() -> None:
    found = list(read_ids(["customer_id,reason", "c1,opted out; by phone", 'c2,"no; consent"']))

    assert [(item.customer_id, item.note) for item in found] == [
        ("c1", "opted out; by phone"),
        ("c2", "no; consent"),
    ]


def test_a_line_of_more_cells_than_headings_is_refused() -> None:
    with pytest.raises(IdListError, match="Line 2 has 3 cells, the line of headings has 2"):
        list(read_ids(["customer_id,reason", "c1,opted out,by phone"]))


@pytest.mark.parametrize(
    "cell",
    [
        '="007"',
        "'007",
        " 007\u00a0",
        "Anna@Example.com",
        "17850",
        "\u200bc1",
        "张三",
        "n/a",
        "A-1 b",
    ],
)
def test_an_id_is_spelt_as_order_files_store_it(cell: str) -> None:
    stored = pl.select(clean_key(pl.lit(cell))).item() or ""

    assert clean_customer_id(cell) == stored


def test_a_number_written_as_a_float_is_the_same_customer() -> None:
    # order files lose the ".0" where a whole column is like that
    assert clean_customer_id("17850.0") == "17850"
