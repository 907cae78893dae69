"""Events of the year, and the programme as a whole.

Revision 0015.
"""

import sqlalchemy as sa
from alembic import op

from regulars_platform.storage.types import UtcDateTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

# SQLite gives a rowid only to a column declared INTEGER
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    _events()
    _drafts()
    _effects()


def _id() -> "sa.Column[int]":
    return sa.Column("id", BIG, autoincrement=True, nullable=False)


def _refers(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}")
    )


def _events() -> None:
    op.create_table(
        "calendar_events",
        _id(),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("repeats", sa.String(length=10), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("is_sale", sa.Boolean(), nullable=False),
        sa.Column("template_id", sa.BigInteger(), nullable=True),
        sa.Column("lead_days", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        _refers("calendar_events", "shop_id", "shops"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_events")),
    )
    op.create_index(op.f("ix_calendar_events_shop_id"), "calendar_events", ["shop_id"])


def _drafts() -> None:
    op.create_table(
        "calendar_drafts",
        _id(),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("campaign_id", sa.BigInteger(), nullable=False),
        sa.Column("copied_from", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        _refers("calendar_drafts", "shop_id", "shops"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_drafts")),
        sa.UniqueConstraint(
            "event_id",
            "day",
            "copied_from",
            name=op.f("uq_calendar_drafts_event_id_day_copied_from"),
        ),
    )
    op.create_index(op.f("ix_calendar_drafts_shop_id"), "calendar_drafts", ["shop_id"])


def _effects() -> None:
    op.create_table(
        "programme_effects",
        _id(),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("quarter", sa.Integer(), nullable=False),
        sa.Column("orders_version", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        _refers("programme_effects", "shop_id", "shops"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_effects")),
        sa.UniqueConstraint(
            "shop_id", "quarter", name=op.f("uq_programme_effects_shop_id_quarter")
        ),
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_table("programme_effects")
    op.drop_table("calendar_drafts")
    op.drop_table("calendar_events")
