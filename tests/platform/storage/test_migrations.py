"""The schema that migrations make is the schema that the code speaks of."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from regulars_platform.settings import build_settings, prepare_data_dir
from regulars_platform.storage.database import Base, Database
from regulars_platform.storage.migrations_run import create_all_tables, import_all_tables, upgrade


def triggers(database: Database) -> set[tuple[str, str]]:
    with database.engine.connect() as connection:
        rows = connection.execute(
            text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        )
        return {(name, sql) for name, sql in rows}


def test_a_migrated_database_has_exactly_the_tables_and_triggers_of_the_code(
    tmp_path: Path,
) -> None:
    settings = build_settings(tmp_path / "migrated")
    prepare_data_dir(settings)
    upgrade(settings)
    upgrade(settings)  # a second start finds nothing to do
    import_all_tables()
    migrated = Database(settings)
    other = build_settings(tmp_path / "made at once")
    prepare_data_dir(other)
    made = Database(other)
    create_all_tables(made)

    with migrated.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    assert triggers(migrated) == triggers(made)
    assert triggers(migrated)


def test_a_migrated_database_refuses_to_change_a_launched_campaign(tmp_path: Path) -> None:
    settings = build_settings(tmp_path / "data")
    prepare_data_dir(settings)
    upgrade(settings)
    database = Database(settings)
    with database.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO shops (id, name, currency, timezone, created_at)"
            " VALUES (1, 'tea', 'EUR', 'UTC', '2026-01-01 00:00:00')"
        )
        connection.exec_driver_sql(
            "INSERT INTO campaigns (id, shop_id, name, state, draft, created_at, changed_at,"
            " revision, plan_json, plan_sha256, salt, orders_version, ledger_file, ledger_sha256,"
            " launched_at) VALUES (1, 1, 'a', 'launched', '{}', '2026-01-01 00:00:00',"
            " '2026-01-01 00:00:00', 1, '{}', 'x', 's', 0, 'f', 'y', '2026-01-01 00:00:00')"
        )

    for statement in (
        "UPDATE campaigns SET name = 'b'",
        "DELETE FROM campaigns",
        "UPDATE campaigns SET state = 'draft'",
    ):
        with (
            pytest.raises(IntegrityError, match="launched campaign"),
            database.engine.begin() as connection,
        ):
            connection.exec_driver_sql(statement)
