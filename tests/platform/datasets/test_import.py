"""The way of another file into the shop: every line ends as new, changed, repeated or rejected."""

import datetime as dt
import gzip
from pathlib import Path

import polars as pl
import pytest

from regulars_platform.datasets import service, storing
from regulars_platform.datasets.errors import DatasetImportNotFoundError, OrderFileError
from regulars_platform.datasets.kinds import Kind
from regulars_platform.datasets.models import DatasetImportId, DatasetOptions
from regulars_platform.errors import InvalidInputError
from regulars_platform.intake.column_errors import AmbiguousColumnError
from regulars_platform.intake.errors import WrongStateError
from regulars_platform.intake.models import ImportState
from regulars_platform.shops.tables import Shop
from tests.platform.datasets.builders import NOW, SHOP, ShopBench, csv, open_shop

THREE = csv(
    "customer_id,gender,birthday,tags,level of interest",
    "anna,F,1990-02-14,tea;cups,high",
    "bert,男,1988年2月29日,,",
    ",F,1990-01-01,,",
)


def test_records_are_stored_as_the_file_says(shop: ShopBench) -> None:
    tallies = shop.bring_in(THREE)

    assert (tallies.read, tallies.new, tallies.rejected) == (3, 2, 1)
    assert tallies.adds_up
    anna, bert = shop.stored("customers").rows(named=True)
    assert (anna["customer_id"], anna["gender"], anna["tags"]) == (
        "anna",
        "female",
        ["tea", "cups"],
    )
    assert (anna["birth_year"], anna["birth_month"], anna["birth_day"]) == (1990, 2, 14)
    assert anna["attributes"] == [{"name": "level of interest", "value": "high"}]
    assert (bert["gender"], bert["tags"], bert["attributes"]) == ("male", None, None)
    assert (bert["birth_year"], bert["birth_month"], bert["birth_day"]) == (1988, 2, 29)


def test_the_same_file_twice_changes_nothing(shop: ShopBench) -> None:
    shop.bring_in(THREE)
    before, version = shop.stored("customers"), shop.table("customers").version()

    again = shop.bring_in(THREE)

    assert (again.new, again.changed, again.repeated, again.rejected) == (0, 0, 2, 1)
    assert shop.table("customers").version() == version
    assert shop.stored("customers").equals(before)


def test_the_same_records_in_another_file_are_repeated_too(shop: ShopBench) -> None:
    shop.bring_in(THREE)
    again = shop.bring_in(THREE + b"\n")
    assert (again.new, again.changed, again.repeated) == (0, 0, 2)
    assert not any("stored before" in str(note) for note in again.notes)


def test_a_later_file_changes_what_it_says_and_leaves_the_rest(shop: ShopBench) -> None:
    shop.bring_in(THREE)
    tallies = shop.bring_in(
        csv("customer_id,city,gender,shoe size", "anna,Lucca,,39", "cara,Pisa,F,40", "bert,,,")
    )

    assert (tallies.new, tallies.changed, tallies.repeated) == (1, 1, 1)
    anna, bert, cara = shop.stored("customers").rows(named=True)
    assert (anna["city"], anna["gender"], anna["birth_year"]) == ("Lucca", "female", 1990)
    assert anna["attributes"] == [
        {"name": "level of interest", "value": "high"},
        {"name": "shoe size", "value": "39"},
    ]
    assert (bert["gender"], bert["birth_day"]) == ("male", 29)
    assert (cara["city"], cara["gender"]) == ("Pisa", "female")


def test_a_file_stored_before_does_not_undo_what_came_later(shop: ShopBench) -> None:
    shop.bring_in(THREE)
    shop.bring_in(csv("customer_id,gender,age", "anna,other,30"))
    before = shop.stored("customers")

    again = shop.bring_in(THREE)

    assert (again.stored, again.repeated) == (0, 2)
    assert shop.stored("customers").equals(before)
    assert any("stored before" in str(note) for note in again.notes)


