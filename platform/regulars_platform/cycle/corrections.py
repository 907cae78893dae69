"""Corrections by staff: they beat the computed date until the next purchase of that product."""

import datetime as dt
from dataclasses import dataclass

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.cycle.tables import DueCorrectionRow
from regulars_platform.errors import RegularsError
from regulars_platform.words import N_, Sentence

MAX_REASON = 200
FARTHEST = dt.timedelta(days=3660)

CORRECTION_SCHEMA: dict[str, pl.DataType] = {
    "customer_id": pl.String(),
    "product": pl.String(),
    "bought_on": pl.Date(),
    "corrected_to": pl.Date(),  # null: not any more
    "reason": pl.String(),
    "made_by_name": pl.String(),
    "made_at": pl.Datetime("us", "UTC"),
}


class CorrectionError(RegularsError):
    """A correction that cannot be kept."""

    @classmethod
    def no_reason(cls) -> "CorrectionError":
        """Nobody could say later why."""
        return cls(Sentence(N_("Say why, so that others can follow it later.")), field="reason")

    @classmethod
    def long_reason(cls, found: int) -> "CorrectionError":
        """Too many words."""
        return cls(
            Sentence(
                N_("A reason has at most %(limit)s characters, this one has %(found)s."),
                {"limit": MAX_REASON, "found": found},
            ),
            field="reason",
        )

    @classmethod
    def bad_day(cls) -> "CorrectionError":
        """Before the purchase, or beyond any plan."""
        return cls(
            Sentence(N_("A day after the last purchase and within ten years of it is expected.")),
            Sentence(N_("Choose another day, or say that it is not needed any more.")),
            field="due_on",
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Maker:
    """Who corrects. id: of the account."""

    id: int | None
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class About:
    """What a correction is about. bought_on: the last purchase of that product."""

    shop_id: int
    customer_id: str
    product: str
    bought_on: dt.date


def correct(
    session: Session,
    about: About,
    *,
    due_on: dt.date | None,
    reason: str,
    maker: Maker,
    now: dt.datetime,
) -> None:
    """Keep another day, or with None that the customer does not need it any more."""
    said = " ".join(reason.split())
    if not said:
        raise CorrectionError.no_reason()
    if len(said) > MAX_REASON:
        raise CorrectionError.long_reason(len(said))
    if due_on is not None and not (about.bought_on < due_on <= about.bought_on + FARTHEST):
        raise CorrectionError.bad_day()
    row = _row(about, maker, now)
    row.due_on, row.reason = due_on, said
    session.add(row)
    session.flush()


def withdraw(session: Session, about: About, *, maker: Maker, now: dt.datetime) -> None:
    """Back to the computed day. What was said before stays in the history."""
    row = _row(about, maker, now)
    row.withdrawn = True
    session.add(row)
    session.flush()


def _row(about: About, maker: Maker, now: dt.datetime) -> DueCorrectionRow:
    return DueCorrectionRow(
        shop_id=about.shop_id,
        customer_id=about.customer_id,
        product=about.product,
        bought_on=about.bought_on,
        due_on=None,
        withdrawn=False,
        reason="",
        made_by=maker.id,
        made_by_name=maker.name[:200],
        made_at=now,
    )


def corrections_of(
    session: Session, shop_id: int, customer_id: str, product: str
) -> list[DueCorrectionRow]:
    """Everything that was ever said of one customer and product, the latest first."""
    return list(
        session.scalars(
            select(DueCorrectionRow)
            .where(
                DueCorrectionRow.shop_id == shop_id,
                DueCorrectionRow.customer_id == customer_id,
                DueCorrectionRow.product == product,
            )
            .order_by(DueCorrectionRow.id.desc())
        )
    )


def read_corrections(session: Session, shop_id: int) -> pl.DataFrame:
    """CORRECTION_SCHEMA: the latest of each customer and product that is not withdrawn."""
    row = DueCorrectionRow
    found = session.execute(
        select(
            row.withdrawn,
            row.customer_id,
            row.product,
            row.bought_on,
            row.due_on,
            row.reason,
            row.made_by_name,
            row.made_at,
        )
        .where(row.shop_id == shop_id)
        .order_by(row.id)
    )
    latest = {(one.customer_id, one.product): tuple(one) for one in found}
    return pl.DataFrame(
        [said for withdrawn, *said in latest.values() if not withdrawn],
        schema=CORRECTION_SCHEMA,
        orient="row",
    )


def corrected(rows: pl.LazyFrame, corrections: pl.DataFrame) -> pl.LazyFrame:
    """Rows of the cycle with what staff said: due_on is theirs (null: not any more) and computed_on
    the day that was worked out. A purchase after the one that was spoken of ends a correction."""
    if corrections.is_empty():  # the usual case, in which a day can be looked up without a join
        return rows.with_columns(
            pl.lit(False).alias("is_corrected"),
            pl.col("due_on").alias("computed_on"),
            *(
                pl.lit(None, dtype=CORRECTION_SCHEMA[name]).alias(name)
                for name in ("reason", "made_by_name", "made_at")
            ),
        )
    holds = pl.col("bought_on").is_not_null() & (pl.col("last_day") <= pl.col("bought_on"))
    return (
        rows.join(corrections.lazy(), on=["customer_id", "product"], how="left")
        .with_columns(holds.alias("is_corrected"), pl.col("due_on").alias("computed_on"))
        .with_columns(
            pl.when("is_corrected")
            .then(pl.col("corrected_to"))
            .otherwise(pl.col("due_on"))
            .alias("due_on"),
            *(
                pl.when("is_corrected").then(pl.col(name)).alias(name)
                for name in ("reason", "made_by_name", "made_at")
            ),
        )
        .drop("bought_on", "corrected_to")
    )
