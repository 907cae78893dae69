"""Uploads that arrive in pieces.

Revision 0018.
"""

import sqlalchemy as sa
from alembic import op

from regulars_platform.storage.types import UtcDateTime

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

# SQLite gives a rowid only to a column declared INTEGER
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "incoming_uploads",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=True),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("modified", sa.BigInteger(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.Column("import_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_incoming_uploads_shop_id_shops")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incoming_uploads")),
    )
    op.create_index(op.f("ix_incoming_uploads_shop_id"), "incoming_uploads", ["shop_id"])


def downgrade() -> None:
    """Forget them."""
    op.drop_table("incoming_uploads")
