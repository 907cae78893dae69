"""What customers are expected to buy: the answers as they were worked out.

Revision 0012.
"""

import sqlalchemy as sa
from alembic import op

from regulars_platform.storage.types import UtcDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# SQLite gives a rowid only to a column declared INTEGER
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "lifetimes",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.Column("inputs_sha256", sa.String(length=64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("document_sha256", sa.String(length=64), nullable=False),
        sa.Column("customers_file", sa.String(length=200), nullable=False),
        sa.Column("customers_sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_lifetimes_shop_id_shops")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lifetimes")),
        sa.UniqueConstraint(
            "shop_id", "inputs_sha256", name=op.f("uq_lifetimes_shop_id_inputs_sha256")
        ),
    )
    op.create_index(op.f("ix_lifetimes_shop_id"), "lifetimes", ["shop_id"], unique=False)


def downgrade() -> None:
    """Forget them; they can be worked out again."""
    op.drop_index(op.f("ix_lifetimes_shop_id"), table_name="lifetimes")
    op.drop_table("lifetimes")
