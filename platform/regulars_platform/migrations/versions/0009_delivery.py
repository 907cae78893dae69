"""Messages, and where each of them stands.

Revision 0009.
"""

import sqlalchemy as sa
from alembic import op

from regulars_platform.storage.types import UtcDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

# SQLite gives a rowid only to a column declared INTEGER
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables of templates, batches, messages, links and what providers told."""
    _templates()
    _batches()
    _messages()
    _small_ones()


def downgrade() -> None:
    """Forget them all."""
    for name in (
        "short_links",
        "delivery_events",
        "messages",
        "message_batches",
        "message_templates",
    ):
        op.drop_table(name)


def _id_and_shop(table: str) -> tuple[sa.Column[int] | sa.Constraint, ...]:
    return (
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("shop_id", BIG, nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f(f"fk_{table}_shop_id_shops")),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )


def _templates() -> None:
    op.create_table(
        "message_templates",
        *_id_and_shop("message_templates"),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("fallbacks", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
    )
    op.create_index(op.f("ix_message_templates_shop_id"), "message_templates", ["shop_id"])


def _batches() -> None:
    op.create_table(
        "message_batches",
        *_id_and_shop("message_batches"),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("arm", sa.String(length=200), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("via", sa.String(length=10), nullable=False),
        sa.Column("template_id", sa.BigInteger(), nullable=True),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("fallbacks", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("send_at", UtcDateTime(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("problem", sa.JSON(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
    )
    op.create_index(op.f("ix_message_batches_shop_id"), "message_batches", ["shop_id"])


def _messages() -> None:
    op.create_table(
        "messages",
        *_id_and_shop("messages"),
        sa.Column("batch_id", BIG, nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("arm", sa.String(length=200), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("variables", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.String(length=36), nullable=True),
        sa.Column("claimed_at", UtcDateTime(), nullable=True),
        sa.Column("next_attempt_at", UtcDateTime(), nullable=False),
        sa.Column("provider_id", sa.String(length=200), nullable=True),
        sa.Column("problem", sa.JSON(), nullable=True),
        sa.Column("result", sa.String(length=20), nullable=True),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("queued_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["message_batches.id"],
            name=op.f("fk_messages_batch_id_message_batches"),
        ),
        sa.UniqueConstraint("key", name=op.f("uq_messages_key")),
    )
    for columns in (
        ["batch_id", "state", "next_attempt_at"],
        ["shop_id", "channel", "claimed_at"],
        ["shop_id", "customer_id"],
    ):
        op.create_index(op.f(f"ix_messages_{'_'.join(columns)}"), "messages", columns)


def _small_ones() -> None:
    op.create_table(
        "delivery_events",
        *_id_and_shop("delivery_events"),
        sa.Column("event_id", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.UniqueConstraint(
            "shop_id", "event_id", name=op.f("uq_delivery_events_shop_id_event_id")
        ),
    )
    op.create_table(
        "short_links",
        *_id_and_shop("short_links"),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("arm", sa.String(length=200), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("clicks", sa.BigInteger(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.UniqueConstraint("code", name=op.f("uq_short_links_code")),
    )
    op.create_index(op.f("ix_short_links_shop_id"), "short_links", ["shop_id"])
