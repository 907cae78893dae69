"""The ground floor: shops, people, imports, segments, campaigns, jobs, reports, decisions.

Revision 0001, the first.
"""

import sqlalchemy as sa
from alembic import op

from regulars_platform.storage.types import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite gives a rowid only to a column declared INTEGER
BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Statements as they were when this migration was written: history does not follow later changes.
FREEZING = {
    "sqlite": (
        """CREATE TRIGGER campaigns_frozen_update BEFORE UPDATE ON campaigns
WHEN OLD.state = 'launched'
BEGIN SELECT RAISE(ABORT, 'a launched campaign cannot be changed'); END""",
        """CREATE TRIGGER campaigns_frozen_delete BEFORE DELETE ON campaigns
WHEN OLD.state = 'launched'
BEGIN SELECT RAISE(ABORT, 'a launched campaign cannot be deleted'); END""",
        """CREATE TRIGGER campaigns_frozen_replace BEFORE INSERT ON campaigns
WHEN EXISTS (SELECT 1 FROM campaigns WHERE id = NEW.id AND state = 'launched')
BEGIN SELECT RAISE(ABORT, 'a launched campaign cannot be replaced'); END""",
    ),
    "postgresql": (
        """CREATE OR REPLACE FUNCTION campaigns_frozen() RETURNS trigger AS $$
BEGIN RAISE EXCEPTION 'a launched campaign cannot be changed or deleted'; END
$$ LANGUAGE plpgsql""",
        """CREATE TRIGGER campaigns_frozen_row BEFORE UPDATE OR DELETE ON campaigns
FOR EACH ROW WHEN (OLD.state = 'launched') EXECUTE FUNCTION campaigns_frozen()""",
        """CREATE TRIGGER campaigns_frozen_all BEFORE TRUNCATE ON campaigns
FOR EACH STATEMENT EXECUTE FUNCTION campaigns_frozen()""",
    ),
}


def upgrade() -> None:
    """Make all tables, then the triggers that freeze launched campaigns."""
    _make_people()
    _make_campaigns()
    _make_orders()
    _make_work()
    for statement in FREEZING.get(op.get_bind().dialect.name, ()):
        op.execute(sa.text(statement))


def downgrade() -> None:
    """There is nothing before the first revision to go back to."""
    raise NotImplementedError("restore a backup instead: this is the first revision")


def _make_people() -> None:
    op.create_table(
        "shops",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shops")),
    )
    op.create_table(
        "users",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=True),
        sa.Column("session_epoch", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("email", name=op.f("uq_users_email")),
    )


def _make_campaigns() -> None:
    op.create_table(
        "campaigns",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("draft", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("plan_json", sa.Text(), nullable=True),
        sa.Column("plan_sha256", sa.String(length=64), nullable=True),
        sa.Column("salt", sa.String(length=200), nullable=True),
        sa.Column("orders_version", sa.BigInteger(), nullable=True),
        sa.Column("ledger_file", sa.String(length=200), nullable=True),
        sa.Column("ledger_sha256", sa.String(length=64), nullable=True),
        sa.Column("launched_at", UtcDateTime(), nullable=True),
        sa.Column("launched_by", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state = 'draft' OR (plan_json IS NOT NULL AND plan_sha256 IS NOT NULL "
            "AND salt IS NOT NULL AND orders_version IS NOT NULL AND ledger_file IS NOT NULL "
            "AND ledger_sha256 IS NOT NULL AND launched_at IS NOT NULL)",
            name=op.f("ck_campaigns_launched_is_complete"),
        ),
        sa.CheckConstraint("state IN ('draft', 'launched')", name=op.f("ck_campaigns_state")),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_campaigns_shop_id_shops")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
    )
    op.create_index(op.f("ix_campaigns_shop_id"), "campaigns", ["shop_id"], unique=False)
    op.create_table(
        "segments",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_segments_shop_id_shops")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_segments")),
        sa.UniqueConstraint("shop_id", "name", name=op.f("uq_segments_shop_id_name")),
    )
    op.create_table(
        "suppressions",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_suppressions_shop_id_shops")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressions")),
        sa.UniqueConstraint(
            "shop_id", "customer_id", name=op.f("uq_suppressions_shop_id_customer_id")
        ),
    )
    op.create_table(
        "failed_sends",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("campaign_id", BIG, nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("arm", sa.String(length=200), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_failed_sends_campaign_id_campaigns")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_failed_sends")),
        sa.UniqueConstraint(
            "campaign_id", "customer_id", name=op.f("uq_failed_sends_campaign_id_customer_id")
        ),
    )


def _make_orders() -> None:
    op.create_table(
        "column_mappings",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("mapping", sa.JSON(), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_column_mappings_shop_id_shops")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_column_mappings")),
        sa.UniqueConstraint(
            "shop_id", "fingerprint", name=op.f("uq_column_mappings_shop_id_fingerprint")
        ),
    )
    op.create_table(
        "order_imports",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("stored_at", UtcDateTime(), nullable=True),
        sa.Column("look", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("mapping", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("options", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("tallies", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("overlap_choice", sa.String(length=20), nullable=True),
        sa.Column("table_version", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("hint", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["shop_id"], ["shops.id"], name=op.f("fk_order_imports_shop_id_shops")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_imports")),
    )
    op.create_index(op.f("ix_order_imports_shop_id"), "order_imports", ["shop_id"], unique=False)


def _make_work() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("shop_id", BIG, nullable=False),
        sa.Column("kind", sa.String(length=50), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("step", sa.String(length=200), nullable=False),
        sa.Column("done", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("problem", sa.JSON(), nullable=True),
        sa.Column("hint", sa.JSON(), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.id"], name=op.f("fk_jobs_shop_id_shops")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_jobs")),
    )
    op.create_index(op.f("ix_jobs_shop_id"), "jobs", ["shop_id"], unique=False)
    op.create_index(op.f("ix_jobs_state"), "jobs", ["state"], unique=False)
    op.create_table(
        "reports",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("campaign_id", BIG, nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.Column("inputs_sha256", sa.String(length=64), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("document_sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_reports_campaign_id_campaigns")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
        sa.UniqueConstraint(
            "campaign_id", "inputs_sha256", name=op.f("uq_reports_campaign_id_inputs_sha256")
        ),
    )
    op.create_index(op.f("ix_reports_campaign_id"), "reports", ["campaign_id"], unique=False)
    op.create_table(
        "decisions",
        sa.Column("id", BIG, autoincrement=True, nullable=False),
        sa.Column("campaign_id", BIG, nullable=False),
        sa.Column("report_id", BIG, nullable=False),
        sa.Column("arm", sa.String(length=200), nullable=False),
        sa.Column("segment", sa.String(length=200), nullable=True),
        sa.Column("choice", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", BIG, nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_decisions_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["users.id"], name=op.f("fk_decisions_decided_by_users")
        ),
        sa.ForeignKeyConstraint(
            ["report_id"], ["reports.id"], name=op.f("fk_decisions_report_id_reports")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    op.create_index(op.f("ix_decisions_campaign_id"), "decisions", ["campaign_id"], unique=False)
