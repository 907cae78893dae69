"""The transport of a batch, as the shop has set it up at this moment."""

import datetime as dt

from regulars_platform.delivery.public import public_address, unsubscribe_token
from regulars_platform.delivery.secret_files import read_or_make_secret, read_secret
from regulars_platform.delivery.tables import BatchRow
from regulars_platform.dispatch.smtp import Mailer, SmtpSettings, smtp_settings
from regulars_platform.dispatch.transports import DownError, Transport
from regulars_platform.dispatch.webhook import Webhook, webhook_settings
from regulars_platform.settings import Settings
from regulars_platform.shops.channels import SMTP
from regulars_platform.shops.tables import Shop
from regulars_platform.storage.database import Database
from regulars_platform.words import N_, Sentence

NO_SERVER = Sentence(N_("No mail server is set up under Settings, Channels."))
NO_RECEIVER = Sentence(N_("No receiver of messages is set up under Settings, Channels."))


def open_transport(settings: Settings, database: Database, batch_id: int) -> Transport:
    """How the messages of a batch leave. Raises DownError where that is not set up."""
    with database.unit_of_work() as session:
        batch = session.get_one(BatchRow, batch_id)
        shop = session.get_one(Shop, batch.shop_id)
    return open_way(settings, shop, batch.via)


def open_way(settings: Settings, shop: Shop, via: str) -> Transport:
    """The shop's mail server, or its receiver. Raises DownError."""
    if via == SMTP:
        server = smtp_settings(shop)
        if server is None:
            raise DownError(NO_SERVER)
        return open_mailer(settings, shop, server)
    receiver = webhook_settings(shop)
    if receiver is None:
        raise DownError(NO_RECEIVER)
    key = read_or_make_secret(settings, shop.id, "webhook-key")
    return Webhook(settings=receiver, key=key, clock=lambda: dt.datetime.now(dt.UTC))


def open_mailer(settings: Settings, shop: Shop, server: SmtpSettings) -> Mailer:
    """Mails with a link to unsubscribe, where the world can reach us."""
    address = public_address(shop)

    def link(customer_id: str) -> str:
        if not address or not customer_id:
            return ""
        return f"{address}/hooks/unsubscribe/{unsubscribe_token(settings, shop.id, customer_id)}"

    return Mailer(
        settings=server,
        password=read_secret(settings, shop.id, "smtp-password") or "",
        unsubscribe=link,
    )
