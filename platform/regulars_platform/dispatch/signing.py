"""Signatures between us and a receiver of messages: HMAC-SHA256 over moment and body."""

import datetime as dt
import hashlib
import hmac

MOMENT_HEADER = "X-Regulars-Timestamp"
SIGNATURE_HEADER = "X-Regulars-Signature"
TOLERANCE = dt.timedelta(minutes=5)
"""How far the moment of a signed call may be from now: older ones could be played again."""


def sign(key: str, moment: str, body: bytes) -> str:
    """The signature of a body sent at a moment (seconds since 1970, as text)."""
    mac = hmac.new(key.encode(), moment.encode() + b"." + body, hashlib.sha256)
    return f"v1={mac.hexdigest()}"


def is_signed(
    key: str, moment: str | None, signature: str | None, body: bytes, *, now: dt.datetime
) -> bool:
    """Whether a call comes from who has the key, and comes now."""
    if not key or not moment or not signature or not moment.isascii() or not moment.isdigit():
        return False
    if len(moment) > 12 or abs(int(moment) - now.timestamp()) > TOLERANCE.total_seconds():
        return False
    return hmac.compare_digest(sign(key, moment, body).encode(), signature.encode())
