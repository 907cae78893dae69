"""Excel workbooks: read like any other file, or refused with a clear sentence."""

import datetime as dt
import io
import struct
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from regulars_platform.intake import errors, file_errors, service
from regulars_platform.intake.limits import LIMITS
from regulars_platform.intake.models import ImportState, Look, OrderField
from tests.platform.intake.builders import HEADER, ShopBench, csv, open_shop
from tests.platform.intake.workbooks import Cell, old_workbook, rewritten, workbook, zipped

HEADINGS = HEADER.split(",")
LINE = ["1", "a", "2020-01-02 10:00", "tea", "1", "5.50"]
MOMENT = dt.datetime(2020, 1, 2, 16, 50, 7)  # noqa: DTZ001 -- a cell knows no time zone


def look(shop: ShopBench, content: bytes) -> Look:
    return service.look(shop.settings, shop.database, shop.upload(content), limits=shop.limits)


def refused(shop: ShopBench, content: bytes, kind: type[errors.RefusedFileError]) -> str:
    """Look at the file; it must be refused, and the import must say so. Returns what is said."""
    import_id = shop.upload(content)
    with pytest.raises(kind) as caught:
        service.look(shop.settings, shop.database, import_id, limits=shop.limits)
    kept = shop.get(import_id)
    assert kept.state is ImportState.REFUSED
    assert str(kept.problem) == str(caught.value.problem)
    assert kept.hint is not None
    return f"{kept.problem} {kept.hint}"


def test_cells_of_every_kind_become_the_text_that_a_csv_would_have(shop: ShopBench) -> None:
    content = workbook(
        HEADINGS,
        ["1", "ann@example.com", MOMENT, "tea\nbag", 2, 0.1 + 0.2],
        [2, "'bob", dt.date(2020, 1, 3), "cup", 1.0, 88.0],
    )
    seen = look(shop, content)
    assert (seen.form.kind, seen.form.sheet, seen.form.lines) == ("xlsx", "Sheet1", 2)
    shop.bring_in(content)
    rows = shop.stored().select("order_id", "customer_id", "ordered_at", "product", "amount").rows()
    assert rows == [
        (
            "1",
            "ann@example.com",
            dt.datetime(2020, 1, 2, 16, 50, 7, tzinfo=dt.UTC),
            "tea bag",
            3_000,
        ),
        ("2", "bob", dt.datetime(2020, 1, 3, tzinfo=dt.UTC), "cup", 880_000),
    ]


def test_a_workbook_and_its_csv_are_the_same_orders(shop: ShopBench) -> None:
    shop.bring_in(workbook(HEADINGS, LINE, ["2", "b", "2020-01-03 10:00", "cup", "2", "7.00"]))
    again = shop.bring_in(csv(HEADER, ",".join(LINE), "2,b,2020-01-03 10:00,cup,2,7.00"))
    assert (again.repeated.lines, again.stored.lines) == (2, 0)


def test_the_first_sheet_with_headings_that_we_know_is_read(shop: ShopBench) -> None:
    seen = look(
        shop,
        workbook(
            Notes=[["How to read this"], ["one", "two"], ["three", "four"]],
            Empty=[],
            Orders=[HEADINGS, LINE],
            Later=[HEADINGS, LINE, LINE],
        ),
    )
    assert (seen.form.sheet, seen.form.lines) == ("Orders", 1)


def test_title_lines_above_the_headings_are_skipped_and_lines_keep_their_numbers(
    shop: ShopBench,
) -> None:
    content = workbook(
        ["Orders of the tea shop", "", "1 to 31 January"],
        [],
        HEADINGS,
        LINE,
        [],
        ["2", "b", "yesterday", "tea", "1", "5.50"],
    )
    import_id = shop.confirmed(content)
    assert shop.check(import_id).rejected.lines == 1
    assert shop.rejects(import_id).splitlines()[1].startswith("6,")  # its row in the sheet


def test_title_lines_above_the_headings_of_a_csv_are_skipped(shop: ShopBench) -> None:
    seen = look(shop, csv("Orders of the tea shop", "", HEADER, ",".join(LINE)))
    assert (seen.form.header_line, seen.form.headings) == (3, tuple(HEADINGS))


def test_blank_rows_of_a_spreadsheet_are_no_lines(shop: ShopBench) -> None:
    tallies = shop.bring_in(csv(HEADER, ",".join(LINE), ",,,,,", ",,,,,"))
    assert (tallies.read.lines, tallies.rejected.lines) == (1, 0)


def test_long_numbers_in_number_cells_are_rejected_one_by_one_and_never_merged(
    shop: ShopBench,
) -> None:
    long = [365_847_123_456_789_012, 365_847_123_456_789_013]  # the same binary float
    assert float(long[0]) == float(long[1])
    rows: list[list[Cell]] = [[number, *LINE[1:]] for number in long]
    import_id = shop.confirmed(workbook(HEADINGS, *rows, ["365847123456789014", *LINE[1:]]))
    tallies = shop.check(import_id)
    assert tallies.reasons == {"order_id_number_cell": 2}
    assert "keeps 15 digits" in shop.rejects(import_id)
    shop.store(import_id)
    assert shop.stored()["order_id"].to_list() == ["365847123456789014"]


