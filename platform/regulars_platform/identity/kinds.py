"""Kinds of keys by which shop systems tell customers apart, and how far each can be trusted.

The facts about OAID, OUID and open_uid are those of Taobao's open platform (its explanation of
privacy fields, 2023): an OAID is made from receiver, shop, app and the order's calendar week; an
OUID is one per person and shop in all apps; an open_uid stays when the member name changes.
"""

from dataclasses import dataclass
from enum import StrEnum

from regulars_platform.words import N_, Sentence


class KeyKind(StrEnum):
    """What the values of a column are."""

    SHOP_ID = "shop_id"
    EMAIL = "email"
    PHONE = "phone"
    RECEIVER_PHONE = "receiver_phone"
    RELAY_PHONE = "relay_phone"
    OUID = "ouid"
    OPEN_ID = "open_id"
    OAID = "oaid"
    NICK = "nick"
    NAME = "name"
    OPAQUE = "opaque"
    MASKED = "masked"
    UNKNOWN = "unknown"


class Trust(StrEnum):
    """Whether a kind of key finds the same person again."""

    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"
    NEVER = "never"


@dataclass(frozen=True, kw_only=True, slots=True)
class KindFacts:
    """What is known of a kind of key."""

    name: Sentence
    trust: Trust
    stability: Sentence


FACTS: dict[KeyKind, KindFacts] = {
    KeyKind.SHOP_ID: KindFacts(
        name=Sentence(N_("The shop's own customer number")),
        trust=Trust.GOOD,
        stability=Sentence(
            N_("Stays as long as the shop system does; guests without an account have none.")
        ),
    ),
    KeyKind.EMAIL: KindFacts(
        name=Sentence(N_("E-mail address")),
        trust=Trust.GOOD,
        stability=Sentence(
            N_("Stays for years, the same in all channels; some people use more than one.")
        ),
    ),
    KeyKind.PHONE: KindFacts(
        name=Sentence(N_("The buyer's phone number")),
        trust=Trust.GOOD,
        stability=Sentence(
            N_(
                "Stays for years, the same in all channels; a number given up is handed to"
                " somebody else after some months."
            )
        ),
    ),
    KeyKind.RECEIVER_PHONE: KindFacts(
        name=Sentence(N_("The receiver's phone number")),
        trust=Trust.POOR,
        stability=Sentence(
            N_(
                "Names who receives, not who buys: a gift makes one buyer two people, and an"
                " office or a parcel shop makes many buyers one."
            )
        ),
    ),
    KeyKind.RELAY_PHONE: KindFacts(
        name=Sentence(N_("Phone number on loan (with an extension)")),
        trust=Trust.NEVER,
        stability=Sentence(
            N_("The platform lends it for one order and takes it back after some weeks.")
        ),
    ),
    KeyKind.OUID: KindFacts(
        name=Sentence(N_("OUID of Taobao or Tmall")),
        trust=Trust.GOOD,
        stability=Sentence(
            N_(
                "One per person in this shop, the same in every app; in another shop the same"
                " person has another."
            )
        ),
    ),
    KeyKind.OPEN_ID: KindFacts(
        name=Sentence(N_("A platform's open id")),
        trust=Trust.FAIR,
        stability=Sentence(
            N_(
                "Stays when a nickname changes, as long as the same app exports it; another app"
                " gives the same person another."
            )
        ),
    ),
    KeyKind.OAID: KindFacts(
        name=Sentence(N_("OAID of Taobao or Tmall")),
        trust=Trust.NEVER,
        stability=Sentence(
            N_(
                "Made from receiver, shop, app and calendar week: the same person has another one"
                " next week, in another shop and in another app."
            )
        ),
    ),
    KeyKind.NICK: KindFacts(
        name=Sentence(N_("Nickname or member name")),
        trust=Trust.FAIR,
        stability=Sentence(
            N_(
                "The same until its owner changes it, which platforms allow; then one person"
                " becomes two."
            )
        ),
    ),
    KeyKind.NAME: KindFacts(
        name=Sentence(N_("A person's name")),
        trust=Trust.NEVER,
        stability=Sentence(N_("Many people share a name: they would become one customer.")),
    ),
    KeyKind.OPAQUE: KindFacts(
        name=Sentence(N_("An encrypted id")),
        trust=Trust.FAIR,
        stability=Sentence(
            N_(
                "Its heading does not tell which: an OUID stays, an OAID changes every week. Ask"
                " where the file comes from before you rely on it."
            )
        ),
    ),
    KeyKind.MASKED: KindFacts(
        name=Sentence(N_("Hidden behind stars")),
        trust=Trust.NEVER,
        stability=Sentence(
            N_("Tells nobody apart: many people share what is left of a masked value.")
        ),
    ),
    KeyKind.UNKNOWN: KindFacts(
        name=Sentence(N_("Not recognised")),
        trust=Trust.FAIR,
        stability=Sentence(
            N_("Values of a form we do not know; make sure that each names one person.")
        ),
    ),
}
