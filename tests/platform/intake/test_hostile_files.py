"""A file that cannot be an order file is refused with a sentence; nothing is stored."""

import gzip
import io
import os
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from regulars_platform.intake import errors, service
from regulars_platform.intake.limits import LIMITS
from regulars_platform.intake.models import ImportState
from tests.platform.intake.builders import HEADER, ShopBench, csv, open_shop

LINE = "1,a,2020-01-02,tea,1,5.50"


def refused(shop: ShopBench, content: bytes, kind: type[errors.RefusedFileError]) -> str:
    """Look at the file; it must be refused, and the import must say so. Returns the sentence."""
    import_id = shop.upload(content)
    with pytest.raises(kind) as caught:
        service.look(shop.settings, shop.database, import_id, limits=shop.limits)
    kept = shop.get(import_id)
    assert kept.state is ImportState.REFUSED
    assert str(kept.problem) == str(caught.value.problem)
    assert kept.hint is not None
    assert not shop.orders.exists()
    return str(kept.problem)


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\xef\xbb\xbf", gzip.compress(b"", mtime=0)])
def test_an_empty_file(shop: ShopBench, content: bytes) -> None:
    assert "empty" in refused(shop, content, errors.EmptyFileError)


def test_headings_without_lines(shop: ShopBench) -> None:
    assert "headings" in refused(shop, csv(HEADER), errors.EmptyFileError)


@pytest.mark.parametrize("content", [os.urandom(4096), b"order_id,amount\n1,\x00\x01\n"])
def test_a_binary_file(shop: ShopBench, content: bytes) -> None:
    # random bytes may by chance begin like a known kind or break as text first
    assert refused(shop, content, errors.RefusedFileError)


def test_a_byte_zero_names_its_place(shop: ShopBench) -> None:
    assert "byte 12" in refused(shop, b"order_id,am\n\x00", errors.BinaryFileError)


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"%PDF-1.7", "PDF"),
        (b'[{"order_id": 1}]', "JSON"),
        (gzip.compress(b"PK\x03\x04whatever", mtime=0), "ZIP"),
        (gzip.compress(gzip.compress(b"a,b\n1,2\n", mtime=0), mtime=0), "gzip within gzip"),
    ],
)
def test_a_known_kind_that_is_not_read_is_named(shop: ShopBench, content: bytes, name: str) -> None:
    assert name in refused(shop, content, errors.UnsupportedFileError)


@pytest.mark.parametrize("lost", [4, 8, 200])
def test_a_truncated_gzip(shop: ShopBench, lost: int) -> None:
    lines = [f"{number},c{number * 7919 % 1000},2020-01-02,tea,1,5.50" for number in range(5000)]
    whole = gzip.compress(csv(HEADER, *lines), mtime=0)
    assert "cut off" in refused(shop, whole[:-lost], errors.TruncatedFileError)


def test_a_gzip_with_a_wrong_byte(shop: ShopBench) -> None:
    lines = [f"{number},c{number * 7919 % 1000},2020-01-02,tea,1,5.50" for number in range(5000)]
    content = bytearray(gzip.compress(csv(HEADER, *lines), mtime=0))
    content[len(content) // 2] ^= 0xFF
    assert "damaged" in refused(shop, bytes(content), errors.TruncatedFileError)


def test_an_endless_line(shop: ShopBench) -> None:
    content = csv(HEADER, LINE) + b"x" * (LIMITS.line_bytes + 1)
    assert "Line 3 is longer" in refused(shop, content, errors.EndlessLineError)


def test_a_gzip_bomb_is_an_endless_line_and_is_not_unpacked(shop: ShopBench) -> None:
    content = gzip.compress(b"a" * (64 << 20), mtime=0)
    refused(shop, content, errors.EndlessLineError)
    assert sum(path.stat().st_size for path in shop.settings.uploads_dir.rglob("*")) < 4 << 20


def test_more_text_than_is_unpacked(tmp_path: Path) -> None:
    shop = open_shop(tmp_path, limits=replace(LIMITS, plain_bytes=1 << 20))
    content = gzip.compress(csv(HEADER, *[LINE] * 60_000), mtime=0)
    refused(shop, content, errors.TooLargeError)


def test_thousands_of_columns(shop: ShopBench) -> None:
    header = ",".join(f"c{number}" for number in range(3000))
    assert "3000 columns" in refused(shop, csv(header, header), errors.TooManyColumnsError)


def test_a_million_columns(shop: ShopBench) -> None:
    refused(shop, b"a," * 1_000_000 + b"\n", errors.EndlessLineError)


def test_one_column(shop: ShopBench) -> None:
    assert "one piece" in refused(shop, csv("order", "1", "2"), errors.NoTableError)


def test_a_file_without_headings(shop: ShopBench) -> None:
    content = csv("489434,85048,2009-12-01 07:45,6.95", "489435,85048,2009-12-01 07:46,6.95")
    assert "holds values" in refused(shop, content, errors.NoTableError)


@pytest.mark.parametrize(
    "content",
    [
        b"order_id,customer_id,ordered_at,amount\n1,caf\xe9 bar,2020-01-02,5\n",  # Latin-1
        b"order_id,customer_id,ordered_at,amount\n1,\xe9t\xe9rn\xe9,2020-01-02,5\n",
        b"order_id,customer_id,ordered_at,amount\n1,\xa35,2020-01-02,5\n",
        b"\xef\xbb\xbforder_id,customer_id\n1,\xff\n",
    ],
)
def test_a_wrong_encoding_names_the_line(shop: ShopBench, content: bytes) -> None:
    assert "line 2 is not UTF-8" in refused(shop, content, errors.EncodingUnknownError)


@pytest.mark.parametrize("cut", [8, 100, -5])
def test_a_damaged_parquet(shop: ShopBench, cut: int) -> None:
    out = io.BytesIO()
    pl.DataFrame({"order_id": list(range(1000)), "amount": [1.5] * 1000}).write_parquet(out)
    refused(shop, out.getvalue()[:cut], errors.TruncatedFileError)


@pytest.mark.parametrize(
    ("header", "what"),
    [
        (
            "Date,Order #,N. Revenue (formatted),Status,Customer,Customer type,Product(s),"
            "Items sold,Coupon(s),Net Sales,Attribution",
            "WooCommerce Analytics",
        ),
        ("Order,Name,Kind,Gateway,Created At,Status,Amount,Currency", "Shopify transaction"),
    ],
)
def test_another_kind_of_export_says_which_file_to_bring(
    shop: ShopBench, header: str, what: str
) -> None:
    line = ",".join("x" for _ in header.split(","))
    assert what in refused(shop, csv(header, line), errors.OtherFileError)


def test_a_full_disk_while_receiving_leaves_nothing(
    shop: ShopBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    def full(_fd: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(errors.DiskFullError, match="disk is full"):
        shop.upload(csv(HEADER, LINE))
    assert list(shop.settings.uploads_dir.iterdir()) == []
    with shop.database.unit_of_work() as session:
        assert service.list_imports(session, 1) == []