def test_a_long_customer_number_in_number_cells_is_rejected_with_its_own_reason(
    shop: ShopBench,
) -> None:
    rows: list[list[Cell]] = [["1", 1234567890123456789, *LINE[2:]], ["2", 13800000001, *LINE[2:]]]
    import_id = shop.confirmed(workbook(HEADINGS, *rows))
    assert shop.check(import_id).reasons == {"customer_number_cell": 1}
    shop.store(import_id)
    assert shop.stored()["customer_id"].to_list() == ["13800000001"]  # eleven digits are exact


def test_a_formula_is_its_value_and_an_error_in_a_cell_is_a_blank(shop: ShopBench) -> None:
    from_formula = rewritten(
        workbook(HEADINGS, LINE, ["2", "b", *LINE[2:5], 3]),
        {"xl/worksheets/sheet1.xml": lambda xml: xml.replace(b"<v>3</v>", b"<f>1/0</f><v>5.5</v>")},
    )
    shop.bring_in(from_formula)
    assert shop.stored()["amount"].to_list() == [55_000, 55_000]


def test_the_old_binary_workbook_is_read(shop: ShopBench) -> None:
    content = old_workbook(HEADINGS, LINE, [2.0, "b", "2020-01-03", "cup", 1.0, 7.25])
    seen = look(shop, content)
    assert seen.form.kind == "xls"
    shop.bring_in(content)
    assert shop.stored()["amount"].to_list() == [55_000, 72_500]


def test_tab_text_named_xls_is_read_as_the_text_it_is(shop: ShopBench) -> None:
    text = "\n".join("\t".join(row) for row in (HEADINGS, LINE))
    import_id = shop.upload(text.encode("utf-16"), "orders.xls")
    seen = service.look(shop.settings, shop.database, import_id)
    assert (seen.form.kind, seen.form.delimiter, seen.form.encoding) == ("csv", "\t", "utf-16-le")


@pytest.mark.parametrize(
    "content",
    [
        b"<html><table><tr><td>1</td></tr></table></html>",
        b"\xef\xbb\xbf  <table border=1><tr><td>order_id</td></tr></table>",
        b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body/></html>',
    ],
)
def test_a_web_page_named_xls_says_how_to_save_it(shop: ShopBench, content: bytes) -> None:
    said = refused(shop, content, file_errors.WebPageError)
    assert "HTML" in said
    assert "Save as" in said


def test_a_workbook_with_a_password(shop: ShopBench) -> None:
    said = refused(
        shop, old_workbook(["x"], stream="EncryptedPackage"), file_errors.LockedFileError
    )
    assert "password" in said


def test_a_word_document_is_called_by_its_name(shop: ShopBench) -> None:
    content = old_workbook(["x"], stream="WordDocument")
    assert "Word" in refused(shop, content, errors.UnsupportedFileError)


def _locked_zip() -> bytes:
    content = bytearray(zipped(orders__csv=csv(HEADER, ",".join(LINE))))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1  # the flag that says: encrypted
    return bytes(content)


def test_a_zip_with_a_password(shop: ShopBench) -> None:
    assert "password" in refused(shop, _locked_zip(), file_errors.LockedFileError)


def test_a_zip_with_one_csv_is_read(shop: ShopBench) -> None:
    tallies = shop.bring_in(zipped(orders__csv=csv(HEADER, ",".join(LINE))))
    assert tallies.stored.lines == 1


def test_a_zip_with_one_csv_in_gbk_is_read(shop: ShopBench) -> None:
    text = "订单编号,买家会员名,订单创建时间,买家应付货款\n1,小王,2020-01-02,5.50\n"
    assert look(shop, zipped(orders__csv=text.encode("gbk"))).form.encoding == "gb18030"


def test_a_zip_with_several_files_names_them(shop: ShopBench) -> None:
    said = refused(shop, zipped(a__csv=b"x", b__csv=b"y"), file_errors.ArchiveError)
    assert "“a.csv”, “b.csv”" in said


@pytest.mark.parametrize("other", ["xl/workbook.bin", "word/document.xml"])
def test_another_office_file_is_called_by_its_name(shop: ShopBench, other: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(other, b"x")
    assert refused(shop, out.getvalue(), errors.UnsupportedFileError)


@pytest.mark.parametrize("lost", [1, 200, -20])
def test_a_truncated_workbook(shop: ShopBench, lost: int) -> None:
    content = workbook(HEADINGS, *[LINE] * 50)
    assert "cut off" in refused(shop, content[:-lost], file_errors.DamagedWorkbookError)


def test_bytes_that_only_begin_like_a_workbook(shop: ShopBench) -> None:
    for content in (b"PK\x03\x04whatever", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)):
        refused(shop, content, file_errors.DamagedWorkbookError)


