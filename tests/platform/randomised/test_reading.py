"""Reading a randomised file: what is understood, and what is refused in words."""

import gzip
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from regulars_platform.randomised.reading import UnreadableFileError, scan_columns

ROWS = b"arm,spend\nmail,1.50\nheld,\nmail,3\n"
Write = Callable[[bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def file(content: bytes) -> Path:
        path = tmp_path / "customers.csv"
        path.write_bytes(content)
        return path

    return file


def read(path: Path) -> list[tuple[str | None, float | None]]:
    return scan_columns(path, text=["arm"], numbers=["spend"]).collect().rows()


EXPECTED = [("mail", 1.5), ("held", None), ("mail", 3.0)]


@pytest.mark.parametrize(
    "content",
    [
        ROWS,
        ROWS.replace(b",", b";"),
        ROWS.replace(b",", b"\t"),
        ROWS.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + ROWS,
        gzip.compress(ROWS, mtime=0),
        b'arm,note,spend\nmail,"a, b",1.50\nheld,,NA\nmail,x, 3 \n',
        ROWS.removesuffix(b"\n"),
    ],
)
def test_the_usual_forms_are_the_same_file(write: Write, content: bytes) -> None:
    assert read(write(content)) == EXPECTED


def test_parquet_is_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "customers.parquet"
    pl.DataFrame(
        {"arm": ["mail", "held", "mail"], "spend": [1.5, float("nan"), 3.0]}
    ).write_parquet(path)
    assert read(path) == EXPECTED


def test_numbers_as_text_are_not_taken_for_arms_and_whole_arms_become_text(tmp_path: Path) -> None:
    path = tmp_path / "customers.parquet"
    pl.DataFrame({"arm": [1, 0], "spend": [True, False]}).write_parquet(path)
    assert read(path) == [("1", True), ("0", False)]


def test_true_and_false_are_one_and_nothing(write: Write) -> None:
    assert read(write(b"arm,spend\na,True\nb,false\n")) == [("a", 1.0), ("b", 0.0)]


def test_only_the_named_columns_are_read(write: Write) -> None:
    path = write(b"id,arm,spend,other\n1,mail,2,x\n")
    assert scan_columns(path, text=["arm"], numbers=["spend"]).collect().columns == ["arm", "spend"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"arm,spend\n", "has a header but no rows"),
        (bytes(range(256)) * 20, "is a binary file"),
        (ROWS.decode().encode("utf-16"), "is saved as UTF-16"),
        (b"\xfe\xff" + ROWS.decode().encode("utf-16-be"), "is saved as UTF-16"),
        (gzip.compress(ROWS.decode().encode("utf-16"), mtime=0), "is saved as UTF-16"),
        (b"arm,spend\nmail,1\nheld\n", "Line 3 has fewer fields than the header: 1, not 2"),
        (b"arm;spend;x\nmail;1;2\nheld;2\n", "Line 3 has fewer fields than the header: 2, not 3"),
        (gzip.compress(b"arm,spend\r\nmail,1\r\nheld\r\n", mtime=0), "Line 3 has fewer fields"),
        (b'arm,spend,x\nmail,1,"a\n,b"\nheld,2\n', "Line 4 has fewer fields"),
        (b'arm,spend,x\nmail,1,a\n"he,ld",2\n', "Line 3 has fewer fields"),
        ("arm,spend\ncaf\u00e9,1\n".encode("latin-1"), "cannot be read as CSV"),
        ("b\u00e9b\u00e9,spend\nx,1\n".encode("latin-1"), "has no column 'arm'"),
        (gzip.compress(ROWS, mtime=0)[:-12], "cannot be read as CSV"),
        (gzip.compress(ROWS, mtime=0)[:12], "cannot be read as CSV"),
        (gzip.compress(ROWS, mtime=0)[:10] + b"\xff" * 40, "cannot be read as CSV"),
        (b"PAR1 and no more", "cannot be read as CSV"),
        (b"arm,spend\nmail,1,2,3\n", "cannot be read as CSV"),
        (b"group,spend\nmail,1\n", "has no column 'arm'. It has: group, spend"),
        (b"arm,spend,spend\nmail,1,2\n", "has two columns named 'spend'"),
        (b"arm,spend\nmail,1\nheld,12.50 EUR\n", "line 3 holds '12.50 EUR'"),
        (b'arm,spend\nmail,"1,200.00"\n', "line 2 holds '1,200.00'"),
        (b"arm,spend\nmail,inf\n", "line 2 holds 'inf'"),
        (b"arm,spend\nmail,1e999\n", "line 2 holds '1e999'"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(
    write: Write, content: bytes, sentence: str
) -> None:
    with pytest.raises(UnreadableFileError) as refused:
        read(write(content))
    assert sentence in str(refused.value.problem)
    assert refused.value.hint is not None


def test_the_first_wrong_number_is_named_however_far_down_it_is(write: Write) -> None:
    lines = [f"mail,{i}" for i in range(200_000)]
    lines[150_000], lines[180_000] = "mail,much", "mail,more"
    path = write("\n".join(["arm,spend", *lines]).encode())
    with pytest.raises(UnreadableFileError, match="line 150002 holds 'much'"):
        scan_columns(path, text=["arm"], numbers=["spend"])


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFileError, match="is a folder, not a file"):
        read(tmp_path)
    with pytest.raises(UnreadableFileError, match="There is no file"):
        read(tmp_path / "nothing.csv")


@pytest.mark.parametrize(
    "content",
    [
        b"arm,spend,note\nmail,1.50,\nheld,,\nmail,3,x\n",
        b'arm,spend,note\nmail,1.50,"a\nb,c"\nheld,,"\n"\nmail,3,\n',
        b"arm,spend,note\r\nmail,1.50,\r\nheld,,\r\nmail,3,\r\n",
    ],
)
def test_rows_that_end_in_nothing_or_run_over_lines_are_not_short(
    write: Write, content: bytes
) -> None:
    assert read(write(content)) == EXPECTED


def test_dates_in_a_column_of_numbers_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "customers.parquet"
    pl.DataFrame({"arm": ["a"], "spend": ["2026-01-01"]}).with_columns(
        pl.col("spend").str.to_date()
    ).write_parquet(path)
    with pytest.raises(UnreadableFileError, match="holds Date, not numbers"):
        read(path)
