"""A worker of its own process: sends what is due in shop 1, by a clock that runs as told.

Started as a script with the data folder, the moment it is in the shop, and how many seconds pass
there in one of ours; ended from outside, or by itself once nothing is left.
"""

import datetime as dt
import sys
import time
from pathlib import Path

from sqlalchemy import select

from regulars_platform.delivery.states import QUEUED
from regulars_platform.delivery.tables import MessageRow
from regulars_platform.dispatch.opening import open_transport
from regulars_platform.dispatch.sending import Sender
from regulars_platform.settings import build_settings
from regulars_platform.storage.database import Database


def work(folder: Path, begins: dt.datetime, speed: float) -> None:
    """Send until nothing waits any more."""
    settings = build_settings(folder)
    database = Database(settings)
    started = time.monotonic()

    def clock() -> dt.datetime:
        return begins + dt.timedelta(seconds=(time.monotonic() - started) * speed)

    while _waits(database):
        sender = Sender(
            settings=settings,
            database=database,
            shop_id=1,
            open_transport=lambda batch: open_transport(settings, database, batch),
            clock=clock,
            pause=lambda seconds: time.sleep(seconds / speed),
            report=lambda _: None,
        )
        sender.run(until=clock() + dt.timedelta(hours=10))
        time.sleep(0.1)
    database.dispose()


def _waits(database: Database) -> bool:
    with database.unit_of_work() as session:
        waiting = select(MessageRow.id).where(MessageRow.state == QUEUED).limit(1)
        return session.scalar(waiting) is not None


if __name__ == "__main__":
    work(Path(sys.argv[1]), dt.datetime.fromisoformat(sys.argv[2]), float(sys.argv[3]))