def test_of_lines_with_one_key_the_last_word_counts_value_by_value(shop: ShopBench) -> None:
    tallies = shop.bring_in(
        csv("SKU,Cost,Price,Category", "tea,3.00,9,drinks", "tea,,8.50,", "cup,1,2,")
    )

    assert (tallies.read, tallies.new, tallies.repeated, tallies.again) == (3, 2, 1, 1)
    cup, tea = shop.stored("products").rows(named=True)
    assert (tea["cost"], tea["price"], tea["category"]) == (30_000, 85_000, "drinks")
    assert (cup["cost"], cup["price"], cup["category"]) == (10_000, 20_000, None)


def test_rejected_lines_come_back_with_their_reasons(shop: ShopBench) -> None:
    import_id = shop.checked(
        csv(
            "customer_id,tier,age",
            "186******05,gold,20",
            "1.23457E+18,gold,20",
            "=cmd,gold,20",
            "anna,gold",
            f"{'x' * 600},gold,20",
        )
    )
    tallies = shop.get(import_id).tallies

    assert tallies is not None
    assert tallies.reasons == {"bad_key": 1, "masked_key": 1, "ragged": 1, "scientific_key": 1}
    rows = shop.rejects(import_id).splitlines()
    assert rows[0] == "line,reason,customer_id,tier,age"
    assert rows[1].startswith("2,The customer is hidden behind stars")
    assert rows[3].endswith("anna,gold")
    assert shop.store(import_id).new == 1


def test_values_that_cannot_be_taken_over_are_left_out_and_counted(shop: ShopBench) -> None:
    tallies = shop.bring_in(
        csv(
            "customer_id,birthday,gender,points,acquisition cost",
            "anna,1990-02-29,robot,12.5,-3",
            "bert,1990-02-30,F,12,3",
        )
    )

    assert tallies.new == 2
    assert {(item.heading, item.problem): item.count for item in tallies.left_out} == {
        ("birthday", "no_such_day"): 2,
        ("gender", "unknown_word"): 1,
        ("points", "not_whole"): 1,
        ("acquisition cost", "negative"): 1,
    }
    anna, bert = shop.stored("customers").rows(named=True)
    assert anna["birth_year"] is anna["gender"] is anna["points_told"] is None
    assert (bert["gender"], bert["points_told"], bert["acquisition_cost"]) == ("female", 12, 30_000)


def test_ages_become_years_of_birth_as_of_the_day_of_the_file(shop: ShopBench) -> None:
    content = csv("customer_id,age", "anna,30", "bert,25岁", "cara,200")
    tallies = shop.bring_in(
        content,
        mapping={"customer_id": "customer_id", "age": "age"},
        options=DatasetOptions(as_of=dt.date(2020, 5, 1)),
    )

    assert shop.stored("customers")["birth_year"].to_list() == [1990, 1995, None]
    assert [item.problem for item in tallies.left_out] == ["not_an_age"]
    # the same bytes a year later are still read as of their own day
    assert shop.seen(content).options.as_of == dt.date(2020, 5, 1)


def test_dates_that_read_two_ways_are_asked_about(shop: ShopBench) -> None:
    content = csv("customer_id,birthday", "anna,03/04/1990")
    with pytest.raises(AmbiguousColumnError):
        shop.checked(content)

    shop.bring_in(
        content,
        mapping={"customer_id": "customer_id", "birthday": "birthday"},
        options=DatasetOptions(date_order="day_first"),
    )
    assert shop.stored("customers").select("birth_month", "birth_day").row(0) == (4, 3)


def test_like_movements_of_points_on_one_day_are_all_counted_and_come_once(
    shop: ShopBench,
) -> None:
    content = csv(
        "customer_id,date,points change,reason",
        "anna,2026-01-05,10,game",
        "anna,2026-01-05,10,game",
        "anna,2026-01-06,-15,兑换",
        "bert,2026-01-06,2.5,order",
    )
    tallies = shop.bring_in(content)
    assert (tallies.new, tallies.rejected) == (3, 1)

    again = shop.bring_in(content + csv("cara,2026-01-07,5,birthday gift"))

    assert (again.new, again.repeated, again.rejected) == (1, 3, 1)
    stored = shop.stored("points").sort("customer_id", "points")
    assert stored["points"].to_list() == [-15, 10, 10, 5]
    assert stored["reason"].to_list() == ["exchange", "game", "game", "other"]
    assert stored["note"].to_list()[-1] == "birthday gift"
    assert (tallies.first_day, tallies.last_day) == (dt.date(2026, 1, 5), dt.date(2026, 1, 6))


