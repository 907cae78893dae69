"""How much memory and time an order file of many lines takes, all steps together.

    .venv/bin/python benchmarks/intake_memory.py [LINES] [--again]

Writes an invented file (default: 2 million lines, half a million customers) to a temporary
folder, imports it, and prints seconds and the largest resident size per step. `--again` imports
a corrected copy afterwards (every 1,000th line has another amount), which goes in by a merge.
"""

import argparse
import datetime as dt
import gzip
import random
import resource
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from regulars_platform.intake import service, tables
from regulars_platform.settings import build_settings, prepare_data_dir
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Database

START = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


def write_file(path: Path, lines: int, corrected_every: int | None) -> None:
    """Invented orders of about three lines each."""
    source = random.Random(7)
    with gzip.open(path, "wt", compresslevel=1, encoding="utf-8") as out:
        out.write("order_id,customer_id,ordered_at,product,quantity,unit_price,shipping,status\n")
        order, left, head = 0, 0, ""
        for number in range(lines):
            if not left:
                order += 1
                left = source.randint(1, 5)
                moment = START + dt.timedelta(seconds=15 * order)
                head = f"{order},c{source.randint(1, lines // 4)},{moment:%Y-%m-%d %H:%M:%S}"
            left -= 1
            price = source.randint(100, 9999)
            if corrected_every and number % corrected_every == 0:
                price += 1
            out.write(
                f"{head},sku-{source.randint(1, 5000)},{source.randint(1, 3)},"
                f"{price // 100}.{price % 100:02d},4.90,paid\n"
            )


def main() -> None:
    """Generate, import, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("lines", nargs="?", type=int, default=2_000_000)
    parser.add_argument("--again", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = build_settings(Path(folder) / "data")
        prepare_data_dir(settings)
        database = Database(settings)
        wanted = (
            Shop.__tablename__,
            tables.OrderImportRow.__tablename__,
            tables.ColumnMappingRow.__tablename__,
        )
        Shop.metadata.create_all(
            database.engine, tables=[Shop.metadata.tables[name] for name in wanted]
        )
        with database.unit_of_work() as session:
            session.add(Shop(id=1, name="x", currency="EUR", timezone="UTC", created_at=START))
        for corrected_every in (None, 1_000) if arguments.again else (None,):
            path = Path(folder) / "orders.csv.gz"
            write_file(path, arguments.lines, corrected_every)
            clock = _Clock(time.perf_counter())
            done = service.import_file(settings, database, 1, path, now=START, report=clock)
            clock("done", 0, None)
            print(done.tallies)


@dataclass(slots=True)
class _Clock:
    """Prints seconds and memory whenever another step begins."""

    began: float
    last: str = ""

    def __call__(self, step: str, _done: int, _total: int | None) -> None:
        if step != self.last:
            self.last = step
            print(f"{time.perf_counter() - self.began:7.1f} s {largest():6.0f} MB  {step}")


def largest() -> float:
    """Largest resident size so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
