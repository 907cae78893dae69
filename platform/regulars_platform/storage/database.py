"""The SQL database: base class of all tables, the engine, and sessions opened at the edge."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, MetaData, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker

from regulars_platform.settings import Settings

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


_READS_ONLY = "regulars_reads_only"


class Base(DeclarativeBase):
    """Base of all tables; constraints are named so that migrations can speak of them."""

    metadata = MetaData(naming_convention=NAMING)


class Database:
    """One engine and its sessions. A unit of work is opened at the edge (request, job, command)."""

    def __init__(self, settings: Settings) -> None:
        self.engine = _build_engine(settings.database_url)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        readers = self.engine.execution_options(**{_READS_ONLY: True})
        self._readers = sessionmaker(readers, expire_on_commit=False, autoflush=False)

    @contextmanager
    def unit_of_work(self) -> Iterator[Session]:
        """A session whose changes are committed together at the end, or not at all."""
        with self._sessions.begin() as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only looks, at one moment of the database, and blocks nobody.

        For long work that reads (drawing, forecasting): a unit of work would keep everybody else
        from writing as long as it lasts. Nothing that is done in it is kept.
        """
        with self._readers() as session:
            yield session
            session.rollback()

    def dispose(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def _build_engine(url: str) -> Engine:
    engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_immediately)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # the driver's own transaction handling is off, so that BEGIN IMMEDIATE below is the only one
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "busy_timeout=30000", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediately(connection: Any) -> None:
    # a deferred transaction that reads first and writes later fails with "database is locked"
    # at once, whatever the timeout; taking the write lock at the start waits its turn instead
    reads_only = connection.get_execution_options().get(_READS_ONLY, False)
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")
