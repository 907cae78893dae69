"""Does the interval of a quarter's effect hold the truth? Many small invented shops.

    python benchmarks/quarter_effect.py [--shops 200] [--seed 1]

Each shop has customers who bought before the quarter and followers, named by a file, who never did.
20% are held back from everything. A campaign tells of free shipping that is open to the whole shop,
a programme gives a gift with a personal code or, in every second shop, an open one. Being told
makes people likelier to buy; who is held back uses open offers all the same. Everything goes
through the product's own draws, ledgers, entries and files; the truth is worked out by algebra.
"""

import argparse
import datetime as dt
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sqlalchemy.orm import Session

from regulars_platform.campaigns.service import campaign_ledger, create_draft, get_launched
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.datasets.tables import DatasetImportRow
from regulars_platform.intake.models import ImportState
from regulars_platform.launching.launch import launch
from regulars_platform.orders.table import MONEY_SCALE, ORDER_SCHEMA
from regulars_platform.programme_effect.quarters import Quarter
from regulars_platform.programme_effect.service import keep_programme_margin, work_out_quarter
from regulars_platform.programmes.service import create_programme, start_programme, usual_draft
from regulars_platform.programmes.tables import ProgrammeEntryRow, ProgrammeRunRow
from regulars_platform.reach.holdout import draw_holdout, in_holdout
from regulars_platform.settings import Settings, build_settings, prepare_data_dir
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Database
from regulars_platform.storage.migrations_run import create_all_tables

NOW = dt.datetime(2026, 7, 2, tzinfo=dt.UTC)
BUYERS, FOLLOWERS = 600, 600
HELD, OWN_HELD, ENTERS = 0.2, 0.2, 0.5
MARGIN, CONTACT, SHIPPING, GIFT = 0.4, 0.05, 5.0, 4.0
SHIPS_FROM, GIFT_FROM = 60, 30
MEAN, SHAPE = 50.0, 4.0
CHANCE = {
    "campaign": {True: (0.30, 0.42), False: (0.03, 0.08)},
    "programme": {True: (0.15, 0.22), False: (0.02, 0.05)},
}
"""Of an order in the window, by whether they had bought before: not told, told."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the quarter said, per customer and in currency units, and what is true."""

    estimate: float
    low: float
    high: float
    truth: float


def truth(*, open_gift: bool) -> float:
    """Expected net profit per customer not held back less one who is."""
    ships = _reach(SHIPS_FROM)
    gift = GIFT * _reach(GIFT_FROM)
    found = 0.0
    for bought, number in ((True, BUYERS), (False, FOLLOWERS)):
        share = number / (BUYERS + FOLLOWERS)
        none, told = CHANCE["campaign"][bought]
        each = (told - none) * (MARGIN * MEAN - SHIPPING * ships) - CONTACT
        found += share * (1 - OWN_HELD) * each
        none, told = CHANCE["programme"][bought]
        given = (told - none if open_gift else told) * gift
        each = (told - none) * MARGIN * MEAN - given - CONTACT
        found += share * ENTERS * (1 - OWN_HELD) * each
    return found


def _reach(threshold: float) -> float:
    """P(amount >= threshold) of a gamma of that mean and shape (Erlang, as the shape is whole)."""
    rate = threshold * SHAPE / MEAN
    terms = [rate**k / float(np.prod(np.arange(1, k + 1))) for k in range(int(SHAPE))]
    return float(np.exp(-rate) * sum(terms))


