"""The habits of the schema, written once: ids, moments in time, JSON."""

import datetime as dt
from typing import Annotated, Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, String, TypeDecorator
from sqlalchemy.orm import mapped_column


class UtcDateTime(TypeDecorator[dt.datetime]):
    """A moment in time: aware in Python, stored as UTC. Naive values are refused."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """To UTC without a zone, as the database keeps it."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        return value.astimezone(dt.UTC).replace(tzinfo=None)

    def process_result_value(
        self, value: dt.datetime | None, dialect: Dialect
    ) -> dt.datetime | None:
        """Back to an aware UTC value."""
        del dialect
        return None if value is None else value.replace(tzinfo=dt.UTC)


# SQLite gives rowid (and autoincrement) only to a column declared INTEGER
_BIG = BigInteger().with_variant(Integer, "sqlite")

IntPk = Annotated[int, mapped_column(_BIG, primary_key=True, autoincrement=True)]
Moment = Annotated[dt.datetime, mapped_column(UtcDateTime)]
OptionalMoment = Annotated[dt.datetime | None, mapped_column(UtcDateTime)]
ShortText = Annotated[str, mapped_column(String(200))]
Sha256 = Annotated[str, mapped_column(String(64))]
JsonValue = Annotated[Any, mapped_column(JSON)]
