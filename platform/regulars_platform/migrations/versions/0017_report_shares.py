"""Links under which a report may be read.

Revision 0017.
"""

import sqlalchemy as sa
from alembic import op

from regulars_platform.storage.types import UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

# SQLite gives a rowid only to a column declared INTEGER
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "report_shares",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("campaign_id", BIG, nullable=False),
        sa.Column("report_id", BIG, nullable=True),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("meant_for", sa.String(length=200), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_by", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", UtcDateTime(), nullable=True),
        sa.Column("times_opened", sa.Integer(), nullable=False),
        _refers("shop_id", "shops"),
        _refers("campaign_id", "campaigns"),
        _refers("report_id", "reports"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_shares")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_report_shares_token_sha256")),
    )
    op.create_index(op.f("ix_report_shares_campaign_id"), "report_shares", ["campaign_id"])


def _refers(column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [f"{target}.id"], name=op.f(f"fk_report_shares_{column}_{target}")
    )


def downgrade() -> None:
    """Forget it."""
    op.drop_table("report_shares")
