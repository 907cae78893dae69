"""What can be wrong with a shop's particulars."""

from regulars_platform.errors import NotFoundError, RegularsError
from regulars_platform.words import N_, Sentence


class ShopNameError(RegularsError):
    """A shop needs a name of at most 200 characters."""

    @classmethod
    def of(cls, name: str) -> "ShopNameError":
        """Says whether the name is missing or too long."""
        if not name.strip():
            return cls(Sentence(N_("The shop needs a name.")), field="shop_name")
        return cls(
            Sentence(
                N_("The name of the shop has %(length)s characters; 200 fit."),
                {"length": len(name)},
            ),
            field="shop_name",
        )


class UnknownCurrencyError(RegularsError):
    """Not a currency in use."""

    @classmethod
    def of(cls, currency: str) -> "UnknownCurrencyError":
        """Names what came, if anything did."""
        if not currency:
            return cls(Sentence(N_("Choose the currency of the shop.")), field="currency")
        return cls(
            Sentence(
                N_("“%(currency)s” is not a currency in use; choose one such as CNY, GBP or USD."),
                {"currency": currency},
            ),
            field="currency",
        )


class UnknownTimezoneError(RegularsError):
    """Not a time zone of the IANA list."""

    @classmethod
    def of(cls, timezone: str) -> "UnknownTimezoneError":
        """Names what came, if anything did."""
        if not timezone:
            return cls(Sentence(N_("Choose the time zone of the shop.")), field="timezone")
        return cls(
            Sentence(
                N_("“%(timezone)s” is not a time zone; choose one such as Asia/Shanghai."),
                {"timezone": timezone},
            ),
            field="timezone",
        )


class ShopNotFoundError(NotFoundError):
    """No such shop."""

    @classmethod
    def of(cls, shop_id: int) -> "ShopNotFoundError":
        """Names the number that was asked for."""
        return cls(Sentence(N_("There is no shop number %(shop_id)s."), {"shop_id": shop_id}))
