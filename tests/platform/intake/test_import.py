"""The way of a file into the shop: every line ends as stored, repeated or rejected."""

import datetime as dt
import gzip
import io
import random
from csv import reader as csv_rows

import polars as pl
import pytest

from regulars_platform.errors import InvalidInputError
from regulars_platform.intake import column_errors, errors, service
from regulars_platform.intake.column_errors import UndecidedError
from regulars_platform.intake.errors import WrongStateError
from regulars_platform.intake.models import ImportState, OrderField, ReadingOptions
from regulars_platform.intake.tallies import Share
from regulars_platform.orders.table import ORDER_SCHEMA
from tests.platform.intake.builders import HEADER, NOW, SHOP, ShopBench, csv

THREE = csv(
    HEADER,
    "1,anna,2020-01-02 10:00,tea,2,11.00",
    "1,anna,2020-01-02 10:00,cup,1,4.50",
    "2,bert,2020-01-03 11:00,tea,1,5.50",
)


def test_lines_are_stored_as_the_file_says(shop: ShopBench) -> None:
    tallies = shop.bring_in(THREE)
    assert tallies.read == tallies.stored == Share(lines=3, money=210_000)
    stored = shop.stored()
    assert dict(zip(stored.columns, stored.dtypes, strict=True)) == ORDER_SCHEMA
    first = stored.row(0, named=True)
    assert (first["order_id"], first["line_key"], first["customer_id"]) == ("1", "cup#1", "anna")
    assert first["ordered_at"] == dt.datetime(2020, 1, 2, 10, tzinfo=dt.UTC)
    assert (first["status"], first["quantity"], first["amount"]) == ("paid", 10_000, 45_000)
    assert (first["shipping"], first["discount"], first["refund"]) == (None, 0, 0)
    assert first["source_line"] == 3


def test_the_same_file_twice_changes_nothing(shop: ShopBench) -> None:
    shop.bring_in(THREE)
    before, version = shop.stored(), shop.orders.version()
    again = shop.bring_in(THREE)
    assert (again.stored.lines, again.repeated) == (0, again.read)
    assert shop.orders.version() == version
    assert shop.stored().equals(before)


def test_the_order_of_the_rows_does_not_matter(shop: ShopBench) -> None:
    lines = [f"1,anna,2020-01-02,tea,{n % 3 + 1},{n % 4}.50" for n in range(20)]
    shop.bring_in(csv(HEADER, *lines))
    random.Random(1).shuffle(lines)  # noqa: S311 -- a shuffle, not a secret
    again = shop.bring_in(csv(HEADER, *lines))
    assert (again.stored.lines, again.repeated.lines) == (0, 20)


def test_a_corrected_file_corrects(shop: ShopBench) -> None:
    shop.bring_in(THREE)
    corrected = THREE.replace(b"cup,1,4.50", b"cup,2,9.00") + b"3,cara,2020-01-04,tea,1,5.50\n"
    tallies = shop.bring_in(corrected)
    assert tallies.corrected == Share(lines=1, money=90_000)
    assert tallies.stored == Share(lines=2, money=145_000)
    assert tallies.repeated.lines == 2
    stored = shop.stored()
    assert stored.height == 4
    assert stored.filter(pl.col("product") == "cup")["amount"].to_list() == [90_000]


def test_a_file_stored_before_does_not_undo_what_was_corrected_since(shop: ShopBench) -> None:
    shop.bring_in(THREE)
    shop.bring_in(THREE.replace(b"cup,1,4.50", b"cup,2,9.00"))
    before, version = shop.stored(), shop.orders.version()
    again = shop.bring_in(THREE)
    assert again.adds_up
    assert (again.stored, again.corrected) == (Share(), Share())
    assert again.repeated == again.read == Share(lines=3, money=210_000)
    assert [str(note) for note in again.notes] == [
        "This very file was stored before (“orders.csv”, 2026-03-01 12:00 UTC). Of what is stored"
        " only blanks are filled: corrections that came later stand."
    ]
    assert shop.orders.version() == version
    assert shop.stored().equals(before)


