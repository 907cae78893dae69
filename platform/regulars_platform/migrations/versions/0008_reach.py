"""A shop's own practice, and the customers whom nothing reaches: the global holdout.

Revision 0008.
"""

import sqlalchemy as sa
from alembic import op

from regulars_platform.storage.types import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# SQLite gives a rowid only to a column declared INTEGER
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the column and the table; older shops have the usual practice and no holdout."""
    op.add_column("shops", sa.Column("practice", sa.JSON(), nullable=True))
    op.create_table(
        "global_holdouts",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("salt", sa.String(length=200), nullable=False),
        sa.Column("share", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("drawn_at", UtcDateTime(), nullable=False),
        sa.Column("drawn_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_global_holdouts_shop_id_shops")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_global_holdouts")),
        sa.UniqueConstraint(
            "shop_id", "starts_on", name=op.f("uq_global_holdouts_shop_id_starts_on")
        ),
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_table("global_holdouts")
    op.drop_column("shops", "practice")
