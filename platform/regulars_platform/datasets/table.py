"""The records of one kind on disk: a Delta table per kind and shop, versions kept."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
from deltalake import DeltaTable, write_deltalake

from regulars_platform.datasets.kinds import KINDS, Kind
from regulars_platform.intake.regions import plain_region

READING = 2
"""Raised whenever what is stored is read in another way than before."""


class DatasetTable:
    """What a shop brought of one kind, at any version."""

    def __init__(self, shop_dir: Path, kind: Kind) -> None:
        self.kind = KINDS[kind]
        self.path = shop_dir / "datasets" / kind

    def exists(self) -> bool:
        """Whether anything was ever stored."""
        return (self.path / "_delta_log").is_dir()

    def version(self) -> int | None:
        """The version that a reader sees now; None before the first file."""
        return DeltaTable(str(self.path)).version() if self.exists() else None

    def scan(self, version: int | None = None) -> pl.LazyFrame:
        """All records as of `version` (default: now), columns as in the kind's schema, no order.

        Provinces go by their one name, however files were read when they were stored.
        """
        if not self.exists():
            return pl.LazyFrame(schema=self.kind.schema)
        stored = pl.scan_delta(str(self.path), version=version).select(
            pl.col(name).cast(kind) for name, kind in self.kind.schema.items()
        )
        if self.kind.name != "customers":
            return stored
        return stored.with_columns(plain_region(pl.col("region")).alias("region"))

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Whoever compares and writes does so one after the other.

        The lock belongs to the process and is gone with it, however it ends.
        """
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.path.with_suffix(".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def make(self) -> None:
        """An empty table, where there is none yet."""
        if not self.exists():
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_deltalake(str(self.path), pl.DataFrame(schema=self.kind.schema))

    def merge(self, records: pl.DataFrame) -> int:
        """Bring records in by their key; returns the version that holds them.

        records: columns of the schema, others are refused; a column that is missing, or null, says
        nothing, and what is stored of it stays. Of records with the same key the last counts, value
        by value. A record without a key is refused with ValueError.
        """
        known = self._last_of_each(records)
        with self.writing():
            return self._merge(known)

    def _merge(self, known: pl.DataFrame) -> int:
        if not self.exists():
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_deltalake(str(self.path), known)
            return 0
        if known.is_empty():
            return DeltaTable(str(self.path)).version()
        same = " AND ".join(f"old.{name} = new.{name}" for name in self.kind.key)
        told = {
            name: f"coalesce(new.{name}, old.{name})"
            for name in self.kind.schema
            if name not in self.kind.key
        }
        (
            DeltaTable(str(self.path))
            .merge(known, predicate=same, source_alias="new", target_alias="old")
            .when_matched_update(told)
            .when_not_matched_insert_all()
            .execute()
        )
        return DeltaTable(str(self.path)).version()

    def _last_of_each(self, records: pl.DataFrame) -> pl.DataFrame:
        schema, key = self.kind.schema, list(self.kind.key)
        unknown = sorted(set(records.columns) - set(schema))
        if unknown or not set(key) <= set(records.columns):
            raise ValueError(f"columns {records.columns} are not those of {self.kind.name}")
        if records.select(pl.any_horizontal(pl.col(key).is_null()).any()).item():
            raise ValueError(f"records of {self.kind.name} need {key}")
        whole = records.select(
            (pl.col(name) if name in records.columns else pl.lit(None)).cast(kind).alias(name)
            for name, kind in schema.items()
        )
        return (
            whole.group_by(key, maintain_order=True)
            .agg(pl.col(name).drop_nulls().last() for name in schema if name not in key)
            .select(list(schema))
        )


def dataset_versions(shop_dir: Path) -> dict[str, int | None]:
    """Kind -> the version that a reader sees now."""
    return {name: DatasetTable(shop_dir, name).version() for name in KINDS}
