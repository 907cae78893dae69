"""The shop itself."""

from sqlalchemy.orm import Session

from regulars_platform.api_access.scopes import Scope
from regulars_platform.shops.models import ShopProfile
from regulars_platform.shops.service import rename_shop
from regulars_web.api.calling import Call
from regulars_web.api.declaring import Area
from regulars_web.api.models import Answer, Id, Line, Model

area = Area("shop", "The shop that the token is for.")


class Shop(Model):
    """A shop; currency and time zone stay as it was opened with."""

    id: Id
    name: str
    currency: str
    """ISO 4217; every amount is in it."""
    timezone: str
    """IANA; the shop's days begin and end there."""


class ShopChange(Model):
    """What can be changed of a shop."""

    name: Line


@area.get("/shop", scope=Scope.READ_SHOP)
def get_shop(call: Call) -> Answer[Shop]:
    """The shop's particulars."""
    return Answer[Shop](data=_shown(call.shop))


@area.patch("/shop", scope=Scope.WRITE_SHOP, example={"name": "Green Hill"})
def change_shop(call: Call, work: Session, body: ShopChange) -> Answer[Shop]:
    """Give the shop another name."""
    return Answer[Shop](data=_shown(rename_shop(work, call.shop_id, body.name)))


def _shown(shop: ShopProfile) -> Shop:
    return Shop(id=int(shop.id), name=shop.name, currency=shop.currency, timezone=shop.timezone)