def test_a_column_of_directions_gives_points_their_sign(shop: ShopBench) -> None:
    shop.bring_in(
        csv(
            "会员名,变动积分,增减,变动时间,变动原因",
            "梅,10,增加,2026-01-05,签到",
            "梅,4,扣减,2026-01-06,过期",
        )
    )
    assert sorted(shop.stored("points")["points"]) == [-4, 10]


def test_records_with_numbers_of_their_own_can_be_corrected(shop: ShopBench) -> None:
    head = "message id,customer_id,sent at,channel,status"
    shop.bring_in(csv(head, "m1,anna,2026-01-05 10:00,SMS,sent"))
    tallies = shop.bring_in(csv(head, "m1,anna,2026-01-05 10:00,SMS,delivered"))

    assert tallies.changed == 1
    assert shop.stored("contacts").select("contact_key", "channel", "outcome").rows() == [
        ("m1", "sms", "delivered")
    ]


def test_who_opts_out_by_a_file_is_never_reached_again(shop: ShopBench) -> None:
    tallies = shop.bring_in(csv("customer_id,opted out", "anna,yes", "bert,no", '"a, b",是'))
    assert (tallies.opted_out, tallies.suppressed) == (2, 2)

    log = csv(
        "customer_id,sent at,channel,status",
        "cara,2026-01-05,SMS,退订",
        "dora,2026-01-05,email,complained",
        "anna,2026-01-05,SMS,unsubscribed",
        "emil,2026-01-05,SMS,delivered",
    )
    tallies = shop.bring_in(log)
    assert (tallies.opted_out, tallies.suppressed) == (3, 2)
    assert set(shop.silenced()) == {"anna", "a, b", "cara", "dora"}

    # a complaint about goods is none about being written to, and no file takes anybody off
    shop.bring_in(csv("customer_id,event,event time", "emil,投诉,2026-01-05"))
    shop.bring_in(csv("customer_id,opted out", "anna,no"))
    assert set(shop.silenced()) == {"anna", "a, b", "cara", "dora"}
    assert shop.stored("customers")["opted_out"].to_list() == [True, False, False]


def test_a_file_stored_before_does_not_silence_again_who_was_taken_off(shop: ShopBench) -> None:
    from regulars_platform.suppressions.service import remove_suppressions

    content = csv("customer_id,opted out", "anna,yes")
    shop.bring_in(content)
    with shop.database.unit_of_work() as session:
        remove_suppressions(session, shop_id=SHOP, lines=["anna"])
    shop.bring_in(content)
    assert shop.silenced() == {}


def test_events_without_a_column_that_says_what_happened_ask_for_it(shop: ShopBench) -> None:
    content = csv("会员名,关注时间", "梅,2026-01-05", "李,2026-01-06")
    mapping = {"会员名": "customer_id", "关注时间": "happened_at"}
    with pytest.raises(InvalidInputError, match="what happened"):
        shop.checked(content, kind="events", mapping=mapping, options=DatasetOptions())

    shop.bring_in(
        content, kind="events", mapping=mapping, options=DatasetOptions(event_kind="follow")
    )
    assert shop.stored("events")["kind"].to_list() == ["follow", "follow"]


def test_unknown_happenings_are_kept_as_other_with_their_word(shop: ShopBench) -> None:
    tallies = shop.bring_in(
        csv(
            "customer_id,event,event time,product",
            "anna,加购,2026-01-05,tea",
            "anna,拼单,2026-01-05,tea",
        )
    )
    assert sorted(shop.stored("events").select("kind", "value").rows()) == [
        ("cart", None),
        ("other", "拼单"),
    ]
    assert [(item.problem, item.example) for item in tallies.left_out] == [("unknown_word", "拼单")]


def test_referrals_know_friends_and_experts(shop: ShopBench) -> None:
    tallies = shop.bring_in(
        csv(
            "被推荐人,推荐人,推荐时间,身份,佣金",
            "李,梅,2026-01-05,老客户,5",
            "王,明,2026-01-06,达人,20.5",
            "明,明,2026-01-06,达人,1",
        )
    )
    assert tallies.reasons == {"own_referral": 1}
    rows = shop.stored("referrals").sort("cost")
    assert rows.select("customer_id", "referrer_id", "kind", "happened_on", "cost").rows() == [
        ("李", "梅", "friend", dt.date(2026, 1, 5), 50_000),
        ("王", "明", "expert", dt.date(2026, 1, 6), 205_000),
    ]


