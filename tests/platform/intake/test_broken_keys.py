"""Order and customer numbers that exports and spreadsheets have damaged."""

import polars as pl
import pytest

from regulars_platform.intake.cells import clean_key, is_number_cell, is_scientific
from tests.platform.intake.builders import HEADER, ShopBench, csv

REST = "a,2020-01-02,tea,1,5.50"


def cleaned(cell: str) -> str | None:
    found: str | None = pl.select(clean_key(pl.lit(cell))).item()
    return found


@pytest.mark.parametrize(
    "cell",
    [
        '="365847123456789012"',
        "'365847123456789012",
        "\t365847123456789012",
        "365847123456789012\t",
        "\t'365847123456789012 ",
        "\u3000365847123456789012\ufeff",
    ],
)
def test_wrappers_come_off_a_key(cell: str) -> None:
    assert cleaned(cell) == "365847123456789012"


def test_a_wrapper_inside_quotation_marks_comes_off(shop: ShopBench) -> None:
    # ="123" in a quoted cell, with its quotation marks doubled
    shop.bring_in(csv(HEADER, f'"=""365847123456789012""",{REST}'))
    assert shop.stored()["order_id"].to_list() == ["365847123456789012"]


def test_each_key_in_scientific_notation_is_rejected_and_none_is_merged(shop: ShopBench) -> None:
    lines = [f"1.23457E+18,{REST}"] * 3 + [f"1.23457e18,{REST}", f"365847123456789012,{REST}"]
    import_id = shop.confirmed(csv(HEADER, *lines))
    assert shop.check(import_id).reasons == {"order_id_scientific": 4}
    assert shop.rejects(import_id).count("scientific notation") == 4
    shop.store(import_id)
    assert shop.stored()["order_id"].to_list() == ["365847123456789012"]


def test_long_numbers_that_all_end_in_zeros_are_rejected(shop: ShopBench) -> None:
    lines = [f"36584712345678{digit}000,{REST}" for digit in range(3)]
    import_id = shop.confirmed(csv(HEADER, *lines))
    assert shop.check(import_id).reasons == {"order_id_rounded": 3}


def notes(shop: ShopBench, numbers: list[str]) -> list[str]:
    import_id = shop.confirmed(csv(HEADER, *[f"{number},{REST}" for number in numbers]))
    tallies = shop.check(import_id)
    assert tallies.rejected.lines == 0
    return [str(note) for note in tallies.notes if "end in zeros" in str(note)]


def test_some_long_numbers_that_end_in_zeros_are_warned_of(shop: ShopBench) -> None:
    honest = [str(365_847_123_456_789_012 + 7 * number) for number in range(50)]
    said = notes(shop, [*honest, "365847123456788000", "365847123456787000"])
    assert said
    assert "2 long numbers in “order_id” end in zeros" in said[0]


def test_as_many_zeros_as_honest_numbers_have_are_not_warned_of(shop: ShopBench) -> None:
    # of sixteen-digit numbers every tenth ends in a zero
    assert notes(shop, [str(3_658_471_234_567_890 + number) for number in range(100)]) == []


def test_a_number_cell_counts_as_damaged_wherever_keys_are_read() -> None:
    key = pl.lit("≈1234567890123457024")
    assert pl.select(is_number_cell(key)).item()
    assert pl.select(is_scientific(key)).item()
    assert not pl.select(is_number_cell(pl.lit("1234567890123457024"))).item()
