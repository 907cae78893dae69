"""Reading the arms of a plan: whom each tells what, by which channel, at which cost."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from regulars_platform.campaigns.plan import CHANNELS, HOLDOUT, MAX_ARMS, TreatmentArm
from regulars_platform.fields import FieldReader
from regulars_platform.offers.kinds import MessageOnly
from regulars_platform.offers.reading import read_offer
from regulars_platform.words import N_, Sentence

ARM_FIELDS = ("name", "share_percent", "offer", "channel", "channel_label", "contact_cost")


def read_arms(reader: FieldReader) -> tuple[TreatmentArm, ...] | None:
    """All arms, or None where one of them does not hold; what is wrong is said beside its field."""
    given = reader.items("arms")
    if not 1 <= len(given) <= MAX_ARMS:
        reader.refuse(
            "arms",
            N_("A plan has 1 to %(limit)s arms beside the holdout, this one has %(found)s."),
            limit=MAX_ARMS,
            found=len(given),
        )
        return None
    found: list[TreatmentArm] = []
    taken = {HOLDOUT}
    for place, raw in enumerate(given):
        part = reader.inner(f"arms.{place}", raw)
        arm = _arm(part)
        if arm is None:
            continue
        if arm.name.casefold() in taken:
            part.refuse("name", N_("Two arms cannot both be called %(name)s."), name=arm.name)
            continue
        taken.add(arm.name.casefold())
        found.append(arm)
    if len(found) < len(given):
        return None
    _refuse_mixed_offers(reader, found)
    return tuple(found)


def named_channels(reader: FieldReader) -> frozenset[str]:
    """Channels of all arms, also of those of which something else does not hold yet."""
    given = reader.raw.get("arms")
    named = given if isinstance(given, Sequence) and not isinstance(given, str) else ()
    said = [one.get("channel") for one in named if isinstance(one, Mapping)]
    return frozenset(one for one in said if isinstance(one, str) and one in CHANNELS)


def _refuse_mixed_offers(reader: FieldReader, arms: list[TreatmentArm]) -> None:
    """An open offer works in every arm; beside another one nobody could tell what an order used."""
    offers = [
        (place, replace(arm.offer, words=""))
        for place, arm in enumerate(arms)
        if not isinstance(arm.offer, MessageOnly)
    ]
    is_open = any(offer.reach == "open" for _, offer in offers)
    if not is_open or len({offer for _, offer in offers}) == 1:
        return
    reader.refuse(
        f"arms.{offers[-1][0]}.offer.reach",
        N_(
            "An offer that is open to the whole shop works in the other arms, too, so nobody could "
            "tell which offer an order used."
        ),
        Sentence(N_("Make all of them personal, or give the other arms the same offer or none.")),
    )


def _arm(part: FieldReader) -> TreatmentArm | None:
    part.refuse_unknown(ARM_FIELDS)
    name = part.text("name")
    share = part.percent("share_percent")
    if share == 0:
        part.refuse("share_percent", N_("An arm needs a share of more than 0 percent."))
        share = None
    offer = read_offer(part.inner("offer", part.raw.get("offer")))
    channel = part.choice("channel", CHANNELS)
    label = part.text("channel_label", limit=60, optional=True)
    if channel == "other" and label == "":
        part.refuse("channel_label", N_("Say how these customers are contacted."))
        label = None
    cost = part.money("contact_cost")
    if (
        name is None
        or share is None
        or offer is None
        or channel is None
        or label is None
        or cost is None
    ):
        return None
    return TreatmentArm(
        name=name,
        share=share,
        offer=offer,
        channel=channel,
        channel_label=label if channel == "other" else "",
        contact_cost=cost,
    )
