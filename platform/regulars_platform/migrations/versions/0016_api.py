"""Tokens of the API, and answers kept for repeated writes.

Revision 0016.
"""

import sqlalchemy as sa
from alembic import op

from regulars_platform.storage.types import UtcDateTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# SQLite gives a rowid only to a column declared INTEGER
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "api_tokens",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("start", sa.String(length=20), nullable=False),
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_api_tokens_shop_id_shops")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("secret_sha256", name=op.f("uq_api_tokens_secret_sha256")),
    )
    op.create_index(op.f("ix_api_tokens_shop_id"), "api_tokens", ["shop_id"])
    op.create_table(
        "api_answers",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("token_id", BIG, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("request_sha256", sa.String(length=64), nullable=False),
        sa.Column("claim", sa.String(length=32), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["token_id"], ["api_tokens.id"], name=op.f("fk_api_answers_token_id_api_tokens")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_answers")),
        sa.UniqueConstraint("token_id", "key", name=op.f("uq_api_answers_token_id_key")),
    )
    op.create_index(op.f("ix_api_answers_created_at"), "api_answers", ["created_at"])


def downgrade() -> None:
    """Forget them."""
    op.drop_table("api_answers")
    op.drop_table("api_tokens")