def test_the_same_file_read_in_another_way_corrects(shop: ShopBench) -> None:
    dates = csv(HEADER, "1,anna,03/04/2020,tea,1,5.50")
    shop.bring_in(dates, options=ReadingOptions(date_order="month_first"))
    again = shop.bring_in(dates, options=ReadingOptions(date_order="day_first"))
    assert again.corrected.lines == 1
    assert shop.stored()["ordered_at"].dt.date().to_list() == [dt.date(2020, 4, 3)]


def test_a_file_that_was_only_checked_before_still_corrects(shop: ShopBench) -> None:
    shop.check(shop.confirmed(THREE))
    shop.bring_in(THREE.replace(b"cup,1,4.50", b"cup,2,9.00"))
    tallies = shop.bring_in(THREE)
    assert tallies.corrected == Share(lines=1, money=45_000)
    assert not tallies.notes


def test_a_file_without_a_column_does_not_wipe_it_out(shop: ShopBench) -> None:
    shop.bring_in(
        csv(
            "order_id,customer_id,ordered_at,product,amount,status,coupon,refund",
            "1,anna,2020-01-02,tea,5.50,cancelled,SPRING,1.00",
        )
    )
    later = shop.bring_in(
        csv("order_id,customer_id,ordered_at,product,amount", "1,anna,2020-01-02,tea,5.50")
    )
    assert later.repeated.lines == 1
    row = shop.stored().row(0, named=True)
    assert (row["status"], row["coupon"], row["refund"]) == ("cancelled", "SPRING", 10_000)


def test_identical_lines_of_one_order_are_both_kept(shop: ShopBench) -> None:
    tallies = shop.bring_in(csv(HEADER, *["1,anna,2020-01-02,tea,1,5.50"] * 3))
    assert tallies.stored == Share(lines=3, money=165_000)
    assert shop.stored()["line_key"].to_list() == ["tea#1", "tea#2", "tea#3"]


def test_lines_without_a_customer_are_stored_unattributed(shop: ShopBench) -> None:
    tallies = shop.bring_in(
        csv(HEADER, "1,,2020-01-02,tea,1,5", "2,-,2020-01-02,tea,1,5", "3,a,2020-01-02,tea,1,5")
    )
    assert (tallies.stored.lines, tallies.unattributed, tallies.customers) == (3, 2, 1)
    assert shop.stored()["customer_id"].to_list() == [None, None, "a"]


def test_a_masked_customer_is_nobody(shop: ShopBench) -> None:
    tallies = shop.bring_in(
        csv(HEADER, "1,186******05,2020-01-02,tea,1,5", "2,anna,2020-01-02,tea,1,5")
    )
    assert (tallies.unattributed, tallies.masked, tallies.customers) == (1, 1, 1)


def test_a_cancellation_is_stored_as_the_credit_it_is(shop: ShopBench) -> None:
    tallies = shop.bring_in(
        csv(
            "Invoice,StockCode,Quantity,InvoiceDate,Price,Customer ID",
            "C489449,22087,-12,2009-12-01 10:33,2.95,16321",
        )
    )
    assert tallies.stored.money == -354_000
    row = shop.stored().row(0, named=True)
    assert (row["quantity"], row["amount"], row["status"]) == (-120_000, -354_000, "paid")


