"""How large a segment was over time.

Revision 0011.
"""

import sqlalchemy as sa
from alembic import op

from regulars_platform.storage.types import UtcDateTime

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

# SQLite gives a rowid only to a column declared INTEGER
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table; what was never counted has no past until it is recomputed."""
    op.create_table(
        "segment_sizes",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("segment_id", sa.BigInteger(), nullable=False),
        sa.Column("rule_sha256", sa.String(length=64), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("way", sa.String(length=20), nullable=False),
        sa.Column("customers", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("orders_version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_segment_sizes_shop_id_shops")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segment_sizes")),
        sa.UniqueConstraint(
            "segment_id",
            "rule_sha256",
            "as_of",
            "way",
            name=op.f("uq_segment_sizes_segment_id_rule_sha256_as_of_way"),
        ),
    )


def downgrade() -> None:
    """Forget it."""
    op.drop_table("segment_sizes")