def test_a_workbook_with_a_wrong_byte(shop: ShopBench) -> None:
    content = bytearray(workbook(HEADINGS, *[LINE] * 50))
    content[content.index(b"xl/worksheets/sheet1.xml") + 60] ^= 0xFF
    refused(shop, bytes(content), errors.RefusedFileError)


@pytest.mark.parametrize("rows", [[], [[""], ["  "]]])
def test_an_empty_workbook(shop: ShopBench, rows: list[list[str]]) -> None:
    assert "empty" in refused(shop, workbook(*rows), file_errors.EmptyWorkbookError)


def test_a_workbook_with_headings_only(shop: ShopBench) -> None:
    assert "headings" in refused(shop, workbook(HEADINGS), errors.EmptyFileError)


def test_a_workbook_of_one_column(shop: ShopBench) -> None:
    refused(shop, workbook(["orders"], ["1"], ["2"]), errors.NoTableError)


def test_a_full_sheet_was_cut_off(tmp_path: Path) -> None:
    shop = open_shop(tmp_path, limits=replace(LIMITS, workbook_rows=10))
    assert look(shop, workbook(HEADINGS, *[LINE] * 8)).form.lines == 8
    said = refused(shop, workbook(HEADINGS, *[LINE] * 9), file_errors.LargeWorkbookError)
    assert "cut off" in said


def _spaces(size: int) -> Callable[[bytes], bytes]:
    return lambda xml: xml.replace(b"<sheetData>", b" " * size + b"<sheetData>")


def test_a_zip_bomb_is_known_by_its_directory_and_not_unpacked(shop: ShopBench) -> None:
    content = rewritten(
        workbook(HEADINGS, LINE), {"xl/worksheets/sheet1.xml": _spaces(LIMITS.workbook_bytes)}
    )
    assert len(content) < 2 << 20
    assert "512 MiB" in refused(shop, content, file_errors.LargeWorkbookError)


def test_a_directory_that_lies_about_a_size_is_found_out(tmp_path: Path) -> None:
    shop = open_shop(tmp_path, limits=replace(LIMITS, workbook_bytes=1 << 20))
    content = rewritten(workbook(HEADINGS, LINE), {"xl/worksheets/sheet1.xml": _spaces(4 << 20)})
    honest = struct.pack("<I", _size_in(content, "xl/worksheets/sheet1.xml"))
    assert content.count(honest) == 2
    lying = content.replace(honest, struct.pack("<I", 1000))
    refused(shop, content, file_errors.LargeWorkbookError)
    refused(shop, lying, file_errors.DamagedWorkbookError)


def _size_in(content: bytes, name: str) -> int:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.getinfo(name).file_size


def test_a_cell_at_the_far_corner_of_the_sheet_costs_no_memory(shop: ShopBench) -> None:
    corner = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    content = rewritten(
        workbook(HEADINGS, LINE),
        {"xl/worksheets/sheet1.xml": lambda xml: xml.replace(b"</sheetData>", corner)},
    )
    assert "16384 columns" in refused(shop, content, file_errors.LargeWorkbookError)


def test_cells_without_addresses_are_not_trusted(shop: ShopBench) -> None:
    content = rewritten(
        workbook(HEADINGS, LINE),
        {
            "xl/worksheets/sheet1.xml": lambda xml: xml.replace(
                b"</sheetData>", b"<row><c><v>1</v></c></row></sheetData>"
            )
        },
    )
    refused(shop, content, file_errors.DamagedWorkbookError)


def test_one_long_text_in_many_cells_costs_no_memory(tmp_path: Path) -> None:
    shop = open_shop(tmp_path, limits=replace(LIMITS, workbook_text=1 << 20))
    small = workbook(HEADINGS, *[[*LINE[:3], "x" * 900, *LINE[4:]]] * 1000)
    assert look(shop, small).form.lines == 1000
    bomb = workbook(HEADINGS, *[[*LINE[:3], "x" * 1100, *LINE[4:]]] * 1000)
    assert len(bomb) < 1 << 20
    refused(shop, bomb, file_errors.LargeWorkbookError)


def test_thousands_of_columns_in_a_workbook(shop: ShopBench) -> None:
    content = workbook([f"c{number}" for number in range(3000)], ["1"] * 3000)
    assert "3000 columns" in refused(shop, content, errors.TooManyColumnsError)


def test_headings_that_occur_twice_are_both_shown_and_the_first_is_taken(shop: ShopBench) -> None:
    content = workbook([*HEADINGS, "amount"], [*LINE, "9.99"])
    seen = look(shop, content)
    assert seen.form.headings[-2:] == ("amount", "amount (2)")
    assert seen.mapping()[OrderField.AMOUNT] == "amount"


def test_without_a_heading_that_we_know_the_first_sheet_with_anything_in_it_is_read(
    shop: ShopBench,
) -> None:
    odd: list[list[Cell]] = [["Title"], ["甲", "乙", "丙"], ["1", "2", "3"]]
    for content in (workbook(*odd), workbook(Empty=[], Odd=odd, Other=[["x", "y"], ["1", "2"]])):
        seen = look(shop, content)
        assert (seen.form.headings, seen.form.header_line) == (("甲", "乙", "丙"), 2)
