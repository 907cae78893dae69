"""What kinds of files, their fields and what is wrong with cells are called on the pages."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from flask_babel import lazy_gettext, ngettext

from regulars_platform.datasets.fields import FIELDS
from regulars_platform.datasets.figures import FIGURES
from regulars_platform.datasets.kinds import Kind
from regulars_platform.datasets.models import ATTRIBUTE, FIGURE, INDUSTRY
from regulars_platform.datasets.reasons import reason_sentence
from regulars_web.formats import number, sentence

KINDS: dict[Kind, object] = {
    "customers": lazy_gettext("Customers"),
    "products": lazy_gettext("Products"),
    "events": lazy_gettext("Follows, favourites, carts"),
    "shop_days": lazy_gettext("Shop and industry figures per day"),
    "referrals": lazy_gettext("Referrals"),
    "points": lazy_gettext("Points"),
    "contacts": lazy_gettext("Contact log"),
}

OPENS: dict[Kind, object] = {
    "customers": lazy_gettext(
        "Gender, birthday, region, tags, consent: groups by who people are, birthday programmes,"
        " and nobody is written to who said no."
    ),
    "products": lazy_gettext(
        "With costs per product the profit is exact; with the days that one piece lasts, people"
        " are reminded in time."
    ),
    "events": lazy_gettext(
        "Followers who never bought, buyers who do not follow, full carts that were left."
    ),
    "shop_days": lazy_gettext(
        "Visitors and favourites beside your sales, and the industry to compare them with."
    ),
    "referrals": lazy_gettext("Who brought whom, and what customers are worth through others."),
    "points": lazy_gettext("What was earned and spent, and what the shop still owes its members."),
    "contacts": lazy_gettext(
        "Who was written to how often, what failed; who unsubscribed is not written to again."
    ),
}
"""What each kind of file opens up."""

COVERS: dict[Kind, object] = {
    "customers": lazy_gettext("of the customers who bought"),
    "products": lazy_gettext("of the products sold"),
    "events": lazy_gettext("of the customers who bought"),
    "referrals": lazy_gettext("of the customers who bought"),
    "points": lazy_gettext("of the customers who bought"),
    "contacts": lazy_gettext("of the customers who bought"),
}

_FIELDS = {
    "customer_id": lazy_gettext("Customer"),
    "gender": lazy_gettext("Gender"),
    "birthday": lazy_gettext("Birthday"),
    "birth_year": lazy_gettext("Year of birth"),
    "age": lazy_gettext("Age"),
    "region": lazy_gettext("Province or region"),
    "city": lazy_gettext("City"),
    "acquired_through": lazy_gettext("Channel of arrival"),
    "acquisition_cost": lazy_gettext("Cost of winning the customer"),
    "acquired_on": lazy_gettext("Customer since"),
    "tags": lazy_gettext("Tags"),
    "consent_email": lazy_gettext("Agrees to e-mail"),
    "consent_sms": lazy_gettext("Agrees to text messages"),
    "consent_phone": lazy_gettext("Agrees to calls"),
    "consent_chat": lazy_gettext("Agrees to chat"),
    "opted_out": lazy_gettext("Wants no contact at all"),
    "follows": lazy_gettext("Follows the shop"),
    "followed_at": lazy_gettext("Follows the shop, where this is filled in"),
    "name": lazy_gettext("Name, to contact people"),
    "email": lazy_gettext("E-mail address, to contact people"),
    "phone": lazy_gettext("Phone number, to contact people"),
    "tier_told": lazy_gettext("Member tier"),
    "points_told": lazy_gettext("Balance of points"),
    ATTRIBUTE: lazy_gettext("an attribute of your own"),
    "product": lazy_gettext("Product"),
    "also": lazy_gettext("Second number or name of the product"),
    "title": lazy_gettext("Title"),
    "category": lazy_gettext("Category"),
    "need": lazy_gettext("Need that it is bought for"),
    "price": lazy_gettext("Price"),
    "cost": lazy_gettext("Cost"),
    "unit_days": lazy_gettext("Days that one piece lasts"),
    "one_off": lazy_gettext("Bought only once in a life"),
    "event_key": lazy_gettext("Number of the event"),
    "kind": lazy_gettext("What happened"),
    "happened_at": lazy_gettext("When"),
    "happened_on": lazy_gettext("When"),
    "value": lazy_gettext("Note"),
    "day": lazy_gettext("Day"),
    "referral_key": lazy_gettext("Number of the referral"),
    "referrer_id": lazy_gettext("Who brought them"),
    "movement_key": lazy_gettext("Number of the movement"),
    "points": lazy_gettext("Points, with their sign"),
    "direction": lazy_gettext("Added or taken"),
    "reason": lazy_gettext("Reason"),
    "order_id": lazy_gettext("Order number"),
    "note": lazy_gettext("Note"),
    "contact_key": lazy_gettext("Number of the message"),
    "channel": lazy_gettext("Channel"),
    "outcome": lazy_gettext("What became of it"),
    "reference": lazy_gettext("Campaign it belongs to"),
}
_OF_KIND = {
    ("referrals", "customer_id"): lazy_gettext("Customer who was brought"),
    ("referrals", "kind"): lazy_gettext("Friend or expert"),
    ("referrals", "cost"): lazy_gettext("Reward or commission"),
    ("contacts", "cost"): lazy_gettext("Cost of the contact"),
    ("products", "cost"): lazy_gettext("Cost of one piece"),
}

FIGURE_NAMES = {
    "paid_amount": lazy_gettext("Paid amount"),
    "paid_buyers": lazy_gettext("Buyers who paid"),
    "paid_orders": lazy_gettext("Paid orders"),
    "paid_suborders": lazy_gettext("Paid order lines"),
    "average_order_value": lazy_gettext("Average spend per buyer"),
    "conversion": lazy_gettext("Conversion to payment"),
    "visitors": lazy_gettext("Visitors"),
    "new_visitors": lazy_gettext("New visitors"),
    "returning_visitors": lazy_gettext("Returning visitors"),
    "returning_visitor_share": lazy_gettext("Share of returning visitors"),
    "new_buyers": lazy_gettext("New buyers"),
    "returning_buyers": lazy_gettext("Returning buyers"),
    "returning_buyer_share": lazy_gettext("Share of returning buyers"),
    "page_views": lazy_gettext("Page views"),
    "sessions": lazy_gettext("Sessions"),
    "shop_favourite_people": lazy_gettext("People who favourited the shop"),
    "shop_favourites": lazy_gettext("Times the shop was favourited"),
    "product_favourite_people": lazy_gettext("People who favourited products"),
    "ordering_buyers": lazy_gettext("Buyers who ordered"),
    "ordered_amount": lazy_gettext("Ordered amount"),
    "refund_requested_amount": lazy_gettext("Refunds asked for"),
    "cart_people": lazy_gettext("People who filled a cart"),
    "cart_pieces": lazy_gettext("Pieces put into carts"),
    "returning_buyer_amount": lazy_gettext("Amount paid by returning buyers"),
    "flash_sale_amount": lazy_gettext("Amount paid in flash sales"),
}
"""Figure of a day -> its name."""

EVENT_KINDS = {
    "follow": lazy_gettext("they followed the shop"),
    "unfollow": lazy_gettext("they stopped following"),
    "favourite": lazy_gettext("they favourited a product"),
    "cart": lazy_gettext("they put a product into the cart"),
    "view": lazy_gettext("they looked at a product"),
    "complaint": lazy_gettext("they complained about goods"),
    "other": lazy_gettext("something else"),
}

CHANNELS = {
    "sms": lazy_gettext("Text message"),
    "email": lazy_gettext("E-mail"),
    "phone": lazy_gettext("Phone"),
    "chat": lazy_gettext("Chat"),
    "message_box": lazy_gettext("Message box"),
    "other": lazy_gettext("Other"),
}


def option_groups(kind: Kind) -> list[tuple[str, list[tuple[str, str]]]]:
    """What a column of this kind may be taken for: (group, [(value, label), ...])."""
    if kind == "shop_days":
        return [
            ("", [("day", str(_FIELDS["day"]))]),
            (
                str(lazy_gettext("The shop's figures")),
                [(FIGURE + name, str(FIGURE_NAMES[name])) for name in FIGURES],
            ),
            (
                str(lazy_gettext("The industry's figures")),
                [(INDUSTRY + name, str(FIGURE_NAMES[name])) for name in FIGURES],
            ),
        ]
    fields = [(field.name, field_name(kind, field.name)) for field in FIELDS[kind]]
    if kind == "customers":
        fields.append((ATTRIBUTE, field_name(kind, ATTRIBUTE)))
    return [("", fields)]


def field_name(kind: Kind, name: str) -> str:
    """What a field of this kind is called."""
    return str(_OF_KIND.get((kind, name)) or _FIELDS[name])


_NEXT: Mapping[Kind | None, Sequence[tuple[str, Any]]] = {
    "customers": [
        ("segments.overview", lazy_gettext("Use it in segments")),
        ("matching.overview", lazy_gettext("Find an offer for a group")),
    ],
    "events": [("segments.overview", lazy_gettext("Use it in segments"))],
    "referrals": [("influence.overview", lazy_gettext("See who brings others"))],
    "points": [("points.overview", lazy_gettext("See points"))],
    "shop_days": [("figures.overview", lazy_gettext("See the shop report"))],
    "contacts": [("reach.overview", lazy_gettext("See who is contacted how often"))],
}


def next_pages(kind: Kind | None, targets: Collection[str]) -> list[tuple[str, str]]:
    """Where a stored file of this kind is of use at once: (endpoint, words of the link).

    targets: what its columns were taken for.
    """
    if kind == "products":
        costs = ("campaigns.new", str(lazy_gettext("Plan a campaign with your costs")))
        return [
            *([costs] if "cost" in targets else []),
            ("needs.overview", str(lazy_gettext("See needs"))),
            ("cycle.overview", str(lazy_gettext("See who is due again"))),
        ]
    return [(endpoint, str(words)) for endpoint, words in _NEXT.get(kind, ())]


def problem_words(code: str) -> str:
    """Why a line was rejected, or a cell was not taken over."""
    return sentence(reason_sentence(code))


def not_kept_words(counts: Mapping[str, int]) -> list[str]:
    """Which names, addresses and phone numbers are left out, of how many lines."""
    phones, mails, names = (counts.get(name, 0) for name in ("phone", "email", "name"))
    said = []
    if phones:
        said.append(
            ngettext(
                "The phone number of %(count)s line is not kept.",
                "The phone numbers of %(count)s lines are not kept.",
                phones,
                count=number(phones),
            )
        )
    if mails:
        said.append(
            ngettext(
                "The e-mail address of %(count)s line is not kept.",
                "The e-mail addresses of %(count)s lines are not kept.",
                mails,
                count=number(mails),
            )
        )
    if names:
        said.append(
            ngettext(
                "The name of %(count)s line is not kept.",
                "The names of %(count)s lines are not kept.",
                names,
                count=number(names),
            )
        )
    return [str(words) for words in said]
