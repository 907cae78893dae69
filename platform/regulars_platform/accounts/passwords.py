"""Password hashes: argon2id with the library's current recommendations."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()


def hash_password(password: str) -> str:
    """The argon2id hash in its usual text form, salt and parameters included."""
    return _HASHER.hash(password)


def password_matches(stored_hash: str | None, password: str) -> bool:
    """Whether `password` belongs to `stored_hash`.

    Without a stored hash (no such account) the same work is done against a hash that nothing
    matches, so that the time taken does not tell which e-mail addresses exist.
    """
    try:
        _HASHER.verify(stored_hash or _hash_of_nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return bool(stored_hash)


def needs_rehash(stored_hash: str) -> bool:
    """Whether the hash was made with older parameters than today's."""
    return _HASHER.check_needs_rehash(stored_hash)


@cache
def _hash_of_nobody() -> str:
    return _HASHER.hash("nobody has this password")
