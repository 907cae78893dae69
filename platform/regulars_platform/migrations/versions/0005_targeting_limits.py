"""Whom to keep: the limit under which the next answer of a campaign is wanted.

Revision 0005.
"""

import sqlalchemy as sa
from alembic import op

from regulars_platform.storage.types import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# SQLite gives a rowid only to a column declared INTEGER
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table; campaigns without a row have no limit."""
    op.create_table(
        "targeting_limits",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("campaign_id", BIG, nullable=False),
        sa.Column("limit", sa.JSON(), nullable=False),
        sa.Column("asked_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaigns.id"],
            name=op.f("fk_targeting_limits_campaign_id_campaigns"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_targeting_limits")),
        sa.UniqueConstraint("campaign_id", name=op.f("uq_targeting_limits_campaign_id")),
    )


def downgrade() -> None:
    """Forget the wishes; answers keep the limit they were worked out under."""
    op.drop_table("targeting_limits")
