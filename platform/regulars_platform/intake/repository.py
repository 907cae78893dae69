"""Imports and remembered mappings in the SQL database. Reads and changes rows; never commits."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from regulars_platform.intake.errors import ImportNotFoundError
from regulars_platform.intake.imports import OrderImport
from regulars_platform.intake.models import (
    ADDING,
    ImportId,
    ImportState,
    Look,
    OrderField,
    OverlapChoice,
    ReadingOptions,
)
from regulars_platform.intake.tables import ColumnMappingRow, OrderImportRow
from regulars_platform.intake.tallies import Tallies
from regulars_platform.words import Sentence


def get_row(session: Session, import_id: ImportId) -> OrderImportRow:
    """The row of an import. Raises ImportNotFoundError."""
    row = session.get(OrderImportRow, import_id)
    if row is None or row.state == ImportState.DISCARDED:
        raise ImportNotFoundError.of(import_id)
    return row


def list_rows(session: Session, shop_id: int) -> list[OrderImportRow]:
    """The imports of a shop, newest first."""
    query = (
        select(OrderImportRow)
        .where(OrderImportRow.shop_id == shop_id, OrderImportRow.state != ImportState.DISCARDED)
        .order_by(OrderImportRow.id.desc())
    )
    return list(session.scalars(query))


def find_stored_before(session: Session, import_: OrderImport) -> OrderImport | None:
    """The first import of the same shop that stored a file of the very same bytes, read in the same
    way; None if there is none. Read in another way (other columns, other dates) it is a correction;
    columns that were left out then and only add something (models.ADDING) do not make another way.
    """
    query = (
        select(OrderImportRow)
        .where(
            OrderImportRow.shop_id == import_.shop_id,
            OrderImportRow.sha256 == import_.sha256,
            OrderImportRow.state == ImportState.STORED,
            OrderImportRow.id != import_.id,
        )
        .order_by(OrderImportRow.stored_at, OrderImportRow.id)
    )
    earlier = (build_import(row) for row in session.scalars(query))
    alike = (
        found
        for found in earlier
        if _read_alike(found, import_) and found.options == import_.options
    )
    return next(alike, None)


def find_same_file(session: Session, import_: OrderImport) -> frozenset[int]:
    """Numbers of the stored imports of the same shop of the very same bytes, however read."""
    query = select(OrderImportRow.id).where(
        OrderImportRow.shop_id == import_.shop_id,
        OrderImportRow.sha256 == import_.sha256,
        OrderImportRow.state == ImportState.STORED,
    )
    return frozenset(session.scalars(query))


def _read_alike(earlier: OrderImport, now: OrderImport) -> bool:
    before, mapping = earlier.mapping or {}, now.mapping or {}
    shared = {
        name: heading for name, heading in mapping.items() if name in before or name not in ADDING
    }
    return before == shared


def find_mapping(session: Session, shop_id: int, fingerprint: str) -> ColumnMappingRow | None:
    """What the shop confirmed for files with these headings."""
    query = select(ColumnMappingRow).where(
        ColumnMappingRow.shop_id == shop_id, ColumnMappingRow.fingerprint == fingerprint
    )
    return session.scalars(query).one_or_none()


def remember_mapping(
    session: Session,
    shop_id: int,
    fingerprint: str,
    mapping: Mapping[OrderField, str],
    options: ReadingOptions,
) -> None:
    """Keep what the shop confirmed, in place of what it confirmed before."""
    row = find_mapping(session, shop_id, fingerprint)
    if row is None:
        row = ColumnMappingRow(shop_id=shop_id, fingerprint=fingerprint)
        session.add(row)
    row.mapping = {str(field): heading for field, heading in mapping.items()}
    row.options = options.as_json()


def build_import(row: OrderImportRow) -> OrderImport:
    """The value of a row."""
    return OrderImport(
        id=ImportId(row.id),
        shop_id=row.shop_id,
        user_id=row.user_id,
        filename=row.filename,
        size=row.size,
        sha256=row.sha256,
        state=ImportState(row.state),
        received_at=row.received_at,
        stored_at=row.stored_at,
        look=Look.from_json(row.look) if row.look else None,
        mapping=(
            {OrderField(field): heading for field, heading in row.mapping.items()}
            if row.mapping
            else None
        ),
        options=ReadingOptions.from_json(row.options),
        tallies=Tallies.from_json(row.tallies) if row.tallies else None,
        overlap_choice=OverlapChoice(row.overlap_choice) if row.overlap_choice else None,
        table_version=row.table_version,
        problem=Sentence.from_json(row.problem) if row.problem else None,
        hint=Sentence.from_json(row.hint) if row.hint else None,
    )
