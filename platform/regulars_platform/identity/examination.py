"""What was found out about a shop's customer keys, as it is kept: JSON, and a file of pairs."""

import datetime as dt
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from regulars_platform.identity.diagnose import Diagnosis
from regulars_platform.identity.duplicates import PAIR_SCHEMA
from regulars_platform.identity.found_again import FileRate, ShopRate
from regulars_platform.identity.kinds import KeyKind
from regulars_platform.intake.staging import read_json, write_json
from regulars_platform.words import Sentence


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmsBefore:
    """Customers of each arm who had ordered before the launch: (arm, customers, of them found).

    p_value: of all arms being found alike; None where nobody was found.
    """

    campaign_id: int
    name: str
    before: tuple[tuple[str, int, int], ...]
    p_value: float | None
    flagged: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Examination:
    """A shop's keys as of two versions. pairs: how many there are per reason."""

    made_at: dt.datetime
    orders_version: int
    customers_version: int | None
    key: Diagnosis
    shop: ShopRate
    files: tuple[FileRate, ...]
    pairs: dict[str, int]
    crowded: int
    hidden: int
    arms: tuple[ArmsBefore, ...]

    @property
    def pairs_in_all(self) -> int:
        """Pairs of whatever reason."""
        return sum(self.pairs.values())


def write_examination(folder: Path, found: Examination, pairs: pl.DataFrame) -> None:
    """Keep what was found, in place of what was kept before."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = folder / "pairs.parquet.new"
    pairs.write_parquet(fresh)
    fresh.replace(folder / "pairs.parquet")
    content = asdict(found)
    content["made_at"] = found.made_at.isoformat()
    content["key"]["warnings"] = [warning.as_json() for warning in found.key.warnings]
    write_json(folder / "examination.json", content)


def read_examination(folder: Path) -> Examination | None:
    """What was found the last time; None where nobody looked yet."""
    content: dict[str, Any] | None = read_json(folder / "examination.json")
    if content is None:
        return None
    key = content["key"]
    return Examination(
        made_at=dt.datetime.fromisoformat(content["made_at"]),
        orders_version=content["orders_version"],
        customers_version=content["customers_version"],
        key=Diagnosis(
            **{
                **key,
                "kind": KeyKind(key["kind"]),
                "warnings": tuple(Sentence.from_json(warning) for warning in key["warnings"]),
            }
        ),
        shop=ShopRate(**content["shop"]),
        files=tuple(FileRate(**rate) for rate in content["files"]),
        pairs=content["pairs"],
        crowded=content["crowded"],
        hidden=content["hidden"],
        arms=tuple(
            ArmsBefore(**{**arms, "before": tuple(tuple(arm) for arm in arms["before"])})
            for arms in content["arms"]
        ),
    )


def read_pairs(folder: Path) -> pl.LazyFrame:
    """The pairs of the last examination (PAIR_SCHEMA), the most telling first."""
    path = folder / "pairs.parquet"
    return pl.scan_parquet(path) if path.exists() else pl.LazyFrame(schema=PAIR_SCHEMA)
