"""Who takes part, in which environment, and what each is compared with."""

from dataclasses import dataclass
from typing import Literal

Environment = Literal["product", "peers", "gbstats"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A contender by its name in `module`.

    floor: the name of the bare aggregation of the same rows. figures: whether it answers the whole
    question, so that its figures must agree with Regulars'. floats: reads the file of floats.
    """

    name: str
    module: str
    environment: Environment = "product"
    floor: str = "floor"
    figures: bool = True
    floats: bool = False


OURS = "Regulars"
OURS_FROM_DISK = "Regulars from Parquet"
FLOOR = "floor"
FLOOR_FROM_DISK = "floor from Parquet"

SIDE_BY_SIDE = (
    Entry(name=FLOOR, module="bare_polars", figures=False),
    Entry(name=OURS, module="regulars"),
    Entry(name="tea-tasting, one aggregation", module="tea_tasting", environment="peers"),
    Entry(name="tea-tasting, segment by segment", module="tea_tasting", environment="peers"),
    Entry(name="gbstats, sums by Polars", module="gbstats", environment="gbstats"),
    Entry(name="gbstats, sums by pandas", module="gbstats", environment="gbstats"),
    Entry(name="statsmodels, HC3", module="statsmodels", environment="peers"),
    Entry(name="floor, text keys", module="bare_polars", floor="floor, text keys", figures=False),
    Entry(name="Regulars, text keys", module="regulars", floor="floor, text keys"),
    Entry(name=FLOOR_FROM_DISK, module="bare_polars", floor=FLOOR_FROM_DISK, figures=False),
    Entry(name=OURS_FROM_DISK, module="regulars", floor=FLOOR_FROM_DISK),
    Entry(
        name="Regulars from Parquet of floats",
        module="regulars",
        floor=FLOOR_FROM_DISK,
        floats=True,
    ),
)

GROWTH = tuple(entry for entry in SIDE_BY_SIDE if entry.name in (FLOOR_FROM_DISK, OURS_FROM_DISK))
