"""Programme memory: what campaigns taught, and what was expected of them.

Revision 0002. Reports that exist already are learnt from when memory is first read.
"""

import sqlalchemy as sa
from alembic import op

from regulars_platform.storage.types import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# SQLite gives a rowid only to a column declared INTEGER
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Statements as they were when this migration was written: history does not follow later changes.
FREEZING = {
    "sqlite": (
        """CREATE TRIGGER forecasts_frozen_update BEFORE UPDATE ON forecasts
BEGIN SELECT RAISE(ABORT, 'the forecast of a launched campaign cannot be changed'); END""",
        """CREATE TRIGGER forecasts_frozen_delete BEFORE DELETE ON forecasts
BEGIN SELECT RAISE(ABORT, 'the forecast of a launched campaign cannot be deleted'); END""",
        """CREATE TRIGGER forecasts_frozen_replace BEFORE INSERT ON forecasts
WHEN EXISTS (SELECT 1 FROM forecasts WHERE id = NEW.id OR campaign_id = NEW.campaign_id)
BEGIN SELECT RAISE(ABORT, 'the forecast of a launched campaign cannot be replaced'); END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION forecasts_frozen() RETURNS trigger AS $$
BEGIN RAISE EXCEPTION 'the forecast of a launched campaign cannot be changed or deleted'; END
$$ LANGUAGE plpgsql""",
        """CREATE TRIGGER forecasts_frozen_row BEFORE UPDATE OR DELETE ON forecasts
FOR EACH ROW EXECUTE FUNCTION forecasts_frozen()""",
        """CREATE TRIGGER forecasts_frozen_all BEFORE TRUNCATE ON forecasts
FOR EACH STATEMENT EXECUTE FUNCTION forecasts_frozen()""",
    ),
}


def upgrade() -> None:
    """Make both tables, then the triggers that freeze forecasts."""
    _make_learnings()
    op.create_table(
        "forecasts",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("campaign_id", BIG, nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_forecasts_campaign_id_campaigns")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forecasts")),
        sa.UniqueConstraint("campaign_id", name=op.f("uq_forecasts_campaign_id")),
    )
    for statement in FREEZING.get(op.get_bind().dialect.name, ()):
        op.execute(sa.text(statement))


def downgrade() -> None:
    """Forget both; what campaigns taught is learnt again from their reports."""
    op.drop_table("forecasts")
    op.drop_index(op.f("ix_learnings_shop_id"), table_name="learnings")
    op.drop_table("learnings")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text("DROP FUNCTION forecasts_frozen()"))


def _make_learnings() -> None:
    op.create_table(
        "learnings",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("campaign_id", BIG, nullable=False),
        sa.Column("report_id", BIG, nullable=False),
        sa.Column("campaign", sa.String(length=200), nullable=False),
        sa.Column("arm", sa.String(length=200), nullable=False),
        sa.Column("segment", sa.String(length=200), nullable=True),
        sa.Column("segment_key", sa.String(length=64), nullable=False),
        sa.Column("people", sa.JSON(), nullable=False),
        sa.Column("family", sa.String(length=200), nullable=False),
        sa.Column("offer", sa.JSON(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("n_control", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.Float(), nullable=True),
        sa.Column("net", sa.Float(), nullable=True),
        sa.Column("error", sa.Float(), nullable=True),
        sa.Column("low", sa.Float(), nullable=True),
        sa.Column("high", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_learnings_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_learnings_report_id_reports")
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_learnings_shop_id_shops")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learnings")),
        sa.UniqueConstraint(
            "report_id",
            "arm",
            "segment_key",
            name=op.f("uq_learnings_report_id_arm_segment_key"),
        ),
    )
    op.create_index(op.f("ix_learnings_shop_id"), "learnings", ["shop_id"], unique=False)
