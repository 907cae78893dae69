"""Working out what customers will buy, storing the answer, and reading it."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.metadata import version as installed_version
from typing import Any

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_experiments.results import NotEstimable
from regulars_platform.campaigns.service import get_shop_of
from regulars_platform.canonical import canonical_json
from regulars_platform.csv_files import FOR_ANALYSIS, csv_pieces
from regulars_platform.customers.store import FeatureStore, build_feature_store
from regulars_platform.datasets.table import DatasetTable, dataset_versions
from regulars_platform.fields import money_text
from regulars_platform.lifetime.backtest import run_backtest
from regulars_platform.lifetime.document import (
    HORIZONS,
    Worked,
    customers_frame,
    lifetime_document,
)
from regulars_platform.lifetime.errors import NoLifetimeError, NoOrdersError
from regulars_platform.lifetime.files import has_file, read_customers, show_latest, write_customers
from regulars_platform.lifetime.forecasts import expect, fit_models
from regulars_platform.lifetime.members import NamedRule, member_rows, read_segments
from regulars_platform.lifetime.purchases import read_purchases
from regulars_platform.lifetime.tables import LifetimeRow
from regulars_platform.reports.document import canonical_report
from regulars_platform.settings import Settings
from regulars_platform.words import N_

Progress = Callable[[str], None]
METHOD = 2
"""Raised whenever the same inputs would give another answer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lifetime:
    """A stored answer; `document` as in schema regulars.lifetime/1."""

    id: int
    created_at: dt.datetime
    inputs: Mapping[str, Any]
    document: Mapping[str, Any]
    text: str
    customers_file: str
    customers_sha256: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What is read: the orders at a version, the shop's other files, and the segments of now.

    datasets: kind -> version; practice: SHA-256 of the shop's own settings. Both matter to segments
    alone, but for products.
    """

    shop_id: int
    store: FeatureStore
    orders_version: int
    datasets: Mapping[str, int | None]
    practice: str
    segments: tuple[NamedRule, ...]

    def as_json(self) -> dict[str, Any]:
        """The inputs as they are stored with the answer."""
        others = {kind: at for kind, at in self.datasets.items() if kind != "products"}
        return {
            "orders_version": self.orders_version,
            "products_version": self.datasets["products"],
            "timezone": self.store.timezone,
            "segments": [one.as_json() for one in self.segments],
            "other_files": others if self.segments else {},
            "practice": self.practice if self.segments else "",
            "method": METHOD,
            "code_version": installed_version("regulars"),
        }


def gather_inputs(session: Session, settings: Settings, *, shop_id: int) -> Asked:
    """What would be read now; NoOrdersError where there are no orders."""
    shop = get_shop_of(session, shop_id)
    store = build_feature_store(settings, shop)
    version = store.table.version()
    if version is None:
        raise NoOrdersError.build()
    return Asked(
        shop_id=shop_id,
        store=store,
        orders_version=version,
        datasets=dataset_versions(settings.shop_dir(shop_id)),
        practice=_sha256(json.dumps(shop.practice, sort_keys=True)),
        segments=read_segments(session, shop_id),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """A computed answer before it is stored."""

    text: str
    customers: pl.DataFrame


def compute(settings: Settings, asked: Asked, *, progress: Progress | None = None) -> Answer:
    """The answer on exactly these inputs. NoOrdersError where no customer is known."""
    tell = progress or (lambda _: None)
    tell(N_("Reading the orders"))
    products = DatasetTable(settings.shop_dir(asked.shop_id), "products")
    known = products.scan(asked.datasets["products"])
    found = read_purchases(asked.store, asked.orders_version, known)
    if found.buyers == 0:
        raise NoOrdersError.build()
    first, last = found.first, found.last
    end = last or dt.date.min  # nobody bought anything but goods bought once
    tell(N_("Fitting the models to all orders"))
    fitted = fit_models(found.days, end)
    expected = {days: expect(fitted, days) for days in HORIZONS}
    tell(N_("Trying the models on the past"))
    backtest = {} if first is None or last is None else run_backtest(found.days, first, last)
    tell(N_("Adding up segments"))
    worked = Worked(
        purchases=found,
        fitted=fitted,
        expected={days: one for days, one in expected.items() if not isinstance(one, NotEstimable)},
        backtest=backtest,
        segments=asked.segments,
        members=member_rows(
            asked.store,
            asked.segments,
            fitted.customers["customer_id"],
            as_of=end + dt.timedelta(days=1),
            version=asked.orders_version,
        ),
    )
    document = lifetime_document(worked, asked.as_json())
    return Answer(text=canonical_report(document), customers=customers_frame(worked))


def store_answer(
    session: Session,
    settings: Settings,
    *,
    asked: Asked,
    answer: Answer,
    now: dt.datetime,
) -> Lifetime:
    """Keep an answer and show it to features; one with the same inputs is there only once."""
    shop_dir = settings.shop_dir(asked.shop_id)
    name, digest = write_customers(shop_dir, answer.customers)
    row = _row_of(session, asked)
    if row is None:
        inputs = asked.as_json()
        row = LifetimeRow(
            shop_id=asked.shop_id,
            created_at=now,
            inputs=inputs,
            inputs_sha256=_sha256(canonical_json(inputs)),
        )
        session.add(row)
    row.document, row.document_sha256 = answer.text, _sha256(answer.text)
    row.customers_file, row.customers_sha256 = name, digest
    row.created_at = now
    session.flush()
    show_latest(shop_dir, name)
    return _lifetime(row)


def find_same(session: Session, settings: Settings, asked: Asked) -> Lifetime | None:
    """The stored answer on the same inputs whose file is still there."""
    row = _row_of(session, asked)
    if row is None or not has_file(settings.shop_dir(asked.shop_id), row.customers_file):
        return None
    return _lifetime(row)


def show_again(
    session: Session, settings: Settings, shop_id: int, same: Lifetime, now: dt.datetime
) -> None:
    """An answer that was there already is the latest from now on."""
    row = session.get(LifetimeRow, same.id)
    if row is not None:
        row.created_at = now
    show_latest(settings.shop_dir(shop_id), same.customers_file)


def work_out(session: Session, settings: Settings, *, shop_id: int, now: dt.datetime) -> Lifetime:
    """Work it out here and now. The same inputs give the answer that is there."""
    asked = gather_inputs(session, settings, shop_id=shop_id)
    known = find_same(session, settings, asked)
    if known is not None:
        show_again(session, settings, shop_id, known, now)
        return known
    answer = compute(settings, asked)
    return store_answer(session, settings, asked=asked, answer=answer, now=now)


def find_lifetime(session: Session, shop_id: int) -> Lifetime | None:
    """The latest answer of this shop, if there is one."""
    row = session.scalar(
        select(LifetimeRow)
        .where(LifetimeRow.shop_id == shop_id)
        .order_by(LifetimeRow.created_at.desc(), LifetimeRow.id.desc())
        .limit(1)
    )
    return None if row is None else _lifetime(row)


def get_lifetime(session: Session, shop_id: int) -> Lifetime:
    """The same; NoLifetimeError where there is none."""
    found = find_lifetime(session, shop_id)
    if found is None:
        raise NoLifetimeError.none()
    return found


_CHANGES = {
    "orders_version": "orders",
    "timezone": "orders",
    "products_version": "products",
    "segments": "segments",
    "other_files": "files",
    "practice": "practice",
    "method": "method",
}


def what_changed(found: Lifetime, asked: Asked) -> tuple[str, ...]:
    """What changed since an answer: "orders", "products", "segments", "files", "practice",
    "method"."""
    now, then = asked.as_json(), found.inputs
    changed = [word for key, word in _CHANGES.items() if now[key] != then.get(key)]
    if "segments" in changed:  # what segments rest on is not looked at without them
        changed = [word for word in changed if word not in ("files", "practice")]
    return tuple(dict.fromkeys(changed))


CSV_COLUMNS = (
    "customer_id",
    "orders",
    "last_order",
    "spent",
    "alive_probability",
    "expected_orders_90",
    "orders_90_from",
    "orders_90_to",
    "chance_of_order_90",
    "expected_value_90",
    "value_90_from",
    "value_90_to",
    "expected_orders_365",
    "orders_365_from",
    "orders_365_to",
    "chance_of_order_365",
    "expected_value_365",
    "value_365_from",
    "value_365_to",
    "note",
)


def customers_csv(settings: Settings, shop_id: int, found: Lifetime) -> Iterator[bytes]:
    """Every customer with a forecast as CSV in pieces, the highest expected value first; with a
    note in every row that nobody was left out who must not be contacted."""
    return csv_pieces(CSV_COLUMNS, _csv_rows(customers_by_value(settings, shop_id, found)))


def customers_by_value(settings: Settings, shop_id: int, found: Lifetime) -> pl.DataFrame:
    """CUSTOMER_SCHEMA: every customer with a forecast, the highest expected value first."""
    return read_customers(
        settings.shop_dir(shop_id), found.customers_file, found.customers_sha256
    ).sort(
        ["expected_value_365", "expected_orders_365", "customer_id"],
        descending=[True, True, False],
        nulls_last=True,
    )


def _csv_rows(customers: pl.DataFrame) -> Iterator[tuple[object, ...]]:
    for row in customers.iter_rows(named=True):
        yield (
            row["customer_id"],
            row["repeats"] + 1,
            row["last_day"].isoformat(),
            money_text(row["spent"]),
            _plain(row["alive_probability"]),
            *(
                cell
                for days in HORIZONS
                for cell in (
                    _plain(row[f"expected_orders_{days}"]),
                    _plain(row[f"orders_low_{days}"]),
                    _plain(row[f"orders_high_{days}"]),
                    _plain(row[f"any_order_{days}"]),
                    *(
                        _plain(row[f"{name}_{days}"], "0.01")
                        for name in ("expected_value", "value_low", "value_high")
                    ),
                )
            ),
            FOR_ANALYSIS,
        )


def _plain(value: float | None, step: str = "0.0001") -> Decimal | int | str:
    if value is None:
        return ""
    return value if isinstance(value, int) else Decimal(value).quantize(Decimal(step))


def _row_of(session: Session, asked: Asked) -> LifetimeRow | None:
    return session.scalar(
        select(LifetimeRow).where(
            LifetimeRow.shop_id == asked.shop_id,
            LifetimeRow.inputs_sha256 == _sha256(canonical_json(asked.as_json())),
        )
    )


def _lifetime(row: LifetimeRow) -> Lifetime:
    return Lifetime(
        id=row.id,
        created_at=row.created_at,
        inputs=row.inputs,
        document=row.read_document(),
        text=row.document,
        customers_file=row.customers_file,
        customers_sha256=row.customers_sha256,
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
