"""Other files and remembered columns in the SQL database. Reads and changes rows; never commits."""

import datetime as dt
from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from regulars_platform.datasets.errors import DatasetImportNotFoundError
from regulars_platform.datasets.kinds import Kind
from regulars_platform.datasets.models import (
    DatasetImport,
    DatasetImportId,
    DatasetLook,
    DatasetOptions,
    DatasetTallies,
    read_kind,
)
from regulars_platform.datasets.tables import DatasetImportRow, DatasetMappingRow
from regulars_platform.intake.models import ImportState
from regulars_platform.words import Sentence


def get_row(session: Session, import_id: DatasetImportId) -> DatasetImportRow:
    """The row of an import. Raises DatasetImportNotFoundError."""
    row = session.get(DatasetImportRow, import_id)
    if row is None or row.state == ImportState.DISCARDED:
        raise DatasetImportNotFoundError.of(import_id)
    return row


def list_rows(session: Session, shop_id: int) -> list[DatasetImportRow]:
    """The files of a shop, newest first."""
    query = select(DatasetImportRow).where(
        DatasetImportRow.shop_id == shop_id, DatasetImportRow.state != ImportState.DISCARDED
    )
    return list(session.scalars(query.order_by(DatasetImportRow.id.desc())))


def find_stored_before(session: Session, import_: DatasetImport) -> DatasetImport | None:
    """The first import of the same shop that stored a file of the very same bytes, read in the same
    way; None if there is none. Read in another way it is a correction."""
    return next(
        (
            found
            for found in _same_bytes(session, import_)
            if (found.kind, found.mapping, found.options)
            == (import_.kind, import_.mapping, import_.options)
        ),
        None,
    )


def find_as_of(session: Session, import_: DatasetImport) -> DatasetOptions | None:
    """How the very same bytes were read when they were stored before."""
    return next((found.options for found in _same_bytes(session, import_)), None)


def _same_bytes(session: Session, import_: DatasetImport) -> list[DatasetImport]:
    query = (
        select(DatasetImportRow)
        .where(
            DatasetImportRow.shop_id == import_.shop_id,
            DatasetImportRow.sha256 == import_.sha256,
            DatasetImportRow.state == ImportState.STORED,
            DatasetImportRow.id != import_.id,
        )
        .order_by(DatasetImportRow.stored_at, DatasetImportRow.id)
    )
    return [build_import(row) for row in session.scalars(query)]


def versions_stored_before(session: Session, shop_id: int, moment: dt.datetime) -> dict[Kind, int]:
    """Kind -> the version of its records that held just before that moment; kinds of which nothing
    was stored by then are missing."""
    row = DatasetImportRow
    query = (
        select(row.kind, func.max(row.table_version))
        .where(
            row.shop_id == shop_id,
            row.state == ImportState.STORED,
            row.stored_at < moment,
            row.table_version.is_not(None),
        )
        .group_by(row.kind)
    )
    found = ((read_kind(kind), version) for kind, version in session.execute(query))
    return {kind: version for kind, version in found if kind is not None and version is not None}


def find_mapping(
    session: Session, shop_id: int, kind: Kind, fingerprint: str
) -> DatasetMappingRow | None:
    """What the shop confirmed for files of this kind with these headings."""
    query = select(DatasetMappingRow).where(
        DatasetMappingRow.shop_id == shop_id,
        DatasetMappingRow.kind == kind,
        DatasetMappingRow.fingerprint == fingerprint,
    )
    return session.scalars(query).one_or_none()


def remember_mapping(
    session: Session,
    shop_id: int,
    kind: Kind,
    fingerprint: str,
    mapping: Mapping[str, str],
    options: DatasetOptions,
) -> None:
    """Keep what the shop confirmed, in place of what it confirmed before."""
    row = find_mapping(session, shop_id, kind, fingerprint)
    if row is None:
        row = DatasetMappingRow(shop_id=shop_id, kind=kind, fingerprint=fingerprint)
        session.add(row)
    row.mapping = dict(mapping)
    row.options = options.as_json()


def build_import(row: DatasetImportRow) -> DatasetImport:
    """The value of a row."""
    return DatasetImport(
        id=DatasetImportId(row.id),
        shop_id=row.shop_id,
        user_id=row.user_id,
        filename=row.filename,
        size=row.size,
        sha256=row.sha256,
        state=ImportState(row.state),
        kind=read_kind(row.kind),
        received_at=row.received_at,
        stored_at=row.stored_at,
        look=DatasetLook.from_json(row.look) if row.look else None,
        mapping=row.mapping or None,
        options=DatasetOptions.from_json(row.options),
        tallies=DatasetTallies.from_json(row.tallies) if row.tallies else None,
        table_version=row.table_version,
        problem=Sentence.from_json(row.problem) if row.problem else None,
        hint=Sentence.from_json(row.hint) if row.hint else None,
    )