def test_every_rejected_line_comes_back_with_its_reason(shop: ShopBench) -> None:
    import_id = shop.confirmed(
        csv(
            HEADER,
            "1,a,2020-01-02,tea,1,5.00",
            "1.23457E+18,a,2020-01-02,tea,1,5.00",
            "1.23457E+18,b,2020-01-02,tea,1,5.00",
            "2,1.38E+10,2020-01-02,tea,1,5.00",
            "3,a,2020-02-30,tea,1,5.00",
            "4,a,,tea,1,5.00",
            "5,a,2020-01-02,tea,1,five",
            "6,a,2020-01-02,tea,1,1.23456",
            "7,a,2020-01-02,tea,1,",
            ",a,2020-01-02,tea,1,5.00",
            "8,a,2020-01-02,tea,1",
            "9,a,2020-01-02,tea,1,5.00,x",
            "10,a,2020-01-02,=HYPERLINK(1),x,5.00",
        )
    )
    tallies = shop.check(import_id)
    assert tallies.adds_up
    assert tallies.reasons == {
        "order_id_scientific": 2,
        "ragged": 2,
        "bad_date": 1,
        "customer_scientific": 1,
        "no_amount": 1,
        "no_date": 1,
        "no_order_id": 1,
        "not_a_number:amount": 1,
        "not_a_number:quantity": 1,
        "too_many_decimals:amount": 1,
    }
    assert (tallies.stored.lines, tallies.rejected.lines) == (1, 12)
    assert tallies.rejected.money == 7 * 50_000
    assert tallies.unreadable_amounts == 5
    header, *rows = list(csv_rows(io.StringIO(shop.rejects(import_id))))
    assert header == ["line", "reason", *HEADER.split(",")]
    assert [row[0] for row in rows] == [str(number) for number in range(3, 15)]
    assert rows[0][1].startswith("The order number is in scientific notation")
    assert rows[0][2:] == ["1.23457E+18", "a", "2020-01-02", "tea", "1", "5.00"]
    assert rows[10][2:] == ["9", "a", "2020-01-02", "tea", "1", "5.00", "x"]
    assert rows[11][5] == "'=HYPERLINK(1)"


def test_order_numbers_in_scientific_notation_are_never_merged(shop: ShopBench) -> None:
    tallies = shop.bring_in(
        csv(HEADER, *[f"1.23457E+18,c{n},2020-01-02,tea,1,5.00" for n in range(5)])
    )
    assert (tallies.rejected.lines, tallies.stored.lines) == (5, 0)
    assert not shop.orders.exists()


def test_long_order_numbers_rounded_by_a_spreadsheet_are_rejected(shop: ShopBench) -> None:
    rounded = [f"{n}00000000000012000,c{n},2020-01-02,tea,1,5.00" for n in range(1, 5)]
    assert shop.bring_in(csv(HEADER, *rounded)).reasons == {"order_id_rounded": 4}
    exact = [f"{n}00000000000012345,c{n},2020-01-02,tea,1,5.00" for n in range(1, 5)]
    assert shop.bring_in(csv(HEADER, *exact)).stored.lines == 4


def test_customer_numbers_of_pandas_lose_their_zero_fraction(shop: ShopBench) -> None:
    floats = csv(HEADER, "1,17850.0,2020-01-02,tea,1,5", "2,,2020-01-02,tea,1,5")
    tallies = shop.bring_in(floats)
    assert shop.stored()["customer_id"].to_list() == ["17850", None]
    assert "ends in “.0”" in str(tallies.notes[0])
    mixed = csv(HEADER, "3,17850.0,2020-01-02,tea,1,5", "4,A7,2020-01-02,tea,1,5")
    shop.bring_in(mixed)
    assert shop.stored()["customer_id"].to_list() == ["17850", None, "17850.0", "A7"]


def test_days_and_months_that_cannot_be_told_apart_are_asked_about(shop: ShopBench) -> None:
    content = csv(HEADER, "1,a,01/02/2020,tea,1,5", "2,a,03/04/2020,tea,1,5")
    import_id = shop.confirmed(content)
    with pytest.raises(column_errors.AmbiguousColumnError, match="day first or month first"):
        shop.check(import_id)
    kept = shop.get(import_id)
    assert kept.state is ImportState.REFUSED
    assert kept.hint is not None
    assert kept.look is not None
    shop.confirm(import_id, kept.look.mapping(), ReadingOptions(date_order="day_first"))
    shop.check(import_id)
    shop.store(import_id)
    assert shop.stored()["ordered_at"].dt.month().to_list() == [2, 4]