def test_memory_is_bounded_by_parts_and_the_parts_change_nothing(tmp_path: Path) -> None:
    small = open_shop(tmp_path / "small", part=7)
    large = open_shop(tmp_path / "large")
    first = csv("customer_id,tier,taste", *(f"c{n % 40},t{n % 3},green" for n in range(60)))
    second = csv("customer_id,tier,shape", *(f"c{n},t{n % 4},round" for n in range(20, 50)))

    for content in (first, second, first + b"\n"):
        assert small.bring_in(content) == large.bring_in(content)

    assert small.stored("customers").equals(large.stored("customers"))
    assert small.stored("customers").height == 50
    assert small.stored("customers")["customer_id"].n_unique() == 50
    for bench in (small, large):
        bench.database.dispose()


def test_a_killed_store_is_taken_up_where_it_stopped(
    shop: ShopBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_id = shop.checked(THREE.replace(b"gender", b"opted out").replace(b",F,", b",yes,"))
    with monkeypatch.context() as broken:

        def die(*_: object) -> None:
            raise KeyboardInterrupt

        broken.setattr(storing, "_write_down", die)
        with pytest.raises(KeyboardInterrupt):
            shop.store(import_id)
    version = shop.table("customers").version()

    tallies = shop.store(import_id)

    assert shop.table("customers").version() == version
    assert (tallies.new, shop.get(import_id).state) == (2, ImportState.STORED)
    assert shop.stored("customers").height == 2
    assert list(shop.silenced()) == ["anna"]


def test_a_killed_commit_leaves_nothing_and_can_be_run_again(
    shop: ShopBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.bring_in(THREE)
    import_id = shop.checked(csv("customer_id,gender,city", "anna,other,Pisa", "dora,F,Rome"))
    with monkeypatch.context() as broken:

        def die(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        broken.setattr("regulars_platform.datasets.commit.DeltaTable.create_write_transaction", die)
        with pytest.raises(KeyboardInterrupt):
            shop.store(import_id)
    assert shop.stored("customers")["gender"].to_list() == ["female", "male"]

    shop.store(import_id)

    assert shop.stored("customers")["gender"].to_list() == ["other", "male", "female"]


def test_what_another_file_stored_in_between_is_taken_into_account(shop: ShopBench) -> None:
    waiting = shop.checked(THREE)
    shop.bring_in(csv("customer_id,gender,tier", "anna,F,gold"))

    tallies = shop.store(waiting)

    assert (tallies.new, tallies.changed) == (1, 1)
    assert shop.stored("customers")["tier_told"].to_list() == ["gold", None]


def test_steps_out_of_turn_are_refused(shop: ShopBench) -> None:
    import_id = shop.upload(THREE)
    with pytest.raises(WrongStateError):
        shop.store(import_id)
    with pytest.raises(WrongStateError):
        shop.confirm(import_id, {"customer_id": "customer_id"}, DatasetOptions())
    with shop.database.unit_of_work() as session, pytest.raises(DatasetImportNotFoundError):
        service.get_import(session, DatasetImportId(99))


def test_a_file_of_another_shop_is_not_there(shop: ShopBench) -> None:
    import_id = shop.upload(THREE)
    with shop.database.unit_of_work() as session:
        session.add(Shop(id=2, name="Ink", currency="EUR", timezone="UTC", created_at=NOW))
        session.flush()
        with pytest.raises(DatasetImportNotFoundError):
            service.get_import(session, import_id, 2)


def test_an_order_file_is_sent_to_the_orders(shop: ShopBench) -> None:
    import_id = shop.upload(
        csv("order_id,customer_id,ordered_at,product,amount", "1,anna,2026-01-05,tea,3")
    )
    with pytest.raises(OrderFileError):
        shop.look(import_id)
    assert shop.get(import_id).state is ImportState.REFUSED


def test_a_file_that_no_heading_tells_waits_for_its_kind(shop: ShopBench) -> None:
    import_id = shop.upload(csv("thing,number", "tea,3"))
    assert shop.look(import_id).kind is None
    with shop.database.unit_of_work() as session:
        service.choose_kind(session, import_id, "products")
    assert shop.look(import_id).kind == "products"
    shop.confirm(import_id, {"thing": "product", "number": "cost"}, DatasetOptions())
    service.check(shop.settings, shop.database, import_id)
    shop.store(import_id)
    assert shop.stored("products").select("product", "cost").rows() == [("tea", 30_000)]


def test_columns_are_remembered_for_files_like_this_one(shop: ShopBench) -> None:
    shop.bring_in(
        csv("who,what", "anna,3"),
        kind="customers",
        mapping={"who": "customer_id", "what": "points_told"},
        options=DatasetOptions(keep_contacts=True),
    )
    import_id = shop.upload(csv("who,what", "bert,4"), kind="customers")
    seen = shop.look(import_id)
    assert seen.remembered
    assert dict(seen.proposals) == {"who": "customer_id", "what": "points_told"}
    assert seen.options.keep_contacts
    assert seen.options.as_of == NOW.date()


def test_compressed_and_parquet_files_are_read_as_well(shop: ShopBench, tmp_path: Path) -> None:
    shop.bring_in(gzip.compress(csv("SKU,Cost", "tea,3")))
    path = tmp_path / "x.parquet"
    pl.DataFrame({"SKU": ["cup"], "Cost": [1.5], "one-off": [True]}).write_parquet(path)
    shop.bring_in(path.read_bytes())
    assert shop.stored("products").select("product", "cost", "one_off").rows() == [
        ("cup", 15_000, True),
        ("tea", 30_000, None),
    ]


def test_a_file_of_very_many_columns_keeps_as_many_as_can_be(shop: ShopBench) -> None:
    names = [f"column {n}" for n in range(300)]
    content = csv("customer_id,tier," + ",".join(names), "anna,gold," + ",".join("x" * 300))
    assert len(shop.seen(content).proposals) == 202
    with pytest.raises(InvalidInputError, match="300 columns are taken for attributes"):
        shop.checked(
            content,
            mapping={"customer_id": "customer_id", **dict.fromkeys(names, "attribute")},
            options=DatasetOptions(),
        )
    shop.bring_in(content)
    assert len(shop.stored("customers")["attributes"][0]) == 200


@pytest.mark.parametrize(
    ("kind", "lines"),
    [
        (
            "points",
            (
                "customer_id,points,date,reason",
                "a,500,2026-13-01,order",
                "a,5,,order",
                "a,1,2026-01-01,order",
            ),
        ),
        (
            "events",
            ("customer_id,event,date", "a,cart,2026-01-01 25:00", "a,cart,", "a,cart,2026-01-01"),
        ),
        (
            "contacts",
            ("customer_id,date,channel", "a,2026-02-31,sms", "a,,sms", "a,2026-01-01,sms"),
        ),
    ],
)
def test_what_happened_at_no_readable_moment_is_rejected_not_stored_uncounted(
    shop: ShopBench, kind: Kind, lines: tuple[str, ...]
) -> None:
    tallies = shop.bring_in(csv(*lines), kind=kind)

    assert (tallies.new, tallies.rejected) == (1, 2)
    assert tallies.reasons == {"bad_date": 1, "no_happened_at": 1}


def test_without_a_column_of_moments_the_file_is_asked_for_one(shop: ShopBench) -> None:
    with pytest.raises(InvalidInputError, match="No column says when it happened"):
        shop.checked(csv("customer_id,points", "a,500"), kind="points")


def test_attributes_behind_stars_are_not_kept(shop: ShopBench) -> None:
    tallies = shop.bring_in(
        csv("customer_id,member", "13800000001,138****0002", "13800000002,gold"),
        kind="customers",
        mapping={"customer_id": "customer_id", "member": "attribute"},
    )
    assert [(item.heading, item.problem) for item in tallies.left_out] == [("member", "masked")]
    first, second = shop.stored("customers")["attributes"].to_list()
    assert first is None
    assert second == [{"name": "member", "value": "gold"}]
