"""Whom to keep targeting: the answers, and the drafts of next rounds that were made of them.

Revision 0003.
"""

import sqlalchemy as sa
from alembic import op

from regulars_platform.storage.types import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# SQLite gives a rowid only to a column declared INTEGER
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "targetings",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("campaign_id", BIG, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.Column("inputs_sha256", sa.String(length=64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("document_sha256", sa.String(length=64), nullable=False),
        sa.Column("scores_file", sa.String(length=200), nullable=True),
        sa.Column("scores_sha256", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_targetings_campaign_id_campaigns")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_targetings")),
        sa.UniqueConstraint(
            "campaign_id",
            "inputs_sha256",
            name=op.f("uq_targetings_campaign_id_inputs_sha256"),
        ),
    )
    op.create_index(op.f("ix_targetings_campaign_id"), "targetings", ["campaign_id"], unique=False)
    op.create_table(
        "next_rounds",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("campaign_id", BIG, nullable=False),
        sa.Column("from_campaign_id", BIG, nullable=False),
        sa.Column("report_id", BIG, nullable=False),
        sa.Column("keepers", sa.String(length=20), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"],
            ["campaigns.id"],
            name=op.f("fk_next_rounds_campaign_id_campaigns"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["from_campaign_id"],
            ["campaigns.id"],
            name=op.f("fk_next_rounds_from_campaign_id_campaigns"),
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_next_rounds_report_id_reports")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_next_rounds")),
        sa.UniqueConstraint("campaign_id", name=op.f("uq_next_rounds_campaign_id")),
    )
    op.create_index(
        op.f("ix_next_rounds_from_campaign_id"), "next_rounds", ["from_campaign_id"], unique=False
    )


def downgrade() -> None:
    """Forget both; what is worked out can be worked out again."""
    op.drop_index(op.f("ix_next_rounds_from_campaign_id"), table_name="next_rounds")
    op.drop_table("next_rounds")
    op.drop_index(op.f("ix_targetings_campaign_id"), table_name="targetings")
    op.drop_table("targetings")