def test_one_date_decides_for_the_whole_file_however_late_it_comes(shop: ShopBench) -> None:
    lines = [f"{n},a,01/02/2020,tea,1,5" for n in range(50)]
    shop.bring_in(csv(HEADER, *lines, "99,a,13/02/2020,tea,1,5"))
    assert set(shop.stored()["ordered_at"].dt.month()) == {2}


def test_mixed_dates_are_refused(shop: ShopBench) -> None:
    import_id = shop.confirmed(csv(HEADER, "1,a,13/02/2020,tea,1,5", "2,a,02/13/2020,tea,1,5"))
    with pytest.raises(column_errors.AmbiguousColumnError, match="mixed"):
        shop.check(import_id)


def test_thousands_or_decimals_are_asked_about(shop: ShopBench) -> None:
    import_id = shop.confirmed(csv(HEADER, "1,a,2020-01-02,tea,1,1.234"))
    with pytest.raises(column_errors.AmbiguousColumnError, match=r"thousands or decimals"):
        shop.check(import_id)


def test_a_date_column_of_text_is_refused(shop: ShopBench) -> None:
    import_id = shop.confirmed(csv(HEADER, "1,a,soon,tea,1,5"))
    with pytest.raises(column_errors.ColumnUnreadableError, match="Expected dates"):
        shop.check(import_id)


def test_an_amount_column_of_text_is_refused(shop: ShopBench) -> None:
    import_id = shop.confirmed(csv(HEADER, "1,a,2020-01-02,tea,1,five"))
    with pytest.raises(column_errors.ColumnUnreadableError, match="not one is a number"):
        shop.check(import_id)
    assert shop.get(import_id).state is ImportState.REFUSED


def test_a_file_without_a_customer_column_is_refused_beside_the_field(shop: ShopBench) -> None:
    with pytest.raises(InvalidInputError, match="No customer column") as caught:
        shop.confirmed(csv("order_id,ordered_at,amount", "1,2020-01-02,5"))
    assert [problem.field for problem in caught.value.problems] == ["customer_id"]


def test_every_field_that_does_not_hold_is_named(shop: ShopBench) -> None:
    import_id = shop.confirmed(THREE)
    with pytest.raises(InvalidInputError) as caught:
        shop.confirm(
            import_id,
            {OrderField.ORDER_ID: "order_id", OrderField.CUSTOMER_ID: "nobody"},
            ReadingOptions(status_words={"odd": "maybe"}),
        )
    fields = [problem.field for problem in caught.value.problems]
    assert fields == ["ordered_at", "amount", "customer_id", "status"]


def test_unknown_status_words_are_placed_by_a_person(shop: ShopBench) -> None:
    content = csv(
        "order_id,customer_id,ordered_at,amount,status",
        "1,a,2020-01-02,5,Paid",
        "2,a,2020-01-02,5,zurückgelegt",
        "3,a,2020-01-02,5,zurückgelegt",
        "4,a,2020-01-02,5,",
    )
    import_id = shop.confirmed(content)
    assert shop.check(import_id).unknown_status_words == {"zurückgelegt": 2, "": 1}
    with pytest.raises(UndecidedError, match="zurückgelegt"):
        shop.store(import_id)
    assert not shop.orders.exists()
    seen = shop.get(import_id).look
    assert seen is not None
    placed = ReadingOptions(status_words={"zurückgelegt": "unpaid", "": "cancelled"})
    shop.confirm(import_id, seen.mapping(), placed)
    shop.check(import_id)
    shop.store(import_id)
    assert shop.stored()["status"].to_list() == ["paid", "unpaid", "unpaid", "cancelled"]


