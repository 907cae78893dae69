"""When goods run out: corrections of due dates by staff.

Revision 0013.
"""

import sqlalchemy as sa
from alembic import op

from regulars_platform.storage.types import UtcDateTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# SQLite gives a rowid only to a column declared INTEGER
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "due_corrections",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("bought_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("made_by_name", sa.String(length=200), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_due_corrections_shop_id_shops")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_due_corrections")),
    )
    op.create_index(
        "ix_due_corrections_shop_id_customer_id",
        "due_corrections",
        ["shop_id", "customer_id"],
        unique=False,
    )


def downgrade() -> None:
    """Forget the corrections."""
    op.drop_index("ix_due_corrections_shop_id_customer_id", table_name="due_corrections")
    op.drop_table("due_corrections")
