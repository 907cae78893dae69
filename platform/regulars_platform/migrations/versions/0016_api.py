"""Tokens of the API, and answers kept for repeated writes.

Revision 0016.
"""

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
