"""Keeping the shop's mail server and receiver, with the secrets that lie beside them in files."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from regulars_platform.delivery.public import keep_public_address
from regulars_platform.delivery.secret_files import keep_secret, read_or_make_secret
from regulars_platform.dispatch.opening import open_mailer
from regulars_platform.dispatch.smtp import SmtpSettings, keep_smtp_settings, smtp_settings
from regulars_platform.dispatch.webhook import WebhookSettings, keep_webhook_settings
from regulars_platform.settings import Settings
from regulars_platform.shops.tables import Shop

LONGEST_PASSWORD = 1_000


def keep_mail_server(
    session: Session, settings: Settings, shop_id: int, raw: Mapping[str, Any], password: str
) -> SmtpSettings | None:
    """Keep a form (see `keep_smtp_settings`); an empty password leaves the one before, without a
    server it is forgotten. Raises InvalidInputError."""
    kept = keep_smtp_settings(session, shop_id, raw)
    if password or kept is None:
        keep_secret(settings, shop_id, "smtp-password", password[:LONGEST_PASSWORD])
    return kept


def keep_receiver(
    session: Session, settings: Settings, shop_id: int, raw: Mapping[str, Any]
) -> WebhookSettings | None:
    """Keep a form (see `keep_webhook_settings`) with `public_address`; a key is made where there is
    none. Raises InvalidInputError, NotALinkError."""
    kept = keep_webhook_settings(session, shop_id, raw)
    keep_public_address(session, shop_id, str(raw.get("public_address") or ""))
    read_or_make_secret(settings, shop_id, "webhook-key")
    return kept


def check_mail_server(settings: Settings, shop: Shop) -> bool:
    """Connect to the shop's server and sign in; nothing is sent. False: none is kept.

    Raises DownError.
    """
    server = smtp_settings(shop)
    if server is None:
        return False
    mailer = open_mailer(settings, shop, server)
    try:
        mailer.check()
    finally:
        mailer.close()
    return True
