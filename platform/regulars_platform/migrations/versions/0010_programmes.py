"""Programmes that always run, and who entered them.

Revision 0010.
"""

import sqlalchemy as sa
from alembic import op

from regulars_platform.storage.types import UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# SQLite gives a rowid only to a column declared INTEGER
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    _programmes()
    _versions()
    _runs()
    _entries()
    _results()


def _id() -> "sa.Column[int]":
    return sa.Column("id", BIG, autoincrement=True, nullable=False)


def _refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}")
    )


def _programmes() -> None:
    op.create_table(
        "programmes",
        _id(),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("draft", sa.JSON(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=True),
        sa.Column("ran_until", sa.Date(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "state IN ('draft', 'running', 'paused', 'ended')", name=op.f("ck_programmes_state")
        ),
        _refers("programmes", "shop_id", "shops"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programmes")),
    )
    op.create_index(op.f("ix_programmes_shop_id"), "programmes", ["shop_id"])


def _versions() -> None:
    op.create_table(
        "programme_versions",
        _id(),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("programme_id", BIG, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("plan_json", sa.Text(), nullable=False),
        sa.Column("plan_sha256", sa.String(length=64), nullable=False),
        sa.Column("salt", sa.String(length=200), nullable=False),
        sa.Column("planned", sa.BigInteger(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("started_by", sa.BigInteger(), nullable=True),
        _refers("programme_versions", "shop_id", "shops"),
        _refers("programme_versions", "programme_id", "programmes"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_versions")),
        sa.UniqueConstraint(
            "programme_id", "number", name=op.f("uq_programme_versions_programme_id_number")
        ),
    )


def _runs() -> None:
    op.create_table(
        "programme_runs",
        _id(),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("programme_id", BIG, nullable=False),
        sa.Column("version_id", BIG, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("orders_version", sa.BigInteger(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("standing_file", sa.String(length=200), nullable=True),
        sa.Column("ran_at", UtcDateTime(), nullable=False),
        _refers("programme_runs", "shop_id", "shops"),
        _refers("programme_runs", "programme_id", "programmes"),
        _refers("programme_runs", "version_id", "programme_versions"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_runs")),
        sa.UniqueConstraint("programme_id", "day", name=op.f("uq_programme_runs_programme_id_day")),
    )


def _entries() -> None:
    op.create_table(
        "programme_entries",
        _id(),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("programme_id", BIG, nullable=False),
        sa.Column("version_id", BIG, nullable=False),
        sa.Column("run_id", BIG, nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("occasion", sa.String(length=200), nullable=False),
        sa.Column("entered_on", sa.Date(), nullable=False),
        sa.Column("contact_on", sa.Date(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("late_days", sa.Integer(), nullable=False),
        sa.Column("held_back", sa.Boolean(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=True),
        sa.Column("threshold", sa.BigInteger(), nullable=True),
        _refers("programme_entries", "shop_id", "shops"),
        _refers("programme_entries", "programme_id", "programmes"),
        _refers("programme_entries", "version_id", "programme_versions"),
        _refers("programme_entries", "run_id", "programme_runs"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_entries")),
        sa.UniqueConstraint(
            "programme_id",
            "customer_id",
            "occasion",
            name=op.f("uq_programme_entries_programme_id_customer_id_occasion"),
        ),
    )
    for columns in (("shop_id", "customer_id", "contact_on"), ("version_id", "contact_on")):
        name = op.f("ix_programme_entries_" + "_".join(columns))
        op.create_index(name, "programme_entries", list(columns))


def _results() -> None:
    op.create_table(
        "programme_results",
        _id(),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("version_id", BIG, nullable=False),
        sa.Column("orders_version", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        _refers("programme_results", "shop_id", "shops"),
        _refers("programme_results", "version_id", "programme_versions"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_results")),
        sa.UniqueConstraint("version_id", name=op.f("uq_programme_results_version_id")),
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_table("programme_results")
    op.drop_table("programme_entries")
    op.drop_table("programme_runs")
    op.drop_table("programme_versions")
    op.drop_table("programmes")
