"""The first message of an arm, sent to an address of one's own; nobody else is touched."""

import datetime as dt

from regulars_platform.delivery.campaigns import Foreseen
from regulars_platform.dispatch.opening import open_way
from regulars_platform.dispatch.transports import DownError, Outcome, Outgoing, Transport
from regulars_platform.errors import RegularsError
from regulars_platform.settings import Settings
from regulars_platform.shops.channels import SENDING, channel_use
from regulars_platform.shops.tables import Shop
from regulars_platform.words import N_, Sentence


def send_trial(
    settings: Settings,
    shop: Shop,
    foreseen: Foreseen,
    *,
    channel: str,
    address: str,
    now: dt.datetime,
) -> Outcome:
    """What became of it. foreseen: of the arm, with an example.

    Raises RegularsError where there is nothing to send.
    """
    via = channel_use(shop, channel).via
    if not foreseen.examples or via not in SENDING:
        raise RegularsError(Sentence(N_("There is no message to test with.")), field="address")
    _, subject, text = foreseen.examples[0]
    message = Outgoing(
        id=0,
        key=f"test-{now.timestamp():.0f}",
        customer_id="",
        channel=channel,
        address=address,
        subject=subject,
        text=text,
        source="test",
        source_id=0,
        arm="",
    )
    transport: Transport | None = None
    try:
        transport = open_way(settings, shop, via)
        return transport.send([message])[0]
    except DownError as down:
        return Outcome(id=0, fate="refused", problem=down.problem)
    finally:
        if transport is not None:
            transport.close()
