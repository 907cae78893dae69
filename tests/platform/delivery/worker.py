"""A worker of its own process: sends what is due in shop 1, by a clock that runs as told.

Started as a script with the data folder, the moment it is in the shop, and how many seconds pass
there in one of ours; ended from outside, or by itself once nothing is left.
"""

import datetime as dt
import sys
import time
from pathlib import Path

from regulars_platform.dispatch.opening import open_transport
from regulars_platform.dispatch.sending import Sender
from regulars_platform.settings import build_settings
from regulars_platform.storage.database import Database


def work(folder: Path, begins: dt.datetime, speed: float) -> None:
    """Send until nothing is due for some seconds."""
    settings = build_settings(folder)
    database = Database(settings)
    started = time.monotonic()

    def clock() -> dt.datetime:
        return begins + dt.timedelta(seconds=(time.monotonic() - started) * speed)

    idle = 0
    while idle < 3:
        sender = Sender(
            settings=settings,
            database=database,
            shop_id=1,
            open_transport=lambda batch: open_transport(settings, database, batch),
            clock=clock,
            pause=lambda seconds: time.sleep(seconds / speed),
            report=lambda _: None,
        )
        handled = sender.run(until=clock() + dt.timedelta(hours=10))
        idle = 0 if handled else idle + 1
        time.sleep(60 / speed)
    database.dispose()


if __name__ == "__main__":
    work(Path(sys.argv[1]), dt.datetime.fromisoformat(sys.argv[2]), float(sys.argv[3]))
