"""Next rounds: what the report taught of those for whom the draft was made.

Revision 0004.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; drafts from before it start from memory alone."""
    op.add_column("next_rounds", sa.Column("taught", sa.JSON(), nullable=True))


def downgrade() -> None:
    """Forget it again."""
    op.drop_column("next_rounds", "taught")
