"""The folder of one import: the upload, and what was worked out from it, step by step.

A step writes into a folder of its own and renames it into place when it is whole; so a process
killed anywhere leaves either the old result or the new one, never half of one.
"""

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from regulars_platform.intake.errors import DiskFullError
from regulars_platform.intake.finish import LINE_SCHEMA
from regulars_platform.intake.models import ImportId
from regulars_platform.orders.table import in_schema
from regulars_platform.settings import Settings

FATE_SCHEMA: dict[str, pl.DataType] = {
    **LINE_SCHEMA,
    "fate": pl.String(),  # new | corrected | repeated | left_out
    "order_known": pl.Boolean(),  # lines of its order are stored
    "read_amount": pl.Int64(),  # `amount` as the file has it, where what is stored stays
    "older": pl.Boolean(),  # waits for its payment here, and what is stored does not
    "replaces": pl.Boolean(),  # its order's lines here take the place of those stored
}

Report = Callable[[str, int, int | None], None]
"""Told of progress: step, done, total (None: not known). May raise to cancel."""


def keep_quiet(step: str, done: int, total: int | None) -> None:
    """A Report for those who do not want to hear."""
    del step, done, total


@dataclass(frozen=True, slots=True)
class Folder:
    """The folder of one import."""

    root: Path

    @property
    def original(self) -> Path:
        """The upload, as it came."""
        return self.root / "original"

    @property
    def plain(self) -> Path:
        """The upload as plain UTF-8 text, where the upload itself is not."""
        return self.root / "plain.csv"

    @property
    def encoding(self) -> Path:
        """What a person said of the encoding, where the text reads in several."""
        return self.root / "encoding.json"

    @property
    def prepared(self) -> Path:
        """Result of reading the file: lines, rejects, facts.json; independent of what is stored."""
        return self.root / "prepared"

    @property
    def classified(self) -> Path:
        """Result of comparing with what is stored: lines with their fate, facts.json."""
        return self.root / "classified"

    @property
    def joined(self) -> Path:
        """What the parts of the orders touched make of the orders table."""
        return self.root / "joined"

    @property
    def rejects(self) -> Path:
        """The rejected lines with their reasons, for download."""
        return self.prepared / "rejects.csv"

    @property
    def receipt(self) -> Path:
        """What is going to be committed, written before the commit."""
        return self.root / "receipt.json"

    def text(self) -> Path:
        """Where the records are read from: the first of these that exists."""
        for path in (self.plain, self.plain.with_suffix(".unpacked")):
            if path.exists():
                return path
        return self.original

    def lines(self) -> pl.LazyFrame:
        """Lines of the file with their fate (FATE_SCHEMA)."""
        return in_schema(scan_parts(self.classified, FATE_SCHEMA), FATE_SCHEMA)

    def overlapping(self) -> pl.LazyFrame:
        """Numbers (`source_line`) of the lines that overlap an earlier file."""
        path = self.classified / "overlap.parquet"
        if path.exists():
            return pl.scan_parquet(path, glob=False)
        return pl.LazyFrame(schema={"source_line": pl.Int64})

    @contextmanager
    def without_leftovers(self) -> Iterator[None]:
        """Begins without working files, and leaves none if the step does not end well."""
        self.forget_working_files()
        try:
            yield
        except BaseException:
            self.forget_working_files()
            raise

    def forget_working_files(self) -> None:
        """Remove what only the steps themselves needed; upload, lines and rejects stay."""
        for path in (self.plain, self.plain.with_suffix(".unpacked")):
            path.unlink(missing_ok=True)
        for path in self.prepared.glob("part-*.parquet"):
            path.unlink()
        shutil.rmtree(self.joined, ignore_errors=True)


def folder_of(settings: Settings, import_id: ImportId) -> Folder:
    """The folder of an import, whether it exists or not."""
    return Folder(settings.uploads_dir / str(import_id))


def scan_parts(folder: Path, schema: Mapping[str, pl.DataType]) -> pl.LazyFrame:
    """All `part-*.parquet` of a folder as one frame."""
    paths = sorted(folder.glob("part-*.parquet"))
    if not paths:
        return pl.LazyFrame(schema=schema)
    return pl.scan_parquet(paths, glob=False)


def part_path(folder: Path, number: int) -> Path:
    """Path of part `number` (from 0)."""
    return folder / f"part-{number:05d}.parquet"


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """A new folder that takes the place of `folder` when everything in it was written."""
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True, mode=0o700)
    try:
        yield fresh
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)  # above all when it was the disk that is full
        raise
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)


def write_json(path: Path, value: Any) -> None:
    """Write whole or not at all, and on disk before anything that follows."""
    fresh = path.with_name(path.name + ".new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def read_json(path: Path) -> Any:
    """What `write_json` wrote; None where there is nothing."""
    if not path.exists():
        return None
    return json.loads(path.read_text(encoding="utf-8"))


@contextmanager
def room_on_disk(step: str) -> Iterator[None]:
    """Turns "no space left", in whatever way a library says it, into DiskFullError."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFullError.of(step) from error
        raise
    except Exception as error:
        if "No space left on device" in str(error) or "os error 28" in str(error):
            raise DiskFullError.of(step) from error
        raise
