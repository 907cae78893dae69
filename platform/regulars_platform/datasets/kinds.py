"""What a shop can bring beside its orders: the kinds of records, their columns and keys.

Money is an integer of ten-thousandths; moments are UTC. Everything but the key may be missing.
"""

from dataclasses import dataclass
from typing import Literal

import polars as pl

Kind = Literal["customers", "products", "events", "shop_days", "referrals", "points", "contacts"]


@dataclass(frozen=True, kw_only=True, slots=True)
class DatasetKind:
    """One kind of record. schema: column -> type; key: the columns that tell records apart."""

    name: Kind
    key: tuple[str, ...]
    schema: dict[str, pl.DataType]


_TEXT, _WHOLE, _DAY = pl.String(), pl.Int64(), pl.Date()
_MOMENT = pl.Datetime("us", "UTC")

KINDS: dict[Kind, DatasetKind] = {
    kind.name: kind
    for kind in (
        DatasetKind(
            name="customers",
            key=("customer_id",),
            schema={
                "customer_id": _TEXT,
                "gender": _TEXT,  # female | male | other
                "birth_year": pl.Int32(),
                "birth_month": pl.Int8(),
                "birth_day": pl.Int8(),
                "region": _TEXT,
                "city": _TEXT,
                "acquired_through": _TEXT,  # channel of arrival
                "acquisition_cost": _WHOLE,
                "acquired_on": _DAY,
                "tags": pl.List(pl.String()),
                "consent_email": pl.Boolean(),  # null: not asked
                "consent_sms": pl.Boolean(),
                "consent_phone": pl.Boolean(),
                "consent_chat": pl.Boolean(),
                "opted_out": pl.Boolean(),
                "follows": pl.Boolean(),
                "name": _TEXT,
                "email": _TEXT,
                "phone": _TEXT,
                "tier_told": _TEXT,  # the tier that the file names
                "points_told": _WHOLE,  # the balance that the file names, whole points
                "attributes": pl.List(pl.Struct({"name": pl.String(), "value": pl.String()})),
            },
        ),
        DatasetKind(
            name="products",
            key=("product",),
            schema={
                "product": _TEXT,  # as the order lines name it
                "also": _TEXT,  # a second name or number of the same product
                "title": _TEXT,
                "category": _TEXT,
                "need": _TEXT,  # what it is bought for, in the shop's words
                "price": _WHOLE,
                "cost": _WHOLE,
                "unit_days": pl.Float64(),  # days that one piece lasts
                "one_off": pl.Boolean(),  # bought once in a life
            },
        ),
        DatasetKind(
            name="events",
            key=("event_key",),
            schema={
                "event_key": _TEXT,
                "customer_id": _TEXT,
                "kind": _TEXT,  # follow | unfollow | favourite | cart | view | complaint | other
                "happened_at": _MOMENT,
                "product": _TEXT,
                "value": _TEXT,
            },
        ),
        DatasetKind(
            name="shop_days",
            key=("day", "scope", "figure"),
            schema={
                "day": _DAY,
                "scope": _TEXT,  # shop | industry
                "figure": _TEXT,
                "value": _WHOLE,  # ten-thousandths, of money, people or shares alike
            },
        ),
        DatasetKind(
            name="referrals",
            key=("referral_key",),
            schema={
                "referral_key": _TEXT,
                "customer_id": _TEXT,  # who was brought
                "referrer_id": _TEXT,  # who brought them
                "kind": _TEXT,  # friend | expert
                "happened_on": _DAY,
                "cost": _WHOLE,
            },
        ),
        DatasetKind(
            name="points",
            key=("movement_key",),
            schema={
                "movement_key": _TEXT,
                "customer_id": _TEXT,
                "happened_at": _MOMENT,
                "points": _WHOLE,  # whole points; below zero: spent or lapsed
                "reason": _TEXT,  # order | game | exchange | expiry | other
                "order_id": _TEXT,
                "note": _TEXT,
            },
        ),
        DatasetKind(
            name="contacts",
            key=("contact_key",),
            schema={
                "contact_key": _TEXT,
                "customer_id": _TEXT,
                "happened_at": _MOMENT,
                "channel": _TEXT,
                "outcome": _TEXT,  # sent|delivered|failed|unsubscribed|complained|clicked
                "reference": _TEXT,  # the campaign or programme it belongs to, as the file says
                "cost": _WHOLE,
            },
        ),
    )
}
"""Every kind by its name."""
