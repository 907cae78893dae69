"""Order files that come in parts: how much of each import waits for its order file.

Revision 0007.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# SQLite gives a rowid only to a column declared INTEGER
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table; nothing waits yet."""
    op.create_table(
        "waiting_parts",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("import_id", sa.BigInteger(), nullable=False),
        sa.Column("part", sa.String(20), nullable=False),
        sa.Column("orders", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_waiting_parts_shop_id_shops")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waiting_parts")),
    )
    op.create_index(op.f("ix_waiting_parts_shop_id"), "waiting_parts", ["shop_id"])


def downgrade() -> None:
    """Forget the counts; they are made again with the next file."""
    op.drop_index(op.f("ix_waiting_parts_shop_id"), table_name="waiting_parts")
    op.drop_table("waiting_parts")
