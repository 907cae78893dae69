"""Money is exact: what is written is what is stored, to four decimals, or it is refused."""

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from regulars_platform.intake.cells import clean
from regulars_platform.intake.money import Decimal as Mark
from regulars_platform.intake.money import decimal_evidence, read_numbers


def read(cell: str, mark: Mark = "point") -> tuple[int | None, str | None]:
    cells = pl.DataFrame({"cell": [cell]}).select(clean(pl.col("cell")))["cell"]
    value, problem = read_numbers(cells, mark).row(0)
    return value, problem


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("12.5", "12.5"),
        ("1,234.50", "1234.50"),
        ("1,234,567", "1234567"),
        ("¥1,234.50", "1234.50"),
        ("￥12", "12"),
        ("US$ 5", "5"),
        ("5 EUR", "5"),
        ("0元", "0"),
        ("(12.50)", "-12.50"),
        ("12.50-", "-12.50"),
        ("-12.50", "-12.50"),
        ("+12.50", "12.50"),
        ("−3", "-3"),
        ("-$3.20", "-3.20"),
        ("1 234.50", "1234.50"),
        ("1\u202f234.50", "1234.50"),
        ("1'234.50", "1234.50"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1.50000", "1.5"),
        ("007", "7"),
        ("69.20(店铺优惠：47.80)", "69.20"),
        ("无退款申请", "0"),
        ("１２.５", "12.5"),
        ('="12.30"', "12.30"),
        ("'12.30", "12.30"),
        ("-11062.06", "-11062.06"),
    ],
)
def test_a_number_as_exports_write_it_is_read_exactly(cell: str, expected: str) -> None:
    assert read(cell) == (int(Decimal(expected) * 10_000), None)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("1.234,50", "1234.50"), ("1.234.567", "1234567"), ("0,5", "0.5"), ("-1,25 €", "-1.25")],
)
def test_a_decimal_comma_is_read_where_the_column_has_it(cell: str, expected: str) -> None:
    assert read(cell, "comma") == (int(Decimal(expected) * 10_000), None)


@pytest.mark.parametrize("cell", ["", " ", "-", "--", "——", "N/A", "null", "NaN", "　"])
def test_words_for_nothing_are_no_number_and_no_problem(cell: str) -> None:
    assert read(cell) == (None, None)


@pytest.mark.parametrize(
    ("cell", "problem"),
    [
        ("1.23456", "too_many_decimals"),
        ("1E+5", "scientific"),
        ("1.5e-3", "scientific"),
        ("123456789012", "too_large"),
        ("abc", "not_a_number"),
        ("12 pieces", "not_a_number"),
        ("1,5", "not_a_number"),
        ("1,23,456", "not_a_number"),
        ("1.2.3", "not_a_number"),
        ("--5", "not_a_number"),
        ("12%", "not_a_number"),
        (".", "not_a_number"),
    ],
)
def test_what_is_not_clear_is_refused_with_its_reason(cell: str, problem: str) -> None:
    assert read(cell) == (None, problem)


@given(
    st.decimals(min_value=Decimal("-99999999999"), max_value=Decimal("99999999999"), places=4),
    st.sampled_from(["point", "comma"]),
    st.booleans(),
)
def test_every_amount_survives_being_written_and_read(
    amount: Decimal, mark: Mark, grouped: bool
) -> None:
    text = f"{amount:,.4f}" if grouped else f"{amount:.4f}"
    if mark == "comma":
        text = text.translate(str.maketrans(",.", ".,"))
    assert read(text, mark) == (int(amount * 10_000), None)


@pytest.mark.parametrize(
    ("cells", "point", "comma"),
    [
        (["1,234.50", "2.00"], 2, 0),
        (["1.234,50", "2,00"], 0, 2),
        (["12", "13"], 0, 0),
        (["1.234.567"], 0, 1),
        (["1,234,567"], 1, 0),
        (["0.123"], 1, 0),
    ],
)
def test_the_decimal_mark_is_known_from_the_column(
    cells: list[str], point: int, comma: int
) -> None:
    evidence = decimal_evidence(pl.Series(cells))
    assert (evidence.point, evidence.comma, evidence.doubtful) == (point, comma, None)


def test_a_point_before_three_digits_is_doubtful() -> None:
    assert decimal_evidence(pl.Series(["1.234", "20"])).doubtful == "1.234"
