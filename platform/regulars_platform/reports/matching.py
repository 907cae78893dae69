"""Whether the order files can be joined to the customers: judged where the offer cannot have acted.

After launch a difference between the arms' orders is the effect. So whether customers of all arms
are found alike is asked only of orders from before launch in the same file.
"""

from dataclasses import dataclass

import polars as pl

from regulars_experiments.checks import SAMPLE_RATIO_LEVEL, independence
from regulars_platform.campaigns.plan import Plan


@dataclass(frozen=True, kw_only=True, slots=True)
class FileMatch:
    """One order file against the ledger.

    orders: in the file. known: of them, with a customer. in_campaign: of them, with a customer of
    the ledger. before: per arm (customers of the arm, those with an order in this file from before
    launch). p_value: of the arms being found alike; None where nothing from before is there.
    """

    import_id: int
    orders: int
    known: int
    in_campaign: int
    before: tuple[tuple[str, int, int], ...]
    p_value: float | None

    @property
    def flagged(self) -> bool:
        """Arms found so differently that one of them is missing customers."""
        return self.p_value is not None and self.p_value < SAMPLE_RATIO_LEVEL


def match_file(import_id: int, lines: pl.LazyFrame, ledger: pl.DataFrame, plan: Plan) -> FileMatch:
    """Match one file's order lines (ORDER_SCHEMA) with the ledger."""
    orders = (
        lines.group_by("order_id")
        .agg(pl.col("customer_id").drop_nulls().min(), pl.col("ordered_at").min())
        .join(ledger.lazy().select("customer_id", "arm"), on="customer_id", how="left")
        .collect(engine="streaming")
    )
    sizes = dict(ledger.group_by("arm").len().iter_rows())
    earlier = orders.filter(
        (pl.col("ordered_at") < plan.outcome_start) & pl.col("arm").is_not_null()
    )
    found = dict(earlier.group_by("arm").agg(pl.col("customer_id").n_unique()).iter_rows())
    before = tuple((arm, sizes.get(arm, 0), found.get(arm, 0)) for arm in plan.arm_names)
    table = [[there, size - there] for _, size, there in before if size > 0]
    return FileMatch(
        import_id=import_id,
        orders=orders.height,
        known=orders.get_column("customer_id").count(),
        in_campaign=orders.get_column("arm").count(),
        before=before,
        p_value=independence(table) if earlier.height else None,
    )