def test_the_mapping_is_remembered_for_files_with_the_same_headings(shop: ShopBench) -> None:
    content = csv("a,b,c,d", "1,x,2020-01-02,5")
    mapping = {
        OrderField.ORDER_ID: "a",
        OrderField.CUSTOMER_ID: "b",
        OrderField.ORDERED_AT: "c",
        OrderField.AMOUNT: "d",
    }
    shop.confirmed(content, mapping, ReadingOptions(decimal="point"))
    seen = service.look(shop.settings, shop.database, shop.upload(csv("D,C,B,A", "1,2,3,4")))
    assert not seen.mapping()  # other spelling, other columns: D is no heading of that file
    seen = service.look(shop.settings, shop.database, shop.upload(content))
    assert seen.remembered
    assert seen.mapping() == mapping
    assert seen.options == ReadingOptions(decimal="point")


def test_quoted_line_breaks_belong_to_their_line(shop: ShopBench) -> None:
    import_id = shop.confirmed(
        csv(
            "order_id,customer_id,ordered_at,amount,notes",
            '1,a,2020-01-02,5,"two',
            'lines, one order"',
            "2,b,2020-01-02,5,",
        )
    )
    tallies = shop.check(import_id)
    assert (tallies.read.lines, tallies.rejected.lines) == (2, 0)
    shop.store(import_id)
    assert shop.stored()["source_line"].to_list() == [2, 4]


def test_a_quotation_mark_never_closed_swallows_no_other_line(shop: ShopBench) -> None:
    import_id = shop.confirmed(
        csv(
            HEADER,
            '1,a,2020-01-02,"tea,1,5',
            *[f"{n},a,2020-01-02,tea,1,5" for n in range(2, 900)],
            '900,a,2020-01-02,"cup,1,5',
        )
    )
    tallies = shop.check(import_id)
    assert tallies.reasons == {"unclosed_quote": 2}
    assert (tallies.read.lines, tallies.stored.lines) == (900, 898)


@pytest.mark.parametrize("mark", [";", "\t"])
def test_other_delimiters(shop: ShopBench, mark: str) -> None:
    content = THREE.replace(b",", mark.encode())
    assert shop.bring_in(content).stored.lines == 3


def test_a_semicolon_file_with_decimal_commas(shop: ShopBench) -> None:
    content = csv(HEADER.replace(",", ";"), "1;a;02.01.2020;tea;1;1.234,50", "2;a;13.01.2020;;1;5")
    assert shop.bring_in(content).stored.money == 12_345_000 + 50_000


def test_a_line_that_names_the_delimiter_is_no_heading(shop: ShopBench) -> None:
    assert shop.bring_in(b"sep=;\r\n" + THREE.replace(b",", b";")).stored.lines == 3


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "big5"])
def test_encodings(shop: ShopBench, encoding: str) -> None:
    content = "訂單編號,買家會員名,訂單創建時間,買家應付貨款\n1,安,2020-01-02,5\n"
    if encoding == "gb18030":
        content = "订单编号,买家会员名,订单创建时间,买家应付货款\n1,安,2020-01-02,5\n"
    assert shop.bring_in(content.encode(encoding)).stored.lines == 1
    assert shop.stored()["customer_id"].to_list() == ["安"]


def test_chinese_text_in_gbk_under_english_headings(shop: ShopBench) -> None:
    content = csv(HEADER).decode() + "1,小王,2020-01-02,绿茶,1,5\n"
    shop.bring_in(content.encode("gbk"))
    assert shop.stored()["product"].to_list() == ["绿茶"]


def test_gzip(shop: ShopBench) -> None:
    assert shop.bring_in(gzip.compress(THREE, mtime=0)).stored.lines == 3


@pytest.mark.parametrize("end", [b"\r\n", b"\r"])
def test_line_ends_of_other_machines(shop: ShopBench, end: bytes) -> None:
    assert shop.bring_in(THREE.replace(b"\n", end)).stored.lines == 3


