"""Numbers as order files write them -> exact integers of ten-thousandths.

Signs (also brackets and a trailing minus), currency signs and words, thousands separators, point
or comma for the decimals (decided over the whole file). Never through a float.
"""

from dataclasses import dataclass
from typing import Literal

import polars as pl

from regulars_platform.intake.cells import NOTHING, by_unique

Decimal = Literal["point", "comma"]

DIGITS = 11
"""Most digits before the decimals: larger numbers are no order amounts, and sums stay exact."""

_WORDS_FOR_ZERO = ("无退款申请", "没有申请退款", "无退款", "未退款")
_CURRENCY = (
    r"(?i)(?:US\$|HK\$|NT\$|CA\$|A\$|[¥$€£₩₽₹฿₫₺₴]|CNY|RMB|USD|EUR|GBP|HKD|TWD|JPY|CAD|AUD|CHF|"
    r"SEK|NOK|DKK|PLN|元|圆|円)"
)
_NUMBER = r"^(?P<sign>-?)(?P<whole>\d*)(?:\.(?P<fraction>\d*))?$"
PROBLEMS = ("not_a_number", "too_many_decimals", "scientific", "too_large")


@dataclass(frozen=True, kw_only=True, slots=True)
class DecimalEvidence:
    """What the numbers of a column say about their decimal mark; added up over batches.

    point, comma: different values that can only be read so; doubtful: an example like 1.234 that
    may be either; readable, filled: values that are numbers in some reading, and values in all.
    """

    point: int = 0
    comma: int = 0
    doubtful: str | None = None
    readable: int = 0
    filled: int = 0
    example: str | None = None

    def __add__(self, other: "DecimalEvidence") -> "DecimalEvidence":
        return DecimalEvidence(
            point=self.point + other.point,
            comma=self.comma + other.comma,
            doubtful=self.doubtful or other.doubtful,
            readable=self.readable + other.readable,
            filled=self.filled + other.filled,
            example=self.example or other.example,
        )


def bare_number(cell: pl.Expr) -> pl.Expr:
    """Cleaned cell -> sign, digits and separators only; null for words meaning nothing.

    `69.20(折扣：47.80)` keeps the number before the bracket; `(12.50)` and `12.50-` are negative.
    """
    text = cell.str.normalize("NFKC").str.replace_all("[−–]", "-")
    text = pl.when(~text.str.to_lowercase().is_in(list(NOTHING))).then(text)
    text = pl.when(text.is_in(_WORDS_FOR_ZERO)).then(pl.lit("0")).otherwise(text)
    text = text.str.replace_all(_CURRENCY, "").str.replace_all(r"[\s']", "")
    bracketed = text.str.extract(r"^\((.*)\)$", 1)
    text = pl.when(bracketed.is_not_null()).then("-" + bracketed).otherwise(text)
    text = text.str.replace(r"^([+-]?[\d.,]+)\(.*\)$", "${1}")
    text = text.str.replace(r"^([\d.,]+)-$", "-${1}")
    return text.str.replace(r"^\+", "")


def decimal_evidence(cells: pl.Series) -> DecimalEvidence:
    """Evidence in cleaned cells (String; null: blank)."""
    frame = pl.DataFrame({"cell": cells.drop_nulls().unique(maintain_order=True)}).with_columns(
        bare_number(pl.col("cell")).alias("text")
    )
    text = pl.col("text")
    both = text.str.contains(r"\.") & text.str.contains(",")
    last_comma = text.str.contains(r"^[^,]*,[^,.]*$") & both
    last_point = text.str.contains(r"^[^.]*\.[^,.]*$") & both
    many_points = text.str.contains(r"^-?\d{1,3}(\.\d{3}){2,}$")
    many_commas = text.str.contains(r"^-?\d{1,3}(,\d{3}){2,}$")
    one_comma = text.str.contains(r"^-?\d*,(\d{1,2}|\d{4,})$") | text.str.contains(r"^-?0+,\d{3}$")
    one_point = text.str.contains(r"^-?\d*\.(\d{1,2}|\d{4,})$") | text.str.contains(
        r"^-?(0+|\d{4,})\.\d{3}$"
    )
    doubtful = text.str.contains(r"^-?[1-9]\d{0,2}\.\d{3}$")
    number = text.str.contains(r"^-?[\d.,]*\d[\d.,]*$")
    totals = frame.select(
        (last_point | many_commas | one_point).sum().alias("point"),
        (last_comma | many_points | one_comma).sum().alias("comma"),
        number.sum().alias("readable"),
        text.count().alias("filled"),
    ).row(0, named=True)
    unsure = frame.filter(doubtful)["cell"]
    odd = frame.filter(~number)["cell"]
    return DecimalEvidence(
        **totals,
        doubtful=unsure[0] if unsure.len() else None,
        example=odd[0] if odd.len() else None,
    )


def read_numbers(cells: pl.Series, decimal: Decimal) -> pl.DataFrame:
    """Cleaned cells -> `value` (Int64 ten-thousandths, null: blank or unreadable) and `problem`
    (one of PROBLEMS, null: none)."""
    return by_unique(cells, lambda unique: _read_unique(unique, decimal))


def _read_unique(cells: pl.Series, decimal: Decimal) -> pl.DataFrame:
    text = bare_number(pl.col("cell"))
    marks = (".", ",") if decimal == "point" else (",", ".")
    number = _without_thousands(text, *marks)
    frame = cells.rename("cell").to_frame().with_columns(text.alias("text"), number.alias("number"))
    frame = frame.with_columns(
        frame["number"].str.extract_groups(_NUMBER).struct.unnest().get_columns()
    )
    whole = pl.col("whole").str.strip_chars_start("0")
    fraction = pl.col("fraction").fill_null("").str.strip_chars_end("0")
    fits = (pl.col("whole").str.len_chars() + pl.col("fraction").fill_null("").str.len_chars()) > 0
    problem = (
        pl.when(pl.col("text").is_null())
        .then(None)
        .when(pl.col("text").str.contains(r"^-?[\d.,]+[eE][+-]?\d+$"))
        .then(pl.lit("scientific"))
        .when(~fits.fill_null(value=False))
        .then(pl.lit("not_a_number"))
        .when(fraction.str.len_chars() > 4)
        .then(pl.lit("too_many_decimals"))
        .when(whole.str.len_chars() > DIGITS)
        .then(pl.lit("too_large"))
    )
    digits = whole + fraction.str.slice(0, 4).str.pad_end(4, "0")
    sign = pl.when(pl.col("sign") == "-").then(-1).otherwise(1)
    frame = frame.with_columns(problem.alias("problem"))
    value = pl.when(pl.col("problem").is_null() & pl.col("text").is_not_null()).then(
        digits.cast(pl.Int64, strict=False) * sign
    )
    return frame.select(value.alias("value"), "problem")


def _without_thousands(text: pl.Expr, mark: str, separator: str) -> pl.Expr:
    """Point for the decimals, no separators; a separator that does not part groups of three
    stays, so that the number is not understood (1,5 is not fifteen)."""
    escaped = "\\" + separator
    grouped = text.str.contains(rf"^-?\d{{1,3}}({escaped}\d{{3}})+(\{mark}\d*)?$")
    bare = pl.when(grouped).then(text.str.replace_all(separator, "", literal=True)).otherwise(text)
    stays = bare.str.contains(separator, literal=True)
    return pl.when(~stays).then(bare.str.replace(mark, ".", literal=True))
