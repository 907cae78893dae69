"""The salt of a draw: whatever is drawn of customers is drawn by one."""

import secrets

SALT_BYTES = 16


def new_salt() -> str:
    """A salt that nobody can foresee, so that nobody can choose who is drawn."""
    return secrets.token_hex(SALT_BYTES)
