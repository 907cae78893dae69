"""Alembic's entry: which schema, and on which connection."""

from alembic import context
from sqlalchemy import Connection

from regulars_platform.storage.database import Base
from regulars_platform.storage.migrations_run import import_all_tables


def _run(connection: Connection) -> None:
    import_all_tables()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        # SQLite alters a table by copying it
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


_run(context.config.attributes["connection"])
