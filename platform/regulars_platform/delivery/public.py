"""Under which address the world reaches this installation, and links that only we can make."""

import base64
import hashlib
import hmac
import json
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from regulars_platform.delivery.secret_files import read_or_make_secret, read_secret
from regulars_platform.errors import RegularsError
from regulars_platform.settings import Settings
from regulars_platform.shops.practice import HasPractice, keep_section, read_section
from regulars_platform.words import N_, Sentence

SECTION = "public_address"


class NotALinkError(RegularsError):
    """A text is no web address that we would send anybody to."""

    @classmethod
    def in_field(cls, field: str) -> "NotALinkError":
        """For what was typed there."""
        return cls(
            Sentence(N_("A web address as in https://example.org is expected.")), field=field
        )


def public_address(shop: HasPractice) -> str:
    """Without a slash at its end; "" where the shop never said one."""
    return str(read_section(shop, SECTION) or "")


def keep_public_address(session: Session, shop_id: int, text: str) -> str:
    """Keep it, or forget it where it is empty. Raises NotALinkError."""
    clean = text.strip().rstrip("/")
    if clean:
        check_link(clean, "public_address")
    keep_section(session, shop_id, SECTION, clean or None)
    return clean


def check_link(text: str, field: str) -> str:
    """The text, where it is a http or https address. Raises NotALinkError."""
    try:
        parts = urlsplit(text)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username
    except ValueError:
        fine = False
    if not fine or not text.isprintable() or " " in text or len(text) > 2_000:
        raise NotALinkError.in_field(field)
    return text


def unsubscribe_token(settings: Settings, shop_id: int, customer_id: str) -> str:
    """What an unsubscribe link ends in: who it is, and our signature under it."""
    key = read_or_make_secret(settings, shop_id, "unsubscribe-key")
    body = _encode(json.dumps([shop_id, customer_id], ensure_ascii=False).encode())
    return f"{body}.{_encode(_mac(key, body))}"


def read_unsubscribe_token(settings: Settings, token: str) -> tuple[int, str] | None:
    """(shop id, customer id); None where we never made this token."""
    body, _, mac = token.partition(".")
    try:
        shop_id, customer_id = json.loads(_decode(body))
        key = read_secret(settings, int(shop_id), "unsubscribe-key")
        given = _decode(mac)
    except (ValueError, TypeError):
        return None
    if key is None or not hmac.compare_digest(_mac(key, body), given):
        return None
    return int(shop_id), str(customer_id)


def _mac(key: str, body: str) -> bytes:
    return hmac.new(key.encode(), body.encode(), hashlib.sha256).digest()


def _encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
