"""Why a shop has no addresses for a channel, and what can be one."""

from typing import Literal

import polars as pl
from sqlalchemy.orm import Session

from regulars_platform.datasets.service import list_imports
from regulars_platform.datasets.table import DatasetTable
from regulars_platform.delivery.addresses import is_address
from regulars_platform.errors import RegularsError
from regulars_platform.intake.models import ImportState
from regulars_platform.settings import Settings
from regulars_platform.shops.channels import CHANNELS
from regulars_platform.words import N_, Sentence

Gap = Literal["left_out", "never", "some"]
_FEWEST_DIGITS, _MOST_DIGITS = 5, 15
"""Of a phone number; the most: ITU-T E.164, 6."""


def address_gap(session: Session, settings: Settings, shop_id: int, channel: str) -> Gap:
    """Why customers have no address for this channel.

    left_out: a customers' file had them and nobody asked to keep them; never: no file has brought
    any; some: others have one (also where the channel goes by the customer's id).
    """
    column = CHANNELS[channel].address
    customers = DatasetTable(settings.shop_dir(shop_id), "customers")
    if not column:
        return "some"
    if customers.exists():
        known = customers.scan().select(pl.col(column).is_not_null().any()).collect().item()
        if known:
            return "some"
    dropped = any(
        file.state is ImportState.STORED
        and file.kind == "customers"
        and not file.options.keep_contacts
        and column in (file.mapping or {}).values()
        for file in list_imports(session, shop_id)
    )
    return "left_out" if dropped else "never"


def check_own_address(channel: str, text: str) -> None:
    """Refuse what no message of this channel can go to. Raises RegularsError."""
    column = CHANNELS[channel].address
    if not text:
        raise RegularsError(Sentence(N_("Say where the test goes.")), field="address")
    if column == "email" and not is_address(text):
        raise RegularsError(
            Sentence(N_("An e-mail address as in shop@example.org is expected.")), field="address"
        )
    if column == "phone" and not _is_phone(text):
        raise RegularsError(
            Sentence(N_("A phone number as in +86 138 0013 8000 is expected.")), field="address"
        )


def _is_phone(text: str) -> bool:
    plain = text.removeprefix("+").translate(str.maketrans("", "", " ()-./"))
    return plain.isascii() and plain.isdecimal() and _FEWEST_DIGITS <= len(plain) <= _MOST_DIGITS