def test_a_nameless_last_column_is_no_column(shop: ShopBench) -> None:
    content = b"\n".join(line + b"," for line in THREE.splitlines())
    assert shop.bring_in(content).stored.lines == 3


def test_parquet_with_real_types(shop: ShopBench) -> None:
    out = io.BytesIO()
    pl.DataFrame(
        {
            "order_id": [1, 1, 2],
            "customer_id": [17850.0, 17850.0, None],
            "ordered_at": [dt.datetime(2020, 1, 2, 10, tzinfo=dt.UTC)] * 3,
            "product": ["tea", "cup", "tea"],
            "amount": [0.1 + 0.2, 4.5, 5.5],
            "tags": [["a"], [], None],
        }
    ).write_parquet(out)
    tallies = shop.bring_in(out.getvalue())
    assert tallies.stored == Share(lines=3, money=3_000 + 45_000 + 55_000)
    assert shop.stored()["customer_id"].to_list() == ["17850", "17850", None]
    assert shop.bring_in(out.getvalue()).repeated.lines == 3


def test_a_total_with_shipping_gives_the_goods(shop: ShopBench) -> None:
    tallies = shop.bring_in(
        csv("order_id,customer_id,ordered_at,total,shipping", "1,a,2020-01-02,25.00,5.00")
    )
    assert tallies.stored.money == 200_000
    assert shop.stored()["shipping"].to_list() == [50_000]


def test_own_line_numbers_are_the_keys(shop: ShopBench) -> None:
    header = "order_id,line_id,customer_id,ordered_at,product,amount"
    shop.bring_in(csv(header, "1,11,a,2020-01-02,tea,5", "1,12,a,2020-01-02,tea,5"))
    tallies = shop.bring_in(csv(header, "1,12,a,2020-01-02,coffee,6"))
    assert (tallies.corrected.lines, shop.stored()["product"].to_list()) == (1, ["tea", "coffee"])


def test_a_line_number_that_comes_twice(shop: ShopBench) -> None:
    header = "order_id,line_id,customer_id,ordered_at,product,amount"
    import_id = shop.confirmed(
        csv(
            header,
            "1,11,a,2020-01-02,tea,5",
            "1,11,a,2020-01-02,tea,5",
            "2,21,a,2020-01-02,tea,5",
            "2,21,a,2020-01-02,tea,6",
        )
    )
    tallies = shop.check(import_id)
    assert tallies.adds_up
    assert (tallies.stored.lines, tallies.repeated.lines) == (2, 1)
    assert tallies.reasons == {"line_id_again": 1}


def test_steps_out_of_turn_are_refused(shop: ShopBench) -> None:
    import_id = shop.upload(THREE)
    with pytest.raises(WrongStateError):
        shop.check(import_id)
    with pytest.raises(WrongStateError):
        shop.store(import_id)
    with pytest.raises(errors.ImportNotFoundError):
        shop.get(type(import_id)(99))


def test_imports_are_listed_newest_first_and_their_lines_stay(shop: ShopBench) -> None:
    shop.bring_in(THREE)
    shop.bring_in(THREE)
    with shop.database.unit_of_work() as session:
        imports = service.list_imports(session, SHOP)
    assert [import_.id for import_ in imports] == [2, 1]
    assert imports[0].stored_at == NOW
    assert imports[0].tallies is not None
    lines = service.staged_lines(shop.settings, imports[0].id).collect()
    assert lines.height == 3
    assert lines.schema == pl.Schema(ORDER_SCHEMA)


def test_an_import_can_be_stopped_and_started_again(shop: ShopBench) -> None:
    import_id = shop.confirmed(THREE)

    def stop(_step: str, _done: int, _total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        service.check(shop.settings, shop.database, import_id, stop)
    assert shop.get(import_id).state is ImportState.CONFIRMED
    shop.check(import_id)
    assert shop.store(import_id).stored.lines == 3
