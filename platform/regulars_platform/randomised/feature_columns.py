"""Features of a file as what they are: numbers and dates written as text, gaps as gaps."""

import polars as pl

from regulars_experiments.uplift.checks import Code, Finding
from regulars_platform.randomised.reading import parsed_text, present_text

_ALMOST = 0.9
_SHOWN = 3
_MOMENTS = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f")


def typed_features(frame: pl.DataFrame) -> tuple[pl.DataFrame, tuple[Finding, ...]]:
    """Text whose every cell is a number, yes or no, or an ISO date becomes just that.

    What counts as empty in an outcome does so here. Text stays text, with a finding by name where
    nearly all of it are numbers, since a word or two then make a category of an amount.
    """
    changed, found = [], []
    for column in frame.get_columns():
        if column.dtype not in (pl.String, pl.Categorical):
            continue
        text = present_text(column)
        typed = _typed(text)
        changed.append(typed)
        if typed.dtype == pl.String and (finding := _almost_numbers(text)):
            found.append(finding)
    return frame.with_columns(changed), tuple(found)


def _typed(text: pl.Series) -> pl.Series:
    """All of it as numbers or dates, or else as it came."""
    gaps = text.null_count()
    if gaps == text.len():
        return text
    numbers = parsed_text(text)
    if numbers.null_count() == gaps:
        return numbers
    dates = text.str.to_date("%Y-%m-%d", strict=False)
    if dates.null_count() == gaps:
        return dates
    moments = pl.select(
        pl.coalesce(
            dates.cast(pl.Datetime("us")),
            *(text.str.to_datetime(form, strict=False, time_unit="us") for form in _MOMENTS),
        ).alias(text.name)
    ).to_series()
    return moments if moments.null_count() == gaps else text


def _almost_numbers(text: pl.Series) -> Finding | None:
    known = text.drop_nulls()
    others = known.filter(parsed_text(known).is_null())
    if not known.len() or known.len() - others.len() < _ALMOST * known.len():
        return None
    often = (
        others.to_frame("word")
        .group_by("word")
        .len()
        .sort(["len", "word"], descending=[True, False])
    )
    words = often.get_column("word").to_list()
    detail = f"{others.len():,} of {known.len():,} are not: " + ", ".join(map(repr, words[:_SHOWN]))
    if len(words) > _SHOWN:
        detail += " and others"
    return Finding(code=Code.ALMOST_NUMBERS, subject=text.name, detail=detail)
