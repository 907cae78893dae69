"""Files of other kinds than orders on their way into the shop.

Revision 0006.
"""

import sqlalchemy as sa
from alembic import op

from regulars_platform.storage.types import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# SQLite gives a rowid only to a column declared INTEGER
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the files that came in, and the columns that were confirmed."""
    op.create_table(
        "dataset_imports",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("stored_at", UtcDateTime(), nullable=True),
        sa.Column("look", sa.JSON(), nullable=True),
        sa.Column("mapping", sa.JSON(), nullable=True),
        sa.Column("options", sa.JSON(), nullable=True),
        sa.Column("tallies", sa.JSON(), nullable=True),
        sa.Column("table_version", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.JSON(), nullable=True),
        sa.Column("hint", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_dataset_imports_shop_id_shops")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dataset_imports")),
    )
    op.create_index(op.f("ix_dataset_imports_shop_id"), "dataset_imports", ["shop_id"])
    op.create_table(
        "dataset_mappings",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_dataset_mappings_shop_id_shops")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dataset_mappings")),
        sa.UniqueConstraint(
            "shop_id",
            "kind",
            "fingerprint",
            name=op.f("uq_dataset_mappings_shop_id_kind_fingerprint"),
        ),
    )


def downgrade() -> None:
    """Forget them; what was stored from the files stays."""
    op.drop_table("dataset_mappings")
    op.drop_index(op.f("ix_dataset_imports_shop_id"), table_name="dataset_imports")
    op.drop_table("dataset_imports")
