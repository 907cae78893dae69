"""All customers of a shop as they are on a day, by their rows: what the live side keeps of them.

Customers are known by their row in the file of features. Whom a rule holds for is then an array of
true and false, kept by the rule and the file, and what changes in a draft meets what does not
without a text being compared. Everything kept here is named by the file of features (which names
all that it was made from), the version of the products, and what was asked.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import polars as pl

from regulars_platform.campaigns.plan import NamedRule
from regulars_platform.customers.alike import numbered
from regulars_platform.customers.browse import Bin, Distribution, distribution, grid_of
from regulars_platform.customers.store import FeatureStore
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.reach.holdout import GlobalHoldout, in_holdout
from regulars_platform.segments.frames import for_rules_in
from regulars_platform.segments.rules import Rule, rule_expression
from regulars_platform.segments.tree import Bought, leaves
from regulars_platform.storage.at_hand import AtHand

Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int32]
Money = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]

VALUE = "average_order_value"
FORMAT = 1
"""Raised whenever what is kept on disk here changes its meaning."""

AT_HAND = AtHand(384 << 20)
"""Of all shops of this process: of a million customers about a tenth of it is used at a time."""

_FEW = 2_000
_BINS = 30
_Value = TypeVar("_Value")


@dataclass(frozen=True, kw_only=True, slots=True)
class Everybody:
    """The customers of a file of features, by customer_id. goods: the products' version."""

    store: FeatureStore
    version: int
    as_of: dt.date
    file: Path
    goods: int | None

    def kept(
        self, what: Hashable, build: Callable[[], _Value], weigh: Callable[[_Value], int]
    ) -> _Value:
        """A value that depends on these customers and `what` alone (see `AtHand.get`)."""
        return AT_HAND.get((str(self.file), self.goods, what), build, weigh)

    def knows(self, what: Hashable) -> bool:
        """Whether that value is kept now."""
        return AT_HAND.knows((str(self.file), self.goods, what))

    @property
    def total(self) -> int:
        """How many they are."""
        return len(self.ids)

    @property
    def ids(self) -> pl.Series:
        """customer_id, sorted."""
        return self.column("customer_id")

    def column(self, name: str) -> pl.Series:
        """One column of the features."""

        def build() -> pl.Series:
            return pl.scan_parquet(self.file).select(name).collect()[name].rechunk()

        return self.kept(("column", name), build, _weigh)

    def groups(self, name: str) -> Places:
        """Customers with the same text in a column have the same number; -1: nothing there."""

        def build() -> Places:
            known = name in pl.scan_parquet(self.file).collect_schema().names()
            if not known:
                return _shut(np.full(self.total, -1, dtype=np.int32))
            text = self.column(name).str.strip_chars()
            text = text.set(text == "", None)
            numbers = numbered(text, text.drop_nulls().unique().sort())
            return _shut(numbers.cast(pl.Int32).fill_null(-1).to_numpy())

        return self.kept(("groups", name), build, _nbytes)

    def values(self) -> Floats:
        """The average order value of each; NaN where the past says nothing. Not to be changed."""

        def build() -> Floats:
            return _shut(self.column(VALUE).cast(pl.Float64).fill_null(float("nan")).to_numpy())

        return self.kept("values", build, _nbytes)

    def holds(self, rule: Rule) -> Flags:
        """Whom the rule holds for. Not to be changed."""
        return self.kept(("holds", rule), lambda: self._held(rule), _nbytes)

    def by_value(self) -> Places:
        """Rows of those whose average order value is known, the smallest first."""

        def build() -> Places:
            values = self.values()
            order = np.argsort(values).astype(np.int32)  # what is not known comes last
            return _shut(order[: np.count_nonzero(~np.isnan(values))].copy())

        return self.kept("by value", build, _nbytes)

    def segments(self, segments: Sequence[NamedRule]) -> Numbers:
        """The place of the first segment that fits each; behind the last: everyone else."""

        def build() -> Numbers:
            found = np.full(self.total, len(segments), dtype=np.uint8)
            for place in reversed(range(len(segments))):
                found[self.holds(segments[place].rule)] = place
            return _shut(found)

        rules = tuple(segment.rule for segment in segments)
        return self.kept(("segments", rules), build, _nbytes)

    def places(self, customers: pl.Series) -> Places:
        """The rows of these customers, in any order; of those who are not among them none."""
        asked, ids = customers.drop_nulls().cast(pl.String).unique(), self.ids
        if len(asked) <= _FEW:
            places = np.asarray(ids.search_sorted(asked), dtype=np.int64)
            there = places < len(ids)
            same = ids.gather(places[there]) == asked.filter(pl.Series(there))
            found: Places = places[there][same.to_numpy()].astype(np.int32)
            return found
        rows = ids.to_frame("id").with_row_index("row")
        named = rows.join(asked.to_frame("id"), on="id", how="semi", maintain_order="left")
        return named["row"].cast(pl.Int32).to_numpy()

    def rows_of(self, customers: pl.Series) -> Places:
        """The row of each of these; -1: nobody of them."""
        rows = self.ids.to_frame("id").with_row_index("row")
        asked = customers.cast(pl.String).to_frame("id")
        named = asked.join(rows, on="id", how="left", maintain_order="left")
        return named["row"].cast(pl.Int32).fill_null(-1).to_numpy()

    def among(self, customers: pl.Series) -> Flags:
        """Whether each is one of these."""
        found = np.zeros(self.total, dtype=np.bool_)
        found[self.places(customers)] = True
        return found

    def held_out(self, holdout: GlobalHoldout) -> Flags:
        """Who is in that global holdout: kept on disk, as each id has to be hashed."""
        name = hashlib.sha256(f"{holdout.salt} {holdout.share}".encode()).hexdigest()[:16]

        def on_disk() -> pl.LazyFrame:
            held = in_holdout(self.ids, salt=holdout.salt, share=holdout.share)
            return held.to_frame("held").lazy()

        def build() -> Flags:
            known = self.store.kept(f"heldout-{FORMAT}-{name}-{self.file.stem}", on_disk)
            return _shut(known.collect()["held"].to_numpy())

        return self.kept(("held out", holdout.salt, holdout.share), build, _nbytes)

    def histogram(self, marked: Flags) -> Distribution:
        """How order values are spread over all of them (see `distribution`); marked: a part."""
        whole, bins = self.kept("histogram", self._spread, lambda found: found[1].nbytes)
        if not whole.bins:
            return whole
        # one place more than there are bins: of those in none
        inside = np.bincount(bins[marked], minlength=len(whole.bins) + 1).tolist()
        return Distribution(
            feature=whole.feature,
            customers=whole.customers,
            empty=whole.empty,
            median=whole.median,
            below=whole.below,
            above=whole.above,
            bins=tuple(
                Bin(low=one.low, high=one.high, customers=one.customers, marked=inside[place])
                for place, one in enumerate(whole.bins)
            ),
        )

    def _spread(self) -> tuple[Distribution, npt.NDArray[np.int16]]:
        values = self.column(VALUE).cast(pl.Float64)
        whole = distribution(values.to_frame(VALUE).lazy(), VALUE, bins=_BINS)
        number = len(whole.bins)
        bins = np.full(len(values), number, dtype=np.int16)
        if whole.bins:
            grid = grid_of(values.drop_nulls(), VALUE, _BINS)
            at = values.to_frame(VALUE).select(grid.place(pl.col(VALUE)))[VALUE]
            place = at.fill_null(-1).to_numpy()
            inside = (place >= 0) & (place < number)
            bins[inside] = place[inside]
        return whole, _shut(bins)

    def _held(self, rule: Rule) -> Flags:
        asked = list(leaves(rule))
        names = {leaf.feature for leaf in asked if not isinstance(leaf, Bought)}
        if not asked or not names:
            names |= {"customer_id"}
        known = names <= set(pl.scan_parquet(self.file).collect_schema().names())
        expression = rule_expression(rule).alias("held")
        if known and not any(isinstance(leaf, Bought) for leaf in asked):
            frame = pl.DataFrame([self.column(name) for name in sorted(names)])
            held = frame.select(expression)["held"]
        else:
            whole = for_rules_in(self.store, self.file, [rule], self.as_of, self.version)
            held = whole.select(expression).collect()["held"]
        if len(held) != self.total:  # a rule that holds for everybody is a single True
            held = pl.repeat(value=bool(held.item()), n=self.total, dtype=pl.Boolean, eager=True)
        return _shut(held.to_numpy())


def everybody(store: FeatureStore, as_of: dt.date, version: int) -> Everybody:
    """The shop's customers as of the start of a day, at a version of its orders."""
    file = store.features_file(as_of, version)
    goods = DatasetTable(store.shop_dir, "products").version()
    return Everybody(store=store, version=version, as_of=as_of, file=file, goods=goods)


def _shut(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Shared between threads: whoever would write to it is told."""
    found = values if values.flags.owndata else values.copy()
    found.flags.writeable = False
    return found


def _nbytes(values: npt.NDArray[Any]) -> int:
    return int(values.nbytes)


def _weigh(values: pl.Series) -> int:
    return int(values.estimated_size())