class Invented:
    """One shop, from its orders before the quarter to its quarter's effect."""

    def __init__(self, database: Database, settings: Settings, shop_id: int, seed: int) -> None:
        self.database, self.settings, self.shop_id = database, settings, shop_id
        self.rng = np.random.default_rng([seed, shop_id])
        self.open_gift = shop_id % 2 == 0
        self.bought = {f"b{n:04d}": True for n in range(BUYERS)}
        self.bought |= {f"f{n:04d}": False for n in range(FOLLOWERS)}
        self.rows: list[tuple[Any, ...]] = []

    def answer(self) -> Answer:
        """Everything, one after the other."""
        self._before()
        told = self._campaign()
        self._buy("campaign", told, dt.date(2026, 5, 1), 28)
        entered = self._programme()
        self._buy("programme", entered, dt.date(2026, 6, 1), 14)
        self._order("someone", dt.date(2026, 6, 30), 1.0)
        self._write("append")
        quarter = Quarter(2026, 2)
        found = work_out_quarter(
            self.database, self.settings, shop_id=self.shop_id, quarter=quarter, now=NOW
        )
        net = found.document["programme"]["net"]
        return Answer(net["estimate"], net["low"], net["high"], truth(open_gift=self.open_gift))

    def _before(self) -> None:
        for name, bought in self.bought.items():
            if bought:
                self._order(name, dt.date(2026, 2, 10), 50.0)
        self._write("error")
        folder = self.settings.shop_dir(self.shop_id)
        followers = [name for name, bought in self.bought.items() if not bought]
        version = DatasetTable(folder, "customers").merge(pl.DataFrame({"customer_id": followers}))
        with self.database.unit_of_work() as session:
            session.add(_stored(self.shop_id, version))
            draw_holdout(
                session,
                shop_id=self.shop_id,
                share=round(HELD * 10_000),
                starts_on=dt.date(2026, 4, 1),
                salt=f"all {self.shop_id}",
                user_id=None,
                now=NOW,
            )
            margin = str(round(100 * MARGIN))
            keep_programme_margin(session, self.shop_id, {"low": margin, "high": margin})

    def _campaign(self) -> set[str]:
        """Ids of those told."""
        with self.database.unit_of_work() as session:
            made = create_draft(session, shop_id=self.shop_id, raw=_plan(), now=NOW)
            launch(
                session,
                self.settings,
                shop_id=self.shop_id,
                campaign_id=made.id,
                now=NOW,
                user_id=None,
                salt=f"own {self.shop_id}",
            )
            ledger = campaign_ledger(self.settings, get_launched(session, self.shop_id, made.id))
        return set(ledger.filter(pl.col("arm") != "holdout")["customer_id"])

    def _programme(self) -> set[str]:
        """Ids of those told."""
        offer = {"kind": "gift", "gift_cost": str(GIFT), "threshold": str(GIFT_FROM)}
        offer["reach"] = "open" if self.open_gift else "personal"
        plan = usual_draft("honeymoon", name="gift", words="Hello") | {
            "offer": offer,
            "contact_cost": str(CONTACT),
            "window_days": 14,
            "holdout_percent": str(round(100 * OWN_HELD)),
        }
        names = pl.Series(list(self.bought))
        held = in_holdout(names, salt=f"all {self.shop_id}", share=round(HELD * 10_000))
        enters = self.rng.random(len(names)) < ENTERS
        entered = names.filter(~held & pl.Series(enters)).to_list()
        own = self.rng.random(len(entered)) < OWN_HELD
        with self.database.unit_of_work() as session:
            made = create_programme(session, shop_id=self.shop_id, draft=plan, now=NOW)
            started = start_programme(
                session,
                shop_id=self.shop_id,
                programme_id=made.id,
                now=NOW,
                user_id=None,
                salt="salt",
                planned=1_000,
            )
            if started.version is not None:
                _enter(session, self.shop_id, made.id, started.version.id, entered, own)
        return {name for name, out in zip(entered, own, strict=True) if not out}

    def _buy(self, what: str, told: set[str], first: dt.date, days: int) -> None:
        for name, bought in self.bought.items():
            if self.rng.random() < CHANCE[what][bought][name in told]:
                day = first + dt.timedelta(days=int(self.rng.integers(days)))
                self._order(name, day, float(self.rng.gamma(SHAPE, MEAN / SHAPE)))

    def _order(self, customer: str, day: dt.date, amount: float) -> None:
        at = dt.datetime.combine(day, dt.time(12), tzinfo=dt.UTC)
        self.rows.append((customer, at, max(round(amount * 100), 1) * MONEY_SCALE // 100))

    def _write(self, mode: Any) -> None:
        schema = {name: ORDER_SCHEMA[name] for name in ("customer_id", "ordered_at", "amount")}
        rows = pl.DataFrame(self.rows, schema=schema, orient="row").with_row_index("place")
        usual = {"line_key": "1", "status": "paid", "product": "tea", "quantity": MONEY_SCALE}
        zero = dict.fromkeys(("discount", "order_discount", "refund", "import_id"), 0)
        whole = rows.with_columns(
            (pl.lit(mode) + pl.col("place").cast(pl.String)).alias("order_id"),
            *(pl.lit(value).alias(name) for name, value in (usual | zero).items()),
        )
        whole.select(
            (pl.col(name) if name in whole.columns else pl.lit(None)).cast(kind).alias(name)
            for name, kind in ORDER_SCHEMA.items()
        ).write_delta(self.settings.shop_dir(self.shop_id) / "orders", mode=mode)
        self.rows = []


def _plan() -> dict[str, Any]:
    offer = {
        "kind": "free_shipping",
        "threshold": str(SHIPS_FROM),
        "shipping_cost": str(SHIPPING),
        "reach": "open",
    }
    return {
        "name": "Free shipping",
        "currency": "EUR",
        "timezone": "UTC",
        "as_of": "2026-05-01",
        "send_date": "2026-05-01",
        "outcome_end": "2026-05-28",
        "settle_until": "2026-06-10",
        "audience": {"all": []},
        "segments": [],
        "holdout_percent": str(round(100 * OWN_HELD)),
        "arms": [
            {
                "name": "Told",
                "share_percent": str(round(100 * (1 - OWN_HELD))),
                "offer": offer,
                "channel": "email",
                "contact_cost": str(CONTACT),
            }
        ],
        "margin_low_percent": str(round(100 * MARGIN)),
        "margin_high_percent": str(round(100 * MARGIN)),
    }


def _stored(shop_id: int, version: int) -> DatasetImportRow:
    """The import of a file that was stored a month before the quarter."""
    before = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    return DatasetImportRow(
        shop_id=shop_id,
        user_id=None,
        filename="customers.csv",
        size=1,
        sha256="0" * 64,
        state=ImportState.STORED,
        kind="customers",
        received_at=before,
        stored_at=before,
        table_version=version,
    )


def _enter(
    session: Session,
    shop_id: int,
    programme_id: int,
    version_id: int,
    entered: list[str],
    own: np.ndarray[Any, Any],
) -> None:
    day = dt.date(2026, 6, 1)
    at = dt.datetime(2026, 6, 1, 10, tzinfo=dt.UTC)
    ours = {"shop_id": shop_id, "programme_id": programme_id, "version_id": version_id}
    run = ProgrammeRunRow(**ours, day=day, orders_version=0, counts={}, ran_at=at)
    session.add(run)
    session.flush()
    session.add_all(
        ProgrammeEntryRow(
            **ours,
            run_id=run.id,
            customer_id=name,
            occasion="first",
            entered_on=day,
            contact_on=day,
            due_at=at,
            late_days=0,
            held_back=bool(out),
        )
        for name, out in zip(entered, own, strict=True)
    )


def main() -> None:
    """Print the coverage."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--shops", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = build_settings(Path(folder))
        prepare_data_dir(settings)
        database = Database(settings)
        create_all_tables(database)
        with database.unit_of_work() as session:
            for number in range(asked.shops):
                session.add(
                    Shop(name=f"shop {number}", currency="EUR", timezone="UTC", created_at=NOW)
                )
        answers = []
        for number in range(asked.shops):
            answers.append(Invented(database, settings, number + 1, asked.seed).answer())
            print(number + 1, answers[-1], file=sys.stderr, flush=True)
        database.dispose()
    for name, some in (("personal gift", answers[::2]), ("open gift", answers[1::2])):
        held = sum(one.low <= one.truth <= one.high for one in some)
        mean = float(np.mean([one.estimate for one in some]))
        width = float(np.mean([one.high - one.low for one in some]))
        print(
            f"{name}: the truth is {some[0].truth:.3f} per customer, the mean estimate {mean:.3f}, "
            f"the mean width {width:.3f}; {held} of {len(some)} intervals hold the truth"
        )


if __name__ == "__main__":
    main()
