"""Bringing the SQL database to today's schema with Alembic, at every start."""

import pkgutil
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from sqlalchemy import Connection

import regulars_platform
from regulars_platform.settings import Settings
from regulars_platform.storage.database import Base, Database

if TYPE_CHECKING:
    from alembic.config import Config


def upgrade(settings: Settings) -> None:
    """Run the migrations that this database has not seen yet. Safe to repeat."""
    # imported here: web and worker only need the tables, and Alembic takes a second to load
    from alembic import command

    database = Database(settings)
    try:
        with database.engine.begin() as connection:
            command.upgrade(build_config(connection), "head")
    finally:
        database.dispose()


def build_config(connection: Connection) -> "Config":
    """Alembic's configuration on an open connection, without any ini file."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "regulars_platform:migrations")
    config.attributes["connection"] = connection
    return config


def import_all_tables() -> list[str]:
    """Import `tables` of every feature folder, so that `Base.metadata` knows the whole schema."""
    found = []
    for package in pkgutil.iter_modules(regulars_platform.__path__):
        name = f"regulars_platform.{package.name}.tables"
        if package.ispkg and find_spec(name) is not None:
            import_module(name)
            found.append(name)
    return found


def create_all_tables(database: Database) -> None:
    """The whole schema at once, without migrations; for tests."""
    import_all_tables()
    Base.metadata.create_all(database.engine)
